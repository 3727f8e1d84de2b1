"""Seconds of agents' states: one state a moment, caps, weights, rounding, premiums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from heapq import heappop, heappush
from itertools import pairwise
from math import ceil, floor
from typing import NamedTuple

from tollwright.core.charges import plan as form
from tollwright.core.charges.exact import many
from tollwright.core.charges.facts import State
from tollwright.core.charges.reading import NOUGHT, Reading, Use
from tollwright.core.charges.selection import Selection, WhenClock
from tollwright.core.charges.states import RANK, READY
from tollwright.core.charges.window import Window

FULL = 10**11  # a weight of 100 %: weights are whole numbers of billionths of a percent
SECOND = 1_000 * FULL
HALF, ONE = Fraction(1, 2), Fraction(1)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a state within one local day, in ms; `entry`: its place on the item's list."""

    state: State
    day: date
    since: int
    until: int
    entry: int = 0
    weight: int = FULL

    @property
    def counted(self) -> int:
        """What of it counts: ms by weight, so many `FULL` to the millisecond."""
        return (self.until - self.since) * self.weight


def one_state_a_moment(states: Iterable[State]) -> list[State]:
    """Each agent's states cut so that none overlaps: the highest rank wins, then who was first."""
    agents: dict[str, list[State]] = defaultdict(list)
    for state in states:
        if state.until > state.since:
            agents[state.agent].append(state)
    return [part for mine in agents.values() for part in _linear(mine)]


def _linear(states: list[State]) -> Iterator[State]:
    states.sort(key=lambda state: (state.since, state.key))
    if all(one.until <= other.since for one, other in pairwise(states)):
        yield from states
        return
    bounds = sorted({moment for state in states for moment in (state.since, state.until)})
    waiting: list[tuple[int, int, str, int]] = []
    place = 0
    for since, until in pairwise(bounds):
        while place < len(states) and states[place].since <= since:
            state = states[place]
            heappush(waiting, (RANK[state.state], state.since, state.key, place))
            place += 1
        while waiting and states[waiting[0][3]].until <= since:
            heappop(waiting)
        if waiting:
            yield replace(states[waiting[0][3]], since=since, until=until)


class Listed(NamedTuple):
    """An entry of an item's list of states: its place, its codes, its weight."""

    place: int
    codes: tuple[str, ...]
    weight: int


@dataclass(frozen=True, slots=True)
class TimeReader:
    """Reads items of agent time in one window; `linear` is cut, `every` as it was told."""

    window: Window
    linear: Sequence[State]
    every: Sequence[State]
    drawn: frozenset[str] = frozenset()  # items whose parts bundles pay for in order of time

    def read(
        self, selection: Selection, measure: form.Time, campaign: str | None = None
    ) -> Reading:
        """The reading of an item; of one campaign where its `per` says so."""
        item = selection.item
        states = self.linear if measure.overlap == "linear" else self.every
        listed = _listed(measure.count)
        pieces = sorted(
            self._pieces(states, selection, listed, campaign),
            key=lambda piece: (piece.since, piece.state.key),
        )
        pieces = list(_capped(pieces, measure.count))
        rule = item.round or form.Round()
        quantity, campaigns, uses = _rounded(pieces, rule, item.code in self.drawn)
        return Reading(
            quantity, campaigns, uses, premiums=self._premiums(item, pieces),
            how=f"agents' time in {many(len(pieces), 'part')}",
        )  # fmt: skip

    def _pieces(
        self,
        states: Sequence[State],
        selection: Selection,
        listed: Mapping[str, Sequence[Listed]],
        campaign: str | None,
    ) -> Iterator[Piece]:
        window = self.window
        for state in states:
            since, until = max(state.since, window.billed_since), min(state.until, window.until)
            if since >= until or (campaign is not None and state.campaign != campaign):
                continue
            entry = _entry(listed.get(state.state, ()), state.code)
            if entry is None:
                continue
            place, _, weight = entry
            for day, one, other in self._cuts(since, until, selection):
                if selection.takes(state.campaign, one, state.language, state.code):
                    yield Piece(state, day, one, other, place, weight)

    def _cuts(
        self, since: int, until: int, selection: Selection
    ) -> Iterator[tuple[date, int, int]]:
        """Parts within a day within which the item takes all or nothing."""
        for day, first, end in self.window.by_days(since, until):
            for one, other in _cut(first, end, selection.edges(first, end)):
                yield day, one, other

    def _premiums(self, item: form.Item, pieces: Sequence[Piece]) -> dict[str, Fraction]:
        if not item.premiums:
            return {}
        found = _Premiums(item, self.window.plan)
        for piece in sorted(pieces, key=lambda one: (one.state.agent, one.since, one.state.key)):
            found.add(piece)
        return {name: floor(Fraction(n, SECOND) + HALF) * ONE for name, n in found.sums.items()}


def _listed(count: Sequence[form.Counted | str]) -> dict[str, list[Listed]]:
    """State -> its entries on the list."""
    found: dict[str, list[Listed]] = defaultdict(list)
    for place, entry in enumerate(count):
        entries = (
            [form.Counted(state) for state in READY[entry]] if isinstance(entry, str) else [entry]
        )
        for one in entries:
            found[one.state].append(Listed(place, one.codes, int(one.weight_percent * 10**9)))
    return found


def _entry(entries: Sequence[Listed], code: str) -> Listed | None:
    """The first that takes a state with this code; a state without one fits no list of codes."""
    return next((one for one in entries if not one.codes or code in one.codes), None)


def _cut(since: int, until: int, edges: Iterable[int]) -> Iterator[tuple[int, int]]:
    for edge in (*edges, until):
        if edge > since:
            yield since, edge
            since = edge


