"""One call through every rule: the long way, for what the short way of `batch` leaves over."""

from __future__ import annotations

from typing import Any

from tollwright.core.card import MAX_CALL_MS
from tollwright.kernel import free
from tollwright.kernel.jit import compiled
from tollwright.kernel.layout import (
    BAND_SHIFT,
    BLOCKED,
    LINE,
    NO_ZONE,
    RATE_B,
    ROW,
    TIME_LIMIT,
)
from tollwright.kernel.numbers import EMPTY, NOT_DIGITS
from tollwright.kernel.price import CAME_TO_BLOCKED, RUNNING, connect_fee, price_usage, total
from tollwright.kernel.reasons import (
    BLOCKED as IS_BLOCKED,
)
from tollwright.kernel.reasons import (
    BLOCKED_ROW,
    CALLED_MISSING,
    CALLED_NOT_DIGITS,
    CALLED_TOO_LONG,
    CALLER_NOT_DIGITS,
    CALLER_TOO_LONG,
    INVALID,
    NEGATIVE,
    NO_ROW,
    NO_ROW_NOW,
    NO_TIME_ZONE,
    NONE,
    OVER_A_DAY,
    RAN_INTO_BLOCKED,
    RAN_OUT_OF_ROWS,
    RATED,
    UNMATCHED,
    YEAR,
)
from tollwright.kernel.rows import BAND_MASK, choose
from tollwright.kernel.seconds import count_seconds

ROW_MASK = (1 << 32) - 1


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
def put(out: Any, i: int, status: int, reason: int, row: int, band: int) -> None:
    """A charge of nothing; what costs something is added to it."""
    out.status[i], out.reason[i] = status, reason
    out.rate_index[i], out.band[i] = row, band
    out.billed_s[i], out.allowance_s[i], out.stopped_s[i] = 0, 0, 0
    out.amount_micros[i] = 0


@compiled
def find_row(card: Any, leaf: int, called: int, caller: int, at_us: int, out: Any, i: int) -> int:
    """The line that prices the call, written to its row and band; -1: it has a status instead."""
    line, fitting, _ = choose(card, leaf, called, caller, at_us)
    if line < 0:
        put(out, i, UNMATCHED, NO_ROW_NOW if fitting else NO_ROW, -1, -1)
        return -1
    word = card.lines[line * LINE + RATE_B]
    band = ((word >> BAND_SHIFT) & BAND_MASK) - 1
    row = card.lines[line * LINE + ROW] & ROW_MASK
    if word & BLOCKED:
        put(out, i, IS_BLOCKED, BLOCKED_ROW, row, band)
        return -1
    put(out, i, RATED, NONE, row, band)
    return line


@compiled
def stop(out: Any, i: int, ended: int, stopped_s: int) -> None:
    """The call ran on into a time without an open row."""
    blocked = ended == CAME_TO_BLOCKED
    out.status[i] = IS_BLOCKED if blocked else UNMATCHED
    out.reason[i] = RAN_INTO_BLOCKED if blocked else RAN_OUT_OF_ROWS
    out.stopped_s[i] = stopped_s


@compiled
def rate_one(
    card: Any, leaf: int, called: int, caller: int, at_us: int, ms: int, out: Any, i: int
) -> None:
    """Rate call i without allowances."""
    reason = invalid_reason(called, caller, at_us, ms)
    if reason:
        put(out, i, INVALID, reason, -1, -1)
        return
    line = find_row(card, leaf, called, caller, at_us, out, i)
    if line < 0:
        return
    counted = count_seconds(card, line, ms)
    if counted < 0:
        return
    ended, stopped_s, billed, whole, rest = price_usage(
        card, leaf, called, caller, at_us, line, 0, counted
    )
    if ended != RUNNING:
        stop(out, i, ended, stopped_s)
        return
    out.billed_s[i] = billed
    out.amount_micros[i] = total(
        card, line, counted, connect_fee(card, line, False), False, whole, rest
    )


@compiled
def rate_with_allowances(
    card: Any,
    leaf: int,
    called: int,
    caller: int,
    at_us: int,
    ms: int,
    out: Any,
    i: int,
    pools: Any,
    uses: Any,
    used: int,
    order: Any,
    fits: Any,
) -> int:
    """Rate call i on a card with allowances; returns how many uses there are now."""
    reason = invalid_reason(called, caller, at_us, ms)
    if reason:
        put(out, i, INVALID, reason, -1, -1)
        return used
    line = find_row(card, leaf, called, caller, at_us, out, i)
    counted = count_seconds(card, line, ms) if line >= 0 else -1
    if counted < 0:
        return used
    count = free.matching(card, called, at_us, order, fits)
    covered, taken, waived, now = free.cover_seconds(
        card, order, count, counted, pools, i, uses, used
    )
    ended, stopped_s, billed, whole, rest = price_usage(
        card, leaf, called, caller, at_us, line, covered, counted
    )
    if ended != RUNNING:
        stop(out, i, ended, stopped_s)
        free.give_back(card, pools, uses, used, now)
        return used
    connect = connect_fee(card, line, waived)
    whole_call = 0 < counted <= covered
    amount = total(card, line, counted, connect, whole_call, whole, rest)
    paid, now = free.cover_money(card, order, count, amount, connect, pools, i, uses, now)
    out.billed_s[i], out.allowance_s[i] = billed, taken
    out.amount_micros[i] = amount - paid
    return now
