"""Seats: held by assignment, logged in at once, used at all, and their hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tollwright.core.charges import plan as form
from tollwright.core.charges.agent_time import round_seconds
from tollwright.core.charges.facts import SECOND_MS, Assignment, Session
from tollwright.core.charges.reading import NOUGHT, Reading, Use
from tollwright.core.charges.selection import Selection
from tollwright.core.charges.window import Window

Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class SeatReader:
    """Reads items of seats in one window."""

    window: Window
    sessions: Sequence[Session]
    assignments: Sequence[Assignment]

    def read(
        self, selection: Selection, measure: form.Seats, campaign: str | None = None
    ) -> Reading:
        """The reading of an item; of one campaign where its `per` says so."""
        if measure.of == "named":
            return self._named(measure, campaign)
        spans = self._sessions(selection, campaign)
        if measure.of == "hours":
            return self._hours(selection.item, spans)
        if measure.of == "active":
            used = [agent for agent, mine in spans.items() if _enough(mine, measure.min_s)]
            return Reading(Fraction(len(used)), how=_agents(used), by_days=True)
        return self._concurrent(measure, spans)

    def _named(self, measure: form.Seats, campaign: str | None) -> Reading:
        held = self._held(measure, campaign)
        if measure.named == "ever":
            agents = {agent for mine in held.values() for agent in mine}
            return Reading(Fraction(len(agents)), how=_agents(agents), by_days=True)
        if measure.named == "daily":
            days = sum(map(len, held.values()))
            how = f"{days} agent-days in {self.window.period_days} days"
            return Reading(Fraction(days, self.window.period_days), how=how)
        peak = max(held, key=lambda day: (len(held[day]), -day.toordinal()), default=None)
        if peak is None:
            return Reading(NOUGHT)
        how = f"most on {peak}: {_agents(held[peak])}"
        return Reading(Fraction(len(held[peak])), how=how, by_days=True)

    def _held(self, measure: form.Seats, campaign: str | None) -> dict[date, set[str]]:
        span, found = self.window.span, defaultdict(set)
        for one in self.assignments:
            if not _of(one.campaign, measure.campaigns, campaign):
                continue
            day = max(one.first, span.first)
            while day < span.end and (one.last is None or day <= one.last):
                found[day].add(one.agent)
                day += timedelta(days=1)
        return found

    def _sessions(self, selection: Selection, campaign: str | None) -> dict[str, Spans]:
        """The moments at which each agent was logged in, once however often."""
        found: dict[str, Spans] = defaultdict(list)
        window, wanted = self.window, selection.item.measure.campaigns
        for one in self.sessions:
            since, until = max(one.since, window.billed_since), min(one.until, window.until)
            if since >= until or not _of(one.campaign, wanted, campaign):
                continue
            edges = [*selection.edges(since, until), until]
            for edge in edges:
                if edge > since and selection.takes(one.campaign, since):
                    found[one.agent].append((since, edge))
                since = edge
        return {agent: united(spans) for agent, spans in found.items()}

    def _hours(self, item: form.Item, spans: dict[str, Spans]) -> Reading:
        rule = item.round or form.Round()
        groups: dict[tuple[object, ...], int] = defaultdict(int)
        firsts: dict[tuple[object, ...], int] = {}
        for agent, day, since, until in self._days(spans):
            key = {"agent": (agent,), "agent_day": (agent, day)}.get(rule.per, ())
            groups[key] += until - since
            firsts.setdefault(key, since)
        uses = [
            Use(firsts[key], str(key), round_seconds(Fraction(ms, SECOND_MS), rule))
            for key, ms in groups.items()
        ]
        return Reading(sum((use.quantity for use in uses), NOUGHT), uses=uses, how=_agents(spans))

    def _days(self, spans: dict[str, Spans]) -> Iterator[tuple[str, date, int, int]]:
        """(agent, day, since, until) of each part."""
        for agent, mine in sorted(spans.items()):
            for begin, end in mine:
                for day, since, until in self.window.by_days(begin, end):
                    yield agent, day, since, until

    def _concurrent(self, measure: form.Seats, spans: dict[str, Spans]) -> Reading:
        levels = _levels([span for mine in spans.values() for span in mine])
        seats = 0
        while _long_enough(levels, seats + 1, measure):
            seats += 1
        how = f"at least {seats} logged in at once" if seats else ""
        return Reading(Fraction(seats), how=how, by_days=True)


def united(spans: Iterable[tuple[int, int]]) -> Spans:
    """Half-open spans without overlaps, in order."""
    found: Spans = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


def _levels(spans: Spans) -> list[tuple[int, int, int]]:
    """(since, until, how many at once); at one moment an end comes before a start."""
    changes = sorted([(until, -1) for _, until in spans] + [(since, 1) for since, _ in spans])
    found, level, before = [], 0, 0
    for moment, change in changes:
        if level and moment > before:
            found.append((before, moment, level))
        level, before = level + change, moment
    return found


def _long_enough(levels: Sequence[tuple[int, int, int]], seats: int, measure: form.Seats) -> bool:
    """Whether at least so many were logged in for as long as counts."""
    spans = united((since, until) for since, until, level in levels if level >= seats)
    if not spans:
        return False
    lengths = [until - since for since, until in spans]
    held = sum(lengths) if measure.held == "total" else max(lengths)
    return held >= measure.ignore_shorter_s * SECOND_MS


def _enough(spans: Spans, min_s: int) -> bool:
    return sum(until - since for since, until in spans) >= min_s * SECOND_MS


def _of(campaign: str, wanted: Sequence[str], only: str | None) -> bool:
    return (not wanted or campaign in wanted) and (only is None or campaign == only)


def _agents(agents: Iterable[str]) -> str:
    names = sorted(agents)
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
