"""Hold rows back until enough of what follows is known to tell one leg from another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from tollwright.core.formats.base import Item, Record

Settle = Callable[[Sequence[Record], int], None]


def windowed(batches: Iterable[list[Item]], ahead: int, settle: Settle) -> Iterator[Item]:
    """Yield all items in their order, each after `settle` has seen `ahead` items beyond it.

    `settle(records, given)` sets legs of records from index `given` on; the ones before it were
    yielded already and are there to be looked at. At most about 4 × `ahead` items are held.
    """
    past: list[Record] = []
    held: list[Item] = []
    for batch in batches:
        held.extend(batch)
        if len(held) < 4 * ahead:
            continue
        _settle(past, held, settle)
        cut = len(held) - ahead
        yield from held[:cut]
        past = [item for item in held[max(0, cut - ahead) : cut] if type(item) is Record]
        del held[:cut]
    _settle(past, held, settle)
    yield from held


def _settle(past: list[Record], held: list[Item], settle: Settle) -> None:
    records = [*past, *(item for item in held if type(item) is Record)]
    settle(records, len(past))
