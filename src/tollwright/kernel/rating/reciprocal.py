"""Exact division by a multiplication and a shift: the divisors of a card are known beforehand.

floor(n / d) = floor(n * m / 2**k) with m = floor(2**k / d) + 1 for all n with n * d <= 2**k: m is
too great by at most d / 2**k of itself, which moves n / d by less than the 1 / d that it may lack
to the next whole number (Granlund and Montgomery 1994).
"""

from __future__ import annotations

NEXT_SHIFT = 36  # seconds below 2**18 by an increment below 2**17
AMOUNT_BITS = 63  # an amount before its division
WORD = 64


def next_inverse(next_s: int) -> int:
    """m, so that n // next_s == n * m >> NEXT_SHIFT."""
    return (1 << NEXT_SHIFT) // next_s + 1


def unit_inverse(divisor: int) -> tuple[int, int]:
    """(m as a signed word, shift), so that n // divisor == upper word of n * m >> shift.

    `divisor` is no power of two: then m has exactly 64 bits.
    """
    bits = divisor.bit_length()
    multiplier = (1 << AMOUNT_BITS + bits) // divisor + 1
    return multiplier - (1 << WORD), AMOUNT_BITS + bits - WORD
