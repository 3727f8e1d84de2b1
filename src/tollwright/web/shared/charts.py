"""Bar charts laid out on the server, in whole coordinates for an inline SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 210, 92, 28, 14


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where it stands, what it says. `tick` is written below it, or empty."""

    x: int
    y: int
    width: int
    height: int
    middle: int
    label: str
    text: str
    tick: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A horizontal line and its value."""

    y: int
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What parts/chart.html draws."""

    title: str
    summary: str
    x_title: str
    y_title: str
    bars: tuple[Bar, ...]
    grid: tuple[Grid, ...]
    empty: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def bars(
    points: Sequence[tuple[str, int]],
    *,
    title: str,
    x_title: str,
    y_title: str,
    say: Callable[[int], str],
    mark: Callable[[int], str],
    empty: str,
) -> Chart:
    """A bar a point; values below zero are drawn as none.

    `say` writes a value with its unit, `mark` writes it short, beside the axis.
    """
    top = max((value for _, value in points), default=0)
    if top <= 0:
        return Chart(title, "", x_title, y_title, (), (), empty)
    step = (WIDTH - LEFT) // len(points) or 1
    width = max(step * 3 // 4, 1)
    floor = HEIGHT - BOTTOM
    drawn = tuple(
        _bar(index, label, value, top, step, width, say, _every(len(points)))
        for index, (label, value) in enumerate(points)
    )
    grid = tuple(
        Grid(floor - (floor - TOP) * part // 2, mark(top * part // 2)) for part in range(3)
    )
    best = max(points, key=lambda point: point[1])
    summary = f"{len(points)} values, highest {say(best[1])} ({best[0]})"
    return Chart(title, summary, x_title, y_title, drawn, grid, empty)


def _bar(
    index: int,
    label: str,
    value: int,
    top: int,
    step: int,
    width: int,
    say: Callable[[int], str],
    every: int,
) -> Bar:
    floor = HEIGHT - BOTTOM
    height = max(value, 0) * (floor - TOP) // top
    x = LEFT + index * step
    tick = label[-5:] if index % every == 0 else ""
    return Bar(x, floor - height, width, height, x + width // 2, label, say(value), tick)


def _every(count: int) -> int:
    return max(1, -(-count // 8))
