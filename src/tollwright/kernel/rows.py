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
    LENGTH_MAX,
    LENGTH_MIN,
    LINE,
    LINE_END,
    LINE_FIRST,
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
def leaf_of(card: Any, value: int) -> int:
    """The leaf behind an answer of the trie; for no answer, the last resort (-1: none)."""
    if value < 0:
        return int(card.params[LAST_LEAF])
    if value & COMPLEX == COMPLEX:
        return value >> SHAPE_BITS
    return int(card.lines[(value >> SHAPE_BITS) * LINE + ROW] >> 32)


@compiled
def _fits(card: Any, tier: int, caller: int, length: int) -> bool:
    base = tier * TIER_WORDS
    if length < card.tiers[base + LENGTH_MIN] or length > card.tiers[base + LENGTH_MAX]:
        return False
    shift = card.tiers[base + ORIGIN_SHIFT]
    return bool((caller >> shift) == (card.tiers[base + ORIGIN] >> shift))


@compiled
def _line_in(card: Any, tier: int, at_us: int, mask: int, band_edge: int) -> tuple[int, int]:
    """(the tier's line that holds or -1, when another of its lines may)."""
    base = tier * TIER_WORDS
    edge = NO_TO
    for line in range(card.tiers[base + LINE_FIRST], card.tiers[base + LINE_END]):
        if at_us < card.line_from[line]:
            edge = min(edge, card.line_from[line])
            continue
        if at_us >= card.line_to[line]:
            continue
        band = (card.lines[line * LINE + RATE_B] >> BAND_SHIFT) & BAND_MASK
        if band == 0:
            return line, min(edge, card.line_to[line])
        edge = min(edge, band_edge)
        if (mask >> (band - 1)) & 1:
            return line, min(edge, card.line_to[line])
    return -1, edge


@compiled
def choose(card: Any, leaf: int, called: int, caller: int, at_us: int) -> tuple[int, int, int]:
    """(line or -1, tiers that fit the numbers, the first instant the line may be another)."""
    mask, band_edge, edge, fitting = 0, NO_TO, NO_TO, 0
    if card.params[BANDED]:
        mask, band_edge = clock_at(card, at_us)
    length = digits_of(called)
    last = card.params[LAST_LEAF]
    while leaf >= 0:
        base = leaf * LEAF_WORDS
        for tier in range(card.leaves[base + TIER_FIRST], card.leaves[base + TIER_END]):
            if not _fits(card, tier, caller, length):
                continue
            fitting += 1
            line, tier_edge = _line_in(card, tier, at_us, mask, band_edge)
            edge = min(edge, tier_edge)
            if line >= 0:
                return line, fitting, edge
        parent = card.leaves[base + PARENT]
        leaf = last if parent < 0 and leaf != last else parent
    return -1, fitting, edge
