"""What a call draws from allowances, on both sides of every edge; core says the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tollwright.core.cards.card import Allowance, Rate, RateCard
from tollwright.core.money import Rounding
from tollwright.core.rating import rate_call as core
from tollwright.core.rating.rate_call import CallInput, Charge
from tollwright.kernel.rating.compile import compile_card
from tollwright.kernel.rating.objects import rate_calls

NOON = datetime(2026, 7, 6, 12, tzinfo=UTC)
HAIR, DAY = timedelta(microseconds=1), timedelta(days=1)
FEE = 50_000
A_SECOND = 10_000  # micros


def charge(
    seconds: int, *allowances: Allowance, at: datetime = NOON, rounding: Rounding | None = None
) -> Charge:
    """Of one call at 0.60 a minute by the second, and 0.05 to connect."""
    rate = Rate("44", 600_000_000, connect_fee_micros=FEE)
    card = RateCard(rates=(rate,), allowances=allowances, rounding=rounding or Rounding())
    calls = [CallInput("", at, seconds * 1000, "", "4420")]
    found = rate_calls(calls, compile_card(card))
    assert found == core.rate_calls(calls, card)
    return found[0]


@pytest.mark.parametrize(
    ("at", "free_s"),
    [(NOON - HAIR, 0), (NOON, 60), (NOON + DAY - HAIR, 60), (NOON + DAY, 0)],
)
def test_an_allowance_holds_from_its_start_until_before_its_end(at: datetime, free_s: int) -> None:
    of_a_day = Allowance("day", "seconds", 60, starts_at=NOON, expires_at=NOON + DAY)
    assert charge(60, of_a_day, at=at).allowance_s == free_s


@pytest.mark.parametrize(
    ("options", "first"),
    [
        (({}, {}), "one"),
        (({"expires_at": NOON + DAY}, {"expires_at": NOON + DAY}), "one"),
        (({"expires_at": NOON + 2 * DAY}, {"expires_at": NOON + DAY}), "other"),
        (({}, {"expires_at": NOON + DAY}), "other"),
        (({"weight": 1}, {"expires_at": NOON + DAY}), "one"),
        (({"weight": 1}, {"weight": 2}), "other"),
        (({"prefixes": ("44",)}, {"prefixes": ("44",)}), "one"),
        (({"prefixes": ("4",)}, {"prefixes": ("33", "44")}), "other"),
        (({"prefixes": ("44",), "weight": 1}, {"prefixes": ("442",)}), "other"),
    ],
)
def test_which_of_two_is_drawn_on_first(
    options: tuple[dict[str, Any], dict[str, Any]], first: str
) -> None:
    """The longer prefix, the greater weight, the earlier end, the order of the card."""
    names = zip(("one", "other"), options, strict=True)
    one, other = (Allowance(name, "seconds", 30, **options) for name, options in names)
    assert [use.name for use in charge(10, one, other).uses] == [first]
    assert {use.name for use in charge(40, one, other).uses} == {"one", "other"}


@pytest.mark.parametrize(
    ("seconds", "allowance", "covered_s", "taken"),
    [
        (60, Allowance("free", "seconds", 60, step_s=60), 60, 60),
        (59, Allowance("free", "seconds", 60, step_s=60), 59, 60),
        (61, Allowance("free", "seconds", 60, step_s=60), 60, 60),
        (40, Allowance("free", "seconds", 50, step_s=60), 40, 50),
        (60, Allowance("free", "seconds", 50, step_s=60), 50, 50),
        (60, Allowance("free", "seconds", 60, excess="all_or_nothing"), 60, 60),
        (61, Allowance("free", "seconds", 60, excess="all_or_nothing"), 0, 0),
        (61, Allowance("free", "seconds", 60, excess="whole_free"), 61, 60),
        (61, Allowance("free", "calls", 1), 61, 1),
    ],
)
def test_seconds_that_are_covered(
    seconds: int, allowance: Allowance, covered_s: int, taken: int
) -> None:
    found = charge(seconds, allowance)
    drawn = [(use.covered_s, use.amount) for use in found.uses]
    assert drawn == ([(covered_s, taken)] if taken else [])
    assert found.billed_s == seconds - covered_s


@pytest.mark.parametrize(
    ("amount", "options", "paid", "taken"),
    [
        (10**9, {}, 600_000, 600_000),
        (10**9, {"waives_connect_fee": True}, 600_000 + FEE, 600_000 + FEE),
        (599_999, {}, 599_999, 599_999),
        (600_000, {"excess": "all_or_nothing"}, 600_000, 600_000),
        (599_999, {"excess": "all_or_nothing"}, 0, 0),
        (1, {"excess": "whole_free"}, 600_000, 1),
    ],
)
def test_money_that_is_paid(amount: int, options: dict[str, Any], paid: int, taken: int) -> None:
    found = charge(60, Allowance("money", "money", amount, **options))
    assert [use.amount for use in found.uses] == ([taken] if taken else [])
    assert found.amount_micros == 600_000 + FEE - paid


def test_a_pool_of_money_pays_in_what_the_card_rounds_to() -> None:
    """In cents: of 0.0150 only one."""
    found = charge(60, Allowance("money", "money", 15_000), rounding=Rounding("half_up", 2))
    assert ([use.amount for use in found.uses], found.amount_micros) == ([10_000], 640_000)


@pytest.mark.parametrize(
    ("waiving", "fee"), [((True, False), 0), ((False, True), 0), ((False,), FEE)]
)
def test_one_pool_that_waives_the_fee_is_enough(waiving: tuple[bool, ...], fee: int) -> None:
    pools = [
        Allowance(f"pool {place}", "seconds", 30, waives_connect_fee=waives)
        for place, waives in enumerate(waiving)
    ]
    assert charge(60 + 30 * (len(pools) - 1), *pools).amount_micros == 30 * A_SECOND + fee


def test_a_call_that_finds_no_price_gives_back_what_it_drew() -> None:
    """The first one runs on past noon, where 44 has no row; the second has the 30 s to itself."""
    rates = (Rate("44", 600_000_000, effective_to=NOON), Rate("33", 600_000_000))
    card = RateCard(rates=rates, allowances=(Allowance("free", "seconds", 30),))
    calls = [
        CallInput("a", NOON - timedelta(seconds=50), 60_000, "", "4420"),
        CallInput("b", NOON, 40_000, "", "3310"),
    ]
    found = rate_calls(calls, compile_card(card))
    assert [(one.status, one.allowance_s) for one in found] == [("unmatched", 0), ("rated", 30)]
    assert found == core.rate_calls(calls, card)
