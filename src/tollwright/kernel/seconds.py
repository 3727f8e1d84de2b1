"""Counted seconds of a call: the compiled side of `core.seconds`."""

from __future__ import annotations

from typing import Any

from tollwright.kernel.jit import compiled
from tollwright.kernel.layout import (
    EXTRA,
    EXTRA_WORDS,
    FROM_MS,
    GRACE_MODE,
    GRACE_PERCENT,
    GRACE_S,
    LIFT_ABOVE,
    LIFT_TO,
    LINE,
    TIMES,
)

FREE_SHIFT = 35
SUBTRACT, ADD = 1, 2


@compiled
def count_seconds(card: Any, line: int, ms: int) -> int:
    """Seconds after threshold, grace and lift; -1: the call costs nothing at all."""
    s = (ms + card.params[FROM_MS]) // 1000
    if s == 0 or s < (card.lines[line * LINE + TIMES] >> FREE_SHIFT):
        return -1
    extra = card.lines[line * LINE + EXTRA] * EXTRA_WORDS
    if extra < 0:
        return int(s)
    mode, grace_s = card.extra[extra + GRACE_MODE], card.extra[extra + GRACE_S]
    if mode == SUBTRACT:
        s = max(0, s - grace_s)
    elif mode == ADD:
        s += grace_s + (s * card.extra[extra + GRACE_PERCENT] + 99) // 100
    if card.extra[extra + LIFT_ABOVE] < s < card.extra[extra + LIFT_TO]:
        s = card.extra[extra + LIFT_TO]
    return int(s)
