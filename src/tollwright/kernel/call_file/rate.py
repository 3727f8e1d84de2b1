"""A file of calls priced in columns: blocks of bytes in, blocks of bytes out.

What `core.rating.call_file` gives, in a fraction of the time and without holding the file. Only on
a card with allowances all calls are held, since what one draws another one lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from tollwright.kernel.arrays import Flags, Int64
from tollwright.kernel.call_columns import ChargeColumns, joined, key_ranks
from tollwright.kernel.call_file.read import CallFileReader, CallRows
from tollwright.kernel.call_file.write import CSV, JSON, ChargeWriter, Form
from tollwright.kernel.rating.batch import rate_batch
from tollwright.kernel.rating.layout import CompiledCard

__all__ = ["CSV", "JSON", "Form", "Written", "rate_file"]


class Written(NamedTuple):
    """A piece of the result; how many lines it has, and how many of them have no price."""

    data: bytes | memoryview
    lines: int = 0
    missed: int = 0


def rate_file(blocks: Iterable[bytes], card: CompiledCard, form: Form) -> Iterator[Written]:
    """The result for the bytes of a file of calls. Raises CallFileError before anything is given.

    A block is best a few megabytes: its rows are priced together.
    """
    reader, writer = CallFileReader(card.timezone, card.second_from_ms), ChargeWriter(card, form)

    def written(rows: CallRows, charges: ChargeColumns | None) -> Written:
        charges = rate_batch(card, rows.calls).charges if charges is None else charges
        return Written(writer.written(rows, charges).data, len(rows), _missed(charges))

    parts = reader.read(blocks)
    first = True
    for part in _ahead(written, _all_together(parts, card) if card.pool_names else _alone(parts)):
        if first:
            yield Written(form.head)
        yield part._replace(data=part.data[1:]) if first and form.parted else part
        first = False
    if first:
        yield Written(form.head)
    yield Written(form.empty_foot if first else form.foot)


Rows = tuple[CallRows, ChargeColumns | None]  # with what they cost, where that is known


def _ahead(work: Callable[..., Written], items: Iterable[Rows]) -> Iterator[Written]:
    """What `work` makes of each, in their order, while the next one is being read."""
    under_way: Future[Written] | None = None
    with ThreadPoolExecutor(1) as pool:
        for item in items:
            before, under_way = under_way, pool.submit(work, *item)
            if before is not None:
                yield before.result()
        if under_way is not None:
            yield under_way.result()


def _alone(parts: Iterator[CallRows]) -> Iterator[Rows]:
    for rows in parts:
        yield rows, None


def _all_together(parts: Iterator[CallRows], card: CompiledCard) -> Iterator[Rows]:
    held = list(parts)
    if not held:
        return
    calls = joined([rows.calls.asked(slice(None)) for rows in held])
    calls.key_rank = _ranks(calls.answered_us, held)
    charges, begin = rate_batch(card, calls).charges, 0
    for rows in held:
        yield rows, charges.part(begin, begin + len(rows))
        begin += len(rows)


def _ranks(answered_us: Int64, held: Sequence[CallRows]) -> Int64:
    """Ranks of the call keys among those of one moment; nothing else asks for them."""
    _, which, often = np.unique(answered_us, return_inverse=True, return_counts=True)
    shared: Flags = often[which] > 1
    ranks, keys, begin = np.zeros(len(answered_us), np.int64), list[str](), 0
    for rows in held:
        keys += map(rows.key, np.flatnonzero(shared[begin : begin + len(rows)]).tolist())
        begin += len(rows)
    ranks[shared] = key_ranks(keys)
    return ranks


def _missed(charges: ChargeColumns) -> int:
    return len(charges) - int(charges.rated.sum())
