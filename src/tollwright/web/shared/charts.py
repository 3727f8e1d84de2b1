"""The one chart of office and portal: a bar a day, laid out on the server for an inline SVG.

The page stretches the drawing; words stand beside it as HTML, so that they never stretch, and the
same figures follow as a table (parts/chart.html).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tollwright.web.shared.formatting import Money, money_number, short_day, weekday

HEIGHT = 1000  # units of the drawing
STEP = 100
GAP = 22
LINES = 4
LEAST = 6  # a day with little is still seen


@dataclass(frozen=True, slots=True)
class Day:
    """What a bar is drawn of. `note` is said after the amount: `3 calls`. `used`: False where
    nothing happened, which is something else than a sum of zero."""

    on: date
    micros: int
    note: str = ""
    used: bool = True


@dataclass(frozen=True, slots=True)
class Bar:
    """One day's bar; y grows downwards, as in SVG."""

    x: int
    y: int
    width: int
    height: int
    label: str
    text: str
    used: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the grid with its amount."""

    y: int
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`width` x `height` units; `lines` from the top down; `ticks` are the days to write."""

    title: str
    currency: str
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    ticks: tuple[str, ...]
    empty: str
    width: int
    height: int = HEIGHT

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""
        return not any(bar.used for bar in self.bars)


def day_chart(days: Sequence[Day], *, currency: str, title: str, empty: str) -> Chart:
    """The chart of consecutive days. Days below zero (corrections) have no bar, only words."""
    top = nice(max((day.micros for day in days), default=0))
    return Chart(
        title=title,
        currency=currency,
        bars=tuple(_bar(place, day, top, currency) for place, day in enumerate(days)),
        lines=tuple(
            Line(HEIGHT * step // LINES, money_number(top * (LINES - step) // LINES, currency))
            for step in range(LINES + 1)
        ),
        ticks=_ticks(days),
        empty=empty,
        width=len(days) * STEP,
    )


def nice(micros: int) -> int:
    """The least of 1, 2, 4, 5 or 8 × 10ⁿ that is not below `micros`, so that quarters are round."""
    power = 4  # quarters of a minor unit at the least
    while True:
        for step in (1, 2, 4, 5, 8):
            if step * 10**power >= micros:
                return int(step * 10**power)
        power += 1


def _bar(place: int, day: Day, top: int, currency: str) -> Bar:
    height = max(0, day.micros) * HEIGHT // top
    if day.micros > 0:
        height = max(height, LEAST)
    said = str(Money(day.micros, currency))
    return Bar(
        x=place * STEP + GAP // 2,
        y=HEIGHT - height,
        width=STEP - GAP,
        height=height,
        label=weekday(day.on),
        text=f"{said}, {day.note}" if day.note else said,
        used=day.used,
    )


def _ticks(days: Sequence[Day]) -> tuple[str, ...]:
    shown = days if len(days) < 3 else (days[0], days[len(days) // 2], days[-1])
    return tuple(short_day(day.on) for day in shown)
