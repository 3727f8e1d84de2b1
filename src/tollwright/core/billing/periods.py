"""Billing periods: whole days of a zone, from one boundary of the cycle to the next.

Days are the customer's; a period is half-open, [first, end). Moments come last, by the zone's
midnights, so that a month with a clock change is still a month.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
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


def period_of(day: date, cycle: Cycle, anchor: date) -> Span:
    """The whole period of `cycle` that contains `day`.

    Weeks begin on Monday (ISO 8601), fortnights on every second Monday from 2001-01-01, months on
    the 1st. `anniversary` begins on the anchor's day of the month, or on the month's last day
    where it has no such day; the anchor means nothing to the other cycles.
    """
    if cycle == "day":
        return Span(day, day + timedelta(days=1))
    if cycle in {"weekly", "fortnightly"}:
        length = 7 if cycle == "weekly" else 14
        first = day - timedelta(days=(day - FIRST_FORTNIGHT).days % length)
        return Span(first, first + timedelta(days=length))
    on = 1 if cycle == "monthly" else anchor.day
    first = _boundary(day.year, day.month, on)
    if first > day:
        return Span(_boundary(*_month(day, -1), on), first)
    return Span(first, _boundary(*_month(day, 1), on))


def _month(day: date, step: int) -> tuple[int, int]:
    year, month = divmod(day.year * 12 + day.month - 1 + step, 12)
    return year, month + 1


def _boundary(year: int, month: int, on: int) -> date:
    return date(year, month, min(on, monthrange(year, month)[1]))


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
