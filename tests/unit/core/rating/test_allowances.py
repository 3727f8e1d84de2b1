"""What a call takes from allowances, and that the order of the input never matters."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.words import call_of, card_of
from tollwright.core.rating.rate_call import Charge, rate_call, rate_calls

# a cent a second, 5 cents to connect
ROW = {"price": "0.01", "unit_s": 1, "connect_fee": "0.05"}


def with_allowances(*allowances: dict[str, Any], **row: Any) -> Any:
    named = [{"name": f"a{n}", "amount": 100} | a for n, a in enumerate(allowances, 1)]
    return card_of(ROW | row, allowances=named)


def outcome(charge: Charge) -> tuple[int, int, int]:
    """(cents, seconds billed in money, seconds taken from allowances)"""
    return charge.amount_micros // 10_000, charge.billed_s, charge.allowance_s


@pytest.mark.parametrize(
    ("excess", "seconds", "expected"),
    [
        ("partial", 99, (5, 0, 99)),
        ("partial", 100, (5, 0, 100)),
        ("partial", 101, (6, 1, 100)),
        ("whole_free", 100, (5, 0, 100)),
        ("whole_free", 500, (5, 0, 100)),
        ("all_or_nothing", 100, (5, 0, 100)),
        ("all_or_nothing", 101, (106, 101, 0)),
    ],
)
def test_a_call_that_exceeds_what_is_left(
    excess: str, seconds: int, expected: tuple[int, int, int]
) -> None:
    assert outcome(rate_call(call_of(seconds), with_allowances({"excess": excess}))) == expected


@pytest.mark.parametrize(
    ("left", "seconds", "expected"),
    [
        (100, 1, (5, 0, 60)),
        (100, 60, (5, 0, 60)),
        (100, 61, (5, 0, 100)),  # two steps would be 120: the last remainder covers its seconds
        (0, 10, (15, 10, 0)),
        (-5, 10, (15, 10, 0)),
    ],
)
def test_consumed_in_steps(left: int, seconds: int, expected: tuple[int, int, int]) -> None:
    card = with_allowances({"step_s": 60})
    assert outcome(rate_call(call_of(seconds), card, remaining={"a1": left})) == expected


def test_the_rest_is_the_continuation_of_the_same_call() -> None:
    # 30/6 with a first interval at 1.00: after 20 free seconds 11 remain, in sixes, no first one
    card = with_allowances({"amount": 20}, first_s=30, next_s=6, first_charge="1")
    assert outcome(rate_call(call_of(31), card)) == (17, 12, 20)
    assert outcome(rate_call(call_of(31), card, remaining={"a1": 0})) == (111, 36, 0)


def test_steps_and_blocks_passed_for_free_are_not_charged() -> None:
    steps = [{"from_s": 10, "charge": "1", "price": "0.02"}, {"from_s": 30, "charge": "2"}]
    block = {"every_s": 20, "amount": "0.10"}
    card = with_allowances({"amount": 20}, steps=steps, block_charge=block)
    # seconds 20-40 at 0.02 each, the step at 30 entered, one block (20-40) completed
    assert outcome(rate_call(call_of(40), card)) == (5 + 40 + 200 + 10, 20, 20)


def test_a_step_that_begins_where_the_free_seconds_end_is_entered() -> None:
    card = with_allowances({"amount": 20}, steps=[{"from_s": 20, "charge": "1"}])
    assert [outcome(rate_call(call_of(s), card))[0] for s in (20, 21)] == [5, 106]


def test_the_rest_is_priced_where_the_free_seconds_end() -> None:
    # answered 30 s before 18:00: the 60 free seconds reach beyond it
    bands = [
        {"name": "peak", "weight": 1, "windows": [{"start": "08:00", "end": "18:00"}]},
        {"name": "rest"},
    ]
    rows = [ROW | {"band": "peak"}, ROW | {"band": "rest", "price": "0.50"}]
    card = card_of(*rows, bands=bands, allowances=[{"name": "a", "amount": 60}])
    charge = rate_call(call_of(70, at="2026-11-16T17:59:30"), card)
    assert outcome(charge) == (5 + 10 * 50, 10, 60)


@pytest.mark.parametrize(("waives", "cents"), [(False, 5), (True, 0)])
def test_the_connect_fee_is_waived_only_when_it_says_so(waives: bool, cents: int) -> None:
    card = with_allowances({"waives_connect_fee": waives})
    assert outcome(rate_call(call_of(10), card)) == (cents, 0, 10)


def test_one_allowance_that_waives_the_connect_fee_is_enough() -> None:
    free = {"waives_connect_fee": True, "amount": 10}
    for order in ([free, {}], [{"amount": 10}, free | {"amount": 100}]):
        assert outcome(rate_call(call_of(20), with_allowances(*order))) == (0, 0, 20)


def test_a_call_covered_whole_owes_no_minimum() -> None:
    card = with_allowances({}, min_charge="1")
    assert [outcome(rate_call(call_of(s), card))[0] for s in (100, 101)] == [5, 100]


def test_a_free_call_takes_nothing() -> None:
    card = with_allowances({}, min_seconds=6)
    assert rate_call(call_of(5), card).uses == ()


@pytest.mark.parametrize(("left", "expected"), [(1, (5, 0, 500)), (0, (505, 500, 0))])
def test_a_pool_of_calls_covers_a_call_whole(left: int, expected: tuple[int, int, int]) -> None:
    card = with_allowances({"unit": "calls"})
    charge = rate_call(call_of(500), card, remaining={"a1": left})
    assert outcome(charge) == expected
    assert [use.amount for use in charge.uses] == [1] * left


@pytest.mark.parametrize(
    ("excess", "seconds", "cents"),
    [
        ("partial", 50, 5),
        ("partial", 51, 6),
        ("whole_free", 500, 5),
        ("all_or_nothing", 50, 5),
        ("all_or_nothing", 51, 56),
    ],
)
def test_money_pays_the_usage_not_the_connect_fee(excess: str, seconds: int, cents: int) -> None:
    card = with_allowances({"unit": "money", "amount": "0.50", "excess": excess})
    assert outcome(rate_call(call_of(seconds), card))[0] == cents


def test_money_pays_the_connect_fee_where_it_waives_it() -> None:
    card = with_allowances({"unit": "money", "amount": "0.50", "waives_connect_fee": True})
    charge = rate_call(call_of(40), card)
    assert (outcome(charge)[0], charge.uses[0].amount) == (0, 450_000)


def test_money_keeps_the_amount_on_the_cards_rounding() -> None:
    allowance = {"name": "m", "unit": "money", "amount": "0.005"}
    card = card_of({"price": "1"}, allowances=[allowance], rounding={"decimals": 2})
    assert rate_call(call_of(60), card).amount_micros == 1_000_000


def test_money_pays_the_usage_down_to_the_cards_rounding() -> None:
    # 1.00 of usage and 0.005 to connect are 1.01: the pool of 1.00 pays all but the fee's cent
    pool = {"unit": "money", "amount": "1", "excess": "all_or_nothing", "name": "m"}
    row = {"price": "1", "unit_s": 1, "connect_fee": "0.005"}
    card = card_of(row, allowances=[pool], rounding={"decimals": 2})
    assert rate_call(call_of(1), card).amount_micros == 10_000


def test_a_second_pool_of_money_pays_what_the_first_leaves() -> None:
    money = {"unit": "money", "amount": "0.50"}
    charge = rate_call(call_of(80), with_allowances(money, money))
    assert outcome(charge)[0] == 5
    assert [use.amount for use in charge.uses] == [500_000, 300_000]


def test_two_allowances_of_one_pool_of_money_pay_it_out_once() -> None:
    money = {"unit": "money", "amount": "0.50", "pool": "p"}
    card = with_allowances(money, money)
    assert [outcome(rate_call(call_of(s), card))[0] for s in (50, 80)] == [5, 35]


@pytest.mark.parametrize(
    "order",
    [
        [{"prefixes": ["44"]}, {"prefixes": ["4420"]}],
        [{"weight": 1}, {"weight": 2}],
        [{"expires_at": "2027-02-01"}, {"expires_at": "2027-01-01"}],
        [{}, {"expires_at": "2027-01-01"}],
        [{"prefixes": ["44"], "weight": 9}, {"prefixes": ["4420", ""]}],
        [{"expires_at": "2027-01-01"}, {"weight": 1}],
    ],
    ids=[
        *("longest prefix", "weight", "soonest expiry", "an expiry before none"),
        *("prefix before weight", "weight before expiry"),
    ],
)
def test_the_second_allowance_is_drawn_first(order: list[dict[str, Any]]) -> None:
    charge = rate_call(call_of(120), with_allowances(*order))
    assert [(use.name, use.amount) for use in charge.uses] == [("a2", 100), ("a1", 20)]


@pytest.mark.parametrize(
    ("dates", "used"),
    [
        ({"starts_at": "2026-11-16T12:00:00Z"}, True),
        ({"starts_at": "2026-11-16T12:00:01Z"}, False),
        ({"expires_at": "2026-11-16T12:00:00Z"}, False),
        ({"expires_at": "2026-11-16T12:00:01Z"}, True),
        ({"prefixes": ["33"]}, False),
        ({"prefixes": ["33", "44"]}, True),
    ],
)
def test_when_and_where_an_allowance_is_valid(dates: dict[str, Any], used: bool) -> None:
    assert bool(rate_call(call_of(10), with_allowances(dates)).uses) == used


def test_two_allowances_of_one_pool_draw_on_one_account() -> None:
    pool = {"pool": "p", "amount": 100}
    card = with_allowances(pool | {"prefixes": ["44"]}, pool | {"prefixes": ["4420"]})
    charge = rate_call(call_of(150), card)
    assert outcome(charge) == (55, 50, 100)


def test_consumption_follows_answer_time_then_call_key() -> None:
    card = with_allowances({"amount": 100})
    calls = [
        call_of(60, at="2026-11-16T12:00:01", key="a"),
        call_of(60, at="2026-11-16T12:00:00", key="z"),
        call_of(60, at="2026-11-16T12:00:00", key="b"),
    ]
    assert [charge.allowance_s for charge in rate_calls(calls, card)] == [0, 40, 60]


@given(
    seconds=st.lists(st.integers(0, 200), min_size=1, max_size=8),
    excess=st.sampled_from(["partial", "whole_free", "all_or_nothing"]),
    unit=st.sampled_from(["seconds", "calls", "money"]),
    shuffle=st.randoms(use_true_random=False),
)
def test_the_order_of_the_input_never_matters(
    seconds: list[int], excess: str, unit: str, shuffle: random.Random
) -> None:
    amount = "1.5" if unit == "money" else 3 if unit == "calls" else 150
    card = with_allowances({"unit": unit, "amount": amount, "excess": excess, "step_s": 7})
    calls = [
        call_of(s, at=f"2026-11-16T12:00:0{place % 3}", key=f"c{place}")
        for place, s in enumerate(seconds)
    ]
    left: dict[str, int] = {}
    by_key = dict(
        zip([c.call_key for c in calls], rate_calls(calls, card, remaining=left), strict=True)
    )
    shuffled = calls[:]
    shuffle.shuffle(shuffled)
    left_again: dict[str, int] = {}
    again = rate_calls(shuffled, card, remaining=left_again)
    assert {c.call_key: charge for c, charge in zip(shuffled, again, strict=True)} == by_key
    assert left_again == left
    assert all(amount >= 0 for amount in left.values())
