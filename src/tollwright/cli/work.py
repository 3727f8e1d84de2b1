"""tollwright work"""

from __future__ import annotations

from typing import Annotated

import typer

from tollwright.cli import runtime


def work(
    concurrency: Annotated[
        int, typer.Option(min=1, max=64, help="Jobs at once, each with its own connection.")
    ] = 1,
    attached: Annotated[
        bool, typer.Option("--attached", hidden=True, help="Stop when standard input ends.")
    ] = False,
) -> None:
    """Work on what pages and programs have asked for: billing runs, imports, re-ratings.

    `tollwright serve` runs one worker of its own; start more here, on this or other machines. Ask
    it to stop (Ctrl-C, SIGTERM) and it ends its jobs or puts them back; one that was killed is
    missed within half a minute, and another worker takes up its jobs.

    Example: `tollwright work --concurrency 4`
    """
    runtime.start()
    from tollwright.jobs import worker

    worker.run(concurrency=concurrency, attached=attached)
