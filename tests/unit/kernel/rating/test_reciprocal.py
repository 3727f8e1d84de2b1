"""Multiplying by an inverse is dividing: for every divisor and every number that may come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollwright.core.cards.card import DAY_S
from tollwright.kernel.rating.reciprocal import AMOUNT_BITS, NEXT_SHIFT, next_inverse, unit_inverse

LONGEST = 2 * DAY_S  # seconds beyond the first interval, and an increment less one
GRIDS = st.integers(0, 6).map(lambda decimals: 10 ** (9 - decimals))


@pytest.mark.slow
def test_every_increment_divides_every_number_of_seconds() -> None:
    """At each multiple and just below it, where the quotient changes; between, it cannot."""
    for next_s in range(1, DAY_S + 1):
        quotient = np.arange(LONGEST // next_s + 1)
        here = quotient * next_s
        assert np.array_equal(here * next_inverse(next_s) >> NEXT_SHIFT, quotient)
        below = (here[1:] - 1) * next_inverse(next_s) >> NEXT_SHIFT
        assert np.array_equal(below, quotient[:-1])
    assert LONGEST * next_inverse(1) < 2**63


@given(st.integers(1, DAY_S), GRIDS, st.integers(0, 2**AMOUNT_BITS - 1), st.integers(-1, 1))
def test_an_amount_by_its_unit_and_grid(unit_s: int, grid: int, amount: int, off: int) -> None:
    divisor = unit_s * grid
    multiplier, shift = unit_inverse(divisor)
    assert -(2**63) <= multiplier < 0
    for number in (amount, max(amount // divisor * divisor + off, 0), 2**AMOUNT_BITS - 1):
        assert (number * (multiplier + 2**64) >> 64) >> shift == number // divisor
