"""The core against a second reckoning of the contract that shares no function with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.unit.core.byhand import NoRow, Price, price_of, prices_of
from tests.unit.core.strategies import calls, cards
from tollwright.core.cards.card import RateCard, Unmatched
from tollwright.core.rating.rate_call import CallInput, Charge, rate_call, rate_calls
from tollwright.core.rating.versions import Version, on_one_line

SOME_ROWS = st.sets(st.integers(0, 4), max_size=2)
BATCHES = st.lists(calls(longest_s=400), min_size=1, max_size=6)


@st.composite
def harder_cards(draw: st.DrawFn) -> RateCard:
    """Cards that also have credits, blocked rows, and numbers that no row fits."""
    card = draw(cards())
    rates = list(card.rates)
    for row in draw(SOME_ROWS) & {*range(len(rates))}:
        rates[row] = replace(rates[row], price_nanos=-rates[row].price_nanos)
    for row in draw(SOME_ROWS) & {*range(len(rates) - 1)}:
        rates[row] = replace(rates[row], blocked=True)
    last = replace(rates[-1], prefix=draw(st.sampled_from(["", "", "4", "33"])))
    resort = last.prefix == "" and draw(st.booleans())
    unmatched: Unmatched = "default" if resort else "reject"
    return replace(card, rates=(*rates[:-1], last), unmatched=unmatched)


@settings(max_examples=examples(300))
@given(card=harder_cards(), batch=BATCHES)
def test_the_core_reckons_what_one_reckons_by_hand(card: RateCard, batch: list[CallInput]) -> None:
    keyed = [replace(call, call_key=f"c{place}") for place, call in enumerate(batch)]
    left: dict[str, int] = {}
    charges = rate_calls(keyed, card, remaining=left)
    prices, pools = prices_of(keyed, card)
    assert [price(charge) for charge in charges] == prices
    assert pools == {a.pool_name: a.amount for a in card.allowances} | left


@settings(max_examples=examples(100))
@given(
    old=harder_cards(), new=harder_cards(), call=calls(longest_s=400), wait=st.integers(-60, 400)
)
def test_each_increment_on_the_version_in_force_when_it_begins(
    old: RateCard, new: RateCard, call: CallInput, wait: int
) -> None:
    old = replace(old, allowances=(), unmatched="reject", crossing="split")
    new = replace(old, rates=new.rates, bands=new.bands)
    change = call.answered_at + timedelta(seconds=wait)
    versions = [Version(change - timedelta(days=365), old), Version(change, new)]
    charge = rate_call(call, on_one_line(versions))
    try:
        expected = price_of(call, old, {}, (change, new))
    except NoRow as refusal:
        expected = Price(str(refusal))
    assert price(charge) == expected


def price(charge: Charge) -> Price:
    return Price(charge.status, charge.amount_micros, charge.billed_s, charge.allowance_s)
