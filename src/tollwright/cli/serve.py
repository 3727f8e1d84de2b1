"""tollwright serve"""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import Event, Thread
from typing import Annotated

import typer

from tollwright.cli import runtime

POLL_S, PAUSE_S, RETRY_S, STOP_S = 0.5, 2.0, 10.0, 30.0


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(help="Processes that answer.")] = 1,
    work: Annotated[
        bool,
        typer.Option("--worker/--no-worker", help="Work on jobs too, in a process beside."),
    ] = True,
) -> None:
    """Serve the back office, the portal and the API, and work on what they ask for.

    Put a reverse proxy with TLS in front of it for anything but a look, and set TOLLWRIGHT_HOSTS,
    TOLLWRIGHT_SECURE=1 and TOLLWRIGHT_PROXIES. With --no-worker, run `tollwright work` somewhere.

    Example: `tollwright serve --port 8080 --workers 4`
    """
    runtime.start()
    _say_who_owns()
    _say_who_is_in_front()
    run(host, port, workers, work=work)


def _say_who_owns() -> None:
    """One sentence where the application's login owns the tables."""
    from django.db import OperationalError

    from tollwright.jobs.installation import OWNS, may_become_owner

    try:
        owns = may_become_owner()
    except OperationalError as error:
        print(f"The database does not answer yet: {error}", file=sys.stderr)
        return
    if owns:
        print(OWNS, file=sys.stderr)


def _say_who_is_in_front() -> None:
    """One sentence where there is a proxy whose word is not believed."""
    from django.conf import settings

    if settings.TOLLWRIGHT.secure and not settings.TRUSTED_PROXIES:
        print(
            "TOLLWRIGHT_SECURE is set and TOLLWRIGHT_PROXIES is not: no proxy is believed, so that"
            " all visitors count as one address and no HSTS is sent. Name the proxy in front.",
            file=sys.stderr,
        )


def run(host: str, port: int, workers: int, *, work: bool = True) -> None:
    """Serve until interrupted."""
    # A forked process would keep whatever pipe the thread beside has just opened: the worker's
    # input, so that it outlives us, or the one by which its start is told, so that we wait forever.
    multiprocessing.set_start_method("spawn", force=True)
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    server = Server(
        "tollwright.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=4,  # each holds a database connection, and some wait a moment for jobs
        log_level=LogLevels.warning,
    )
    with database_kept(), worker_beside() if work else nullcontext():
        server.serve()


@contextmanager
def database_kept() -> Iterator[None]:
    """The embedded server, where there is one, started again when somebody killed it."""
    ending = Event()
    keeper = Thread(target=_keep_database, args=(ending,), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ending.set()
        keeper.join()


def _keep_database(ending: Event) -> None:
    from tollwright.gateways.postgres import embedded

    while not ending.wait(POLL_S):
        try:
            if embedded.heal():
                print("The database had ended; it is started again.", file=sys.stderr, flush=True)
        except embedded.EmbeddedError as error:
            print(error, file=sys.stderr, flush=True)
            ending.wait(RETRY_S)


@contextmanager
def worker_beside() -> Iterator[None]:
    """A `tollwright work` of our own, started again when it dies, stopped with us.

    It holds the other end of a pipe: killed, we leave no worker behind.
    """
    ending = Event()
    keeper = Thread(target=_keep_working, args=(ending,), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ending.set()
        keeper.join()


def _keep_working(ending: Event) -> None:
    while not ending.is_set():
        process = subprocess.Popen(
            [sys.executable, "-c", "from tollwright.cli import main; main()", "work", "--attached"],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C in the terminal is for us; we tell it then
        )
        while process.poll() is None and not ending.wait(POLL_S):
            pass
        if process.poll() is None:
            _stop(process)
        elif not ending.wait(PAUSE_S):
            print("The worker ended; it is started again.", file=sys.stderr, flush=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()  # its job goes back to the queue as one of a dead worker
        process.wait()
