"""The billing period of a customer in which a moment lies: pools are full when it begins.

It is the period of the customer's invoices: both ask `core.billing.periods.Calendar`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tollwright.core import rules as r
from tollwright.core.billing import periods as p
from tollwright.core.billing.period_rules import period_history
from tollwright.engine.rating.terms import Book
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
            found = self._calendars[customer_id] = self._reckon(customer_id)
        return found

    def _reckon(self, customer_id: int) -> p.Calendar:
        customer = self.book.customers[customer_id]
        chain = r.applicable(self.book.rules, customer_id=customer_id)
        history = period_history(chain, customer.zone)
        begun = [
            held.starts_on for held in self.book.subscriptions if held.customer_id == customer_id
        ]
        anchor = p.anchor_day(
            history, stored=customer.anchor, first_plan=min(begun, default=None),
            entered=customer.since,
        )  # fmt: skip
        return p.Calendar(history, anchor, self.issued.get(customer_id, ()))


def read_periods(cursor: store.Cursor, book: Book, customers: Iterable[int]) -> Periods:
    """The periods of these customers, bounded by what is issued to them. One query."""
    issued = defaultdict[int, list[p.Period]](list)
    for row in store.fetch_issued_periods(cursor, sorted(set(customers))):
        span = p.Span(row.first, row.end)
        issued[row.customer_id].append(p.Period(row.since, row.until, span, row.zone))
    return Periods(book, issued)
