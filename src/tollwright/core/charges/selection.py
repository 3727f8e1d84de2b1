"""Which facts an item takes: by campaign, and by when; the rest of a family takes what is left."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from tollwright.core.cards.bands import BandClock, band_clock
from tollwright.core.cards.card import Band
from tollwright.core.cards.card import Window as BandWindow
from tollwright.core.charges import plan as form
from tollwright.core.charges.facts import DAY_MS
from tollwright.core.charges.refusals import minutes_of
from tollwright.core.instants import micros_of, moment_of

ALL_DAYS = (1, 2, 3, 4, 5, 6, 7)


class WhenClock:
    """A `when` of a plan, ready to be asked about moments."""

    def __init__(self, when: form.When, plan: form.Plan) -> None:
        self._languages, self._codes = frozenset(when.languages), frozenset(when.codes)
        groups: list[list[Band]] = []
        if when.windows:
            windows = tuple(_band_window(window) for window in when.windows)
            groups.append([Band("windows", windows=windows)])
        if when.dates:
            groups.append([Band("dates", dates=when.dates)])
        if when.holidays:
            groups.append([_holiday(one) for one in plan.holidays[when.holidays]])
        bands = [band for group in groups for band in group]
        self._masks: list[int] = []
        for group in groups:
            place = sum(mask.bit_count() for mask in self._masks)
            self._masks.append(((1 << len(group)) - 1) << place)
        self._days: dict[int, tuple[list[int], list[bool]]] = {}
        self._clock: BandClock | None = None
        if bands:
            self._clock = band_clock(bands, ZoneInfo(plan.timezone))

    def fits(self, language: str, code: str) -> bool:
        """Whether what it says of the fact itself holds."""
        return (not self._languages or language in self._languages) and (
            not self._codes or code in self._codes
        )

    def holds(self, moment: int) -> bool:
        """Whether what it says of the time holds at a moment."""
        if self._clock is None:
            return True
        starts, held = self._day(moment // DAY_MS)
        return held[bisect_right(starts, moment) - 1]

    def edges(self, since: int, until: int) -> Iterator[int]:
        """The moments within (since, until) at which it may change."""
        if self._clock is None:
            return
        for day in range(since // DAY_MS, (until - 1) // DAY_MS + 1):
            for edge in self._day(day)[0]:
                if since < edge < until:
                    yield edge

    def _day(self, day: int) -> tuple[list[int], list[bool]]:
        """Of a day of UTC: from which moments on what it says of the time holds, or not."""
        if day not in self._days:
            self._days[day] = self._laid_out(day * DAY_MS)
        return self._days[day]

    def _laid_out(self, since: int) -> tuple[list[int], list[bool]]:
        clock = self._clock
        starts: list[int] = []
        held: list[bool] = []
        moment = since
        while clock is not None and moment < since + DAY_MS:
            at = moment_of(moment * 1_000)
            active = clock.active(at)
            starts.append(moment)
            held.append(all(active & mask for mask in self._masks))
            moment = micros_of(clock.next_edge(at)) // 1_000
        return starts, held


def _band_window(window: form.Window) -> BandWindow:
    start, end = minutes_of(window.start), minutes_of(window.end)
    if start is None or end is None:
        raise ValueError(f"{window} was refused before")
    return BandWindow(start, end, tuple(sorted(set(window.days))))


def _holiday(one: date | form.Holiday) -> Band:
    if isinstance(one, form.Holiday):
        start = minutes_of(one.start) or 0
        return Band("holiday", windows=(BandWindow(start, 1440, ALL_DAYS),), dates=(one.day,))
    return Band("holiday", dates=(one,))


@dataclass(frozen=True, slots=True)
class Selection:
    """What one item takes."""

    item: form.Item
    clock: WhenClock | None
    others: tuple[Selection, ...] = ()  # of its family, where it takes the rest

    def takes(self, campaign: str, moment: int, language: str = "", code: str = "") -> bool:
        """Whether a fact of that moment is the item's."""
        wanted = self.item.measure.campaigns
        if wanted and campaign not in wanted:
            return False
        if self.clock is not None and not (
            self.clock.fits(language, code) and self.clock.holds(moment)
        ):
            return False
        return not any(other.takes(campaign, moment, language, code) for other in self.others)

    def edges(self, since: int, until: int) -> list[int]:
        """Where within a span the answer may change, in order."""
        clocks = [one.clock for one in (self, *self.others) if one.clock is not None]
        return sorted({edge for clock in clocks for edge in clock.edges(since, until)})


def select(plan: form.Plan) -> dict[str, Selection]:
    """The selections of a plan's items, by code."""
    found: dict[str, Selection] = {}
    for item in sorted(plan.items, key=lambda item: item.rest):
        others: tuple[Selection, ...] = ()
        if item.rest:
            others = tuple(
                found[other.code] for other in plan.items
                if other.family == item.family and not other.rest
                and type(other.measure) is type(item.measure)
            )  # fmt: skip
        when = item.measure.when
        clock = None if when is None else WhenClock(when, plan)
        found[item.code] = Selection(item, clock, others)
    return found
