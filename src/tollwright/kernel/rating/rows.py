"""Which row of a card holds for a call at an instant: compiled `core.rating.rate_lookup`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tollwright.kernel.jit import compiled
from tollwright.kernel.numbers import DIGITS, ENDED
from tollwright.kernel.rating import layout
from tollwright.kernel.rating.instant import CONTEXT, TILL, clock_at, recall


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
        return int(words[layout.LAST_LEAF])
    place = value >> layout.SHAPE_BITS
    if value % layout.SHAPES == layout.COMPLEX:
        return place - 1
    return int(cells[words[layout.LINE_LEAF] + place])


@compiled
def terms_of(words: Any, line: int) -> int:
    """Where in `words` the terms of a line stand."""
    return int(words[words[layout.LINES] + line * layout.LINE + layout.ROW] >> layout.ROW_BITS)


@compiled
def band_of(flags: int) -> int:
    """The band in the flags of terms; -1: none."""
    return int(np.int16(flags))


@compiled
def _fits(words: Any, tier: int, caller: int, length: int) -> bool:
    base = words[layout.TIERS] + tier * layout.TIER_WORDS
    if length < words[base + layout.LENGTH_MIN] or length > words[base + layout.LENGTH_MAX]:
        return False
    shift = words[base + layout.ORIGIN_SHIFT]
    return bool((caller >> shift) == (words[base + layout.ORIGIN] >> shift))


@compiled
def _line_in(words: Any, tier: int, at_us: int, mask: int, band_edge: int) -> tuple[int, int]:
    """(the tier's line that holds or -1, when another of its lines may)."""
    base = words[layout.TIERS] + tier * layout.TIER_WORDS
    edge = layout.NO_TO
    for line in range(words[base + layout.LINE_FIRST], words[base + layout.LINE_END]):
        if at_us < words[words[layout.LINE_FROM] + line]:
            edge = min(edge, words[words[layout.LINE_FROM] + line])
            continue
        if at_us >= words[words[layout.LINE_TO] + line]:
            continue
        band = band_of(words[terms_of(words, line) + layout.FLAGS])
        if band < 0:
            return line, min(edge, words[words[layout.LINE_TO] + line])
        edge = min(edge, band_edge)
        if (mask >> band) & 1:
            return line, min(edge, words[words[layout.LINE_TO] + line])
    return -1, edge


@compiled
def choose(
    words: Any, cells: Any, value: int, called: int, caller: int, at_us: int, memo: Any
) -> tuple[int, int, int]:
    """(line or -1, tiers that fit the numbers, the first instant the line may be another).

    `value` is what the trie answers for the called number.
    """
    shape = value % layout.SHAPES
    if shape != layout.COMPLEX:
        stretch = recall(words, cells, at_us, memo)
        choice = cells[
            words[layout.CHOICE] + shape * words[layout.CONTEXTS] + memo[stretch + CONTEXT]
        ]
        if choice >= 0:
            line = (value >> layout.SHAPE_BITS) + (choice >> 1)
            return line, 1, layout.NO_TO if choice & 1 else memo[stretch + TILL]
    return _choose_among(words, cells, _leaf_of(words, cells, value), called, caller, at_us)


@compiled
def _choose_among(
    words: Any, cells: Any, leaf: int, called: int, caller: int, at_us: int
) -> tuple[int, int, int]:
    """As `choose`, among the tiers of a leaf and of the shorter prefixes."""
    mask, band_edge, edge, fitting = 0, layout.NO_TO, layout.NO_TO, 0
    if words[layout.BANDED]:
        bands, band_edge = clock_at(words, cells, at_us)
        mask = words[words[layout.MASKS] + bands]
    length = digits_of(called)
    last = words[layout.LAST_LEAF]
    while leaf >= 0:
        base = words[layout.LEAVES] + leaf * layout.LEAF_WORDS
        for tier in range(cells[base + layout.TIER_FIRST], cells[base + layout.TIER_END]):
            if not _fits(words, tier, caller, length):
                continue
            fitting += 1
            line, tier_edge = _line_in(words, tier, at_us, mask, band_edge)
            edge = min(edge, tier_edge)
            if line >= 0:
                return line, fitting, edge
        parent = cells[base + layout.PARENT]
        leaf = last if parent < 0 and leaf != last else parent
    return -1, fitting, edge
