"""The short way: calls that one plain row prices from end to end, 64 at a time.

Each stage goes over all lanes before the next begins, so that the lanes wait for memory together:
down the trie, choose the line, fetch the line, price. Which line a plain leaf gives depends on
two small numbers only, the date interval and the set of bands that hold; `choice` knows it by
heart. A call goes the long way (`single`) when its row has special conditions, when its leaf has
several tiers, or when another row might hold before its end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tollwright.core.card import MAX_CALL_MS
from tollwright.kernel.instant import DAY_S, dates_before, stretch_end, zone_at
from tollwright.kernel.jit import allocating, compiled, inlined
from tollwright.kernel.layout import (
    BAND_SHIFT,
    BANDED,
    BLOCKED,
    CHOICE,
    COMPLEX,
    CONNECT,
    CONTEXTS,
    DATED,
    DATES,
    DATES_COUNT,
    DAY_MIN,
    DAYS,
    EIGHTEEN,
    FIRST_DAY,
    FROM_MS,
    GRID_NANOS,
    HALF_UP,
    LINE,
    LINES,
    MASKS_COUNT,
    MAX_CHARGE,
    MIN_CHARGE,
    MINUTES,
    MODE,
    NO_TO,
    RATE_A,
    RATE_B,
    ROW,
    SEVENTEEN,
    SHAPE_BITS,
    SPECIAL,
    SPLIT,
    TIME_LIMIT,
    TIMES,
    UNTIL,
    UNTIL_BITS,
    US,
)
from tollwright.kernel.numbers import EMPTY
from tollwright.kernel.price import NANOS, rounded
from tollwright.kernel.reasons import NONE, RATED
from tollwright.kernel.rows import BAND_MASK, leaf_of
from tollwright.kernel.seconds import FREE_SHIFT
from tollwright.kernel.single import (
    AMOUNT,
    BAND,
    BILLED,
    CHARGE_WORDS,
    FREE,
    RATE_INDEX,
    REASON,
    ROW_MASK,
    STATUS,
    STOPPED,
    rate_one,
)
from tollwright.kernel.trie import descend

LANES = 64
LONG = -1  # instead of a line: the call goes the long way
AGES = 1 << 40  # seconds: the line holds to the end of any call
MICRO_GRID = 1000  # nanos: rounding to all 6 decimals, where the compiler knows the divisor

# memo: the stretch of zone and the date interval of the call before, where the next one lies too
ZONE_FROM, ZONE_TO, OFFSET, DATE_FROM, DATE_TO, INTERVAL = 0, 1, 2, 3, 4, 5
MEMO = 6


@compiled
def _recall_zone(words: Any, second: int, memo: Any) -> None:
    if memo[ZONE_FROM] <= second < memo[ZONE_TO]:
        return
    stretch = zone_at(words, second)
    memo[ZONE_FROM], memo[OFFSET] = words[stretch], words[stretch + 1]
    memo[ZONE_TO] = stretch_end(words, stretch)


@compiled
def _recall_dates(words: Any, at_us: int, memo: Any) -> None:
    if memo[DATE_FROM] <= at_us < memo[DATE_TO]:
        return
    interval = dates_before(words, at_us)
    dates = words[DATES]
    memo[INTERVAL] = interval
    memo[DATE_FROM] = words[dates + interval - 1] if interval else 0
    memo[DATE_TO] = words[dates + interval] if interval < words[DATES_COUNT] else NO_TO


@inlined
def _context(words: Any, cells: Any, at_us: int, memo: Any) -> tuple[int, int]:
    """(date interval and set of bands as one number, whole seconds they hold on at least)."""
    context, room = 0, AGES
    if words[BANDED]:
        second = at_us // US
        _recall_zone(words, second, memo)
        local = second + memo[OFFSET]
        day = local // DAY_S
        in_day = local - day * DAY_S
        minute = in_day // 60
        template = cells[words[DAYS] + day - FIRST_DAY]
        word = cells[words[MINUTES] + template * DAY_MIN + minute]
        context = word >> UNTIL_BITS
        room = min((word & UNTIL) * 60 - (in_day - minute * 60), memo[ZONE_TO] - second)
    if words[DATED]:
        _recall_dates(words, at_us, memo)
        context += memo[INTERVAL] * words[MASKS_COUNT]
        room = min(room, (memo[DATE_TO] - at_us) // US)
    return context, room


@inlined
def _plain(called: int, caller: int, at_us: int, ms: int) -> bool:
    """Whether nothing is wrong with the call's own fields."""
    signs = (called | caller | at_us | ms) >= 0
    return signs and at_us < TIME_LIMIT and ms <= MAX_CALL_MS and called != EMPTY


