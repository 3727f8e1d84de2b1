"""The leaf-pushed trie over called prefixes.

An entry is a child (> 0: where its node begins) or the final answer `~value`, -1 where no prefix
fits. The root has an entry for each combination of the first digits, a node below it one for each
pair of digits; in a trie so sparse that pairs would take too much room, one for each digit. Digits
count in elevens, ten is "the number ended": what a prefix covers in a node stands side by side.
Calls go down a group at a time, level by level, so that their cache misses overlap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tollwright.kernel.arrays import Int32, Int64
from tollwright.kernel.jit import U, allocating, compiled, entry, inlined, stamp
from tollwright.kernel.numbers import DIGITS, EMPTY, TOP_BITS
from tollwright.kernel.rating.layout import PAIRED, ROOT_SHIFT, TRIE

BASE = 11
LARGE_ROOT = 5  # digits of the root, 644 kB, of a large card
SMALL_ROOT = 3
SMALL_CARD = 2_000
MOST_ENTRIES = 1 << 24  # of a trie of pairs: 64 MB
NOWHERE = -1
HALF_BYTES = 0x0F0F_0F0F_0F0F_0F0F
PAIR, PAIR_BITS = 255, 8
DIGIT, DIGIT_BITS = 15, 4


@inlined
def _pairs(number: int) -> int:
    """A packed number with each pair of digits as one byte, 0 to 120; the first digit alone."""
    return (number & HALF_BYTES) + ((number >> DIGIT_BITS) & HALF_BYTES) * BASE


@inlined
def _root_place(pairs: int, shift: int) -> int:
    place = (pairs >> 56) * BASE**2 + ((pairs >> 48) & PAIR)
    if shift == TOP_BITS - 4 * LARGE_ROOT:
        place = place * BASE**2 + ((pairs >> 40) & PAIR)
    return place


@compiled
def find(words: Any, cells: Any, called: int) -> int:
    """The value of the longest prefix of one number; 0: none."""
    trie, shift = words[TRIE], words[ROOT_SHIFT]
    pairs = _pairs(called)
    entry_at = cells[trie + _root_place(pairs, shift)]
    while entry_at >= 0:
        if words[PAIRED]:
            shift -= PAIR_BITS
            entry_at = cells[trie + entry_at + ((pairs >> shift) & PAIR)]
        else:
            shift -= DIGIT_BITS
            entry_at = cells[trie + entry_at + ((called >> shift) & DIGIT)]
    return int(~entry_at)


@inlined
def descend(
    words: Any, cells: Any, called: Any, first: int, count: int, path: Any, found: Any, lane: Any
) -> None:
    """`found[j]`: the final entry for the number `called[first + j]`, j < count."""
    trie, shift, paired = words[TRIE], words[ROOT_SHIFT], words[PAIRED]
    for j in range(count):
        number = called[U(first + j)]
        number = EMPTY if number < 0 else number  # it will be refused, here it must only not stray
        path[U(j)] = _pairs(number) if paired else number
        found[U(j)] = _root_place(_pairs(number), shift)
    going = 0
    for j in range(count):
        entry_at = cells[U(trie + found[U(j)])]
        found[U(j)] = entry_at
        lane[U(going)] = j
        going += entry_at >= 0
    bits, mask = (PAIR_BITS, PAIR) if paired else (DIGIT_BITS, DIGIT)
    while going:
        shift -= bits
        still = 0
        for k in range(going):
            j = lane[U(k)]
            entry_at = cells[U(trie + found[U(j)] + ((path[U(j)] >> shift) & mask))]
            found[U(j)] = entry_at
            lane[U(still)] = j
            still += entry_at >= 0
        going = still


@compiled
def _digits(prefix: int, first: int, count: int) -> int:
    """So many digits of a prefix as a number in elevens, 0 where it has ended."""
    number = 0
    for place in range(first, first + count):
        digit = (prefix >> (TOP_BITS - 4 - 4 * place)) & DIGIT
        number = number * BASE + (0 if digit == BASE - 1 else digit)
    return number


@compiled
def _fill(nodes: Any, first: int, count: int, answer: int) -> None:
    for place in range(first, first + count):
        nodes[place] = answer


@allocating
def _insert_all(
    prefixes: Any, lengths: Any, parents: Any, room: int, digits: int, step: int
) -> Any:
    """Prefixes by ascending length; fills `parents` with the longest shorter prefix of each.

    In that order the entries a prefix takes have no child yet: it only overwrites what it inherits.
    """
    nodes = np.full(room, NOWHERE, np.int32)
    used = BASE**digits
    for leaf in range(len(prefixes)):
        node, depth, width = 0, 0, digits
        while lengths[leaf] > depth + width:
            place = node + _digits(prefixes[leaf], depth, width)
            if nodes[place] < 0:
                _fill(nodes, used, BASE**step, nodes[place])
                nodes[place] = used
                used += BASE**step
            node, depth, width = nodes[place], depth + width, step
        place = node + _digits(prefixes[leaf], depth, width)
        parents[leaf] = ~nodes[place] - 1
        _fill(nodes, place, BASE ** (depth + width - lengths[leaf]), ~(leaf + 1))
    return nodes


def _make(mark: int) -> Callable[[Any, Any, Any, int, int, int], Any]:
    @entry
    def build(prefixes: Any, lengths: Any, parents: Any, room: int, digits: int, step: int) -> Any:
        return _insert_all(prefixes, lengths, parents, room, digits if mark else 0, step)

    return build


_build = _make(stamp(__name__))
ENTRIES: tuple[Any, ...] = (_build,)


def build_trie(prefixes: Int64, lengths: Int64) -> tuple[Int32, Int32, int, bool]:
    """The trie, the parent leaf of each prefix, the shift of the root, whether of pairs.

    `prefixes` are packed and distinct, by ascending length; the answer of prefix k is `~(k + 1)`.
    """
    parents = np.empty(len(prefixes), np.int32)
    digits = LARGE_ROOT if len(prefixes) > SMALL_CARD else SMALL_ROOT
    room, step = _room(prefixes, lengths, digits, 2), 2
    if room > MOST_ENTRIES:
        room, step = _room(prefixes, lengths, digits, 1), 1
    trie = _build(_read_only(prefixes), _read_only(lengths), parents, room, digits, step)
    trie[BASE**digits - 1] = NOWHERE  # a number without digits is refused, whatever the card
    return trie, parents, TOP_BITS - 4 * digits, step == 2


def _room(prefixes: Int64, lengths: Int64, digits: int, step: int) -> int:
    """Entries of root and nodes: a node for each head that a longer prefix has."""
    room = int(BASE**digits)
    for depth in range(digits, DIGITS, step):
        heads = np.unique(prefixes[lengths > depth] >> (TOP_BITS - 4 * depth))
        room += len(heads) * BASE**step
    return room


def _read_only(array: Int64) -> Int64:
    view = array.view()
    view.flags.writeable = False
    return view


def relabel(entries: Int32, values: Int64) -> Int32:
    """Answers renamed from leaf to value; children stay."""
    renamed = np.where(entries < NOWHERE, ~np.append(0, values)[np.maximum(~entries, 0)], entries)
    return renamed.astype(np.int32)
