"""Columns of telephone numbers, filled with blanks, to the kernel's packed form."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tollwright.kernel.arrays import Int64
from tollwright.kernel.numbers import DIGITS, EMPTY, ENDED, NOT_DIGITS, TOO_LONG

BLANK = 32
ZERO = 48


def packed(texts: npt.NDArray[np.bytes_]) -> Int64:
    """As `kernel.numbers.pack_number`, int64[n]; `texts` are 16 bytes each, blanks at the end."""
    signs = np.ascontiguousarray(texts).view(np.uint8).reshape(len(texts), -1)
    inside = signs != BLANK
    digits = signs - np.uint8(ZERO)  # what lies below '0' wraps round and is over 9 too
    wrong = ((digits > 9) & inside).any(axis=1)
    wrong |= (inside[:, 1:] & ~inside[:, :-1]).any(axis=1)  # a blank within
    found = np.zeros(len(texts), np.int64)
    for place in range(DIGITS):
        found <<= 4
        found |= np.where(inside[:, place], digits[:, place], ENDED)
    found[inside[:, DIGITS]] = TOO_LONG
    found[wrong] = NOT_DIGITS
    return found


def callers(texts: npt.NDArray[np.bytes_]) -> Int64:
    """Packed callers; one that is withheld or cannot be read is as one that is not there."""
    found = packed(texts)
    found[found < 0] = EMPTY
    return found
