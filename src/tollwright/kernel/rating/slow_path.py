"""One call through every rule: the long way, for what the short way of `batch` leaves over."""

from __future__ import annotations

from typing import Any

from tollwright.core.cards.card import MAX_CALL_MS
from tollwright.kernel.call_columns import BLOCKED as IS_BLOCKED
from tollwright.kernel.call_columns import INVALID, NO_ZONE, RATED, UNMATCHED
from tollwright.kernel.jit import WIDE, compiled
from tollwright.kernel.numbers import EMPTY, NOT_DIGITS
from tollwright.kernel.rating import allowances
from tollwright.kernel.rating.layout import BLOCKED, FLAGS, LINE, LINES, ROW, ROW_MASK, TIME_LIMIT
from tollwright.kernel.rating.price import CAME_TO_BLOCKED, RUNNING, connect_fee, price_usage, total
from tollwright.kernel.rating.rows import band_of, choose, terms_of
from tollwright.kernel.rating.seconds import count_seconds
from tollwright.kernel.rating.status import (
    BLOCKED_ROW,
    CALLED_MISSING,
    CALLED_NOT_DIGITS,
    CALLED_TOO_LONG,
    CALLER_NOT_DIGITS,
    CALLER_TOO_LONG,
    NEGATIVE,
    NO_ROW,
    NO_ROW_NOW,
    NO_TIME_ZONE,
    NONE,
    OVER_A_DAY,
    RAN_INTO_BLOCKED,
    RAN_OUT_OF_ROWS,
    YEAR,
)

# `into`: the charge of one call, in the order of `columns.Charges`
STATUS, REASON, BAND, RATE_INDEX, BILLED, FREE, STOPPED, AMOUNT = 0, 1, 2, 3, 4, 5, 6, 7
CHARGE_WORDS = 8


@compiled
def invalid_reason(called: int, caller: int, at_us: int, ms: int) -> int:
    """Why this cannot be the record of a call, in the order of `core.rating`; NONE: it can."""
    reason = NONE
    if at_us == NO_ZONE:
        reason = NO_TIME_ZONE
    elif at_us < 0 or at_us >= TIME_LIMIT:
        reason = YEAR
    elif ms < 0:
        reason = NEGATIVE
    elif ms > MAX_CALL_MS:
        reason = OVER_A_DAY
    elif called == EMPTY:
        reason = CALLED_MISSING
    elif called < 0:
        reason = CALLED_NOT_DIGITS if called == NOT_DIGITS else CALLED_TOO_LONG
    elif caller < 0:
        reason = CALLER_NOT_DIGITS if caller == NOT_DIGITS else CALLER_TOO_LONG
    return reason


@compiled
def put(into: Any, status: int, reason: int, row: int, band: int) -> None:
    """A charge of nothing; what costs something is added to it."""
    into[STATUS], into[REASON], into[RATE_INDEX], into[BAND] = status, reason, row, band
    into[BILLED], into[FREE], into[STOPPED], into[AMOUNT] = 0, 0, 0, 0


@compiled
def find_row(
    words: Any, cells: Any, value: int, called: int, caller: int, at_us: int, memo: Any,
    into: Any,
) -> int:  # fmt: skip
    """The line that prices the call, written to its row and band; -1: it has a status instead."""
    line, fitting, _ = choose(words, cells, value, called, caller, at_us, memo)
    if line < 0:
        put(into, UNMATCHED, NO_ROW_NOW if fitting else NO_ROW, -1, -1)
        return -1
    flags = words[terms_of(words, line) + FLAGS]
    band = band_of(flags)
    row = words[words[LINES] + line * LINE + ROW] & ROW_MASK
    if flags & BLOCKED:
        put(into, IS_BLOCKED, BLOCKED_ROW, row, band)
        return -1
    put(into, RATED, NONE, row, band)
    return line


@compiled
def stop(into: Any, ended: int, stopped_s: int) -> None:
    """The call ran on into a time without an open row."""
    blocked = ended == CAME_TO_BLOCKED
    into[STATUS] = IS_BLOCKED if blocked else UNMATCHED
    into[REASON] = RAN_INTO_BLOCKED if blocked else RAN_OUT_OF_ROWS
    into[STOPPED] = stopped_s


@compiled
def rate_one(
    words: Any, cells: Any, value: int, called: int, caller: int, at_us: int, ms: int, memo: Any,
    into: Any,
) -> None:  # fmt: skip
    """Rate one call without allowances."""
    reason = invalid_reason(called, caller, at_us, ms)
    if reason:
        put(into, INVALID, reason, -1, -1)
        return
    line = find_row(words, cells, value, called, caller, at_us, memo, into)
    if line < 0:
        return
    counted = count_seconds(words, line, ms)
    if counted < 0:
        return
    ended, stopped_s, billed, whole, rest = price_usage(
        words, cells, value, called, caller, at_us, memo, line, WIDE(0), counted
    )
    if ended != RUNNING:
        stop(into, ended, stopped_s)
        return
    connect = connect_fee(words, line, False)
    into[BILLED] = billed
    into[AMOUNT] = total(words, line, counted, connect, False, whole, rest)


@compiled
def rate_with_allowances(
    words: Any, cells: Any, value: int, called: int, caller: int, at_us: int, ms: int, memo: Any,
    into: Any, i: int, pools: Any, uses: Any, used: int, order: Any, fits: Any,
) -> int:  # fmt: skip
    """Rate call i on a card with allowances; returns how many uses there are now."""
    reason = invalid_reason(called, caller, at_us, ms)
    if reason:
        put(into, INVALID, reason, -1, -1)
        return used
    line = find_row(words, cells, value, called, caller, at_us, memo, into)
    counted = count_seconds(words, line, ms) if line >= 0 else -1
    if counted < 0:
        return used
    count = allowances.matching(words, called, at_us, order, fits)
    covered, taken, waived, now = allowances.cover_seconds(
        words, order, count, counted, pools, i, uses, used
    )
    ended, stopped_s, billed, whole, rest = price_usage(
        words, cells, value, called, caller, at_us, memo, line, covered, counted
    )
    if ended != RUNNING:
        stop(into, ended, stopped_s)
        allowances.give_back(words, pools, uses, used, now)
        return used
    connect = connect_fee(words, line, waived)
    whole_call = 0 < counted <= covered
    amount = total(words, line, counted, connect, whole_call, whole, rest)
    paid, now = allowances.cover_money(words, order, count, amount, connect, pools, i, uses, now)
    into[BILLED], into[FREE], into[AMOUNT] = billed, taken, amount - paid
    return now
