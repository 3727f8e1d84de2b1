"""Tax on the sum per category and rate, rounded once; totals end on the minor unit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollwright.core.tax.totals import Taxable, TaxLine, rate_of, tax_micros, totals


def taxable(amount_micros: int, rate: str = "19", category: str = "S") -> Taxable:
    return Taxable(amount_micros, category, Decimal(rate))


@pytest.mark.parametrize(
    ("base_micros", "rate", "currency", "tax"),
    [
        (100_000_000, "19", "EUR", 19_000_000),
        (109_387_290, "19", "EUR", 20_780_000),  # 20.7835851
        (50_000, "10", "EUR", 10_000),  # 0.005: half up
        (-50_000, "10", "EUR", -10_000),  # a credit note mirrors it
        (1_000_000_000, "10", "JPY", 100_000_000),
        (1_004_000_000, "10", "JPY", 100_000_000),  # 100.4
        (1_000_000, "5", "KWD", 50_000),
        (123_456, "0", "EUR", 0),
        (100_000_000, "8.875", "USD", 8_880_000),  # 8.875
    ],
)
def test_tax_of_a_base(base_micros: int, rate: str, currency: str, tax: int) -> None:
    assert tax_micros(base_micros, Decimal(rate), currency) == tax


def test_tax_is_on_the_sum_and_not_a_line() -> None:
    """Three lines of 0.05 at 10 %: 0.005 each would round up to 0.03; on 0.15 it is 0.02."""
    found = totals([taxable(50_000, "10")] * 3, "EUR")
    assert found.taxes == (TaxLine("S", Decimal(10), 150_000, 20_000),)
    assert (found.net_micros, found.total_micros, found.rounding_micros) == (150_000, 170_000, 0)


def test_each_category_and_rate_has_its_line() -> None:
    found = totals(
        [taxable(10_000_000), taxable(5_000_000, "7"), taxable(1_000_000, "0", "AE"), taxable(1)],
        "EUR",
    )
    assert found.taxes == (
        TaxLine("AE", Decimal(0), 1_000_000, 0),
        TaxLine("S", Decimal(7), 5_000_000, 350_000),
        TaxLine("S", Decimal(19), 10_000_001, 1_900_000),
    )
    assert found.net_micros == 16_000_001
    assert found.rounding_micros == -1
    assert found.total_micros == 18_250_000


@given(st.lists(st.tuples(st.integers(-(10**12), 10**12), st.sampled_from(["0", "7", "19"]))))
def test_total_is_net_tax_and_rounding_on_the_minor_unit(lines: list[tuple[int, str]]) -> None:
    found = totals([taxable(amount, rate) for amount, rate in lines], "EUR")
    assert found.net_micros == sum(amount for amount, _ in lines)
    assert found.total_micros == found.net_micros + found.tax_micros + found.rounding_micros
    assert found.total_micros % 10_000 == 0
    assert abs(found.rounding_micros) <= 5_000
    assert sum(tax.base_micros for tax in found.taxes) == found.net_micros


@pytest.mark.parametrize(("category", "rate"), [("S", "19"), ("AE", "0"), ("Z", "0"), ("O", "0")])
def test_only_standard_rated_amounts_carry_a_rate(category: str, rate: str) -> None:
    assert rate_of(category, Decimal(19)) == Decimal(rate)


def test_what_is_no_tax_is_refused() -> None:
    with pytest.raises(ValueError, match="tax category 'X' is none of S, Z"):
        rate_of("X", Decimal(19))
    with pytest.raises(ValueError, match="negative"):
        rate_of("S", Decimal(-1))
