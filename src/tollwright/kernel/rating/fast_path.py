"""The short way: calls that one plain row prices from end to end, a group at a time.

Each stage goes over all lanes of a group before the next begins, so that the lanes wait for memory
together: down the trie, choose the line and send for it, price. Which line a plain leaf gives
depends on two small numbers only, the date interval and the set of bands that hold: the context;
`choice` knows it by heart, and `memo` the context of a stretch of time. No stage asks a question
of a lane that another lane answers differently: every lane is priced, and those for which that
price is not to be had go the long way (`single`) after it: when the row has special conditions,
when the leaf has several tiers, or when another row might hold before the call's end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tollwright.core.cards.card import MAX_CALL_MS
from tollwright.kernel.call_columns import RATED
from tollwright.kernel.intrinsics import fetch, upper_word
from tollwright.kernel.jit import WIDE, U, entry, inlined, stamp
from tollwright.kernel.rating import layout
from tollwright.kernel.rating.instant import CONTEXT, MEMO_SIZE, TILL, recall
from tollwright.kernel.rating.price import NANOS
from tollwright.kernel.rating.reciprocal import NEXT_SHIFT
from tollwright.kernel.rating.seconds import FREE_SHIFT
from tollwright.kernel.rating.slow_path import (
    AMOUNT,
    BAND,
    BILLED,
    CHARGE_WORDS,
    FREE,
    RATE_INDEX,
    REASON,
    STATUS,
    STOPPED,
    rate_one,
)
from tollwright.kernel.rating.status import NONE
from tollwright.kernel.rating.trie import descend

LANES = 64
SIGN = 63
LONG = -1  # instead of seconds: the call goes the long way


@inlined
def sound_seconds(
    words: Any, caller: Any, at_us: Any, ms: Any, first: int, lanes: int, seconds: Any
) -> None:
    """`seconds[j]` of each lane before any grace; LONG where a field of the call is absurd."""
    from_ms = words[layout.FROM_MS]
    for j in range(lanes):
        length, at = ms[U(first + j)], at_us[U(first + j)]
        signs = (
            length
            | (MAX_CALL_MS - length)
            | at
            | (layout.TIME_LIMIT - 1 - at)
            | caller[U(first + j)]
        )
        seconds[U(j)] = np.uint32(length + from_ms) // np.uint32(1000) if signs >= 0 else LONG


@inlined
def choose_lines(
    words: Any, cells: Any, at_us: Any, first: int, lanes: int, found: Any, seconds: Any,
    memo: Any, line: Any,
) -> None:  # fmt: skip
    """The place of each lane's line, sent for; any line and LONG seconds where that is not all."""
    lines, choices, contexts = words[layout.LINES], words[layout.CHOICE], words[layout.CONTEXTS]
    split = words[layout.SPLIT]
    for j in range(lanes):
        value, s = ~WIDE(found[U(j)]), WIDE(seconds[U(j)])
        at = at_us[U(first + j)] if s >= 0 else 0
        stretch = recall(words, cells, at, memo)
        context = memo[U(stretch + CONTEXT)]
        choice = cells[U(choices + (value & (layout.SHAPES - 1)) * contexts + context)]
        changes = split & ~choice  # 1: another line may hold before the call's end
        last = at + max(s - 1, 0) * changes * layout.US
        plain = (choice >= 0) & (s >= 0) & (last < memo[U(stretch + TILL)])
        place = lines + ((value >> layout.SHAPE_BITS) + (choice >> 1)) * layout.LINE
        line[U(j)] = place
        seconds[U(j)] = s if plain else LONG
        fetch(words, place)


@inlined
def _billed(words: Any, terms: int, s: int) -> int:
    """Seconds that s seconds are charged as on a plain line; 0: they cost nothing."""
    times = words[U(terms + layout.TIMES)]
    first, next_s = times & layout.EIGHTEEN, (times >> 18) & layout.SEVENTEEN
    beyond = max(s - first, 0) + next_s - 1
    billed = first + ((beyond * words[U(terms + layout.NEXT_INVERSE)]) >> NEXT_SHIFT) * next_s
    return 0 if s < (times >> FREE_SHIFT) else billed


