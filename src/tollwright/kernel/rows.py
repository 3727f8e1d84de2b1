"""Which row of a card holds for a call at an instant: the compiled side of `core.choose`."""

from __future__ import annotations

from typing import Any

from tollwright.kernel.instant import clock_at
from tollwright.kernel.jit import compiled
from tollwright.kernel.layout import (
    BAND_SHIFT,
    BANDED,
    COMPLEX,
    LAST_LEAF,
    LEAF_WORDS,
    LEAVES,
    LENGTH_MAX,
    LENGTH_MIN,
    LINE,
    LINE_END,
    LINE_FIRST,
    LINE_FROM,
    LINE_TO,
    LINES,
    NO_TO,
    ORIGIN,
    ORIGIN_SHIFT,
    PARENT,
    RATE_B,
    ROW,
    SHAPE_BITS,
    TIER_END,
    TIER_FIRST,
    TIER_WORDS,
    TIERS,
)
from tollwright.kernel.numbers import DIGITS, ENDED

BAND_MASK = 127


@compiled
def digits_of(number: int) -> int:
    """How many digits a packed number has."""
    count = 0
    for place in range(DIGITS):
        count += ((number >> (4 * place)) & 15) != ENDED
    return count


@compiled
def leaf_of(words: Any, value: int) -> int:
    """The leaf behind an answer of the trie; for no answer, the last resort (-1: none)."""
    if value < 0:
        return int(words[LAST_LEAF])
    if value & COMPLEX == COMPLEX:
        return value >> SHAPE_BITS
    return int(words[words[LINES] + (value >> SHAPE_BITS) * LINE + ROW] >> 32)


@compiled
def _fits(words: Any, tier: int, caller: int, length: int) -> bool:
    base = words[TIERS] + tier * TIER_WORDS
    if length < words[base + LENGTH_MIN] or length > words[base + LENGTH_MAX]:
        return False
    shift = words[base + ORIGIN_SHIFT]
    return bool((caller >> shift) == (words[base + ORIGIN] >> shift))


@compiled
def _line_in(words: Any, tier: int, at_us: int, mask: int, band_edge: int) -> tuple[int, int]:
    """(the tier's line that holds or -1, when another of its lines may)."""
    base = words[TIERS] + tier * TIER_WORDS
    edge = NO_TO
    for line in range(words[base + LINE_FIRST], words[base + LINE_END]):
        if at_us < words[words[LINE_FROM] + line]:
            edge = min(edge, words[words[LINE_FROM] + line])
            continue
        if at_us >= words[words[LINE_TO] + line]:
            continue
        band = (words[words[LINES] + line * LINE + RATE_B] >> BAND_SHIFT) & BAND_MASK
        if band == 0:
            return line, min(edge, words[words[LINE_TO] + line])
        edge = min(edge, band_edge)
        if (mask >> (band - 1)) & 1:
            return line, min(edge, words[words[LINE_TO] + line])
    return -1, edge


@compiled
def choose(
    words: Any, cells: Any, leaf: int, called: int, caller: int, at_us: int
) -> tuple[int, int, int]:
    """(line or -1, tiers that fit the numbers, the first instant the line may be another)."""
    mask, band_edge, edge, fitting = 0, NO_TO, NO_TO, 0
    if words[BANDED]:
        mask, band_edge = clock_at(words, cells, at_us)
    length = digits_of(called)
    last = words[LAST_LEAF]
    while leaf >= 0:
        base = words[LEAVES] + leaf * LEAF_WORDS
        for tier in range(cells[base + TIER_FIRST], cells[base + TIER_END]):
            if not _fits(words, tier, caller, length):
                continue
            fitting += 1
            line, tier_edge = _line_in(words, tier, at_us, mask, band_edge)
            edge = min(edge, tier_edge)
            if line >= 0:
                return line, fitting, edge
        parent = cells[base + PARENT]
        leaf = last if parent < 0 and leaf != last else parent
    return -1, fitting, edge
