"""The billing period of a customer in which a moment lies: pools are full when it begins.

It is the period of the customer's invoices: both ask `core.billing.periods.Calendar`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tollwright.core.billing import periods as p
from tollwright.engine.rating.terms import Book, read_issued
from tollwright.store import terms as store

Period = tuple[datetime, datetime]  # [first, end), aware UTC


@dataclass(slots=True)
class Periods:
    """The periods of a tenant's customers; `issued`: those of documents that stand, by customer."""

    book: Book
    issued: Mapping[int, Sequence[p.Period]] = field(default_factory=dict)
    _calendars: dict[int, p.Calendar] = field(default_factory=dict)

    def of(self, customer_id: int, moment: datetime) -> Period:
        """The period that holds `moment`."""
        period = self.calendar(customer_id).at(moment)
        return period.since, period.until

    def calendar(self, customer_id: int) -> p.Calendar:
        """The customer's periods."""
        found = self._calendars.get(customer_id)
        if found is None:
            found = self._calendars[customer_id] = self.book.calendar(customer_id, self.issued)
        return found


def read_periods(cursor: store.Cursor, book: Book, customers: Iterable[int]) -> Periods:
    """The periods of these customers, bounded by what is issued to them now. One query."""
    return Periods(book, read_issued(cursor, customers))