@inlined
def _amount(words: Any, terms: int, price: int, billed: int, to_even: int, grid: int) -> int:
    """Micros of billed seconds on a plain line, rounded once: see `inverse`."""
    sum_ = price * billed + words[U(terms + layout.BIAS)]
    units = (
        upper_word(sum_, words[U(terms + layout.UNIT_INVERSE)])
        >> words[U(terms + layout.UNIT_SHIFT)]
    )
    if to_even:  # half way up to an odd number: down again
        tie = sum_ == units * words[U(terms + layout.UNIT_S)] * grid * NANOS
        units -= units & tie
    amount = max(units * grid, words[U(terms + layout.LOWEST)])
    return min(amount, words[U(terms + layout.HIGHEST)]) if billed else 0


@inlined
def _fill(column: Any, first: int, lanes: int, value: int) -> None:
    for i in range(first, first + lanes):
        column[U(i)] = value


@inlined
def _price_lines(
    words: Any, line: Any, seconds: Any, bands: Any, rate_index: Any, billed_s: Any, amount: Any,
    first: int, lanes: int, waits: Any,
) -> int:  # fmt: skip
    """Price each lane on its line; returns how many in `waits` are to go the long way."""
    to_even, grid = words[layout.MODE] == layout.HALF_EVEN, words[layout.GRID_MICROS]
    waiting = 0
    for j in range(lanes):
        i, s = first + j, WIDE(seconds[U(j)])
        price, row = words[U(line[U(j)] + layout.PRICE)], words[U(line[U(j)] + layout.ROW)]
        terms = row >> layout.ROW_BITS
        flags = words[U(terms + layout.FLAGS)]
        billed = _billed(words, terms, s)
        bands[U(i)] = flags  # its lowest bits
        rate_index[U(i)] = row & layout.ROW_MASK
        billed_s[U(i)] = billed
        amount[U(i)] = _amount(words, terms, price, billed, to_even, grid)
        waits[U(waiting)] = j
        waiting += ((s | flags) >> SIGN) & 1
    return waiting


def _make(mark: int) -> Callable[..., int]:
    @entry
    def rate_columns(words: Any, cells: Any, calls: Any, out: Any) -> int:
        called, caller, at_us, ms = calls
        status, reason, bands, rate_index, billed_s, allowance_s, stopped_s, amount = out
        path = np.empty(LANES, np.int64)
        line = np.empty(LANES, np.int64)
        found = np.empty(LANES, np.int32)
        lane = np.empty(LANES, np.int32)
        seconds = np.empty(LANES, np.int32)
        into = np.empty(CHARGE_WORDS, np.int64)
        memo = np.zeros(MEMO_SIZE, np.int64)
        long_way = 0
        for first in range(0, len(called) if mark else 0, LANES):
            lanes = min(LANES, len(called) - first)
            descend(words, cells, called, first, lanes, path, found, lane)
            sound_seconds(words, caller, at_us, ms, first, lanes, seconds)
            choose_lines(words, cells, at_us, first, lanes, found, seconds, memo, line)
            _fill(status, first, lanes, RATED)
            _fill(reason, first, lanes, NONE)
            _fill(allowance_s, first, lanes, 0)
            _fill(stopped_s, first, lanes, 0)
            waiting = _price_lines(
                words, line, seconds, bands, rate_index, billed_s, amount, first, lanes, lane
            )
            for k in range(waiting):
                i, value = first + lane[k], ~WIDE(found[lane[k]])
                rate_one(words, cells, value, called[i], caller[i], at_us[i], ms[i], memo, into)
                status[i], reason[i], bands[i] = into[STATUS], into[REASON], into[BAND]
                rate_index[i], billed_s[i] = into[RATE_INDEX], into[BILLED]
                allowance_s[i], stopped_s[i] = into[FREE], into[STOPPED]
                amount[i] = into[AMOUNT]
            long_way += waiting
        return long_way

    return rate_columns


# Rates all calls of the columns, called and so on as in `Columns`, out as in `Charges`; returns
# how many went the long way.
rate_columns = _make(stamp(__name__))
ENTRIES: tuple[Any, ...] = (rate_columns,)
