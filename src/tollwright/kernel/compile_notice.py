"""What the kernel has to say to whoever waits: that it compiles, that it cannot keep what it did.

Apart from the rest of the kernel, so that whoever listens need not load a compiler.
"""

from __future__ import annotations

from collections.abc import Callable

_listeners: list[Callable[[str], None]] = []
_told: set[str] = set()


def listen(say: Callable[[str], None]) -> None:
    """Have every notice from now on said, each once a process."""
    _listeners[:] = [say]
    _told.clear()


def tell(text: str) -> None:
    """A notice to whoever listens; nobody does in a library."""
    if text not in _told:
        _told.add(text)
        for say in _listeners:
            say(text)
