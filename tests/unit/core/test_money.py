"""Exact text to whole numbers, and the one rounding."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from tollwright.core.money import (
    Mode,
    MoneyError,
    Rounding,
    micros,
    minor_decimals,
    nanos,
    round_micros,
    round_ratio,
    show,
    show_price,
    to_minor_unit,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.05", 50_000),
        ("0", 0),
        ("-1.5", -1_500_000),
        ("1e-6", 1),
        ("0.0000010", 1),
        ("7", 7_000_000),
    ],
)
def test_text_to_micros(text: str, expected: int) -> None:
    assert micros(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("0.012", 12_000_000), ("0.000000001", 1), ("1E3", 10**12), ("0e-99", 0)]
)
def test_text_to_nanos(text: str, expected: int) -> None:
    assert nanos(text) == expected


@pytest.mark.parametrize(
    "text",
    ["0.0000000001", "NaN", "sNaN", "Infinity", "-inf", "", " ", "1_0", "٣", "0,5", "1e999999"],
)
def test_what_is_no_exact_price_is_refused(text: str) -> None:
    with pytest.raises(MoneyError):
        nanos(text)


def test_a_seventh_decimal_is_no_amount() -> None:
    assert micros("0.000001") == 1
    with pytest.raises(MoneyError, match="more than 6 decimals"):
        micros("0.0000001")


def test_a_decimal_far_behind_the_others_is_not_lost() -> None:
    with pytest.raises(MoneyError, match="more than 6 decimals"):
        micros("1." + 40 * "0" + "1")
    assert micros("1." + 40 * "0") == 1_000_000


def test_a_float_is_never_money() -> None:
    with pytest.raises(MoneyError, match="not written as a text"):
        micros(0.5)  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize(
    ("mode", "below", "half", "above", "minus_half"),
    [
        ("half_up", 0, 10_000, 10_000, -10_000),
        ("half_even", 0, 0, 10_000, 0),
        ("up", 10_000, 10_000, 10_000, -10_000),
        ("down", 0, 0, 0, 0),
    ],
)
def test_the_four_modes_around_half_a_cent(
    mode: Mode, below: int, half: int, above: int, minus_half: int
) -> None:
    cents = Rounding(mode, 2)
    amounts = [round_micros(m, cents) for m in (4_999, 5_000, 5_001, -5_000)]
    assert amounts == [below, half, above, minus_half]


def test_half_even_looks_at_the_cent_before_it() -> None:
    cents = Rounding("half_even", 2)
    assert [round_micros(m, cents) for m in (15_000, 25_000)] == [20_000, 20_000]


@given(
    numerator=st.integers(-(10**30), 10**30),
    denominator=st.integers(1, 10**18),
    mode=st.sampled_from(["half_up", "up", "down", "half_even"]),
    decimals=st.integers(0, 6),
)
def test_rounding_is_the_nearest_of_its_mode(
    numerator: int, denominator: int, mode: Mode, decimals: int
) -> None:
    rounded = round_ratio(numerator, denominator, Rounding(mode, decimals))
    grid = 10 ** (6 - decimals)
    distance = Fraction(rounded) - Fraction(numerator, denominator)
    assert rounded % grid == 0
    assert abs(distance) < grid
    if mode.startswith("half"):
        assert abs(distance) * 2 <= grid
    if distance and mode in ("up", "down"):
        assert (distance * numerator > 0) == (mode == "up")


@given(
    amount=st.decimals(-(10**9), 10**9, places=8),
    mode=st.sampled_from(["half_up", "up", "down", "half_even"]),
    decimals=st.integers(0, 6),
)
def test_rounding_agrees_with_the_decimal_module(
    amount: Decimal, mode: Mode, decimals: int
) -> None:
    names = {"half_up": ROUND_HALF_UP, "up": ROUND_UP, "down": ROUND_DOWN}
    expected = amount.quantize(Decimal(1).scaleb(-decimals), names.get(mode, ROUND_HALF_EVEN))
    rounded = round_ratio(int(amount * 10**8), 100, Rounding(mode, decimals))
    assert rounded == int(expected * 10**6)


@pytest.mark.parametrize(
    ("amount", "decimals", "text"),
    [
        (50_000, None, "0.05"),
        (50_000, 4, "0.0500"),
        (0, None, "0"),
        (0, 2, "0.00"),
        (-1, None, "-0.000001"),
        (7_200, 2, "0.0072"),
        (12_000_000, 0, "12"),
    ],
)
def test_show(amount: int, decimals: int | None, text: str) -> None:
    assert show(amount, decimals) == text


@given(st.integers(-(10**18), 10**18))
def test_what_is_shown_reads_back(amount: int) -> None:
    assert micros(show(amount)) == amount
    assert nanos(show_price(amount)) == amount


@pytest.mark.parametrize(
    ("currency", "amount"), [("USD", 1_240_000), ("JPY", 1_000_000), ("KWD", 1_235_000)]
)
def test_minor_units(currency: str, amount: int) -> None:
    assert to_minor_unit(1_235_000, currency) == amount


@pytest.mark.parametrize(("mode", "decimals"), [("half_up", 7), ("half_up", -1), ("ceil", 2)])
def test_a_rounding_that_is_none(mode: Mode, decimals: int) -> None:
    with pytest.raises(ValueError, match="rounding"):
        Rounding(mode, decimals)


# ISO 4217, list one: the minor units that are no hundredth, by number of decimals.
MINOR_UNITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}


def test_minor_units_are_those_of_iso_4217() -> None:
    """All other currencies of the list have two, those too whose small coins are out of use."""
    uncommon = {code: count for count, codes in MINOR_UNITS.items() for code in codes.split()}
    known = set(list_currencies()) | uncommon.keys()
    assert {code: minor_decimals(code) for code in known} == {
        code: uncommon.get(code, 2) for code in known
    }
