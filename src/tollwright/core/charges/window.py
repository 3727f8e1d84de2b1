"""A window of a subscription: the days it covers of its period, and what is paused or on trial."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from zoneinfo import ZoneInfo

from tollwright.core.billing.periods import Cycle, Span, midnight, overlap, period_of
from tollwright.core.charges.plan import Plan
from tollwright.core.instants import micros_of, moment_of

FOUR_WEEKS = 28


@dataclass(frozen=True)
class Window:
    """`span`: the days that are priced; `period_days`: of the whole period; `starts_on`: the
    subscription's first day. Moments are ms since 1970 UTC."""

    plan: Plan
    span: Span
    period_days: int
    starts_on: date
    paused: tuple[Span, ...] = ()
    pause_percent: Fraction = Fraction(0)
    trial: Span | None = None
    trial_is_free: bool = False

    @cached_property
    def midnights(self) -> tuple[int, ...]:
        """The midnights of the zone from its first to its end."""
        days = (self.span.first + timedelta(days=n) for n in range(self.span.days + 1))
        return tuple(midnight_ms(day, self.plan.timezone) for day in days)

    @property
    def since(self) -> int:
        """Its first moment."""
        return self.midnights[0]

    @property
    def until(self) -> int:
        """The moment after its last."""
        return self.midnights[-1]

    def holds(self, moment: int) -> bool:
        """Whether usage of that moment is billed in it."""
        return self.since <= moment < self.until and not self._on_free_trial(moment)

    def _on_free_trial(self, moment: int) -> bool:
        if not self.trial_is_free or self.trial is None:
            return False
        return moment < midnight_ms(self.trial.end, self.plan.timezone)

    @property
    def billed_since(self) -> int:
        """From when usage is billed."""
        if self.trial_is_free and self.trial is not None:
            return min(max(midnight_ms(self.trial.end, self.plan.timezone), self.since), self.until)
        return self.since

    def day_of(self, moment: int) -> date:
        """The local day of a moment in it."""
        return self.span.first + timedelta(days=bisect_right(self.midnights, moment) - 1)

    def by_days(self, since: int, until: int) -> Iterator[tuple[date, int, int]]:
        """The parts of [since, until) by local day; both lie in the window."""
        place = bisect_right(self.midnights, since)
        while since < until:
            end = min(until, self.midnights[place]) if place < len(self.midnights) else until
            yield self.span.first + timedelta(days=place - 1), since, end
            since, place = end, place + 1

    @property
    def share(self) -> Fraction:
        """Its days of the period's: d / D."""
        return Fraction(self.span.days, self.period_days)

    @property
    def active_share(self) -> Fraction:
        """The same without paused days."""
        cut = sum(part.days for one in self.paused if (part := overlap(one, self.span)))
        return Fraction(self.span.days - cut, self.period_days)

    def key_of(self, day: date) -> date:
        """The first day of the window that a day falls in, this one or another of the plan's."""
        if self.span.first <= day < self.span.end:
            return self.span.first
        return cycle_span(self.plan, day, self.starts_on).first


def cycle_span(plan: Plan, day: date, starts_on: date) -> Span:
    """The whole period of the plan's cycle that holds the day."""
    if plan.cycle == "four_weekly":
        anchor = plan.cycle_anchor or starts_on
        first = day - timedelta(days=(day - anchor).days % FOUR_WEEKS)
        return Span(first, first + timedelta(days=FOUR_WEEKS))
    cycle: Cycle = plan.cycle
    return period_of(day, cycle, plan.cycle_anchor or starts_on)


def midnight_ms(day: date, zone: str) -> int:
    """The moment at which the day begins in the zone."""
    return micros_of(midnight(day, zone)) // 1_000


def local_day(moment: int, zone: str) -> date:
    """The day of a moment in the zone."""
    return local(moment, zone).date()


def local(moment: int, zone: str) -> datetime:
    """The wall clock at a moment."""
    return moment_of(moment * 1_000).astimezone(ZoneInfo(zone))


def instant_ms(text: str, zone: str) -> int:
    """An ISO 8601 instant in ms; a bare one is the zone's. Raises ValueError: it is none."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:  # to UTC: seconds between two moments of one zone ignore its changes
        moment = moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return micros_of(moment) // 1_000
