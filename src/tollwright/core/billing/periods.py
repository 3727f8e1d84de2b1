"""Billing periods: whole days of a zone, from one boundary of the cycle to the next.

Days are the customer's; a period is half-open, [first, end). Moments come last, by the zone's
midnights, so that a month with a clock change is still a month.

`Calendar` is the one answer to "which period is this in?": invoices, pools, fees and forecasts
all ask it.
"""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Cycle = Literal["weekly", "fortnightly", "monthly", "anniversary", "day"]
CYCLES: tuple[Cycle, ...] = ("weekly", "fortnightly", "monthly", "anniversary", "day")

FIRST_FORTNIGHT = date(2001, 1, 1)  # a Monday; fortnights count from it for everybody


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Whole days from `first` up to, not including, `end`."""

    first: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.first:
            raise ValueError(f"a span from {self.first} must end after it, not on {self.end}")

    @property
    def days(self) -> int:
        """How many days it covers."""
        return (self.end - self.first).days

    @property
    def last(self) -> date:
        """The last day it covers."""
        return self.end - timedelta(days=1)


def period_of(day: date, cycle: Cycle, anchor: date, bill_day: int = 1) -> Span:
    """The whole period of `cycle` that contains `day`.

    Weeks begin on Monday (ISO 8601), fortnights on every second Monday from 2001-01-01, months on
    `bill_day`, `anniversary` on the anchor's day of the month; where a month has no such day, on
    its last. Bill day and anchor mean nothing to the other cycles.
    """
    if cycle == "day":
        return Span(day, day + timedelta(days=1))
    if cycle in {"weekly", "fortnightly"}:
        length = 7 if cycle == "weekly" else 14
        first = day - timedelta(days=(day - FIRST_FORTNIGHT).days % length)
        return Span(first, first + timedelta(days=length))
    on = bill_day if cycle == "monthly" else anchor.day
    month = day.year * 12 + day.month - 1
    if month_boundary(month, on) > day:
        month -= 1
    return Span(month_boundary(month, on), month_boundary(month + 1, on))


def month_boundary(month: int, on: int) -> date:
    """The day `on` of the month (12 x year + 0..11), or its last where it has no such day."""
    year, place = divmod(month, 12)
    return date(year, place + 1, min(on, monthrange(year, place + 1)[1]))


def midnight(day: date, zone: str) -> datetime:
    """The moment at which `day` begins in `zone`, in UTC.

    Where the clock jumps over midnight, the day begins at the jump; where midnight comes twice,
    at the first.
    """
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def moments(span: Span, zone: str) -> tuple[datetime, datetime]:
    """The span as moments, [from, to), in UTC."""
    return midnight(span.first, zone), midnight(span.end, zone)


def day_of(moment: datetime, zone: str) -> date:
    """The day on the calendar of `zone` at that moment."""
    return moment.astimezone(ZoneInfo(zone)).date()


def without(span: Span, taken: tuple[Span, ...]) -> tuple[Span, ...]:
    """What of `span` is left when the days of `taken` go; in order."""
    left: list[Span] = []
    first = span.first
    for cut in sorted(taken):
        if cut.first > first and first < span.end:
            left.append(Span(first, min(cut.first, span.end)))
        first = max(first, cut.end)
    if first < span.end:
        left.append(Span(first, span.end))
    return tuple(left)


def overlap(one: Span, other: Span) -> Span | None:
    """The days that both cover; None where there is none."""
    first, end = max(one.first, other.first), min(one.end, other.end)
    return Span(first, end) if first < end else None


BEFORE = datetime.min.replace(tzinfo=UTC)
EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PeriodTerms:
    """What the rules say about periods: `cycle`, `timezone` and `bill_day` (of `monthly`)."""

    cycle: Cycle
    zone: str
    bill_day: int = 1


def anchor_day(
    history: Sequence[tuple[datetime, PeriodTerms]],
    *,
    stored: date | None,
    first_plan: date | None,
    entered: datetime,
) -> date:
    """The customer's first day, from which `anniversary` counts.

    The stored one, which never moves; before there is one: the first plan's first day, else the
    day on which the customer was entered.
    """
    known = stored or first_plan
    if known is not None:
        return known
    zone = [terms.zone for since, terms in history if since <= entered][-1]
    return day_of(entered, zone)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """[since, until) in UTC, and the days that it stands for.

    `until` is the midnight in `zone` after its last day. `since` is where the period before ended:
    a midnight of `zone` too, but for the first one after a move to that zone.
    """

    since: datetime
    until: datetime
    days: Span
    zone: str


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Periods of the same terms one after another; with `issued` the only one, as it stands."""

    since: datetime
    first: date
    terms: PeriodTerms
    until: datetime = EVER
    end: date = date.max
    issued: Period | None = None


