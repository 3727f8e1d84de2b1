"""Amounts a hair beside an edge of the arithmetic, reckoned by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.kernel.words import charges_of, rated
from tollwright.core.cards.card import Allowance, BlockCharge, Grace, Lift, Rate, RateCard, Step
from tollwright.core.money import Mode, Rounding


@pytest.mark.parametrize(("mode", "micros"), [("up", 1), ("half_up", 0), ("down", 0)])
def test_the_last_fraction_of_a_discount_counts(mode: Mode, micros: int) -> None:
    # half a nano in 60 seconds, of which one passed: more than nothing
    half = Rate("44", 1, discount_ppm=500_000)
    card = RateCard(rates=(half,), rounding=Rounding(mode))
    assert charges_of(card, [("4420", 1000)]) == [(0, micros)]


@pytest.mark.parametrize(
    ("mode", "cents"),
    [
        ("half_up", [1, 1, 2, 2, 3]),
        ("half_even", [0, 1, 2, 2, 2]),
        ("up", [1, 1, 2, 2, 3]),
        ("down", [0, 1, 1, 2, 2]),
    ],
)
@pytest.mark.parametrize(("price_nanos", "unit_s"), [(5_000_000, 1), (300_000_000, 60)])
@pytest.mark.parametrize("long_way", [False, True])
def test_half_a_cent_a_second(
    price_nanos: int, unit_s: int, mode: Mode, cents: list[int], long_way: bool
) -> None:
    # 0.005, 0.010, 0.015, 0.020 and 0.025
    rate = Rate("44", price_nanos, unit_s=unit_s, disconnect_after_s=6)
    if long_way:
        rate = replace(rate, disconnect_fee_micros=1)
    calls = [("4420", seconds * 1000) for seconds in range(1, 6)]
    batch = rated(RateCard(rates=(rate,), rounding=Rounding(mode, 2)), calls)
    assert batch.charges.amount_micros.tolist() == [cent * 10_000 for cent in cents]
    assert batch.long_way == (len(calls) if long_way else 0)


@pytest.mark.parametrize(
    ("rate", "micros"),
    [
        # the most expensive of each on the longest unit: a million to connect, 100 000 a minute
        (Rate("44", 0, unit_s=86_400, connect_fee_micros=10**12), 10**12),
        (Rate("44", 144_000_000 * 10**9, unit_s=86_400), 1_666_666_667),
    ],
)
def test_a_second_at_the_bounds_of_a_card(rate: Rate, micros: int) -> None:
    assert charges_of(RateCard(rates=(rate,)), [("4420", 1000)]) == [(0, micros)]


def test_a_day_at_the_bounds_of_a_card() -> None:
    """100 000 a minute, said by the minute and by the day."""
    for rate in (Rate("44", 10**14), Rate("44", 144 * 10**15, unit_s=86_400)):
        calls = [("4420", 86_400_000)]
        assert charges_of(RateCard(rates=(rate,)), calls) == [(0, 144 * 10**12)]


@pytest.mark.parametrize(
    ("price_nanos", "mode", "micros"),
    [
        (-29_994, "half_up", 0),  # 499.9 nanos a second
        (-30_000, "half_up", -1),
        (-59_994, "down", 0),
        (-60_000, "down", -1),
        (-1, "up", -1),
    ],
)
def test_a_credit_beside_an_edge(price_nanos: int, mode: Mode, micros: int) -> None:
    card = RateCard(rates=(Rate("44", price_nanos),), rounding=Rounding(mode), allow_negative=True)
    assert charges_of(card, [("4420", 1000)]) == [(0, micros)]


def test_of_two_ranges_of_length_as_wide_the_one_that_begins_higher() -> None:
    low, high = ((8, 10), (9, 11))
    for first, second in ((low, high), (high, low)):
        rows = (
            Rate("44", 0, length_min=first[0], length_max=first[1]),
            Rate("44", 0, length_min=second[0], length_max=second[1]),
        )
        higher = int(second == high)
        calls = [("4" * digits, 1000) for digits in (8, 9, 10, 11)]
        found = [row for row, _ in charges_of(RateCard(rates=rows), calls)]
        assert found == [1 - higher, higher, higher, higher]


FROM_MAY = Rate("44", 5, effective_from=datetime(2026, 5, 1, tzinfo=UTC))
FROM_JUNE = Rate("44", 6, effective_from=datetime(2026, 6, 1, tzinfo=UTC))


def test_of_two_rows_that_hold_the_one_that_began_later() -> None:
    for rows in ((FROM_MAY, FROM_JUNE), (FROM_JUNE, FROM_MAY)):
        assert charges_of(RateCard(rates=rows), [("4420", 1000)])[0][0] == rows.index(FROM_JUNE)


@pytest.mark.parametrize(
    ("rows", "wins"),
    [
        ((Rate("", 0, origin_prefix="49"), Rate("", 0)), 1),
        ((Rate("", 0, origin_prefix="491"), Rate("", 0, origin_prefix="49")), 1),
        ((Rate("", 0, length_min=5, length_max=8), Rate("", 0, length_max=8)), 1),
        ((Rate("", 0, origin_prefix="49"), Rate("", 0, length_min=5, length_max=8)), 1),
    ],
)
def test_the_last_resort_is_the_row_that_asks_for_least(rows: tuple[Rate, Rate], wins: int) -> None:
    """The number has twelve digits and no caller: neither row fits."""
    for order, expected in ((rows, wins), (rows[::-1], 1 - wins)):
        card = RateCard(rates=order, unmatched="default")
        assert charges_of(card, [("331234567890", 1000)]) == [(expected, 0)]


A_HAIR_MORE = 60_001  # nanos a minute: 1000 nanos and a sixtieth in a second


@pytest.mark.parametrize("lift", [None, Lift(80_000, 80_001)], ids=["short way", "long way"])
@pytest.mark.parametrize(
    ("rate", "mode", "micros"),
    [
        (Rate("44", A_HAIR_MORE), "up", 2),
        (Rate("44", A_HAIR_MORE, max_charge_micros=1), "up", 1),
        (Rate("44", A_HAIR_MORE, max_charge_micros=2), "up", 2),
        (Rate("44", A_HAIR_MORE, min_charge_micros=1), "up", 2),
        (Rate("44", A_HAIR_MORE, min_charge_micros=3), "up", 3),
        (Rate("44", A_HAIR_MORE), "down", 1),
        (Rate("44", 30_000), "half_even", 0),
        (Rate("44", 30_001), "half_even", 1),
        (Rate("44", 29_999), "half_up", 0),
        (Rate("44", 30_000), "half_up", 1),
        (Rate("44", 90_000), "half_even", 2),
    ],
)
def test_a_fraction_of_a_nano_beside_an_edge(
    rate: Rate, mode: Mode, micros: int, lift: Lift | None
) -> None:
    card = RateCard(rates=(replace(rate, lift=lift),), rounding=Rounding(mode))
    assert charges_of(card, [("4420", 1000)]) == [(0, micros)]


def test_a_step_that_money_begins_with_is_entered() -> None:
    """A free minute, then 0.01 a second, and 1 for getting to the second minute."""
    rate = Rate("44", 600_000_000, steps=(Step(60, charge_micros=1_000_000),))
    card = RateCard(rates=(rate,), allowances=(Allowance("free", "seconds", 60),))
    assert charges_of(card, [("4420", 61_000)]) == [(0, 1_010_000)]
    assert charges_of(card, [("4420", 60_000)]) == [(0, 0)]


@pytest.mark.parametrize(
    ("row", "fits"),
    [
        (Rate("44", 0, length_max=8), [True, True, False]),
        (Rate("44", 0, length_min=8), [False, True, True]),
        (Rate("44", 0, length_min=8, length_max=8), [False, True, False]),
    ],
)
def test_a_row_for_numbers_of_some_lengths(row: Rate, fits: list[bool]) -> None:
    calls = [("4" * digits, 1000) for digits in (7, 8, 9)]
    found = charges_of(RateCard(rates=(row,)), calls)
    assert [place == 0 for place, _ in found] == fits


def test_a_call_that_is_free_as_a_whole_owes_no_minimum() -> None:
    """A free minute; a second more costs 0.01, and so the minimum of 0.05."""
    rate = Rate("44", 600_000_000, min_charge_micros=50_000)
    card = RateCard(rates=(rate,), allowances=(Allowance("free", "seconds", 60),))
    assert charges_of(card, [("4420", 60_000)]) == [(0, 0)]
    assert charges_of(card, [("4420", 61_000)]) == [(0, 50_000)]


@pytest.mark.parametrize(
    ("seconds", "free_s", "discount_ppm", "micros"),
    [
        (59, 0, 0, 0),
        (60, 0, 0, 1_000_000),
        (120, 0, 0, 2_000_000),
        (100, 50, 0, 1_000_000),  # the minute that ends at 60 s is paid for
        (119, 60, 0, 0),  # the first is free, the second not whole
        (120, 60, 0, 1_000_000),
        (60, 0, 100_000, 900_000),
    ],
)
def test_a_charge_for_each_whole_block(
    seconds: int, free_s: int, discount_ppm: int, micros: int
) -> None:
    """1 for each minute that ends in paid seconds, less a discount; the seconds cost nothing."""
    rate = Rate("44", 0, block_charge=BlockCharge(60, 1_000_000), discount_ppm=discount_ppm)
    free = (Allowance("free", "seconds", free_s),) if free_s else ()
    card = RateCard(rates=(rate,), allowances=free)
    assert charges_of(card, [("4420", seconds * 1000)]) == [(0, micros)]


@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        ({"lift": Lift(10, 30)}, {10: 10, 11: 30, 29: 30, 30: 30, 31: 31}),
        ({"min_seconds": 10}, {9: 0, 10: 10}),
        ({"grace": Grace("threshold", 10)}, {10: 0, 11: 11}),
        ({"grace": Grace("subtract", 10)}, {9: 0, 10: 0, 11: 1}),
        ({"grace": Grace("add", 10)}, {0: 0, 1: 11}),
        ({"grace": Grace("add", 0, 10)}, {60: 66, 61: 68, 10: 11, 11: 13}),
        ({"grace": Grace("subtract", 10), "lift": Lift(10, 30)}, {20: 10, 21: 30}),
    ],
)
def test_seconds_that_are_charged(options: dict[str, Any], seconds: dict[int, int]) -> None:
    card = RateCard(rates=(Rate("44", 60_000, **options),))
    batch = rated(card, [("4420", s * 1000) for s in seconds])
    assert batch.charges.billed_s.tolist() == list(seconds.values())
    assert batch.charges.amount_micros.tolist() == list(seconds.values())
