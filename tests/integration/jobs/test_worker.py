"""`tollwright serve` works too; a worker ends when it is told to or when who started it is gone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.integration.jobs.test_billing_runs import ended, four_customers, start
from tests.support.database import prepare
from tests.support.jobs import queued, until
from tests.support.world import World
from tollwright.data.models import Invoice
from tollwright.data.scope import tenant_scope

COMMAND = [sys.executable, "-c", "from tollwright.cli import main; main()"]


@contextmanager
def verb(database: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command line in a process of its own, killed at the end if it is still there."""
    template = os.environ["DATABASE_URL"]
    url = template.replace(f"/{prepare().template}", f"/{database}")
    process = subprocess.Popen(
        [*COMMAND, *words],
        env=os.environ | {"DATABASE_URL": url},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


def is_worker(pid: int) -> bool:
    try:
        return b"--attached" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False


def children_of(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task")
    return [
        int(one) for task in threads.iterdir() for one in (task / "children").read_text().split()
    ]


def workers_of(pid: int) -> list[int]:
    return [one for one in children_of(pid) if is_worker(one)]


def end(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def run_to_the_end(world: World, key: str) -> int:
    """Ask for a run and wait for it; how many drafts there are."""
    with tenant_scope(world.tenant.pk):
        run = start(key)
    until(lambda: ended(world, run))
    with tenant_scope(world.tenant.pk):
        return Invoice.objects.count()


def test_serve_works_too_and_takes_its_worker_along(fresh_db: str) -> None:
    """Killed, the worker is started again; asked to stop, both end."""
    world = four_customers()
    with verb(fresh_db, "serve", "--port", str(free_port())) as serving:
        assert run_to_the_end(world, "first") == 4
        (worker,) = workers_of(serving.pid)
        os.kill(worker, signal.SIGKILL)
        until(lambda: bool(workers_of(serving.pid)) and workers_of(serving.pid) != [worker])
        assert run_to_the_end(world, "second") == 4
        (worker,) = workers_of(serving.pid)
        serving.terminate()
        serving.wait(60)
        assert not is_worker(worker)


def test_no_worker_outlives_a_killed_serve(fresh_db: str) -> None:
    world = four_customers()
    with verb(fresh_db, "serve", "--port", str(free_port())) as serving:
        assert run_to_the_end(world, "first") == 4
        started = children_of(serving.pid)
        (worker,) = workers_of(serving.pid)
        serving.kill()
        try:
            until(lambda: not is_worker(worker))
        finally:
            end(started)  # the processes that answer do not notice it


def test_serve_without_a_worker(fresh_db: str) -> None:
    world = four_customers()
    with verb(fresh_db, "serve", "--no-worker", "--port", str(port := free_port())) as serving:
        until(lambda: answers(port))
        with tenant_scope(world.tenant.pk):
            start()
        assert workers_of(serving.pid) == []
        assert queued() == 4
        serving.terminate()
        serving.wait(60)


@pytest.mark.parametrize("ending", ["SIGTERM", "the end of its input"])
def test_a_worker_ends_in_order(fresh_db: str, ending: str) -> None:
    world = four_customers()
    with verb(fresh_db, "work", "--attached") as working:
        assert run_to_the_end(world, "run") == 4
        if ending == "SIGTERM":
            working.terminate()
        elif working.stdin is not None:
            working.stdin.close()
        assert working.wait(60) == 0


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0
