"""Compatibility profiles: the same card priced as each system did."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.words import call_of, card_of
from tollwright.core.money import micros
from tollwright.core.rating.profiles import PROFILES, UnknownProfile, apply_profile
from tollwright.core.rating.rate_call import Charge, rate_call

GRACE_10 = {"seconds": 10}
CENT_A_SECOND = {"price": "0.01", "unit_s": 1}


def as_in(system: str, seconds: float, row: dict[str, Any], **settings: Any) -> Charge:
    return rate_call(call_of(seconds), apply_profile(card_of(row, **settings), system))


def test_the_eight_systems() -> None:
    systems = "a2billing astpp cgrates jerasoft magnusbilling nibblebill portabilling vos3000"
    assert sorted(PROFILES) == systems.split()
    with pytest.raises(UnknownProfile, match=r"no profile 'asterisk': there are astpp, a2billing"):
        apply_profile(card_of({}), "asterisk")


@pytest.mark.parametrize(
    ("system", "billed_s"),
    [
        ("astpp", 48),
        ("a2billing", 36),
        ("magnusbilling", 36),
        ("cgrates", 48),
        ("nibblebill", 36),  # whole increments of 18
        ("vos3000", 48),
        ("portabilling", 48),
        ("jerasoft", 48),
    ],
)
def test_31_seconds_on_30_18(system: str, billed_s: int) -> None:
    assert as_in(system, 31, CENT_A_SECOND | {"first_s": 30, "next_s": 18}).billed_s == billed_s


@pytest.mark.parametrize(
    ("system", "short", "long"),
    [
        # 5 cents to connect, a cent a second, 10 s of grace: calls of 10 and of 11 s
        ("astpp", 5, 6),
        ("a2billing", 35, 36),  # twice
        ("magnusbilling", 25, 26),
        ("cgrates", 15, 16),
        ("nibblebill", 15, 16),
        ("vos3000", 15, 16),
        ("portabilling", 15, 16),
        ("jerasoft", 0, 16),
    ],
)
def test_what_grace_means(system: str, short: int, long: int) -> None:
    row = CENT_A_SECOND | {"connect_fee": "0.05", "grace": GRACE_10}
    charges = [as_in(system, seconds, row).amount_micros for seconds in (10, 11)]
    assert charges == [short * 10_000, long * 10_000]


@pytest.mark.parametrize(
    ("system", "decimals", "amount"),
    [
        # 10 s at 0.0044 a minute: 0.00073333...
        ("astpp", 6, "0.0007"),
        ("a2billing", 2, "0.000733"),
        ("magnusbilling", 2, "0.000733"),
        ("cgrates", 5, "0.00073"),
        ("nibblebill", 4, "0.0008"),
        ("vos3000", 6, "0.00"),
        ("vos3000", 4, "0.0007"),
        ("portabilling", 6, "0.000733"),
        ("jerasoft", 6, "0.000733"),
    ],
)
def test_rounding(system: str, decimals: int, amount: str) -> None:
    charge = as_in(system, 10, {"price": "0.0044"}, rounding={"decimals": decimals})
    assert charge.amount_micros == micros(amount)


def test_vos3000_keeps_0_to_4_decimals_and_takes_2_for_more() -> None:
    cards = [card_of({}, rounding={"decimals": decimals}) for decimals in range(7)]
    kept = [apply_profile(card, "vos3000").rounding.decimals for card in cards]
    assert kept == [0, 1, 2, 3, 4, 2, 2]


@pytest.mark.parametrize(
    ("system", "row", "seconds", "amount"),
    [
        # 45 less 10 included are 35, on 30/6 36 s: 0.072, and the connect fee
        ("astpp", {"grace": GRACE_10, "connect_fee": "0.02"}, 45, "0.092"),
        # 58 and twice 5 of grace are 68, in sixes 72 s: 0.144, both fees and a block of a minute
        (
            "a2billing",
            {
                "grace": {"seconds": 5},
                "connect_fee": "0.01",
                "disconnect_fee": "0.02",
                "block_charge": {"every_s": 60, "amount": "0.005"},
            },
            58,
            "0.179",
        ),
        # 50 and 10 % are 55, in sixes 60 s
        ("magnusbilling", {"grace": {"mode": "add", "percent": 10}}, 50, "0.12"),
        # the first minute whole, then by the second: 61 s, under the greatest cost; 301 s over it
        ("cgrates", {"first_s": 60, "next_s": 1, "max_charge": "0.60"}, 61, "0.122"),
        ("cgrates", {"first_s": 60, "next_s": 1, "max_charge": "0.60"}, 301, "0.60"),
        # two whole increments of half a minute at 0.101, up to the next cent
        ("nibblebill", {"price": "0.101", "next_s": 30}, 31, "0.11"),
        # the first minute at its own price and six seconds: 0.112
        ("vos3000", {"first_s": 60, "first_charge": "0.10"}, 61, "0.11"),
        ("portabilling", {"first_charge": "0.05"}, 31, "0.062"),
        ("jerasoft", {"first_charge": "0.05", "grace": {"seconds": 5}}, 5, "0"),
        ("jerasoft", {"first_charge": "0.05", "grace": {"seconds": 5}}, 6, "0.05"),
    ],
)
def test_worked_cents(system: str, row: dict[str, Any], seconds: int, amount: str) -> None:
    rounding = {"decimals": 2} if system in ("nibblebill", "vos3000") else {}
    tariff = {"price": "0.12", "first_s": 30, "next_s": 6} | row
    assert as_in(system, seconds, tariff, rounding=rounding).amount_micros == micros(amount)


def test_astpp_an_initial_increment_of_0_means_1() -> None:
    row = CENT_A_SECOND | {"first_s": 0, "next_s": 60}
    assert [as_in("astpp", s, row).billed_s for s in (1, 2, 62)] == [1, 61, 121]
    assert [as_in("cgrates", s, row).billed_s for s in (1, 2, 62)] == [60, 60, 120]


@pytest.mark.parametrize(
    ("side", "grace", "seconds", "billed_s"),
    [
        ("sell", None, 6, 0),
        ("sell", None, 7, 7),
        ("sell", {"seconds": 2}, 4, 0),  # 4 + 2 <= 6
        ("sell", {"seconds": 2}, 5, 7),
        ("sell", {"mode": "add", "percent": 20}, 5, 0),  # 5 + 1 <= 6
        ("sell", {"mode": "add", "percent": 20}, 6, 8),
        ("sell", {"seconds": 10}, 1, 11),
        ("buy", {"seconds": 2}, 6, 0),
        ("buy", {"seconds": 2}, 7, 7),
    ],
)
def test_magnusbilling_compares_after_the_grace_and_has_none_when_buying(
    side: str, grace: Any, seconds: int, billed_s: int
) -> None:
    row = CENT_A_SECOND | {"min_seconds": 6, "grace": grace}
    assert as_in("magnusbilling", seconds, row, side=side).billed_s == billed_s


def test_a2billing_lifts_a_short_call_to_its_minimal_cost() -> None:
    row = CENT_A_SECOND | {"min_charge": "0.20"}
    assert [as_in("a2billing", s, row).amount_micros for s in (19, 20, 21)] == [
        200_000,
        200_000,
        210_000,
    ]


@pytest.mark.parametrize(
    ("seconds", "billed_s", "cents"), [(13, 23, 23), (14, 24, 24), (15, 25, 45), (20, 30, 50)]
)
def test_a2billing_bills_the_grace_twice_and_meets_the_fee_with_it_once(
    seconds: int, billed_s: int, cents: int
) -> None:
    fee = {"disconnect_fee": "0.20", "disconnect_after_s": 20}
    charge = as_in("a2billing", seconds, CENT_A_SECOND | {"grace": {"seconds": 5}} | fee)
    assert (charge.billed_s, charge.amount_micros) == (billed_s, cents * 10_000)


@pytest.mark.parametrize(("side", "billed_s"), [("sell", 7), ("buy", 6)])
def test_astpp_takes_0_as_1_where_it_sells_and_as_none_where_it_buys(
    side: str, billed_s: int
) -> None:
    row = CENT_A_SECOND | {"first_s": 0, "next_s": 6}
    assert as_in("astpp", 6, row, side=side).billed_s == billed_s


@pytest.mark.parametrize(
    ("least", "amounts"), [("0.20", [200_000, 200_000, 210_000]), ("0", [0, 190_000, 210_000])]
)
def test_a2billing_lifts_a_call_under_its_minimum_where_it_has_a_minimal_cost(
    least: str, amounts: list[int]
) -> None:
    row = CENT_A_SECOND | {"min_charge": least, "min_seconds": 19}
    assert [as_in("a2billing", s, row).amount_micros for s in (18, 19, 21)] == amounts


@pytest.mark.parametrize("system", ["vos3000", "portabilling", "jerasoft"])
def test_the_first_interval_at_its_own_price(system: str) -> None:
    row = CENT_A_SECOND | {"first_s": 30, "next_s": 6, "first_charge": "0.50"}
    assert [as_in(system, s, row).amount_micros for s in (1, 30, 31)] == [500_000, 500_000, 560_000]


def test_vos3000_counts_a_second_from_its_threshold() -> None:
    settings = {"second_rounding": {"from_ms": 200}}
    billed = [as_in("vos3000", s, CENT_A_SECOND, **settings).billed_s for s in (1.199, 1.2)]
    assert billed == [1, 2]


@pytest.mark.parametrize("system", PROFILES)
def test_a_profile_applied_twice_is_the_profile(system: str) -> None:
    row = CENT_A_SECOND | {"first_s": 0, "next_s": 6}
    once = apply_profile(card_of(row), system)
    assert apply_profile(once, system) == once
