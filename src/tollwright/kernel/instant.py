"""Which bands hold at an instant, and until when: the compiled side of `core.bands`."""

from __future__ import annotations

from typing import Any

from tollwright.kernel.jit import compiled
from tollwright.kernel.layout import (
    DATES,
    DATES_COUNT,
    DAY_MIN,
    DAYS,
    FIRST_DAY,
    MASKS,
    MINUTES,
    NO_TO,
    UNTIL,
    UNTIL_BITS,
    US,
    ZONE,
    ZONE_COUNT,
)

DAY_S = 86_400


@compiled
def zone_at(words: Any, second: int) -> int:
    """Where in `words` the stretch of one offset stands that holds this second (UTC)."""
    low, high = 0, words[ZONE_COUNT]
    while high - low > 1:
        middle = (low + high) // 2
        if words[words[ZONE] + 2 * middle] <= second:
            low = middle
        else:
            high = middle
    return int(words[ZONE] + 2 * low)


@compiled
def stretch_end(words: Any, stretch: int) -> int:
    """The second at which the stretch that stands there ends."""
    behind = stretch + 2
    last = words[ZONE] + 2 * words[ZONE_COUNT]
    return int(words[behind]) if behind < last else NO_TO


@compiled
def dates_before(words: Any, at_us: int) -> int:
    """How many of the card's dated changes lie at or before this instant."""
    low, high = 0, words[DATES_COUNT]
    while low < high:
        middle = (low + high) // 2
        if words[words[DATES] + middle] <= at_us:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def clock_at(words: Any, cells: Any, at_us: int) -> tuple[int, int]:
    """(mask of the bands that hold, the first instant in us at which that may change)."""
    second = at_us // US
    stretch = zone_at(words, second)
    local = second + words[stretch + 1]
    day = local // DAY_S
    in_day = local - day * DAY_S
    template = cells[words[DAYS] + day - FIRST_DAY]
    word = cells[words[MINUTES] + template * DAY_MIN + in_day // 60]
    edge = second + (word & UNTIL) * 60 - in_day % 60
    edge = min(edge, stretch_end(words, stretch))
    return words[words[MASKS] + (word >> UNTIL_BITS)], edge * US
