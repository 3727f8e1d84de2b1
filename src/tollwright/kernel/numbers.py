"""Telephone numbers as int64: 15 BCD nibbles, left aligned, filled with 0xA, the top nibble 0.

Such a number is positive and sorts by prefix, a digit is a shift and a mask, and nibble 10 says
"the number ended here". What cannot be packed becomes a negative code, so that the call gets its
own status.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tollwright.core.number_ranges import SHORT_DIGITS
from tollwright.kernel.arrays import Flags, Int64, frozen
from tollwright.kernel.jit import entry

DIGITS = 15
TOP_BITS = 4 * DIGITS  # digit k (from 0) is (number >> (TOP_BITS - 4 - 4 * k)) & 15
ENDED = 10
EMPTY = 0x0AAA_AAAA_AAAA_AAAA
NOT_DIGITS = -1
TOO_LONG = -2
_SEVENTH = TOP_BITS - 4 * (SHORT_DIGITS + 1)  # where the first digit of a longer number stands
ONES = 0x0111_1111_1111_1111


def pack_number(number: str) -> int:
    """`'44'` -> 0x044A_AAAA_AAAA_AAAA; `''` -> EMPTY; NOT_DIGITS or TOO_LONG where impossible."""
    if number and not (number.isascii() and number.isdigit()):
        return NOT_DIGITS
    if len(number) > DIGITS:
        return TOO_LONG
    return int(number.ljust(DIGITS, "A"), 16) if number else EMPTY


def unpack_number(packed: int) -> str:
    """The digits of a packed number; ValueError for a code of what was none."""
    if packed < 0:
        raise ValueError(f"{packed} is no packed number")
    return f"{packed:015x}".rstrip("a")


def pack_numbers(numbers: Sequence[str]) -> Int64:
    """The packed form of each number, int64[n]; as `pack_number`, thousands at a time."""
    pieces = [number.encode(errors="surrogatepass") for number in numbers]
    size = np.fromiter(map(len, pieces), np.int32, len(pieces))
    first = np.cumsum(size, dtype=np.int32) - size
    packed = np.empty(len(pieces), np.int64)
    data = np.frombuffer(b"".join(pieces), np.uint8)
    pack_texts(data, frozen(first), frozen(size), packed)
    return packed


def length_of(packed: Int64) -> Int64:
    """How many digits each packed number has."""
    count = np.zeros(len(packed), np.int64)
    for place in range(DIGITS):
        count += ((packed >> (4 * place)) & 15) != ENDED
    return count


def short_numbers(packed: Int64) -> Flags:
    """Which packed numbers are so short that they are no beginning of another: 112, 2002."""
    found: Flags = (packed >= 0) & ((packed >> _SEVENTH) & 15 == ENDED)
    return found


def text_order(packed: Int64) -> Int64:
    """Keys that sort packed numbers as their texts sort: the shorter before its continuation."""
    ended = (packed >> 3) & (packed >> 1) & ONES  # of the nibbles 0 to 10 only 10 has both bits
    return packed + ONES - 11 * ended


@entry
def pack_texts(data: Any, first: Any, size: Any, packed: Any) -> None:
    """The packed form of texts, uint8[], int32[n] and int32[n], into int64[n]."""
    for i in range(len(packed)):
        value = 0
        wrong = False
        for k in range(size[i]):
            digit = data[first[i] + k] - 48
            wrong |= digit < 0 or digit > 9
            if k < DIGITS:
                value = (value << 4) | (digit & 15)
        for _ in range(size[i], DIGITS):
            value = (value << 4) | ENDED
        if wrong:
            value = NOT_DIGITS
        elif size[i] > DIGITS:
            value = TOO_LONG
        packed[i] = value


ENTRIES: tuple[Any, ...] = (pack_texts,)
