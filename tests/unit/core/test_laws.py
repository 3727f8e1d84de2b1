"""Laws of the price, over cards and calls of the whole option space."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.unit.core.strategies import calls, cards
from tests.unit.core.words import call_of, card_of
from tollwright.core.cards.card import Rate, RateCard, Step, first_interval_s
from tollwright.core.cards.file import dump_card, load_card
from tollwright.core.money import micros
from tollwright.core.rating.allowances import draw, full_pools
from tollwright.core.rating.explain import explain, inputs_of, replay
from tollwright.core.rating.max_duration import max_seconds
from tollwright.core.rating.pricing import Usage, price_usage
from tollwright.core.rating.rate_call import (
    CallInput,
    consumption_order,
    rate_call,
    rate_calls,
    reckon,
)
from tollwright.core.rating.rate_lookup import prepare


def price_at(call: CallInput, card: Any, seconds: int) -> int:
    charge = rate_call(replace(call, answered_ms=seconds * 1000), card)
    assert charge.status == "rated"
    return charge.amount_micros


@given(card=cards(allowances=False), call=calls(), more_s=st.integers(0, 200))
def test_a_longer_call_never_costs_less(card: RateCard, call: CallInput, more_s: int) -> None:
    index, seconds = prepare(card), call.answered_ms // 1000
    assert price_at(call, index, seconds) <= price_at(call, index, seconds + more_s)


@given(card=cards(), call=calls(), balance=st.integers(0, 3_000).map(lambda n: n * 10_000))
def test_max_seconds_is_the_last_that_the_balance_pays(
    card: RateCard, call: CallInput, balance: int
) -> None:
    index = prepare(card)
    longest = max_seconds(balance, call, index, cap_s=1200)
    assert longest.status == "rated"
    assert price_at(call, index, longest.seconds) == longest.amount_micros <= balance
    if longest.capped:
        assert longest.seconds == 1200
    else:
        assert price_at(call, index, longest.seconds + 1) > balance


@given(card=cards(), call=calls(), marks=st.lists(st.integers(0, 899), max_size=5))
def test_interim_debits_add_up_to_the_price_of_the_whole(
    card: RateCard, call: CallInput, marks: list[int]
) -> None:
    index, end = prepare(card), call.answered_ms // 1000
    stops = [0, *sorted(min(mark, end) for mark in marks), end]
    prices = [price_at(call, index, stop) for stop in stops]
    debits = [after - before for before, after in pairwise(prices)]
    assert card.allowances or min(debits) >= 0
    assert sum(debits) == price_at(call, index, end)


@settings(max_examples=examples(200))
@given(
    card=cards(),
    charged_calls=st.lists(calls(), max_size=6),
    balance=st.integers(0, 3_000).map(lambda n: n * 10_000),
    mark_s=st.integers(1, 120),
)
def test_prepaid_and_postpaid_totals_are_equal(
    card: RateCard, charged_calls: list[CallInput], balance: int, mark_s: int
) -> None:
    """A prepaid account pays as calls go, in their turn, each cut where its balance ends; the same
    calls rated together afterwards, in any order, cost what it paid."""
    index, left, paid, made = prepare(card), full_pools(card.allowances), 0, []
    charged_calls = [replace(call, call_key=str(key)) for key, call in enumerate(charged_calls)]
    for place in consumption_order(charged_calls):
        call = charged_calls[place]
        longest = max_seconds(balance - paid, call, index, remaining=left, cap_s=1200)
        if longest.status != "rated":
            continue
        seconds = min(call.answered_ms // 1000, longest.seconds)
        debits = [0]
        for second in [*range(0, seconds, mark_s), seconds]:
            so_far = replace(call, answered_ms=second * 1000)
            found = reckon(so_far, index, left)
            debits.append(found.charge.amount_micros)
        paid += sum(after - before for before, after in pairwise(debits))
        assert 0 <= paid <= balance
        draw(left, found.charge.uses, full_pools(card.allowances))
        made.append(so_far)
    postpaid = rate_calls(list(reversed(made)), index)
    assert sum(charge.amount_micros for charge in postpaid) == paid


@given(card=cards(), call=calls())
def test_rating_again_and_from_the_dumped_card_gives_the_same(
    card: RateCard, call: CallInput
) -> None:
    charge = rate_call(call, card)
    assert rate_call(call, card) == charge
    again = load_card(json.loads(json.dumps(dump_card(card))))
    assert again == card
    assert rate_call(call, again) == charge


@given(card=cards(), call=calls())
def test_explaining_changes_nothing_and_replays(card: RateCard, call: CallInput) -> None:
    charge = explain(call, card)
    assert replace(charge, steps=()) == rate_call(call, card)
    stored = json.loads(json.dumps(inputs_of(call, card, "hash")))
    assert replay(stored, card, "hash").amount_micros == charge.amount_micros


@given(card=cards(allowances=False), call=calls())
def test_pieces_follow_each_other_without_gap(card: RateCard, call: CallInput) -> None:
    reckoning = reckon(call, prepare(card), {})
    pieces = reckoning.usage.pieces
    for before, after in pairwise(pieces):
        assert after.from_s == before.from_s + before.billed_s
    counted = reckoning.seconds.counted_s if reckoning.seconds else 0
    assert sum(piece.billed_s for piece in pieces) == reckoning.charge.billed_s
    if pieces:
        last = pieces[-1]
        assert pieces[0].from_s == 0
        assert counted <= reckoning.charge.billed_s < counted + last.increment_s


@given(card=cards(allowances=False), call=calls(longest_s=300))
def test_the_walk_in_pieces_equals_the_walk_by_single_increments(
    card: RateCard, call: CallInput
) -> None:
    """The rule itself, one increment at a time: the price at which each begins."""
    index = prepare(card)
    reckoning = reckon(call, index, {})
    tiers, row = reckoning.tiers, reckoning.charge.rate_index
    counted = reckoning.seconds.counted_s if reckoning.seconds else 0
    p, nanos_by_second, priced_individually = 0, [], []
    while p < counted:
        if card.crossing == "split":
            row = index.row_at(tiers, call.answered_at + timedelta(seconds=p))
        rate = card.rates[row]
        price, length = rate.price_nanos, rate.next_s
        for step in rate.steps:
            if step.from_s <= p:
                price = step.price_nanos if step.price_nanos is not None else price
                length = step.next_s or length
        if p == 0:
            length = first_interval_s(rate, card.family, counted) or length
        priced_individually += [(row, price)] * length
        p += length
    for piece in reckoning.usage.pieces:
        nanos_by_second += [(piece.rate_index, piece.price_nanos)] * piece.billed_s
    assert nanos_by_second == priced_individually


@given(
    first_s=st.integers(0, 90),
    next_s=st.integers(1, 90),
    seconds=st.integers(1, 400),
    family=st.sampled_from(["initial_then_increment", "round_total"]),
)
def test_billed_seconds_are_those_of_the_formula(
    first_s: int, next_s: int, seconds: int, family: str
) -> None:
    def up(s: int) -> int:
        return -(-s // next_s) * next_s

    formula = first_s + up(max(0, seconds - first_s))
    if family == "round_total":
        formula = first_s if seconds <= first_s else up(seconds)
    card = card_of({"first_s": first_s, "next_s": next_s}, family=family)
    assert rate_call(call_of(seconds), card).billed_s == formula


@pytest.mark.parametrize(
    ("balance", "seconds", "capped"),
    [
        ("0.04", 0, False),
        ("0.05", 0, False),
        ("0.06", 1, False),
        ("1.05", 100, False),
        ("900", 86_400, True),
    ],
)
def test_max_seconds_by_hand(balance: str, seconds: int, capped: bool) -> None:
    # a cent a second and 5 cents to connect
    card = card_of({"price": "0.01", "unit_s": 1, "connect_fee": "0.05"})
    longest = max_seconds(micros(balance), call_of(), card)
    assert (longest.seconds, longest.capped) == (seconds, capped)
    assert bool(longest.reason) == (seconds == 0)


def test_max_seconds_is_never_more_than_a_day() -> None:
    longest = max_seconds(0, call_of(), card_of({}), cap_s=100_000)
    assert (longest.seconds, longest.capped) == (86_400, True)


def test_max_seconds_counts_allowances_in_whole_increments() -> None:
    allowance = {"name": "a", "amount": 100}
    card = card_of({"price": "0.60", "first_s": 60, "next_s": 60}, allowances=[allowance])
    assert max_seconds(0, call_of(), card).seconds == 100
    assert max_seconds(1_199_999, call_of(), card).seconds == 160
    assert max_seconds(1_199_999, call_of(), card, remaining={"a": 0}).seconds == 60


def test_max_seconds_of_a_call_that_may_not_begin() -> None:
    assert max_seconds(10**9, call_of(), card_of({"blocked": True})).status == "blocked"
    assert max_seconds(10**9, call_of(called="33"), card_of()).status == "unmatched"
    assert max_seconds(10**9, call_of(called=""), card_of()).status == "invalid"
    assert max_seconds(-1, call_of(), card_of({})).reason == "the balance is below zero"


def test_max_seconds_ends_before_a_time_without_row() -> None:
    bands = [
        {"name": "peak", "weight": 1, "windows": [{"start": "08:00", "end": "18:00"}]},
        {"name": "rest"},
    ]
    card = card_of({"band": "peak", "price": "1"}, bands=bands)
    assert max_seconds(10**12, call_of(at="2026-11-16T17:59:30"), card).seconds == 30


def test_max_seconds_where_the_price_falls_with_time() -> None:
    steps = [{"from_s": 60, "price": "-1"}]
    card = card_of({"price": "1", "unit_s": 1, "steps": steps}, allow_negative=True)
    # up to 60.0 at second 60, back at 30.0 from second 90 on
    longest = max_seconds(30_000_000, call_of(), card, cap_s=100)
    assert (longest.seconds, longest.amount_micros, longest.capped) == (100, 20_000_000, True)
    assert max_seconds(30_000_000, call_of(), card, cap_s=80).seconds == 30


BACK_UP = {"from_s": 140, "price": "1"}


@pytest.mark.parametrize(
    "rows",
    [
        [{"price": "1", "steps": [{"from_s": 80, "price": "-1"}, BACK_UP]}],
        [{"band": "peak", "price": "1"}, {"band": "rest", "price": "-1", "steps": [BACK_UP]}],
    ],
    ids=["a step", "another row"],
)
def test_max_seconds_looks_beyond_what_gives_back(rows: list[dict[str, Any]]) -> None:
    bands = [
        {"name": "peak", "weight": 1, "windows": [{"start": "08:00", "end": "18:00"}]},
        {"name": "rest"},
    ]
    by_second = [row | {"unit_s": 1} for row in rows]
    card = card_of(*by_second, bands=bands, allow_negative=True)
    # up to 80.0 at second 80, down to 20.0 at second 140, and up again: 30.0 at 30, 130 and 150
    call = call_of(at="2026-11-16T17:58:40")
    assert max_seconds(30_000_000, call, card, cap_s=400).seconds == 150


@given(card=cards(allowances=False), call=calls(), mark=st.integers(0, 899))
def test_a_session_gone_on_where_an_increment_ended_costs_the_rest(
    card: RateCard, call: CallInput, mark: int
) -> None:
    """Interim debits hold because prices count from the answer, wherever a reckoning begins."""
    without = (replace(rate, steps=_unentered(rate)) for rate in card.rates)
    index = prepare(replace(card, rates=tuple(without)))
    tiers = index.tiers(call.called, call.caller)
    row, end = index.row_at(tiers, call.answered_at), max(call.answered_ms // 1000, mark)

    def usage(begin_s: int, end_s: int) -> Usage:
        return price_usage(index, tiers, row, call.answered_at, begin_s=begin_s, end_s=end_s)

    sofar, whole = usage(0, mark), usage(0, end)
    rest = usage(sofar.billed_s, max(end, sofar.billed_s))
    assert sofar.billed_s + rest.billed_s == whole.billed_s
    blocks = index.card.rates[row].block_charge
    if blocks is None:
        assert sofar.numerator + rest.numerator == whole.numerator


def _unentered(rate: Rate) -> tuple[Step, ...]:
    """Steps without charges: which was entered depends on the increment before."""
    return tuple(replace(step, charge_micros=0) for step in rate.steps)
