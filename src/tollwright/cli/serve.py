"""tollwright serve"""

from __future__ import annotations

from typing import Annotated

import typer

from tollwright.cli import runtime


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(help="Processes that answer.")] = 1,
) -> None:
    """Serve the back office, the portal and the API.

    Put a reverse proxy with TLS in front of it for anything but a look, and set TOLLWRIGHT_SECURE=1
    and TOLLWRIGHT_HOSTS.

    Example: `tollwright serve --port 8080 --workers 4`
    """
    runtime.start()
    run(host, port, workers)


def run(host: str, port: int, workers: int) -> None:
    """Serve until interrupted."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "tollwright.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=2,  # each holds a database connection; more processes scale better
        log_level=LogLevels.warning,
    ).serve()
