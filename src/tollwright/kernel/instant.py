"""Which bands hold at an instant, and until when: the compiled side of `core.bands`."""

from __future__ import annotations

from typing import Any

from tollwright.kernel.jit import compiled
from tollwright.kernel.layout import DAY_MIN, FIRST_DAY, NO_TO, UNTIL, UNTIL_BITS, US

DAY_S = 86_400


@compiled
def zone_at(zone: Any, second: int) -> int:
    """Place of the zone's stretch of one offset that holds this second since 1970 (UTC)."""
    low, high = 0, len(zone) // 2
    while high - low > 1:
        middle = (low + high) // 2
        if zone[2 * middle] <= second:
            low = middle
        else:
            high = middle
    return low


@compiled
def dates_before(dates: Any, at_us: int) -> int:
    """How many of the card's dated changes lie at or before this instant."""
    low, high = 0, len(dates)
    while low < high:
        middle = (low + high) // 2
        if dates[middle] <= at_us:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def clock_at(card: Any, at_us: int) -> tuple[int, int]:
    """(mask of the bands that hold, the first instant in us at which that may change)."""
    second = at_us // US
    stretch = zone_at(card.zone, second)
    local = second + card.zone[2 * stretch + 1]
    day = local // DAY_S
    in_day = local - day * DAY_S
    word = card.minutes[card.days[day - FIRST_DAY] * DAY_MIN + in_day // 60]
    edge = second + (word & UNTIL) * 60 - in_day % 60
    if 2 * stretch + 2 < len(card.zone):
        edge = min(edge, card.zone[2 * stretch + 2])
    return card.masks[word >> UNTIL_BITS], min(edge * US, NO_TO)
