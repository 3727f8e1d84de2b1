"""Who is charged for one call: the chain of resellers, the carrier, prices from the cost."""

from __future__ import annotations

import pytest

from tests.unit.core.words import call_of, card_of
from tollwright.core.money import Rounding
from tollwright.core.rating.legs import CostPlus, Leg, price_from_cost, rate_legs
from tollwright.core.rating.rate_lookup import CardIndex, prepare


def flat(price: str, **settings: object) -> CardIndex:
    return prepare(card_of({"price": price}, **settings))


def test_each_level_pays_on_its_own_card_with_its_own_rounding() -> None:
    minutes = prepare(card_of({"price": "0.10", "first_s": 60, "next_s": 60}))
    legs = rate_legs(
        call_of(61),
        [
            Leg("customer", minutes),
            Leg("reseller", flat("0.06", rounding={"decimals": 3})),
            Leg("carrier", flat("0.0245", side="buy")),
        ],
    )
    amounts = [(leg.payer, leg.charge.amount_micros, leg.margin_micros) for leg in legs]
    assert amounts == [
        ("customer", 200_000, 139_000),
        ("reseller", 61_000, 36_092),  # 0.061 exactly; less the carrier's 0.024908
        ("carrier", 24_908, None),
    ]


def test_no_margin_across_currencies_nor_on_what_was_not_rated() -> None:
    legs = [Leg("customer", flat("1")), Leg("carrier", flat("1", currency="EUR"))]
    assert [leg.margin_micros for leg in rate_legs(call_of(), legs)] == [None, None]
    blocked = prepare(card_of({"blocked": True}))
    legs = [Leg("customer", flat("1")), Leg("carrier", blocked)]
    assert [leg.margin_micros for leg in rate_legs(call_of(), legs)] == [None, None]


@pytest.mark.parametrize(
    ("cost", "plan", "price"),
    [
        (100_000, CostPlus(), 100_000),
        (100_000, CostPlus(markup_ppm=250_000), 125_000),
        (100_000, CostPlus(markup_ppm=250_000, fixed_micros=5_000), 130_000),
        (100_000, CostPlus(floor_micros=100_001), 100_001),
        (100_000, CostPlus(floor_micros=100_000), 100_000),
        (100_000, CostPlus(cap_micros=99_999), 99_999),
        (100_000, CostPlus(cap_micros=0), 0),  # a most of nothing is a most
        (100_000, CostPlus(floor_micros=0, markup_ppm=-(10**6)), 0),
        (100_000, CostPlus(markup_ppm=-500_000), 50_000),
        (3, CostPlus(markup_ppm=500_000), 5),  # 4.5 micros, half up
    ],
)
def test_cost_plus(cost: int, plan: CostPlus, price: int) -> None:
    assert price_from_cost(cost, plan) == price


def test_cost_plus_is_rounded_once_as_the_sell_card_says() -> None:
    assert price_from_cost(104_000, CostPlus(markup_ppm=10_000), Rounding("up", 2)) == 110_000


def test_the_sell_leg_from_the_cost_of_the_carrier() -> None:
    plan = CostPlus(markup_ppm=500_000, fixed_micros=1_000)
    legs = [Leg("customer", flat("9"), cost_plus=plan), Leg("carrier", flat("0.10"))]
    sell, buy = rate_legs(call_of(60), legs)
    assert (sell.charge.amount_micros, buy.charge.amount_micros) == (151_000, 100_000)
    assert sell.margin_micros == 51_000


def test_without_a_cost_there_is_no_price_from_it() -> None:
    legs = [Leg("customer", flat("9"), cost_plus=CostPlus()), Leg("carrier", prepare(card_of()))]
    sell, buy = rate_legs(call_of(60), legs)
    assert (sell.charge.status, buy.charge.status) == ("unmatched", "unmatched")
    assert sell.charge.reason == "the cost is not known: the buy leg is unmatched"


def test_a_blocked_destination_and_a_call_of_no_seconds_stay_what_they_are() -> None:
    plan = CostPlus(fixed_micros=1_000)
    blocked = Leg("customer", prepare(card_of({"blocked": True})), cost_plus=plan)
    assert rate_legs(call_of(60), [blocked, Leg("c", flat("1"))])[0].charge.status == "blocked"
    legs = [Leg("customer", flat("1"), cost_plus=plan), Leg("c", flat("1"))]
    assert rate_legs(call_of(0), legs)[0].charge.amount_micros == 0


def test_seconds_that_are_not_billed_are_free_whatever_card_and_carrier_take() -> None:
    grace = {"price": "1", "connect_fee": "1", "grace": {"mode": "subtract", "seconds": 60}}
    legs = [Leg("customer", prepare(card_of(grace)), cost_plus=CostPlus(fixed_micros=1_000)),
            Leg("carrier", prepare(card_of()))]  # fmt: skip
    sell, buy = rate_legs(call_of(60), legs)
    assert (sell.charge.status, sell.charge.amount_micros, buy.charge.status) == (
        "rated", 0, "unmatched",
    )  # fmt: skip


def test_each_leg_has_its_own_allowances() -> None:
    card = prepare(card_of({"price": "0.60"}, allowances=[{"name": "a", "amount": 100}]))
    legs = [Leg("customer", card, {"a": 30}), Leg("carrier", card, {"a": 0})]
    assert [leg.charge.amount_micros for leg in rate_legs(call_of(60), legs)] == [300_000, 600_000]
