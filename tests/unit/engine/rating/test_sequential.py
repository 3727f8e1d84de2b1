"""Calls in their turn: the same charges and draws by core and by the kernel, and worked rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.cards import call_batches, cards
from tests.support.examples import examples
from tollwright.core.cards.card import Allowance, Rate, RateCard
from tollwright.core.rating.rate_call import CallInput, invalid_reason
from tollwright.core.rating.rate_lookup import prepare
from tollwright.engine.rating.pools import Key
from tollwright.engine.rating.sequential import (
    MIN_CALLS_FOR_CORE,
    Consumption,
    Retained,
    by_core,
    by_kernel,
)
from tollwright.engine.rating.tariffs import Tariff, unpublished
from tollwright.engine.rating.version_change import VersionHistory
from tollwright.kernel.call_columns import CallColumns, columns_of

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
CARD = 7


def columns(
    calls: Sequence[CallInput], campaigns: Sequence[int] = (), tariffs: Sequence[int] = ()
) -> CallColumns:
    """The calls in the order given, of campaign 1 and on tariff 0 where nothing else is said."""
    return columns_of(calls).replaced(
        campaign_id=np.array(campaigns or [1] * len(calls), np.int64),
        tariff_no=np.array(tariffs or [0] * len(calls), np.int64),
    )


def tariff(card: RateCard, card_id: int = CARD) -> Tariff:
    return unpublished(card, card_id=card_id)


def told(priced: Consumption) -> tuple[object, ...]:
    """All of it, to be compared."""
    charges = priced.charges
    columns = (
        charges.rated, charges.rate_index, charges.billed_s, charges.allowance_s,
        charges.amount_micros, priced.draws,
    )  # fmt: skip
    return (*(column.tolist() for column in columns), priced.pools)


@st.composite
def versions(draw: st.DrawFn) -> list[Tariff]:
    """Two versions of a card, the pools of one of them larger, and another card."""
    card = draw(cards())
    own = draw(st.sets(st.sampled_from([one.pool_name for one in card.allowances] or ["none"])))
    allowances = tuple(
        replace(one, per="campaign") if one.pool_name in own else one for one in card.allowances
    )
    first = replace(card, allowances=allowances)
    larger = tuple(replace(one, amount=one.amount * 2) for one in allowances)
    second = replace(first, allowances=larger[: draw(st.integers(0, len(larger)))])
    return [tariff(first), tariff(second), tariff(draw(cards()), CARD + 1)]


def numbers(count: int, *of: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.sampled_from(of), min_size=count, max_size=count)


@settings(max_examples=examples(40))
@given(tariffs=versions(), data=st.data())
def test_the_kernel_gives_what_core_gives(tariffs: list[Tariff], data: st.DataObject) -> None:
    drawn = data.draw(call_batches(tariffs[0].index.card, size=3))
    calls = sorted((c for c in drawn if not invalid_reason(c)), key=lambda call: call.answered_at)
    count = len(calls)
    campaigns = data.draw(numbers(count, 1, 1, 1, 2))
    which = data.draw(numbers(count, 0, 0, 0, 0, 1, 2))
    crossing = data.draw(st.sets(st.integers(0, max(count - 1, 0)), max_size=2))
    card = tariffs[1].index.card
    line = VersionHistory(prepare(card), tuple(range(len(card.rates))), ())
    lines = {place: line for place in sorted(crossing) if place < count and not which[place]}
    keys = [(CARD, 0, one.pool_name) for one in tariffs[0].index.card.allowances]
    taken = {key: data.draw(st.integers(0, 4000)) for key in keys}
    asked = columns(calls, campaigns, which)
    assert told(by_kernel(asked, tariffs, lines, taken)) == told(
        by_core(asked, tariffs, lines, taken)
    )


# 0.60 a minute to +44, whole minutes; 100 s are free.

FREE = Allowance("free", "seconds", 100, ("44",))
CHEAP = RateCard(rates=(Rate("44", 600_000_000, first_s=60, next_s=60),), allowances=(FREE,))
POOL: Key = (CARD, 0, "free")


def minutes(*seconds: int) -> list[CallInput]:
    """Calls of so many seconds, a minute apart."""
    return [
        CallInput("", NOON + timedelta(minutes=place), lasts * 1000, "", "442012345678")
        for place, lasts in enumerate(seconds)
    ]


def test_pools_go_on_from_version_to_version() -> None:
    """60 of 100 s; 60 of the 90 s that 150 leave; the first version's pool is used up by then."""
    larger = replace(CHEAP, allowances=(replace(FREE, amount=150),))
    calls = columns(minutes(60, 60, 60), tariffs=[0, 1, 0])
    found = by_kernel(calls, [tariff(CHEAP), tariff(larger)], {}, {})
    assert found.charges.amount_micros.tolist() == [0, 0, 600_000]
    assert found.draws[:, 2:].tolist() == [[0, 60], [60, 60], [120, 0]]
    assert found.pools == (POOL,)


