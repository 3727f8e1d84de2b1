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
from tollwright.kernel.instant import DAY_S, dates_before, zone_at
from tollwright.kernel.jit import compiled
from tollwright.kernel.layout import (
    BAND_SHIFT,
    BANDED,
    BLOCKED,
    COMPLEX,
    CONNECT,
    CONTEXTS,
    DATED,
    DAY_MIN,
    EIGHTEEN,
    FIRST_DAY,
    FROM_MS,
    GRID_NANOS,
    HALF_UP,
    LINE,
    MASKS,
    MAX_CHARGE,
    MIN_CHARGE,
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
from tollwright.kernel.single import ROW_MASK, rate_one
from tollwright.kernel.trie import descend

LANES = 64
LONG = -1  # instead of a line: the call goes the long way
AGES = 1 << 40  # seconds: the line holds to the end of any call
MICRO_GRID = 1000  # nanos: rounding to all 6 decimals, where the compiler knows the divisor

# memo: the stretch of zone and the date interval of the call before, where the next one lies too
ZONE_FROM, ZONE_TO, OFFSET, DATE_FROM, DATE_TO, INTERVAL = 0, 1, 2, 3, 4, 5
MEMO = 6


@compiled
def _recall_zone(card: Any, second: int, memo: Any) -> None:
    if memo[ZONE_FROM] <= second < memo[ZONE_TO]:
        return
    at = 2 * zone_at(card.zone, second)
    memo[ZONE_FROM], memo[OFFSET] = card.zone[at], card.zone[at + 1]
    memo[ZONE_TO] = card.zone[at + 2] if at + 2 < len(card.zone) else NO_TO


@compiled
def _recall_dates(card: Any, at_us: int, memo: Any) -> None:
    if memo[DATE_FROM] <= at_us < memo[DATE_TO]:
        return
    interval = dates_before(card.dates, at_us)
    memo[INTERVAL] = interval
    memo[DATE_FROM] = card.dates[interval - 1] if interval else 0
    memo[DATE_TO] = card.dates[interval] if interval < len(card.dates) else NO_TO


@compiled
def _context(card: Any, at_us: int, memo: Any) -> tuple[int, int]:
    """(date interval and set of bands as one number, whole seconds they hold on at least)."""
    context, room = 0, AGES
    if card.params[BANDED]:
        second = at_us // US
        _recall_zone(card, second, memo)
        local = second + memo[OFFSET]
        day = local // DAY_S
        in_day = local - day * DAY_S
        minute = in_day // 60
        word = card.minutes[card.days[day - FIRST_DAY] * DAY_MIN + minute]
        context = word >> UNTIL_BITS
        room = min((word & UNTIL) * 60 - (in_day - minute * 60), memo[ZONE_TO] - second)
    if card.params[DATED]:
        _recall_dates(card, at_us, memo)
        context += memo[INTERVAL] * card.params[MASKS]
        room = min(room, (memo[DATE_TO] - at_us) // US)
    return context, room


@compiled
def _plain(called: int, caller: int, at_us: int, ms: int) -> bool:
    """Whether nothing is wrong with the call's own fields."""
    signs = (called | caller | at_us | ms) >= 0
    return signs and at_us < TIME_LIMIT and ms <= MAX_CALL_MS and called != EMPTY


@compiled
def _line(card: Any, value: int, at_us: int, memo: Any) -> tuple[int, int]:
    """(line that holds at the answer, seconds it holds at least); LONG for the long way."""
    if value < 0 or value & COMPLEX == COMPLEX:
        return LONG, 0
    context, room = _context(card, at_us, memo)
    found = card.choice[(value & COMPLEX) * card.params[CONTEXTS] + context]
    if found < 0:
        return LONG, 0
    if found & 1 or not card.params[SPLIT]:
        room = AGES
    return (value >> SHAPE_BITS) + (found >> 1), room


@compiled
def _amount(card: Any, base: int, billed: int, word: int) -> int:
    """Micros of billed seconds on a plain line at a price that is not negative."""
    unit = (word >> 17) & SEVENTEEN
    part = billed * (word & SEVENTEEN)
    more = part // 60 if unit == 60 else part // unit
    whole = billed * card.lines[base + RATE_A] + more + card.lines[base + CONNECT] * NANOS
    over = part != more * unit
    if whole < card.lines[base + MIN_CHARGE]:
        whole, over = card.lines[base + MIN_CHARGE], False
    if whole >= card.lines[base + MAX_CHARGE]:
        whole, over = card.lines[base + MAX_CHARGE], False
    if card.params[MODE] == HALF_UP and card.params[GRID_NANOS] == MICRO_GRID:
        return int((whole + MICRO_GRID // 2) // MICRO_GRID)
    return rounded(card, whole, over)


@compiled
def _price(card: Any, line: int, room: int, ms: int, out: Any, i: int) -> bool:
    """Price call i on a plain line; False: it must go the long way."""
    base = line * LINE
    word, times = card.lines[base + RATE_B], card.lines[base + TIMES]
    s = (ms + card.params[FROM_MS]) // 1000
    if s > room or word & (BLOCKED | SPECIAL):
        return False
    first, next_s = times & EIGHTEEN, (times >> 18) & SEVENTEEN
    increments = np.uint32(max(s - first, 0) + next_s - 1) // np.uint32(next_s)
    free = s == 0 or s < (times >> FREE_SHIFT)
    billed = 0 if free else first + np.int64(increments) * next_s
    out.status[i], out.reason[i] = RATED, NONE
    out.rate_index[i] = card.lines[base + ROW] & ROW_MASK
    out.band[i] = ((word >> BAND_SHIFT) & BAND_MASK) - 1
    out.billed_s[i], out.allowance_s[i], out.stopped_s[i] = billed, 0, 0
    out.amount_micros[i] = 0 if free else _amount(card, base, billed, word)
    return True


@compiled
def rate_columns(card: Any, called: Any, caller: Any, at_us: Any, ms: Any, out: Any) -> int:
    """Rate all calls of the columns; returns how many went the long way."""
    value = np.empty(LANES, np.int64)
    lane = np.empty(LANES, np.int64)
    node = np.empty(LANES, np.int64)
    line = np.empty(LANES, np.int64)
    room = np.empty(LANES, np.int64)
    memo = np.zeros(MEMO, np.int64)
    long_way = 0
    for first in range(0, len(called), LANES):
        count = min(LANES, len(called) - first)
        descend(card, called, first, count, value, lane, node)
        for j in range(count):
            i = first + j
            if _plain(called[i], caller[i], at_us[i], ms[i]):
                line[j], room[j] = _line(card, value[j], at_us[i], memo)
            else:
                line[j] = LONG
        for j in range(count):  # fetch the lines of all lanes at once: the misses overlap
            node[j] = card.lines[max(line[j], 0) * LINE + RATE_B]
        waiting = 0
        for j in range(count):
            i = first + j
            if line[j] < 0 or not _price(card, line[j], room[j], ms[i], out, i):
                lane[waiting] = j
                waiting += 1
        for k in range(waiting):
            i = first + lane[k]
            leaf = leaf_of(card, value[lane[k]])
            rate_one(card, leaf, called[i], caller[i], at_us[i], ms[i], out, i)
        long_way += waiting
    return long_way
