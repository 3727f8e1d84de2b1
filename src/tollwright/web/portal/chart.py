"""Bars of a chart in whole units; the page draws them as SVG and repeats them as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tollwright.domain.reports.usage import DayUsage

HEIGHT = 1000  # units of the drawing; the page stretches it
STEP = 100
GAP = 22
LINES = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One day's bar; y grows downwards, as in SVG."""

    x: int
    y: int
    width: int
    height: int
    day: date
    amount_micros: int
    calls: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the grid with its amount."""

    y: int
    amount_micros: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A day chart: `width` × HEIGHT units; `lines` from the top down; `ticks` are days to write."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    ticks: tuple[date, ...]
    top_micros: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""
        return not any(bar.calls for bar in self.bars)


def day_chart(days: Sequence[DayUsage]) -> Chart:
    """The chart of consecutive days. Negative days (corrections) stand at the foot with no bar."""
    most = max((day.usage.amount_micros for day in days), default=0)
    top = nice(most)
    bars = tuple(_bar(place, day, top) for place, day in enumerate(days))
    lines = tuple(
        Line(HEIGHT * step // LINES, top * (LINES - step) // LINES) for step in range(LINES + 1)
    )
    return Chart(len(days) * STEP, HEIGHT, bars, lines, _ticks(days), top)


def nice(micros: int) -> int:
    """The least of 1, 2, 4, 5 or 8 × 10ⁿ that is not below `micros`, so that quarters are round."""
    power = 4  # quarters of a minor unit at the least
    while True:
        for step in (1, 2, 4, 5, 8):
            if step * 10**power >= micros:
                return int(step * 10**power)
        power += 1


def _bar(place: int, day: DayUsage, top: int) -> Bar:
    amount = day.usage.amount_micros
    height = max(0, amount) * HEIGHT // top
    if amount > 0:
        height = max(height, 6)  # a day with little is still seen
    return Bar(
        place * STEP + GAP // 2, HEIGHT - height, STEP - GAP, height,
        day.day, amount, day.usage.calls,
    )  # fmt: skip


def _ticks(days: Sequence[DayUsage]) -> tuple[date, ...]:
    if len(days) < 3:
        return tuple(day.day for day in days)
    return (days[0].day, days[len(days) // 2].day, days[-1].day)
