"""What rules make of the time that calls lasted, by columns: as `Terms.counted_ms` of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tollwright.engine.rating.terms import Book, Terms
from tollwright.kernel.arrays import Flags, Int64
from tollwright.kernel.call_columns import CallColumns
from tollwright.kernel.text import Text, alike


def causes_of(book: Book) -> tuple[str, ...]:
    """Every cause that some rule of the tenant lets bill, in capitals."""
    found: set[str] = set()
    for row in book.rules:
        if row.setting == "billable_causes" and isinstance(row.value, list | tuple):
            found |= {str(cause).upper() for cause in row.value}
    return tuple(sorted(found))


def counted_ms(terms: Terms, calls: CallColumns, causes: Sequence[str] = ()) -> Int64:
    """The milliseconds that the card is asked for; `causes` are those that `cause_no` and
    `disposition_no` number, where the calls have not the texts."""
    if terms.plain:
        return calls.answered_ms
    counted = calls.answered_ms
    if terms.second_from_ms:
        seconds, fraction = np.divmod(counted, 1_000)
        counted = (seconds + (fraction >= terms.second_from_ms)) * 1_000
    free = counted < terms.minimum_seconds * 1_000
    if terms.billable_causes:
        bills = _bills(terms, calls.cause, calls.cause_no, causes)
        bills |= _bills(terms, calls.disposition, calls.disposition_no, causes)
        free |= ~bills
    return np.where(free, 0, counted)


def _bills(terms: Terms, texts: Text, numbers: Int64, causes: Sequence[str]) -> Flags:
    if len(numbers):
        return np.array([False, *(one in terms.billable_causes for one in causes)])[numbers]
    found = np.zeros(len(texts.first), np.bool_)
    for word, rows in by_word(texts):
        found[rows] = word.upper() in terms.billable_causes
    return found


def by_word(column: Text) -> Iterator[tuple[str, Int64]]:
    """The words of a column of few different ones, and the rows of each."""
    if not len(column.first):
        return
    codes = alike([column])
    order = np.argsort(codes, kind="stable")
    cuts = np.flatnonzero(np.diff(codes[order])) + 1
    for rows in np.split(order, cuts):
        yield column.at(int(rows[0])), rows
