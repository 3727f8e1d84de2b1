"""The billing period of a customer in which a moment lies: pools are full when it begins.

The rules `cycle` and `timezone` and the customer's first day bound it, as they bound invoices. A
change of either rule ends the period, as it ends the one that is billed.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from tollwright.core import rules as r
from tollwright.core.billing.periods import Cycle, day_of, moments, period_of
from tollwright.engine.rating.terms import BEFORE, EVER, PERIOD_SETTINGS, Book

Period = tuple[datetime, datetime]  # [first, end), aware UTC
_Said = tuple[Cycle, str]


@dataclass(slots=True)
class Periods:
    """The periods of a tenant's customers, reckoned once each."""

    book: Book
    _known: dict[int, dict[Period, None]] = field(default_factory=dict)
    _spans: dict[int, tuple[list[datetime], list[_Said]]] = field(default_factory=dict)

    def of(self, customer_id: int, moment: datetime) -> Period:
        """The period that holds `moment`."""
        known = self._known.setdefault(customer_id, {})
        for first, end in known:
            if first <= moment < end:
                return first, end
        found = self._reckon(customer_id, moment)
        known[found] = None
        return found

    def _reckon(self, customer_id: int, moment: datetime) -> Period:
        begins, said = self._spans.get(customer_id) or self._read(customer_id)
        place = bisect_right(begins, moment) - 1
        cycle, zone = said[place]
        until = begins[place + 1] if place + 1 < len(begins) else EVER
        span = period_of(day_of(moment, zone), cycle, self._anchor(customer_id, zone))
        first, end = moments(span, zone)
        return max(first, begins[place]), min(end, until)

    def _read(self, customer_id: int) -> tuple[list[datetime], list[_Said]]:
        """From when on which cycle and zone hold; only true changes are told."""
        chain = [
            rule
            for rule in r.applicable(self.book.rules, customer_id=customer_id)
            if rule.setting in PERIOD_SETTINGS
        ]
        begins, said = [BEFORE], [self._say(customer_id, chain, BEFORE)]
        for moment in sorted({rule.effective_from for rule in chain}):
            now = self._say(customer_id, chain, moment)
            if now != said[-1]:
                begins.append(moment)
                said.append(now)
        self._spans[customer_id] = begins, said
        return begins, said

    def _say(self, customer_id: int, chain: list[r.RuleRow], moment: datetime) -> _Said:
        cycle = r.resolve(chain, "cycle", moment).value
        zone = r.resolve(chain, "timezone", moment).value
        return cast(Cycle, cycle), str(zone or self.book.customers[customer_id].zone)

    def _anchor(self, customer_id: int, zone: str) -> date:
        """The customer's first day: of the first subscription, else the day they were entered."""
        begun = [
            held.starts_on for held in self.book.subscriptions if held.customer_id == customer_id
        ]
        return min(begun, default=day_of(self.book.customers[customer_id].since, zone))
