"""Counted seconds of a call: the compiled side of `core.rating.seconds`."""

from __future__ import annotations

from typing import Any

from tollwright.kernel.jit import compiled
from tollwright.kernel.rating import layout
from tollwright.kernel.rating.rows import terms_of

FREE_SHIFT = 35
SUBTRACT, ADD = 1, 2


@compiled
def count_seconds(words: Any, line: int, ms: int) -> int:
    """Seconds after threshold, grace and lift; -1: the call costs nothing at all."""
    s = (ms + words[layout.FROM_MS]) // 1000
    base = terms_of(words, line)
    if s < (words[base + layout.TIMES] >> FREE_SHIFT):
        return -1
    extra = words[base + layout.EXTRA]
    if extra < 0:
        return int(s)
    mode, grace_s = words[extra + layout.GRACE_MODE], words[extra + layout.GRACE_S]
    if mode == SUBTRACT:
        s = max(0, s - grace_s)
    elif mode == ADD:
        s += grace_s + (s * words[extra + layout.GRACE_PERCENT] + 99) // 100
    if words[extra + layout.LIFT_ABOVE] < s < words[extra + layout.LIFT_TO]:
        s = words[extra + layout.LIFT_TO]
    return int(s)
