"""The form of the arithmetic that a compiled twin uses: every number of it fits int64.

`amount` below does what `core.rating.pricing` says, with every intermediate result checked; it is
compared with the exact rational at the bounds that publishing admits and all over them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollwright.core.cards.card import (
    DAY_S,
    MAX_COMMON_UNIT_S,
    MAX_FEE,
    MAX_PRICE_PER_MINUTE,
    MAX_REPEATED_CHARGE,
    PPM,
    Grace,
)
from tollwright.core.money import NANO, Mode, Rounding, round_ratio
from tollwright.core.rating.seconds import after_grace

LONGEST_COUNTED_S = after_grace(DAY_S, Grace("add", DAY_S, 100))
LONGEST_BILLED_S = LONGEST_COUNTED_S + DAY_S  # one increment beyond
ONCE_NANOS = MAX_FEE * NANO
REPEATED_NANOS = MAX_REPEATED_CHARGE * NANO


def fits(number: int) -> int:
    assert -(2**63) <= number < 2**63, number
    return number


@dataclass(frozen=True)
class Part:
    billed_s: int
    price_nanos: int
    unit_s: int
    discount_ppm: int = 0


def part_in_int64(part: Part, common_unit_s: int) -> tuple[int, int]:
    """(whole nanos, rest over common_unit_s * 10**6), as a compiled twin works it out."""
    a, b = divmod(part.price_nanos, part.unit_s)
    whole = fits(part.billed_s * a) + fits(part.billed_s * b) // part.unit_s
    rest = part.billed_s * b % part.unit_s
    k = PPM - part.discount_ppm
    w1, w0 = divmod(whole, PPM)
    n = fits(k * fits(fits(w0 * part.unit_s) + rest))
    over = part.unit_s * PPM
    return fits(fits(w1 * k) + n // over), fits(n % over * (common_unit_s // part.unit_s))


def amount_in_int64(parts: list[Part], fees_nanos: int, common_unit_s: int, to: Rounding) -> int:
    denominator = fits(common_unit_s * PPM)
    nanos, rests = fits(fees_nanos), 0
    for part in parts:
        whole, rest = part_in_int64(part, common_unit_s)
        nanos, rests = fits(nanos + whole), fits(rests + rest)
        if rests >= denominator:
            nanos, rests = fits(nanos + 1), rests - denominator
    return fits(rounded(nanos, rests > 0, to))


def rounded(nanos: int, more: bool, to: Rounding) -> int:
    """Round `nanos` and a fraction (`more` than none) to micros on the grid."""
    grid_micros: int = 10 ** (6 - to.decimals)
    grid = grid_micros * 1000
    if nanos < 0 and more:  # -2.3 is kept as -3 and 0.7: as a magnitude it is 2 and something
        negative, nanos = True, -nanos - 1
    else:
        negative, nanos = nanos < 0, abs(nanos)
    whole, rest = divmod(nanos, grid)
    above = 2 * rest + more > grid
    tie = 2 * rest == grid and not more
    if to.mode == "up":
        whole += bool(rest or more)
    elif to.mode != "down":
        whole += above or (tie and (to.mode == "half_up" or whole % 2 == 1))
    return -whole * grid_micros if negative else whole * grid_micros


def exact(parts: list[Part], fees_nanos: int, to: Rounding) -> int:
    total = Fraction(fees_nanos)
    for part in parts:
        price = Fraction(part.price_nanos, part.unit_s)
        total += part.billed_s * price * Fraction(PPM - part.discount_ppm, PPM)
    total /= 1000
    return round_ratio(total.numerator, total.denominator, to)


def highest_price(unit_s: int) -> int:
    return MAX_PRICE_PER_MINUTE * NANO * unit_s // 60


@pytest.mark.parametrize("unit_s", [1, 7, 60, 3600, DAY_S])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_most_expensive_longest_call_of_an_accepted_card_fits(unit_s: int, sign: int) -> None:
    part = Part(LONGEST_BILLED_S, sign * highest_price(unit_s), unit_s, 1)
    # once: connect, disconnect, first charge; every second: a block and a step's charge
    fees = 3 * ONCE_NANOS + 2 * LONGEST_COUNTED_S * REPEATED_NANOS
    to = Rounding("half_up", 0)
    assert amount_in_int64([part], fees, unit_s, to) == exact([part], fees, to)


@pytest.mark.slow
def test_as_many_pieces_as_a_call_can_have_fit() -> None:
    # a piece a second, units that have the largest common multiple a card may have
    units = (2**6, 5**6)
    common = lcm(*units)
    assert common == MAX_COMMON_UNIT_S
    parts = [Part(1, highest_price(u) - 1, u, 333_333) for u in units] * DAY_S
    to = Rounding("up", 6)
    assert amount_in_int64(parts, 0, common, to) == exact(parts, 0, to)


UNITS = [1, 6, 7, 10, 30, 60, 3600, 86_400]


@st.composite
def part_strategy(draw: st.DrawFn) -> Part:
    unit_s = draw(st.sampled_from(UNITS))
    highest = highest_price(unit_s)
    return Part(
        draw(st.integers(0, LONGEST_BILLED_S)),
        draw(st.integers(-highest, highest)),
        unit_s,
        draw(st.integers(0, PPM)),
    )


@given(
    parts=st.lists(part_strategy(), max_size=4),
    fees=st.integers(0, 10 * ONCE_NANOS),
    mode=st.sampled_from(["half_up", "up", "down", "half_even"]),
    decimals=st.integers(0, 6),
)
def test_int64_agrees_with_the_exact_rational(
    parts: list[Part], fees: int, mode: Mode, decimals: int
) -> None:
    to = Rounding(mode, decimals)
    assert amount_in_int64(parts, fees, lcm(*UNITS), to) == exact(parts, fees, to)
