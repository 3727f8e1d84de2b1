"""How far the reading of a file is, for whoever watches a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def reading(label: str, size: int) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr while a file of `size` bytes is read; gone when done, absent in a pipe.

    Gives what to call with (bytes read, bytes in all).
    """
    console = Console(stderr=True)
    columns = (TextColumn("     {task.description}"), BarColumn(), DownloadColumn())
    hidden = not console.is_terminal
    with Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=hidden
    ) as bar:
        task = bar.add_task(label, total=max(size, 1))

        def advance(done: int, _size: int) -> None:
            bar.update(task, completed=done)

        yield advance