@inlined
def _line(words: Any, cells: Any, value: int, at_us: int, memo: Any) -> tuple[int, int]:
    """(line that holds at the answer, seconds it holds at least); LONG for the long way."""
    if value < 0 or value & COMPLEX == COMPLEX:
        return LONG, 0
    context, room = _context(words, cells, at_us, memo)
    found = cells[words[CHOICE] + (value & COMPLEX) * words[CONTEXTS] + context]
    if found < 0:
        return LONG, 0
    if found & 1 or not words[SPLIT]:
        room = AGES
    return (value >> SHAPE_BITS) + (found >> 1), room


@inlined
def _amount(words: Any, base: int, billed: int, word: int) -> int:
    """Micros of billed seconds on a plain line at a price that is not negative."""
    unit = (word >> 17) & SEVENTEEN
    part = billed * (word & SEVENTEEN)
    more = part // 60 if unit == 60 else part // unit
    whole = billed * words[base + RATE_A] + more + words[base + CONNECT] * NANOS
    over = part != more * unit
    if whole < words[base + MIN_CHARGE]:
        whole, over = words[base + MIN_CHARGE], False
    if whole >= words[base + MAX_CHARGE]:
        whole, over = words[base + MAX_CHARGE], False
    if words[MODE] == HALF_UP and words[GRID_NANOS] == MICRO_GRID:
        return int((whole + MICRO_GRID // 2) // MICRO_GRID)
    return rounded(words, whole, over)


@inlined
def _billed(times: int, s: int) -> int:
    """Seconds that s seconds are charged as on a plain line; 0: they cost nothing."""
    first, next_s = times & EIGHTEEN, (times >> 18) & SEVENTEEN
    if s == 0 or s < (times >> FREE_SHIFT):
        return 0
    beyond = np.uint32(max(s - first, 0) + next_s - 1)
    return int(first + np.int64(beyond // np.uint32(next_s)) * next_s)


@inlined
def _lines(
    words: Any,
    cells: Any,
    called: Any,
    caller: Any,
    at_us: Any,
    ms: Any,
    value: Any,
    line: Any,
    room: Any,
    memo: Any,
    first: int,
    count: int,
) -> None:
    """Fill `line` and `room` of each lane."""
    for j in range(count):
        i = first + j
        line[j] = LONG
        if _plain(called[i], caller[i], at_us[i], ms[i]):
            line[j], room[j] = _line(words, cells, value[j], at_us[i], memo)


@inlined
def _fetch(words: Any, line: Any, count: int) -> int:
    """Touch the line of every lane: their cache misses overlap here, where nothing waits."""
    touched = 0
    lines = words[LINES]
    for j in range(count):
        touched |= words[lines + max(line[j], 0) * LINE]
    return int(touched)


@allocating
def rate_columns(
    words: Any,
    cells: Any,
    called: Any,
    caller: Any,
    at_us: Any,
    ms: Any,
    status: Any,
    reason: Any,
    bands: Any,
    rate_index: Any,
    billed_s: Any,
    allowance_s: Any,
    stopped_s: Any,
    amount: Any,
) -> int:
    """Rate all calls of the columns; returns how many went the long way."""
    value = np.empty(LANES, np.int64)
    lane = np.empty(LANES, np.int64)
    node = np.empty(LANES, np.int64)
    line = np.empty(LANES, np.int64)
    room = np.empty(LANES, np.int64)
    into = np.empty(CHARGE_WORDS, np.int64)
    memo = np.zeros(MEMO, np.int64)
    lines = words[LINES]
    long_way = touched = 0
    for first in range(0, len(called), LANES):
        count = min(LANES, len(called) - first)
        descend(words, cells, called, first, count, value, lane, node)
        _lines(words, cells, called, caller, at_us, ms, value, line, room, memo, first, count)
        touched |= _fetch(words, line, count)
        waiting = 0
        for j in range(count):
            i = first + j
            s = (ms[i] + words[FROM_MS]) // 1000
            base = lines + max(line[j], 0) * LINE
            word = words[base + RATE_B]
            if line[j] < 0 or s > room[j] or word & (BLOCKED | SPECIAL):
                lane[waiting] = j
                waiting += 1
                continue
            billed = _billed(words[base + TIMES], s)
            status[i], reason[i], allowance_s[i], stopped_s[i] = RATED, NONE, 0, 0
            bands[i] = ((word >> BAND_SHIFT) & BAND_MASK) - 1
            rate_index[i] = words[base + ROW] & ROW_MASK
            billed_s[i] = billed
            amount[i] = _amount(words, base, billed, word) if billed else 0
        for k in range(waiting):
            i = first + lane[k]
            leaf = leaf_of(words, value[lane[k]])
            rate_one(words, cells, leaf, called[i], caller[i], at_us[i], ms[i], into)
            status[i], reason[i], bands[i] = into[STATUS], into[REASON], into[BAND]
            rate_index[i], billed_s[i] = into[RATE_INDEX], into[BILLED]
            allowance_s[i], stopped_s[i] = into[FREE], into[STOPPED]
            amount[i] = into[AMOUNT]
        long_way += waiting
    memo[0] = touched  # used, so that the fetches stay
    return long_way
