"""Charges as lines of text, CSV or JSON: compiled, see `write`.

All functions stand in this file, whose age numba asks for when it looks for compiled code.
"""

from __future__ import annotations

from typing import Any

from tollwright.kernel.call_columns import RATED
from tollwright.kernel.jit import entry, plain
from tollwright.kernel.numbers import DIGITS, ENDED, TOP_BITS

ZERO, POINT, MINUS = 0x30, 0x2E, 0x2D
MILLION = 1_000_000

# The table of words: what begins a line and what ends it, stands before a prefix, around an amount,
# and in place of all three numbers; then statuses, and the reasons in two halves each.
BEGIN, END, BEFORE_PREFIX, BEFORE_AMOUNT, AFTER_AMOUNT, NOTHING = range(6)
STATUSES = NOTHING + 1
REASONS = STATUSES + 4

# What stands between the halves of a reason: a code that is none of these is told otherwise.
NOT_HERE, NO_NUMBER, CALLED, PREFIX = range(4)


@plain
def _word(words: Any, which: int, out: Any, to: int) -> int:
    data, first, size = words
    for place in range(first[which], first[which] + size[which]):
        out[to] = data[place]
        to += 1
    return to


@plain
def _whole(value: int, digits: int, out: Any, to: int) -> int:
    """A number that is not negative, in at least so many digits."""
    rest = value
    count = 0
    while rest or count < digits:
        rest //= 10
        count += 1
    for place in range(to + count - 1, to - 1, -1):
        out[place] = ZERO + value % 10
        value //= 10
    return to + count


@plain
def _amount(micros: int, decimals: int, out: Any, to: int) -> int:
    """As `core.money.show`: at least so many decimals, and no zeros behind these."""
    if micros < 0:
        out[to] = MINUS
        to += 1
        micros = -micros
    to = _whole(micros // MILLION, 1, out, to)
    fraction, digits = micros % MILLION, 6
    while digits > decimals and fraction % 10 == 0:
        fraction //= 10
        digits -= 1
    if digits:
        out[to] = POINT
        to = _whole(fraction, digits, out, to + 1)
    return to


@plain
def _number(packed: int, out: Any, to: int) -> int:
    """The digits of a packed number."""
    for place in range(DIGITS):
        digit = packed >> (TOP_BITS - 4 - 4 * place) & 15
        if digit == ENDED:
            break
        out[to] = ZERO + digit
        to += 1
    return to


@plain
def _reason(
    words: Any, code: int, between: int, called: int, prefix: int, out: Any, to: int
) -> int:
    to = _word(words, REASONS + 2 * code, out, to)
    to = _number(called if between == CALLED else prefix, out, to)
    return _word(words, REASONS + 2 * code + 1, out, to)


@entry
def write_charges(
    keys: Any, called: Any, prefixes: Any, charges: Any, words: Any, betweens: Any, bands: int,
    decimals: int, told: Any, places: Any, out: Any,
) -> int:  # fmt: skip
    """Write a line for each charge; returns where they end in `out`.

    `charges`: status, reason, band, billed_s, amount_micros, allowance_s; `betweens`: for each
    reason what stands between its halves; `bands`: the word of no band, the others behind it. A row
    whose place in `told` is not negative is written as it is told there.
    """
    key_data, key_first, key_size = keys
    status, reason, band, billed_s, amount, allowance_s = charges
    to = 0
    for row in range(len(called)):
        if places[row] >= 0:
            to = _word(told, places[row], out, to)
            continue
        to = _word(words, BEGIN, out, to)
        for place in range(key_first[row], key_first[row] + key_size[row]):
            out[to] = key_data[place]
            to += 1
        to = _word(words, STATUSES + status[row], out, to)
        between = betweens[reason[row]]
        if between != NO_NUMBER:
            to = _reason(words, reason[row], between, called[row], prefixes[row], out, to)
        to = _word(words, BEFORE_PREFIX, out, to)
        to = _number(prefixes[row], out, to)
        to = _word(words, bands + 1 + band[row], out, to)
        if status[row] == RATED:
            to = _whole(billed_s[row], 1, out, to)
            to = _word(words, BEFORE_AMOUNT, out, to)
            to = _amount(amount[row], decimals, out, to)
            to = _word(words, AFTER_AMOUNT, out, to)
            to = _whole(allowance_s[row], 1, out, to)
        else:
            to = _word(words, NOTHING, out, to)
        to = _word(words, END, out, to)
    return to


ENTRIES: tuple[Any, ...] = (write_charges,)
