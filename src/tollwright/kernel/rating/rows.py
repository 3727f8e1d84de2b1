"""Which row of a card holds for a call at an instant: compiled `core.rating.rate_lookup`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tollwright.kernel.jit import compiled
from tollwright.kernel.numbers import DIGITS, ENDED
from tollwright.kernel.rating.instant import CONTEXT, TILL, clock_at, recall
from tollwright.kernel.rating.layout import (
    BANDED,
    CHOICE,
    COMPLEX,
    CONTEXTS,
    FLAGS,
    LAST_LEAF,
    LEAF_WORDS,
    LEAVES,
    LENGTH_MAX,
    LENGTH_MIN,
    LINE,
    LINE_END,
    LINE_FIRST,
    LINE_FROM,
    LINE_LEAF,
    LINE_TO,
    LINES,
    MASKS,
    NO_TO,
    ORIGIN,
    ORIGIN_SHIFT,
    PARENT,
    ROW,
    ROW_BITS,
    SHAPE_BITS,
    SHAPES,
    TIER_END,
    TIER_FIRST,
    TIER_WORDS,
    TIERS,
)


@compiled
def digits_of(number: int) -> int:
    """How many digits a packed number has."""
    count = 0
    for place in range(DIGITS):
        count += ((number >> (4 * place)) & 15) != ENDED
    return count


@compiled
def _leaf_of(words: Any, cells: Any, value: int) -> int:
    """The leaf behind an answer of the trie; for no answer, the last resort (-1: none)."""
    if value == 0:
        return int(words[LAST_LEAF])
    place = value >> SHAPE_BITS
    if value % SHAPES == COMPLEX:
        return place - 1
    return int(cells[words[LINE_LEAF] + place])


@compiled
def terms_of(words: Any, line: int) -> int:
    """Where in `words` the terms of a line stand."""
    return int(words[words[LINES] + line * LINE + ROW] >> ROW_BITS)


@compiled
def band_of(flags: int) -> int:
    """The band in the flags of terms; -1: none."""
    return int(np.int16(flags))


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
        band = band_of(words[terms_of(words, line) + FLAGS])
        if band < 0:
            return line, min(edge, words[words[LINE_TO] + line])
        edge = min(edge, band_edge)
        if (mask >> band) & 1:
            return line, min(edge, words[words[LINE_TO] + line])
    return -1, edge


@compiled
def choose(
    words: Any, cells: Any, value: int, called: int, caller: int, at_us: int, memo: Any
) -> tuple[int, int, int]:
    """(line or -1, tiers that fit the numbers, the first instant the line may be another).

    `value` is what the trie answers for the called number.
    """
    shape = value % SHAPES
    if shape != COMPLEX:
        stretch = recall(words, cells, at_us, memo)
        choice = cells[words[CHOICE] + shape * words[CONTEXTS] + memo[stretch + CONTEXT]]
        if choice >= 0:
            line = (value >> SHAPE_BITS) + (choice >> 1)
            return line, 1, NO_TO if choice & 1 else memo[stretch + TILL]
    return _choose_among(words, cells, _leaf_of(words, cells, value), called, caller, at_us)


@compiled
def _choose_among(
    words: Any, cells: Any, leaf: int, called: int, caller: int, at_us: int
) -> tuple[int, int, int]:
    """As `choose`, among the tiers of a leaf and of the shorter prefixes."""
    mask, band_edge, edge, fitting = 0, NO_TO, NO_TO, 0
    if words[BANDED]:
        bands, band_edge = clock_at(words, cells, at_us)
        mask = words[words[MASKS] + bands]
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