class Calendar:
    """A customer's periods through all changes of the rules: contiguous, none twice.

    `history`: from when on which terms hold, ascending, the first from BEFORE. A period goes by
    the terms at its first moment, and those hold until it ends; so a change takes effect with the
    first period that begins at or after it, which runs to the next boundary of the new cycle.
    `issued`: periods of documents that stand, in any order: they are as they are, whatever the
    rules say since, and bound those beside them.
    """

    def __init__(
        self,
        history: Sequence[tuple[datetime, PeriodTerms]],
        anchor: date,
        issued: Sequence[Period] = (),
    ) -> None:
        self._changes = [moment for moment, _ in history]
        self._terms = [terms for _, terms in history]
        self.anchor = anchor
        self._stretches = self._lay_out(sorted(issued))
        self._begins = [stretch.since for stretch in self._stretches]
        self._firsts = [stretch.first for stretch in self._stretches]

    def at(self, moment: datetime) -> Period:
        """The period that holds the moment."""
        stretch = self._stretches[bisect_right(self._begins, moment) - 1]
        return stretch.issued or self._within(stretch, day_of(moment, stretch.terms.zone))

    def on(self, day: date) -> Period:
        """The period that stands for the day."""
        stretch = self._stretches[bisect_right(self._firsts, day) - 1]
        return stretch.issued or self._within(stretch, day)

    def begins(self, day: date) -> datetime:
        """The moment at which the day begins for the customer."""
        period = self.on(day)
        if day <= period.days.first:
            return period.since
        return min(max(midnight(day, period.zone), period.since), period.until)

    def day(self, moment: datetime) -> date:
        """The day that it is for the customer."""
        period = self.at(moment)
        found = day_of(moment, period.zone)
        return min(max(found, period.days.first), period.days.last)

    def terms(self, moment: datetime) -> PeriodTerms:
        """The terms of the period that holds the moment."""
        return self._said(self.at(moment).since)

    def bill_day(self, moment: datetime) -> int:
        """The day of the month on which the customer's months begin in the period that holds it."""
        terms = self.terms(moment)
        return self.anchor.day if terms.cycle == "anniversary" else terms.bill_day

    def periods(self, since: datetime, until: datetime) -> Iterator[Period]:
        """From the one that holds `since`: those that end by `until`, in order."""
        period = self.at(since)
        while period.until <= until:
            yield period
            period = self.at(period.until)

    def _said(self, moment: datetime) -> PeriodTerms:
        return self._terms[bisect_right(self._changes, moment) - 1]

    def _lay_out(self, issued: Sequence[Period]) -> list[_Stretch]:
        found: list[_Stretch] = []
        now = _Stretch(BEFORE, date.min, self._terms[0])
        for period in issued:
            if period.days.end <= now.first or period.until <= now.since:
                continue  # another document stands for those days
            for stretch in self._open(now):
                if stretch.since >= period.since or stretch.first >= period.days.first:
                    break
                found.append(stretch)
            now = self._fix(found, period)
        return found + list(self._open(now))

    def _fix(self, found: list[_Stretch], period: Period) -> _Stretch:
        """Let the document's period follow what was found; gives what comes after it."""
        since, first = period.since, period.days.first
        if found and found[-1].issued:
            since, first = found[-1].until, found[-1].end
        elif found:
            found[-1] = replace(found[-1], until=since, end=first)
        terms = replace(self._said(since), zone=period.zone)
        fixed = replace(period, since=since, days=Span(first, period.days.end))
        end = period.days.end
        found.append(_Stretch(since, first, terms, period.until, end, fixed))
        return _Stretch(period.until, end, self._said(period.until))

    def _open(self, now: _Stretch) -> Iterator[_Stretch]:
        """The stretches from `now` on, by the rules alone."""
        for moment in self._changes[bisect_right(self._changes, now.since) :]:
            if moment < now.since:
                continue  # it fell into the period before
            cell = self._within(now, max(day_of(moment, now.terms.zone), now.first))
            since, first = cell.until, cell.days.end
            if cell.since == moment:
                since, first = cell.since, cell.days.first
            if self._said(since) != now.terms:
                yield replace(now, until=since, end=first)
                now = _Stretch(since, first, self._said(since))
        yield now

    def _within(self, stretch: _Stretch, day: date) -> Period:
        """The period of the day; one that the stretch leaves no moment goes with its neighbour."""
        terms = stretch.terms
        span = period_of(day, terms.cycle, self.anchor, terms.bill_day)
        while span.end <= stretch.first or midnight(span.end, terms.zone) <= stretch.since:
            span = period_of(span.end, terms.cycle, self.anchor, terms.bill_day)
        while span.first >= stretch.end or midnight(span.first, terms.zone) >= stretch.until:
            span = period_of(span.last, terms.cycle, self.anchor, terms.bill_day)
        first, end = span.first, span.end
        since, until = moments(span, terms.zone)
        if first <= stretch.first or since <= stretch.since:
            first, since = stretch.first, stretch.since
        if end >= stretch.end or until >= stretch.until:
            end, until = stretch.end, stretch.until
        return Period(since, until, Span(first, end), terms.zone)
