"""Columns of stored calls: priced as core prices each of them, in whatever order they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.core_pricing import core_charge
from tests.support.examples import examples
from tests.unit.core import strategies
from tollwright.core.cards.card import Rate, RateCard
from tollwright.core.money import MICRO
from tollwright.core.rating.legs import CostPlus, price_from_cost
from tollwright.core.rating.rate_call import CallInput
from tollwright.core.rules import RuleRow
from tollwright.engine.rating import refusals
from tollwright.engine.rating.counted_time import causes_of
from tollwright.engine.rating.terms import Book, Campaign, Card, Terms
from tollwright.engine.rerate.prices import GivenCard
from tollwright.engine.rerate.reprice import Offers, Repriced, reprice, sorted_spans
from tollwright.engine.rerate.run import RerateTally, outcome_of
from tollwright.kernel.call_columns import currency_code, currency_numbers, epoch_us
from tollwright.kernel.numbers import EMPTY, NOT_DIGITS, TOO_LONG, pack_number
from tollwright.kernel.text import callers, packed, padded
from tollwright.store import rerate as store
from tollwright.store.rerate import Stored

NO_CURRENCY = b"   "

SINCE = datetime(2020, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 11, 16, 18, 4, tzinfo=UTC)  # amid the calls of the strategies
CAUSES = ("BUSY", "NORMAL_CLEARING")


def book(*rules: tuple[str, object, datetime]) -> Book:
    """Two campaigns of two customers, and rules of the tenant (setting, value, since)."""
    rows = [
        RuleRow(number, name, value, False, since, SINCE, "test", 1, None, None)  # type: ignore[arg-type]  # a table of values
        for number, (name, value, since) in enumerate(rules)
    ]
    campaigns = {pk: Campaign(pk, pk * 10, f"C{pk}", f"K{pk}", "USD") for pk in (1, 2)}
    return Book(campaigns, {}, [], rows)


def stored(calls: Sequence[CallInput], ids: Sequence[int] | None = None) -> Stored:
    """Calls as the store reads them: charge n costs n micros, campaigns in turn."""
    n = np.array(ids if ids is not None else range(len(calls)), np.int64)
    at = np.array([epoch_us(call.answered_at) for call in calls], np.int64)
    called, caller = ([f"{getattr(c, w):16}" for c in calls] for w in ("called", "caller"))
    none = np.zeros(len(calls), np.int64)
    columns = {
        "charge_id": n + 1000, "call_id": n, "started_us": at, "answered_us": at,
        "answered_ms": np.array([call.answered_ms for call in calls], np.int64),
        "campaign_id": n % 2 + 1, "amount_micros": n, "billed_s": none, "version_id": none,
        "plan_id": none, "line_id": none, "waits": none, "cause_no": n % 3,
        "disposition_no": none, "cost_micros": n * 1000,
        "currency": np.array([b"USD"] * len(calls), "S3"), "called": np.array(called, "S16"),
        "caller": np.array(caller, "S16"), "prefix": np.array([b" " * 16] * len(calls), "S16"),
        "cost_currency": np.array([b"USD"] * len(calls), "S3"),
    }  # fmt: skip
    return store.stored(store.SOLD, [columns[name] for name in store.SOLD.names])


def with_charges(found: Stored, **columns: object) -> Stored:
    """The same calls with charges that say otherwise."""
    return found[0], found[1].replaced(**columns)


def priced(calls: Stored, card: RateCard, terms: Book) -> Repriced:
    offers = Offers(GivenCard(terms, card))
    ordered, spans = sorted_spans(calls, offers)
    assert sum(span.end - span.first for span in spans) == len(calls[0])
    return reprice(ordered, spans, offers, causes_of(terms))


RULES = st.sampled_from([
    (),
    (("minimum_seconds", 30, SINCE),),
    (("second_rounding", "down", SINCE), ("amount_rounding", "up 2", LATER)),
    (("billable_causes", list(CAUSES), LATER),),
    (("minimum_seconds", 30, LATER), ("second_rounding", "nearest", SINCE)),
])  # fmt: skip


@settings(max_examples=examples(60))
@given(
    card=strategies.cards(allowances=False),
    calls=st.lists(strategies.calls(), min_size=1, max_size=12),
    rules=RULES,
)
def test_columns_cost_what_each_call_costs_in_core(
    card: RateCard, calls: list[CallInput], rules: tuple[tuple[str, object, datetime], ...]
) -> None:
    terms = book(*rules)
    found = priced(stored(calls), card, terms)
    for place, number in enumerate(found.calls.call_id.tolist()):
        call = calls[number]
        held = terms.terms(number % 2 + 1, call.answered_at)
        cause = ("", *causes_of(terms), "", "")[number % 3]
        ms = held.counted_ms(call.answered_ms, cause, "")
        used = replace(card, rounding=held.rounding) if held.rounding else card
        charge = core_charge(replace(call, answered_ms=ms), used)
        if charge.status != "rated":
            assert refusals.NAMES[int(found.now.status[place])] == charge.status
            assert found.now.amount_micros[place] == number  # as stored
            continue
        assert (
            int(found.now.status[place]), int(found.now.amount_micros[place]),
            int(found.now.billed_s[place]), int(found.now.rate_index[place]),
            int(found.now.allowance_s[place]),
        ) == (
            refusals.NONE, charge.amount_micros, charge.billed_s, charge.rate_index,
            charge.allowance_s,
        )  # fmt: skip


@settings(max_examples=examples(40))
@given(
    card=strategies.cards(allowances=False),
    calls=st.lists(strategies.calls(), min_size=2, max_size=12),
    data=st.data(),
)
def test_the_order_of_input_never_matters(
    card: RateCard, calls: list[CallInput], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(calls))))
    cut = data.draw(st.integers(0, len(calls)))
    terms = book(("minimum_seconds", 30, LATER))
    whole, parts = RerateTally(True), RerateTally(True)
    whole.add(priced(stored(calls), card, terms))
    for ids in (order[:cut], order[cut:]):
        if ids:
            parts.add(priced(stored([calls[i] for i in ids], list(ids)), card, terms))
    one, other = outcome_of(whole), outcome_of(parts)
    assert (one.groups, one.refused, one.examples) == (other.groups, other.refused, other.examples)
    assert one.fingerprint == other.fingerprint


@settings(max_examples=examples(40))
@given(
    card=strategies.cards(allowances=False),
    calls=st.lists(strategies.calls(), min_size=1, max_size=12),
)
def test_the_difference_is_that_of_the_changes(card: RateCard, calls: list[CallInput]) -> None:
    tally = RerateTally(True)
    tally.add(priced(stored(calls), card, book()))
    outcome = outcome_of(tally)
    moved = outcome.changes.amount_micros - outcome.changes.old_micros
    assert sum(group.figures.difference_micros for group in outcome.groups) == int(moved.sum())
    assert sum(group.figures.calls for group in outcome.groups) == len(calls)
    assert sum(group.figures.old_micros for group in outcome.groups) == sum(range(len(calls)))


def test_what_waits_in_a_proposal_is_left_alone() -> None:
    call = CallInput("k", LATER, 60_000, "", "442012345678")
    calls = with_charges(stored([call, call]), waits=np.array([1, 0], np.int64))
    found = priced(calls, RateCard(rates=(Rate("44", 600_000_000),)), book())
    assert found.changed.tolist() == [False, True]


def test_another_currency_is_refused() -> None:
    call = CallInput("k", LATER, 60_000, "", "442012345678")
    calls = with_charges(stored([call]), currency=currency_numbers(np.array([b"EUR"], "S3")))
    found = priced(calls, RateCard(rates=(Rate("44", 600_000_000),)), book())
    assert (found.now.status.tolist(), found.now.amount_micros.tolist()) == (
        [refusals.OTHER_CURRENCY], [0],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "number", "caller"),
    [
        pytest.param("", EMPTY, EMPTY, id="withheld"),
        pytest.param("4", pack_number("4"), EMPTY, id="one digit"),
        pytest.param("123456789012345", 0x0123456789012345, 0x0123456789012345, id="15 digits"),
        pytest.param("1234567890123456", TOO_LONG, EMPTY, id="16 digits"),
        pytest.param("44x", NOT_DIGITS, EMPTY, id="a letter"),
        pytest.param("44 20", NOT_DIGITS, EMPTY, id="a blank within"),
        pytest.param("anonymous", NOT_DIGITS, EMPTY, id="a word"),
    ],
)
def test_numbers_with_blanks_behind(text: str, number: int, caller: int) -> None:
    column = np.array([f"{text:16}".encode()], "S16")
    assert (packed(padded(column)).tolist(), callers(padded(column)).tolist()) == (
        [number],
        [caller],
    )


@given(st.text("0123456789", max_size=15))
def test_packing_is_the_kernels(number: str) -> None:
    column = np.array([f"{number:16}".encode()], "S16")
    assert packed(padded(column)).tolist() == [pack_number(number)]


def test_currencies_there_and_back() -> None:
    codes = np.array([b"EUR", b"USD"], "S3")
    assert [currency_code(one) for one in currency_numbers(codes).tolist()] == ["EUR", "USD"]


PLANS = st.builds(
    CostPlus,
    markup_ppm=st.integers(-MICRO, 3 * MICRO),
    fixed_micros=st.integers(0, 10**6),
    floor_micros=st.none() | st.integers(0, 10**4),
    cap_micros=st.none() | st.integers(10**4, 10**7),
)
CURRENCIES = st.sampled_from([b"USD", b"USD", b"EUR", NO_CURRENCY])


@settings(max_examples=examples(60))
@given(
    card=strategies.cards(allowances=False),
    calls=st.lists(strategies.calls(), min_size=1, max_size=12),
    plan=PLANS,
    data=st.data(),
)
def test_prices_from_the_cost_are_those_of_core(
    card: RateCard, calls: list[CallInput], plan: CostPlus, data: st.DataObject
) -> None:
    """Twice: what a first run gives, a second one finds unchanged."""
    currencies = [data.draw(CURRENCIES) for _ in calls]
    numbers = currency_numbers(np.array(currencies, "S3"))
    rows = with_charges(stored(calls), cost_currency=numbers)
    rounding = card.rounding
    found = from_cost_by(rows, card, plan)
    then = with_charges((found.calls, found.stood), amount_micros=found.now.amount_micros)
    assert not from_cost_by(then, card, plan).changed.any()
    for place, number in enumerate(found.calls.call_id.tolist()):
        charge = core_charge(calls[number], card)
        amount, refusal = int(found.now.amount_micros[place]), int(found.now.status[place])
        if charge.status != "rated":
            assert (refusals.NAMES[refusal], amount) == (charge.status, number)
        elif not charge.billed_s:
            assert (refusal, amount) == (refusals.NONE, 0)
        elif currencies[number] != b"USD":
            unknown = currencies[number] == NO_CURRENCY
            reason = "unknown_cost" if unknown else "cost_other_currency"
            assert (refusals.NAMES[refusal], amount) == (reason, number)
        else:
            wanted = price_from_cost(number * 1000, plan, rounding)
            assert (refusal, amount) == (refusals.NONE, wanted)


def from_cost_by(calls: Stored, card: RateCard, plan: CostPlus) -> Repriced:
    """Every call on one plan of this card."""
    terms = replace(book().terms(1, LATER), cost_plus=plan, card=CARD)
    source = GivenCard(Fixed(terms), card, CARD.id)
    offers = Offers(source)
    ordered, spans = sorted_spans(calls, offers)
    return reprice(ordered, spans, offers, ())


CARD = Card(7, "ANY", "USD", ())


class Fixed(Book):
    """The same terms for everybody, always."""

    def __init__(self, terms: Terms) -> None:
        super().__init__({}, {}, [], [])
        self.held = terms

    def terms(self, campaign_id: int, moment: datetime) -> Terms:
        return self.held

    def changes(self, campaign_id: int) -> list[datetime]:
        return []
