"""From when on which tax holds for a customer: a line has that of its own period, not today's."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from tollwright.core.billing.periods import BEFORE, Span, day_of, midnight
from tollwright.core.rules import RuleRow, resolve
from tollwright.core.tax.totals import rate_of

TAX_SETTINGS = ("tax_rate", "tax_category")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Treatment:
    """A category of EN 16931 and its rate in percent."""

    category: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class TaxSpan:
    """A treatment, and the moments [since, until) in which it holds."""

    since: datetime
    until: datetime
    treatment: Treatment


class TaxHistory:
    """What holds from when on; `changes` ascending, the first from BEFORE."""

    def __init__(self, changes: Sequence[tuple[datetime, Treatment]]) -> None:
        self._moments = [moment for moment, _ in changes]
        self._treatments = [treatment for _, treatment in changes]

    def at(self, moment: datetime) -> Treatment:
        """What holds for what happens at the moment, as a call's start."""
        return self._treatments[bisect_right(self._moments, moment) - 1]

    def on(self, day: date, zone: str) -> Treatment:
        """What holds for a day of the zone: by its last instant."""
        return self.at(midnight(day + DAY, zone) - timedelta(microseconds=1))

    def spans(self, since: datetime, until: datetime) -> Iterator[TaxSpan]:
        """[since, until) cut where the treatment changes, in order."""
        cuts = [moment for moment in self._moments if since < moment < until]
        for first, end in zip([since, *cuts], [*cuts, until], strict=True):
            yield TaxSpan(first, end, self.at(first))

    def changes_within(self, span: Span, zone: str) -> tuple[date, ...]:
        """The days within the span, but its first, from which on another treatment holds."""
        days = sorted({day_of(moment, zone) for moment in self._moments[1:]})
        return tuple(
            day
            for day in days
            if span.first < day < span.end and self.on(day, zone) != self.on(day - DAY, zone)
        )


def tax_history(chain: Sequence[RuleRow]) -> TaxHistory:
    """By the rules that apply to one customer (`core.rules.applicable`)."""
    rules = [rule for rule in chain if rule.setting in TAX_SETTINGS]
    found = [(BEFORE, _treatment(rules, BEFORE))]
    for moment in sorted({rule.effective_from for rule in rules}):
        treatment = _treatment(rules, moment)
        if treatment != found[-1][1]:
            found.append((moment, treatment))
    return TaxHistory(found)


def _treatment(rules: Sequence[RuleRow], moment: datetime) -> Treatment:
    rate, category = (resolve(rules, name, moment).value for name in TAX_SETTINGS)
    return Treatment(str(category), rate_of(str(category), Decimal(str(rate))))
