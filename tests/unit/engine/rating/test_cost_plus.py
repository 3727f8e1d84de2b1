"""A price from the cost, in columns: what `core.rating.legs` says of each call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollwright.core.cards.card import Rate, RateCard
from tollwright.core.money import Rounding
from tollwright.core.rating.legs import CostPlus, Leg, rate_legs
from tollwright.core.rating.rate_call import CallInput
from tollwright.core.rating.rate_lookup import prepare
from tollwright.engine.rating.cost_plus import describe, price_from_cost, unknown_cost
from tollwright.engine.rating.refusals import NAMES
from tollwright.kernel.call_columns import (
    NOT_CHARGED,
    RATED,
    ChargeColumns,
    Labels,
    columns_of,
    currency_number,
)
from tollwright.kernel.rating.batch import rate_batch
from tollwright.kernel.rating.compile import compile_card

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SELL = RateCard(
    rates=(Rate("44", 600_000_000, first_s=60, next_s=60), Rate("4412", 1, blocked=True)),
    currency="EUR", rounding=Rounding("half_up", 4),
)  # fmt: skip
QUARTER_MORE = CostPlus(markup_ppm=250_000, fixed_micros=1_000, cap_micros=100_000)


def cost_of(*told: int | str, currency: str = "EUR") -> ChargeColumns:
    """Micros, or why they are not known."""
    cost = unknown_cost(len(told))
    for place, one in enumerate(told):
        at = np.array([place])
        cost.status[place] = RATED if isinstance(one, int) else NOT_CHARGED
        if isinstance(one, int):
            cost.amount_micros[place] = one
            cost.currency[place] = currency_number(currency)
        cost.why.put(at, "" if isinstance(one, int) else one)
    return cost


def priced(cost: ChargeColumns, *called: str, seconds: int = 61) -> tuple[list[str], list[int]]:
    """(why not or '', micros) of calls to these numbers."""
    calls = [CallInput("", NOON, seconds * 1000, "", number) for number in called]
    card = compile_card(SELL)
    charges = rate_batch(card, columns_of(calls)).charges
    price_from_cost(charges, cost, QUARTER_MORE, card)
    return [NAMES.get(one, "") for one in charges.status.tolist()], charges.amount_micros.tolist()


def test_the_amount_is_the_cost_and_a_quarter_and_a_tenth_of_a_cent() -> None:
    """0.0305 x 1.25 + 0.001 = 0.039125, half up to 0.0391; the cap is 0.10."""
    assert priced(cost_of(30_500, 90_000), "44207", "44207") == (
        ["", ""],
        [39_100, 100_000],
    )


def test_what_is_not_known_is_not_rated() -> None:
    """The blocked number is the sell card's to refuse, whatever it costs."""
    found = priced(cost_of("no_buy_card", "no_buy_card"), "44207", "4412")
    assert found == (["unknown_cost", "blocked"], [0, 0])
    assert priced(cost_of(1, currency="USD"), "44207") == (["cost_other_currency"], [0])


def test_a_free_call_stays_free() -> None:
    assert priced(cost_of(30_500), "44207", seconds=0) == ([""], [0])


@given(
    micros=st.lists(st.none() | st.integers(0, 10**9), min_size=1, max_size=8),
    markup=st.integers(-10**6, 10**7), fixed=st.integers(-10**6, 10**6),
    floor=st.none() | st.integers(0, 10**8), cap=st.none() | st.integers(0, 10**8),
    rounding=st.builds(
        Rounding, st.sampled_from(("half_up", "up", "down", "half_even")), st.integers(0, 6)
    ),
)  # fmt: skip
def test_as_core_prices_it(
    micros: list[int | None], markup: int, fixed: int, floor: int | None, cap: int | None,
    rounding: Rounding,
) -> None:  # fmt: skip
    """A buy card with a price a call, or without a row, stands for each cost."""
    plan = CostPlus(markup, fixed, floor, cap)
    sell = RateCard(rates=SELL.rates, currency="EUR", rounding=rounding)
    call = CallInput("", NOON + timedelta(seconds=1), 61_000, "", "44207")
    expected = []
    for amount in micros:
        row = Rate("44" if amount is not None else "1", 0, connect_fee_micros=amount or 0)
        buy = RateCard(rates=(row,), currency="EUR", side="buy")
        legs = [Leg("c", prepare(sell), cost_plus=plan), Leg("t", prepare(buy))]
        charge = rate_legs(call, legs)[0].charge
        expected.append((charge.status == "rated", charge.amount_micros))
    card = compile_card(sell)
    charges = rate_batch(card, columns_of([call] * len(micros))).charges
    cost = cost_of(*("no_buy_card" if amount is None else amount for amount in micros))
    price_from_cost(charges, cost, plan, card)
    assert list(
        zip((charges.status == 0).tolist(), charges.amount_micros.tolist(), strict=True)
    ) == (expected)


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        (cost_of("unknown_trunk"), "which is not known: no carrier has its trunk, and no parent"),
        (cost_of("parent_no_card"), "the parent that sells the call cannot price it (no_card)"),
        (cost_of(1, currency="USD"), "its cost, which is in USD, the plan's card in EUR: nothing"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_missing(cost: ChargeColumns, said: str) -> None:
    told = describe(cost, 0, "EUR")
    assert said in told
    assert told.endswith("then reprocess it.")


def test_words_are_counted_and_told() -> None:
    words = Labels.none(4)
    words.put(np.array([1, 2]), "one")
    words.put(np.array([2]), "two")
    assert (words.counted(), words.are("one").tolist()) == (
        {"one": 1, "two": 1}, [False, True, False, False],
    )  # fmt: skip
    assert [words.text().at(place) for place in range(4)] == ["", "one", "two", ""]