def _capped(pieces: Iterable[Piece], count: Sequence[form.Counted | str]) -> Iterator[Piece]:
    """Pieces in order of time, each as far as its cap leaves room."""
    used: dict[tuple[object, ...], int] = defaultdict(int)
    for piece in pieces:
        entry = count[piece.entry]
        if isinstance(entry, str) or entry.cap_s is None:
            yield piece
            continue
        key = (piece.entry, *_cap_key(piece, entry.cap_per))
        left = entry.cap_s * 1_000 - used[key]
        length = min(left, piece.until - piece.since)
        if length > 0:
            used[key] += length
            yield replace(piece, until=piece.since + length)


def _cap_key(piece: Piece, per: str | None) -> tuple[object, ...]:
    if per == "contact":
        return ("contact", piece.state.contact or f"record {piece.state.key}")
    return (piece.state.agent, piece.day) if per == "day" else (piece.state.agent,)


def round_seconds(seconds: Fraction, rule: form.Round) -> Fraction:
    """To steps, by the mode; `add_s` first, then not less than `first_s`, steps from there."""
    seconds += rule.add_s
    if rule.first_s:
        if seconds <= rule.first_s:
            return Fraction(rule.first_s)
        return rule.first_s + stepped(seconds - rule.first_s, rule)
    return stepped(seconds, rule)


def stepped(quantity: Fraction, rule: form.Round) -> Fraction:
    """A quantity on the grid of the rule's step."""
    steps = quantity / rule.step
    if rule.mode == "up":
        return ceil(steps) * rule.step
    return floor(steps if rule.mode == "down" else steps + HALF) * rule.step


def _rounded(
    pieces: Sequence[Piece], rule: form.Round, drawn: bool
) -> tuple[Fraction, dict[str, Fraction], list[Use]]:
    """The seconds, the campaigns by what was counted, and the parts that were rounded."""
    groups: dict[tuple[object, ...], int] = defaultdict(int)
    firsts: dict[tuple[object, ...], Piece] = {}
    campaigns: dict[str, int] = defaultdict(int)
    for piece in pieces:
        key, counted = _group(piece, rule.per), piece.counted
        groups[key] += counted
        firsts.setdefault(key, piece)
        campaigns[piece.state.campaign] += counted
    sums = {key: round_seconds(Fraction(n, SECOND), rule) for key, n in groups.items()}
    total = sum(sums.values(), NOUGHT)
    uses = [Use(firsts[key].since, firsts[key].state.key, n) for key, n in sums.items()]
    if rule.per == "line" and drawn:
        uses = [Use(p.since, p.state.key, Fraction(p.counted, SECOND)) for p in pieces]
    return total, {name: Fraction(n) for name, n in campaigns.items()}, uses


def _group(piece: Piece, per: str) -> tuple[object, ...]:
    state = piece.state
    if per == "contact":
        return (state.contact or f"record {state.key}",)
    if per == "record":
        return (state.key,)
    if per == "agent_day":
        return state.agent, piece.day
    return (state.agent,) if per == "agent" else ()


class _Premiums:
    """What is counted under each premium; of several at one moment the greatest, or all."""

    def __init__(self, item: form.Item, plan: form.Plan) -> None:
        self._premiums = [(one, WhenClock(one.when, plan)) for one in item.premiums]
        self._best = item.premium_stack == "best"
        self._over = any(one.when.over_s for one in item.premiums)
        self._day: dict[tuple[str, date], int] = defaultdict(int)
        self._week: dict[tuple[str, int, int], int] = defaultdict(int)
        self.sums: dict[str, int] = {one.name: 0 for one in item.premiums}

    def add(self, piece: Piece) -> None:
        """Pieces of an agent come in order of time."""
        edges = {
            edge for _, clock in self._premiums for edge in clock.edges(piece.since, piece.until)
        }
        for since, until in _cut(piece.since, piece.until, sorted(edges)):
            length = (until - since) * piece.weight
            if length:
                self._part(piece, since, length)

    def _part(self, piece: Piece, moment: int, length: int) -> None:
        held = [
            one
            for one, clock in self._premiums
            if clock.fits(piece.state.language, piece.state.code) and clock.holds(moment)
        ]
        if not self._over:
            self._add(held, length)
            return
        agent, day = piece.state.agent, piece.day
        year, week, _ = day.isocalendar()
        on_day, in_week = self._day[agent, day], self._week[agent, year, week]
        for begin, end in _between(length, self._limits(on_day, in_week, length)):
            over = [
                one
                for one in held
                if _over(one.when.agent_day_over_s, on_day + begin)
                and _over(one.when.agent_week_over_s, in_week + begin)
            ]
            self._add(over, end - begin)
        self._day[agent, day] = on_day + length
        self._week[agent, year, week] = in_week + length

    def _add(self, held: Sequence[form.Premium], length: int) -> None:
        if self._best and held:
            held = [max(held, key=lambda one: one.percent)]
        for one in held:
            self.sums[one.name] += length

    def _limits(self, on_day: int, in_week: int, length: int) -> list[int]:
        found = set()
        for one, _ in self._premiums:
            limits = ((one.when.agent_day_over_s, on_day), (one.when.agent_week_over_s, in_week))
            for over, done in limits:
                if over is not None and 0 < over * SECOND - done < length:
                    found.add(over * SECOND - done)
        return sorted(found)


def _over(limit: int | None, done: int) -> bool:
    return limit is None or done >= limit * SECOND


def _between(length: int, cuts: Sequence[int]) -> Iterator[tuple[int, int]]:
    begin = 0
    for cut in (*cuts, length):
        yield begin, cut
        begin = cut
