"""Columns of calls as the kernel wants them: numbers packed, milliseconds as the rules count."""

from __future__ import annotations

import numpy as np

from tollwright.engine.rating.terms import Book, Terms
from tollwright.kernel.arrays import Int64


def causes_of(book: Book) -> tuple[str, ...]:
    """Every cause that some rule of the tenant lets bill, in capitals."""
    found: set[str] = set()
    for row in book.rules:
        if row.setting == "billable_causes" and isinstance(row.value, list | tuple):
            found |= {str(cause).upper() for cause in row.value}
    return tuple(sorted(found))


def counted_ms(
    terms: Terms, answered_ms: Int64, cause: Int64, disposition: Int64, causes: tuple[str, ...]
) -> Int64:
    """As `Terms.counted_ms`, for columns; cause and disposition are places (from 1) in `causes`."""
    if terms.plain:
        return answered_ms
    counted = answered_ms
    if terms.second_from_ms:
        seconds, fraction = counted // 1000, counted % 1000
        counted = (seconds + (fraction >= terms.second_from_ms)) * 1000
    free = counted < terms.minimum_seconds * 1000
    if terms.billable_causes:
        bills = np.array([False, *(one in terms.billable_causes for one in causes)])
        free |= ~(bills[cause] | bills[disposition])
    return np.where(free, 0, counted)
