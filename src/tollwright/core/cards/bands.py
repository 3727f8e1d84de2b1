"""Bands: which hold at an instant, when that changes next, and which minutes they leave or share.

Windows are wall-clock minutes in the card's zone. Whether a band holds is a function of the wall
clock alone: in the hour that is struck twice in autumn it holds twice, the hour that spring skips
never comes. Seconds of a call are counted in real time (UTC), so an edge is found by adding real
seconds up to the next wall-clock edge, and where the zone's offset moves before it, by the moment
of that move.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tollwright.core.cards.card import Band

DAY_MIN = 1440
WEEK_MIN = 7 * DAY_MIN
ONE_DAY = timedelta(days=1)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Span = tuple[int, int]  # [first minute, minute after the last)


@dataclass(frozen=True, slots=True)
class BandClock:
    """The bands of a card laid out for lookup; bit i of a mask is band i."""

    zone: ZoneInfo
    week: tuple[int, ...]  # mask of each wall-clock minute, from Monday 00:00
    dated: dict[date, tuple[tuple[int, int, int], ...]]  # (start, end, bit) within that day
    edges: tuple[tuple[int, ...], ...]  # per weekday: minutes at which the week's mask may change

    def active(self, at: datetime) -> int:
        """Mask of the bands that hold at this instant."""
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        mask = self.week[local.weekday() * DAY_MIN + minute]
        for start, end, bit in self.dated.get(local.date(), ()):
            if start <= minute < end:
                mask |= bit
        return mask

    def next_edge(self, at: datetime) -> datetime:
        """The first instant after `at` at which `active` may differ; never more than a day on."""
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        edges = set(self.edges[local.weekday()])
        for start, end, _ in self.dated.get(local.date(), ()):
            edges.update((start, end))
        edge = min(edge for edge in edges if edge > minute)
        wait = timedelta(minutes=edge - minute - 1, seconds=60 - local.second)
        then = at + wait - timedelta(microseconds=local.microsecond)
        if then.astimezone(self.zone).utcoffset() == local.utcoffset():
            return then
        return self._offset_change(at, then)

    def _offset_change(self, low: datetime, high: datetime) -> datetime:
        """The whole second in (low, high] at which the zone's offset moves, by halving."""
        low, before = low.replace(microsecond=0), low.astimezone(self.zone).utcoffset()
        high = high.replace(microsecond=0)
        while (seconds := int((high - low).total_seconds())) > 1:
            middle = low + timedelta(seconds=seconds // 2)
            if middle.astimezone(self.zone).utcoffset() == before:
                low = middle
            else:
                high = middle
        return high


def band_clock(bands: Sequence[Band], zone: ZoneInfo) -> BandClock:
    """Lay out the bands of a card for lookup."""
    week = [0] * WEEK_MIN
    dated: dict[date, list[tuple[int, int, int]]] = {}
    for place, band in enumerate(bands):
        bit = 1 << place
        for start, end in () if band.dates else week_spans(band):
            for minute in range(start, end):
                week[minute] |= bit
        for day, start, end in date_spans(band):
            dated.setdefault(day, []).append((start, end, bit))
    return BandClock(
        zone=zone,
        week=tuple(week),
        dated={day: tuple(spans) for day, spans in dated.items()},
        edges=tuple(_day_edges(week, weekday) for weekday in range(7)),
    )


def _day_edges(week: Sequence[int], weekday: int) -> tuple[int, ...]:
    first = weekday * DAY_MIN
    changes = (m for m in range(1, DAY_MIN) if week[first + m] != week[first + m - 1])
    return (*changes, DAY_MIN)


def week_spans(band: Band) -> Iterator[Span]:
    """Minutes of the week of a band without dates; a window over Sunday's midnight is two spans."""
    for window in band.windows:
        length = (window.end_min - window.start_min) % DAY_MIN or DAY_MIN
        for day in window.days:
            start = (day - 1) * DAY_MIN + window.start_min
            end = start + length
            yield start, min(end, WEEK_MIN)
            if end > WEEK_MIN:
                yield 0, end - WEEK_MIN


def date_spans(band: Band) -> Iterator[tuple[date, int, int]]:
    """Minutes of the dated days of a band; what runs over midnight falls on the next date."""
    for day in band.dates:
        for window in band.windows:
            if day.isoweekday() not in window.days:
                continue
            if window.end_min > window.start_min:
                yield day, window.start_min, window.end_min
                continue
            yield day, window.start_min, DAY_MIN
            if window.end_min:
                yield day + ONE_DAY, 0, window.end_min


def gaps(bands: Iterable[Band]) -> list[Span]:
    """Minutes of the week at which no band without dates holds."""
    covered = bytearray(WEEK_MIN)
    for band in bands:
        for start, end in () if band.dates else week_spans(band):
            covered[start:end] = b"\1" * (end - start)
    return _spans(minute for minute in range(WEEK_MIN) if not covered[minute])


@dataclass(frozen=True, slots=True)
class Overlap:
    """Minutes that two bands of one weight both claim: of the week, or of one day."""

    first: str
    second: str
    spans: tuple[Span, ...]
    day: date | None = None


def overlaps(bands: Sequence[Band]) -> list[Overlap]:
    """Every pair of bands of equal weight that hold at the same minute."""
    found = []
    for place, one in enumerate(bands):
        for other in bands[place + 1 :]:
            if one.weight == other.weight and one.name != other.name:
                found += _shared(one, other)
    return found


def _shared(one: Band, other: Band) -> list[Overlap]:
    if not one.dates and not other.dates:
        spans = _common(week_spans(one), week_spans(other))
        return [Overlap(one.name, other.name, spans)] if spans else []
    days = {day for band in (one, other) for day, _, _ in date_spans(band)}
    shared = ((day, _common(_on(one, day), _on(other, day))) for day in sorted(days))
    return [Overlap(one.name, other.name, spans, day) for day, spans in shared if spans]


def _on(band: Band, day: date) -> Iterator[Span]:
    """Minutes of this day on which the band holds."""
    if band.dates:
        yield from ((start, end) for that, start, end in date_spans(band) if that == day)
        return
    first = day.weekday() * DAY_MIN
    for start, end in week_spans(band):
        if start < first + DAY_MIN and end > first:
            yield max(start - first, 0), min(end - first, DAY_MIN)


def _common(one: Iterable[Span], other: Iterable[Span]) -> tuple[Span, ...]:
    others = [set(range(*span)) for span in other]
    minutes = {m for span in one for theirs in others for m in theirs.intersection(range(*span))}
    return tuple(_spans(sorted(minutes)))


def _spans(minutes: Iterable[int]) -> list[Span]:
    spans: list[Span] = []
    for minute in minutes:
        if spans and spans[-1][1] == minute:
            spans[-1] = (spans[-1][0], minute + 1)
        else:
            spans.append((minute, minute + 1))
    return spans


def say_week(spans: Iterable[Span]) -> str:
    """`Saturday 00:00-24:00, Sunday 00:00-24:00`: minutes of the week, a day at a time."""
    said = []
    for start, end in spans:
        for day in range(start // DAY_MIN, (end - 1) // DAY_MIN + 1):
            midnight = day * DAY_MIN
            span = (max(start - midnight, 0), min(end - midnight, DAY_MIN))
            said.append(f"{WEEKDAYS[day]} {say_day([span])}")
    return ", ".join(said)


def say_day(spans: Iterable[Span]) -> str:
    """`08:00-09:30`: minutes of one day."""
    return ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in spans)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