def test_short_turns_among_many_are_walked_and_counted() -> None:
    """Two campaigns by turns, each with a pool of its own beside the customer's."""
    own = replace(FREE, name="own", pool="own", per="campaign")
    card = replace(CHEAP, allowances=(FREE, own))
    for count, priced_individually in ((MIN_CALLS_FOR_CORE - 2, 0), (MIN_CALLS_FOR_CORE,) * 2):
        calls = columns(minutes(*[30] * count), campaigns=[1, 2] * (count // 2))
        found = by_kernel(calls, [tariff(card)], {}, {})
        assert found.charges.individually.sum() == priced_individually
        assert told(found) == told(by_core(calls, [tariff(card)], {}, {}))


def test_a_call_that_cover_would_leave_without_a_price_draws_on_none() -> None:
    """The row ends 90 s after the answer. Whole minutes from the answer on begin at 0 and 60; with
    40 s covered they begin at 40 and at 100, when no row holds."""
    rate = replace(CHEAP.rates[0], effective_to=NOON + timedelta(seconds=90))
    card = replace(CHEAP, rates=(rate,))
    for way in (by_core, by_kernel):
        found = way(columns(minutes(119)), [tariff(card)], {}, {POOL: 60})
        assert (found.charges.rated.tolist(), found.charges.amount_micros.tolist()) == (
            [True], [1_200_000],
        )  # fmt: skip
        assert found.draws.tolist() == []


def test_a_short_number_is_no_call_abroad_where_pools_are_drawn_on() -> None:
    """4410: by the default row at 1.00 a minute, and the 100 s for +44 are not for it. 4411 has a
    row of its own. Without a default row 4410 has none."""
    own = (Rate("4411", 300_000_000), Rate("", 1_000_000_000))
    for rows, status, amounts in (
        ((*CHEAP.rates, *own), [True, True], [1_000_000, 300_000]),
        ((*CHEAP.rates, own[0]), [False, True], [0, 300_000]),
    ):
        calls = columns([replace(minutes(60)[0], called=digits) for digits in ("4410", "4411")])
        for way in (by_core, by_kernel):
            found = way(calls, [tariff(replace(CHEAP, rates=rows))], {}, {})
            assert found.charges.rated.tolist() == status
            assert found.charges.amount_micros.tolist() == amounts
            assert found.draws.tolist() == []


@pytest.mark.parametrize(
    ("kept", "found"),
    [
        pytest.param(None, [0, 40, 0], id="nothing is kept"),
        pytest.param(Retained(600_000, None, ((POOL, 10),)), [0, 10, 30], id="of other terms"),
        pytest.param(Retained(600_000, (0, 60), ((POOL, 10),)), [0, 40, 0], id="written again"),
        pytest.param(Retained(500_000, None, ((POOL, 10),)), [0, 40, 0], id="of another amount"),
    ],
)
def test_a_charge_that_stays_keeps_what_it_drew(kept: Retained | None, found: list[int]) -> None:
    """60 s of 100 are gone. The second call is covered for 40 s and pays the minute begun; if it
    keeps its charge, what it drew before counts, and the third gets what that leaves."""
    calls = columns(minutes(0, 90, 30))
    keeps = {} if kept is None else {1: kept}
    priced = by_core(calls, [tariff(CHEAP)], {}, {POOL: 60}, keeps)
    drawn = dict.fromkeys(range(3), 0) | {row[0]: row[3] for row in priced.draws.tolist()}
    assert list(drawn.values()) == found
