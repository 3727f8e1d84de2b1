"""Outcomes that are sold: once a lead, after a time to be held, given back when they are void.

Windows are judged in order, each with what was known at its end: what an issued window was billed
stays, and what is void later is given back by the window in which it became so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tollwright.core.charges import plan as form
from tollwright.core.charges.events import by_campaign, premiums_of
from tollwright.core.charges.exact import many
from tollwright.core.charges.facts import DAY_MS, SECOND_MS, Outcome
from tollwright.core.charges.reading import Clawback, Reading, Use
from tollwright.core.charges.selection import Selection
from tollwright.core.charges.window import Window, cycle_span, local_day, midnight_ms

ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Sale:
    """An outcome that qualified; `void_at`: the moment at which it no longer did, None: it does."""

    told: Outcome
    day: date
    due: date
    window: date  # the first day of the window in which it falls due
    void_at: int | None
    void_day: date | None


@dataclass(frozen=True, slots=True)
class OutcomeReader:
    """Reads items of outcomes in one window."""

    window: Window
    outcomes: Mapping[str, Sequence[Outcome]]

    def read(
        self, selection: Selection, measure: form.Outcomes, campaign: str | None = None
    ) -> Reading:
        """The reading of an item; of one campaign where its `per` says so."""
        judged = _Judged(measure)
        sales = self._sales(selection, measure, campaign)
        mine = self.window.span.first
        for first in sorted({sale.window for sale in sales} | {mine}):
            if first > mine:
                break
            judged.bill(first, self._end(first), [one for one in sales if one.window == first])
        billed = judged.billed.get(mine, [])
        uses = [Use(one.told.since, one.told.key, ONE) for one in billed]
        events = [one.told for one in billed]
        return Reading(
            Fraction(len(billed)), by_campaign(events), uses,
            [one.told.value for one in billed if one.told.value is not None],
            premiums_of(selection.item, self.window.plan, [(one, ONE) for one in events]),
            tuple(self._clawbacks(judged, measure)), many(len(billed), "outcome"),
        )  # fmt: skip

    def _end(self, first: date) -> int:
        """The moment at which the window that begins on a day ends."""
        window = self.window
        if first == window.span.first:
            return window.until
        span = cycle_span(window.plan, first, window.starts_on)
        return midnight_ms(min(span.end, window.span.first), window.plan.timezone)

    def _sales(
        self, selection: Selection, measure: form.Outcomes, campaign: str | None
    ) -> list[Sale]:
        voids = {
            told[-1].voids: told[-1].since for told in self.outcomes.values() if told[-1].voids
        }
        found = []
        for key, tellings in self.outcomes.items():
            wanted = [self._qualifies(one, selection, measure, campaign) for one in tellings]
            if tellings[-1].voids or not any(wanted):
                continue
            place = wanted.index(True)
            lost = next((n for n in range(place, len(wanted)) if not wanted[n]), None)
            if wanted[-1]:
                place, lost = len(wanted) - 1, None
            void_at = None if lost is None else tellings[lost].told
            if key in voids:
                void_at = min(voids[key], void_at) if void_at is not None else voids[key]
            sale = self._sale(tellings[place], measure, void_at)
            if sale is not None:
                found.append(sale)
        return sorted(found, key=lambda sale: (sale.told.since, sale.told.key))

    def _sale(self, told: Outcome, measure: form.Outcomes, void_at: int | None) -> Sale | None:
        window = self.window
        zone = window.plan.timezone
        day = local_day(told.since, zone)
        if day < window.starts_on or told.since >= window.until:
            return None
        due = day + timedelta(days=measure.hold_days)
        void_day = None if void_at is None else local_day(void_at, zone)
        return Sale(told, day, due, window.key_of(due), void_at, void_day)

    def _qualifies(
        self, one: Outcome, selection: Selection, measure: form.Outcomes, campaign: str | None
    ) -> bool:
        if campaign is not None and one.campaign != campaign:
            return False
        if one.outcome not in measure.outcomes and not one.flags & set(measure.flags):
            return False
        if one.talk_ms < measure.min_talk_s * SECOND_MS:
            return False
        if selection.item.price.model == "percentage" and one.value is None:
            return False
        return selection.takes(one.campaign, one.since, one.language, one.outcome)

    def _clawbacks(self, judged: _Judged, measure: form.Outcomes) -> Iterator[Clawback]:
        """What earlier windows lose by what became void in this one."""
        if measure.clawback_days is None:
            return
        window, most = self.window, measure.clawback_days
        for first, billed in sorted(judged.billed.items()):
            if first >= window.span.first:
                continue
            stood = [one for one in billed if not _taken(one, most, until=window.since)]
            left = [one for one in billed if not _taken(one, most, until=window.until)]
            if len(left) < len(stood):
                yield Clawback(_values(stood), _values(left))


def _taken(sale: Sale, most: int, *, until: int) -> bool:
    """Whether it was given back by a moment."""
    if sale.void_at is None or sale.void_day is None or sale.void_at >= until:
        return False
    return (sale.void_day - sale.day).days <= most


def _values(sales: Sequence[Sale]) -> list[Fraction]:
    return [ONE if one.told.value is None else one.told.value for one in sales]


class _Judged:
    """What each window was billed, the first of a lead alone."""

    def __init__(self, measure: form.Outcomes) -> None:
        self._dedupe, self._measure = measure.dedupe, measure
        self._first: dict[str, list[Sale]] = defaultdict(list)
        self.billed: dict[date, list[Sale]] = {}

    def bill(self, first: date, end: int, sales: Sequence[Sale]) -> None:
        """Sales that fall due in the window that begins on `first` and ends at `end`."""
        mine = self.billed.setdefault(first, [])
        for sale in sales:
            never = sale.void_day is not None and sale.void_day <= sale.due
            if never or _is_void(sale, end):
                continue
            key = self._key(sale.told)
            if key and self._is_shielded(sale, self._first[key], end):
                continue
            if key:
                self._first[key].append(sale)
            mine.append(sale)

    def _key(self, told: Outcome) -> str:
        return "" if self._dedupe is None else str(getattr(told, self._dedupe.by))

    def _is_shielded(self, sale: Sale, before: Sequence[Sale], end: int) -> bool:
        """Whether one that was billed and stands is near enough."""
        window = None if self._dedupe is None else self._dedupe.window
        for one in before:
            if _is_void(one, end):
                continue
            apart = sale.told.since - one.told.since
            if window == "ever" or (window == "period" and one.window == sale.window):
                return True
            if isinstance(window, int) and apart < window * DAY_MS:
                return True
        return False


def _is_void(sale: Sale, end: int) -> bool:
    return sale.void_at is not None and sale.void_at < end
