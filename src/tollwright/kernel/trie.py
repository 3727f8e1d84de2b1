"""The leaf-pushed trie over called prefixes.

An entry is a child (>= 0: its node) or the final answer `~(value + 1)`, -1 where no prefix fits.
A node has 11 entries: one a digit, one for "the number ended". A table over the first digits
stands in front. Calls go down 64 at a time, level by level, so that their cache misses overlap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tollwright.kernel.jit import allocating, compiled, entry, inlined, stamp
from tollwright.kernel.layout import FRONT, FRONT_SHIFT, NODE, NODES, Int32, Int64
from tollwright.kernel.numbers import DIGITS, EMPTY, TOP_BITS

FULL_FRONT = 5  # digits in the table before the trie: 16**5 entries, 4 MB, of a large card
SMALL_FRONT = 2
SMALL_CARD = 2_000


@allocating
def _copied(nodes: Any, used: int, room: int) -> Any:
    """The first nodes in an array with room for so many (assigning slices compiles slowly)."""
    wider = np.empty(room * NODE, np.int32)
    for place in range(used * NODE):
        wider[place] = nodes[place]
    return wider


@compiled
def _fill(nodes: Any, node: int, answer: int) -> None:
    """A node's entries, all with the answer that it inherits."""
    for place in range(node * NODE, (node + 1) * NODE):
        nodes[place] = answer


@allocating
def _insert_all(prefixes: Any, lengths: Any, parents: Any) -> Any:
    """Prefixes by ascending length; fills `parents` with the longest shorter prefix of each.

    In that order the entry a prefix takes has no child yet: it only overwrites what it inherits.
    """
    room, used = 64, 1
    nodes = np.empty(room * NODE, np.int32)
    _fill(nodes, 0, -1)
    for leaf in range(len(prefixes)):
        length = lengths[leaf]
        if length == 0:
            parents[leaf] = -1
            _fill(nodes, 0, ~(leaf + 1))
            continue
        if used + DIGITS > room:  # a prefix adds fewer nodes than it can have digits
            room *= 2
            nodes = _copied(nodes, used, room)
        place = 0
        for level in range(length - 1):
            entry_at = place * NODE + ((prefixes[leaf] >> (TOP_BITS - 4 - 4 * level)) & 15)
            place = nodes[entry_at]
            if place < 0:
                _fill(nodes, used, place)
                nodes[entry_at] = used
                place = used
                used += 1
        entry_at = place * NODE + ((prefixes[leaf] >> (TOP_BITS - 4 * length)) & 15)
        parents[leaf] = ~nodes[entry_at] - 1
        nodes[entry_at] = ~(leaf + 1)
    return _copied(nodes, used, used)


@allocating
def _front(nodes: Any, digits: int) -> Any:
    """For each combination of the first digits: the node it leads to, or the answer."""
    front = np.full(1 << (4 * digits), -1, np.int32)
    for place in range(len(front)):
        at = 0
        for level in range(digits):
            digit = (place >> (4 * (digits - 1 - level))) & 15
            if at < 0:
                break
            at = nodes[at * NODE + digit] if digit < NODE else -1
        front[place] = at
    return front


@compiled
def find(words: Any, cells: Any, called: int) -> int:
    """The value of the longest prefix of one number; -1: none."""
    at = cells[words[FRONT] + (called >> words[FRONT_SHIFT])]
    shift = words[FRONT_SHIFT]
    while at >= 0:
        shift -= 4
        at = cells[words[NODES] + at * NODE + ((called >> shift) & 15)]
    return int(~at - 1)


@inlined
def descend(
    words: Any, cells: Any, called: Any, first: int, count: int, value: Any, lane: Any, at: Any
) -> None:
    """`value[j]` of the number `called[first + j]`, j < count, as `find` gives it."""
    shift = words[FRONT_SHIFT]
    going = 0
    for j in range(count):
        number = called[first + j]
        if number < 0:  # no number at all: it will be refused, here it must only not stray
            number = EMPTY
        found = cells[words[FRONT] + (number >> shift)]
        value[j] = ~found - 1
        lane[going] = j
        at[going] = found
        going += found >= 0
    while going:
        shift -= 4
        still = 0
        for k in range(going):
            j = lane[k]
            found = cells[words[NODES] + at[k] * NODE + ((called[first + j] >> shift) & 15)]
            value[j] = ~found - 1
            lane[still] = j
            at[still] = found
            still += found >= 0
        going = still


def _make(mark: int) -> Callable[[Any, Any, Any, int], Any]:
    @entry
    def build(prefixes: Any, lengths: Any, parents: Any, digits: int) -> Any:
        nodes = _insert_all(prefixes, lengths, parents)
        return nodes, _front(nodes, digits if mark else 0)

    return build


_build = _make(stamp())
ENTRIES: tuple[Any, ...] = (_build,)


def build_trie(prefixes: Int64, lengths: Int64) -> tuple[Int32, Int32, Int32, int]:
    """Nodes, front table, parent leaf of each prefix, and by how much a number is shifted.

    `prefixes` are packed and distinct, by ascending length; a prefix's place is its answer.
    """
    parents = np.empty(len(prefixes), np.int32)
    digits = FULL_FRONT if len(prefixes) > SMALL_CARD else SMALL_FRONT
    nodes, front = _build(_read_only(prefixes), _read_only(lengths), parents, digits)
    return nodes, front, parents, TOP_BITS - 4 * digits


def _read_only(array: Int64) -> Int64:
    view = array.view()
    view.flags.writeable = False
    return view


def relabel(entries: Int32, values: Int64) -> Int32:
    """Answers renamed from leaf to value; children stay."""
    answers = entries < -1
    renamed = entries.copy()
    renamed[answers] = ~(values[~entries[answers] - 1] + 1)
    return renamed
