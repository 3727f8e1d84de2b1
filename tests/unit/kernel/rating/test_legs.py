"""Legs of a batch: the kernel gives what core gives, cost-plus and margins included."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.cards import call_batches, cards
from tests.support.examples import examples
from tests.support.legs import CardLeg, rate_legs
from tests.unit.kernel.words import MONDAY_NOON
from tollwright.core.cards.card import Rate, RateCard
from tollwright.core.money import Mode, Rounding
from tollwright.core.rating import legs as core
from tollwright.core.rating.legs import CostPlus, Leg
from tollwright.core.rating.rate_call import CallInput
from tollwright.core.rating.rate_lookup import prepare
from tollwright.kernel.call_columns import columns_of
from tollwright.kernel.rating.compile import compile_card
from tollwright.kernel.rating.status import STATUSES, reason_text

LIMITS = st.none() | st.sampled_from((0, 1, 10_000, 999_999, 10**15))
PLANS = st.builds(
    CostPlus,
    markup_ppm=st.integers(-(10**6), 10**7) | st.sampled_from((0, 150_000, 333_333)),
    fixed_micros=st.sampled_from((0, 1, 5_000)),
    floor_micros=LIMITS,
    cap_micros=LIMITS,
)
SELL = RateCard(rates=(Rate("44", 60_000_000),))
BUY = RateCard(rates=(Rate("44", 45_000_000),), side="buy")


@settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data(), plan=st.none() | PLANS)
def test_legs_agree_with_core(data: st.DataObject, plan: CostPlus | None) -> None:
    sell, parent, buy = (replace(data.draw(cards()), allowances=()) for _ in range(3))
    parent = replace(parent, currency=data.draw(st.sampled_from(("USD", "EUR"))))
    calls = data.draw(call_batches(sell, 3))
    prepared = [Leg("c", prepare(sell), cost_plus=plan), Leg("t", prepare(parent))]
    prepared.append(Leg("carrier", prepare(buy)))
    compiled = [CardLeg(compile_card(sell), plan), CardLeg(compile_card(parent))]
    compiled.append(CardLeg(compile_card(buy)))
    rated = rate_legs(compiled, columns_of(calls))
    for place, call in enumerate(calls):
        for own, leg in zip(rated, core.rate_legs(call, prepared), strict=True):
            charges = own.rated.charges
            known = bool(own.margin_known[place])
            assert STATUSES[charges.status[place]] == leg.charge.status
            assert int(charges.amount_micros[place]) == leg.charge.amount_micros
            assert (int(own.margin_micros[place]) if known else None) == leg.margin_micros


def test_a_price_from_the_cost() -> None:
    """60 s at 0.045 cost 0.045; with 15 % and 0.001 on top the customer pays 0.05275."""
    calls = columns_of([CallInput("a", MONDAY_NOON, 60_000, "", "4420")])
    plus = CostPlus(markup_ppm=150_000, fixed_micros=1_000)
    sell, buy = rate_legs([CardLeg(compile_card(SELL), plus), CardLeg(compile_card(BUY))], calls)
    assert buy.rated.charges.amount_micros.tolist() == [45_000]
    assert sell.rated.charges.amount_micros.tolist() == [52_750]
    assert sell.margin_micros.tolist() == [7_750]


HALF_MORE, HALF = CostPlus(markup_ppm=500_000), CostPlus(markup_ppm=-500_000)


@pytest.mark.parametrize(
    ("cost_micros", "plan", "mode", "micros"),
    [
        (1, HALF_MORE, "half_up", 2),
        (1, HALF_MORE, "half_even", 2),
        (1, HALF_MORE, "down", 1),
        (1, CostPlus(markup_ppm=1), "up", 2),
        (1, CostPlus(markup_ppm=499_999), "half_up", 1),
        (5, HALF, "half_even", 2),
        (7, HALF, "half_even", 4),
        (5, HALF, "half_up", 3),
        (-1, HALF_MORE, "half_up", -2),
        (-1, HALF_MORE, "down", -1),
        (-1, CostPlus(markup_ppm=499_999), "half_up", -1),
        (-1, CostPlus(markup_ppm=1), "up", -2),
        (-5, HALF, "half_even", -2),
        (1, replace(HALF_MORE, floor_micros=1), "up", 2),
        (1, replace(HALF_MORE, floor_micros=2), "down", 2),
        (1, replace(HALF_MORE, cap_micros=1), "up", 1),
        (1, replace(HALF_MORE, cap_micros=2), "up", 2),
        (1, replace(HALF_MORE, fixed_micros=3), "half_up", 5),
        (1, replace(HALF_MORE, floor_micros=9, cap_micros=4), "half_up", 4),
    ],
)
def test_a_price_from_the_cost_is_rounded_once(
    cost_micros: int, plan: CostPlus, mode: Mode, micros: int
) -> None:
    """Halves beside whole micros, after floor and cap, also of credits."""
    sell = replace(SELL, rounding=Rounding(mode))
    buy = replace(BUY, rates=(Rate("44", cost_micros * 60_000),), allow_negative=True)
    call = CallInput("a", MONDAY_NOON, 1_000, "", "4420")
    legs = [CardLeg(compile_card(sell), plan), CardLeg(compile_card(buy))]
    charges = rate_legs(legs, columns_of([call]))[0].rated.charges
    assert charges.amount_micros.tolist() == [micros]
    prepared = [Leg("c", prepare(sell), cost_plus=plan), Leg("carrier", prepare(buy))]
    assert core.rate_legs(call, prepared)[0].charge.amount_micros == micros


def test_a_free_call_stays_free_whatever_the_plan_adds() -> None:
    calls = columns_of([CallInput("a", MONDAY_NOON, 0, "", "4420")])
    plan = CostPlus(fixed_micros=5, floor_micros=9)
    sell, _ = rate_legs([CardLeg(compile_card(SELL), plan), CardLeg(compile_card(BUY))], calls)
    assert sell.rated.charges.amount_micros.tolist() == [0]


def test_a_margin_is_known_where_both_legs_are_rated() -> None:
    """The carrier has no row for the second call, the card none for the third."""
    numbers = ("4420", "4499", "3310")
    calls = columns_of([CallInput("", MONDAY_NOON, 60_000, "", number) for number in numbers])
    buy = replace(BUY, rates=(Rate("442", 45_000_000), Rate("33", 1)))
    sell, _ = rate_legs([CardLeg(compile_card(SELL)), CardLeg(compile_card(buy))], calls)
    assert sell.margin_known.tolist() == [True, False, False]
    assert sell.margin_micros.tolist() == [15_000, 0, 0]


def test_a_call_without_a_cost_has_no_price() -> None:
    dead = replace(BUY, rates=(Rate("44", 0, blocked=True),))
    calls = columns_of([CallInput("a", MONDAY_NOON, 60_000, "", "4420")])
    sell, _ = rate_legs(
        [CardLeg(compile_card(SELL), CostPlus()), CardLeg(compile_card(dead))], calls
    )
    charges = sell.rated.charges
    assert STATUSES[charges.status[0]] == "unmatched"
    assert reason_text(int(charges.reason[0])) == "the cost is not known: the buy leg is blocked"
    assert not sell.margin_known[0]


@pytest.mark.parametrize("plan", [CostPlus(markup_ppm=10**13), CostPlus(markup_ppm=-(10**13))])
def test_a_plan_beyond_all_prices_is_refused(plan: CostPlus) -> None:
    calls = columns_of([CallInput("a", MONDAY_NOON, 60_000, "", "4420")])
    legs = [CardLeg(compile_card(SELL), plan), CardLeg(compile_card(BUY))]
    with pytest.raises(ValueError, match="beyond what a price can be"):
        rate_legs(legs, calls)
