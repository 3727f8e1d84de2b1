"""Telephone numbers as int64: 15 BCD nibbles, left aligned, filled with 0xA, the top nibble 0.

Such a number is positive and sorts by prefix, a digit is a shift and a mask, and nibble 10 says
"the number ended here". What cannot be packed becomes a negative code, so that the call gets its
own status.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tollwright.kernel.arrays import Int64
from tollwright.kernel.jit import compiled, entry, stamp

DIGITS = 15
TOP_BITS = 4 * DIGITS  # digit k (from 0) is (number >> (TOP_BITS - 4 - 4 * k)) & 15
ENDED = 10
EMPTY = 0x0AAA_AAAA_AAAA_AAAA
NOT_DIGITS = -1
TOO_LONG = -2
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
    if not len(numbers):
        return np.empty(0, np.int64)
    lengths = np.fromiter(map(len, numbers), np.int64, len(numbers))
    if lengths.max() > 4 * DIGITS:  # a table as wide as its longest text would be mostly air
        return np.fromiter(map(pack_number, numbers), np.int64, len(numbers))
    width = max(int(lengths.max()), 1)
    points = np.array(numbers, f"U{width}").view(np.uint32).reshape(len(numbers), width)
    return _packed(points, lengths)


def _packed(points: npt.NDArray[np.uint32], lengths: Int64) -> Int64:
    """Code points, zero after the end, to packed numbers."""
    packed = np.zeros(len(points), np.int64)
    inside = np.arange(points.shape[1]) < lengths[:, None]
    digit = points - np.uint32(48)  # what lies below '0' wraps round and is over 9 too
    wrong = ((digit > 9) & inside).any(axis=1)
    for place in range(DIGITS):
        packed <<= 4
        known = place < points.shape[1]
        packed |= np.where(inside[:, place], digit[:, place], ENDED) if known else ENDED
    packed[lengths > DIGITS] = TOO_LONG
    packed[wrong] = NOT_DIGITS
    return packed


def length_of(packed: Int64) -> Int64:
    """How many digits each packed number has."""
    count = np.zeros(len(packed), np.int64)
    for place in range(DIGITS):
        count += ((packed >> (4 * place)) & 15) != ENDED
    return count


def text_order(packed: Int64) -> Int64:
    """Keys that sort packed numbers as their texts sort: the shorter before its continuation."""
    ended = (packed >> 3) & (packed >> 1) & ONES  # of the nibbles 0 to 10 only 10 has both bits
    return packed + ONES - 11 * ended


@compiled
def _pack_utf8(data: Any, offsets: Any, packed: Any) -> None:
    for i in range(len(packed)):
        first = offsets[i]
        length = offsets[i + 1] - first
        value = 0
        wrong = False
        for k in range(length):
            digit = data[first + k] - 48
            wrong |= digit < 0 or digit > 9
            if k < DIGITS:
                value = (value << 4) | (digit & 15)
        for _ in range(length, DIGITS):
            value = (value << 4) | ENDED
        if wrong:
            value = NOT_DIGITS
        elif length > DIGITS:
            value = TOO_LONG
        packed[i] = value


def _make(mark: int) -> Callable[[Any, Any, Any], None]:
    @entry
    def pack_utf8(data: Any, offsets: Any, packed: Any) -> None:
        if mark:
            _pack_utf8(data, offsets, packed)

    return pack_utf8


_pack_utf8_entry = _make(stamp(__name__))
ENTRIES: tuple[Any, ...] = (_pack_utf8_entry,)


def pack_utf8(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int32]) -> Int64:
    """The packed form of a column of UTF-8 texts: bytes and n + 1 offsets, as Arrow keeps them.

    An Arrow slice comes with its own offset: hand over its own part of `offsets`.
    """
    packed = np.empty(len(offsets) - 1, np.int64)
    _pack_utf8_entry(_frozen(data, np.uint8), _frozen(offsets, np.int32), packed)
    return packed


def _frozen(array: npt.NDArray[np.generic], dtype: npt.DTypeLike) -> npt.NDArray[np.generic]:
    """The array as numba's one signature wants it: contiguous, of this type, read-only."""
    view = np.ascontiguousarray(array, dtype).view()
    view.flags.writeable = False
    return view
