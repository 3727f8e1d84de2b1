"""The door of the kernel: worked rows, which way calls go, what a batch may look like."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.unit.kernel.words import MONDAY_NOON, charges_of, rated
from tollwright.core.cards.card import Allowance, Band, BlockCharge, Rate, RateCard, Step, Window
from tollwright.core.money import Rounding
from tollwright.core.rating.rate_call import CallInput, rate_call
from tollwright.kernel.call_columns import columns_of, new_charges
from tollwright.kernel.rating.batch import rate_batch
from tollwright.kernel.rating.compile import compile_card

EIGHTEEN = datetime(2026, 7, 6, 18, tzinfo=UTC)
DAY = Band("day", 10, (Window(480, 1080),))
NIGHT = Band("night", 0)


def plain(**options: Any) -> RateCard:
    return RateCard(rates=(replace(Rate("44", 12_000_000), **options),))


def day_and_night(day: int, night: int, **options: Any) -> RateCard:
    """Nanos a unit until 18:00 and after."""
    rows = (Rate("44", day, band="day", **options), Rate("44", night, band="night", **options))
    return RateCard(rates=rows, bands=(DAY, NIGHT))


THIRTY_SIX = plain(first_s=30, next_s=6, connect_fee_micros=50_000)
MINUTES = plain(price_nanos=600_000_000, first_s=60, next_s=60, connect_fee_micros=50_000)
PEAK = day_and_night(600_000_000, 300_000_000, first_s=60, next_s=60)
BY_SECOND = day_and_night(1_000_000_000, 500_000_000, unit_s=1, connect_fee_micros=1_000_000)


@pytest.mark.parametrize(
    ("card", "at", "seconds", "billed_s", "micros"),
    [
        pytest.param(THIRTY_SIX, EIGHTEEN, 0, 0, 0, id="0 s cost nothing, not even the fee"),
        pytest.param(plain(first_s=30, next_s=6), EIGHTEEN, 1, 30, 6_000, id="1 s on 30/6"),
        pytest.param(plain(first_s=30, next_s=6), EIGHTEEN, 31, 36, 7_200, id="31 s on 30/6"),
        pytest.param(MINUTES, EIGHTEEN, 61, 120, 1_250_000, id="61 s on 60/60 with a fee"),
        pytest.param(plain(price_nanos=4_400_000), EIGHTEEN, 10, 10, 733, id="10 s at 0.0044"),
        pytest.param(BY_SECOND, EIGHTEEN - timedelta(minutes=30), 3600, 3600, 2_701_000_000),
        pytest.param(PEAK, EIGHTEEN - timedelta(seconds=60), 61, 120, 900_000, id="17:59:00"),
        pytest.param(PEAK, EIGHTEEN - timedelta(seconds=59), 119, 120, 900_000, id="17:59:01"),
        pytest.param(PEAK, EIGHTEEN - timedelta(seconds=61), 61, 120, 1_200_000, id="17:58:59"),
    ],
)
def test_worked_rows(
    card: RateCard, at: datetime, seconds: int, billed_s: int, micros: int
) -> None:
    charges = rated(card, [("4420", seconds * 1000)], at).charges
    assert charges.billed_s.tolist() == [billed_s]
    assert charges.amount_micros.tolist() == [micros]


def test_a_step_is_entered_once_though_the_band_changes_behind_it() -> None:
    """Minutes from 17:58:30: 0.60; 0.60 and 1 on entering the step; 0.30 at night, not 1 again."""
    steps = (Step(60, charge_micros=1_000_000),)
    card = day_and_night(600_000_000, 300_000_000, first_s=60, next_s=60, steps=steps)
    at = EIGHTEEN - timedelta(seconds=90)
    assert charges_of(card, [("4420", 180_000)], at) == [(0, 2_500_000)]
    call = CallInput("a", at, 180_000, "", "4420")
    assert rate_call(call, card).amount_micros == 2_500_000


@pytest.mark.parametrize(
    ("card", "at", "long_way"),
    [
        pytest.param(THIRTY_SIX, EIGHTEEN, 0, id="a plain row"),
        pytest.param(PEAK, EIGHTEEN, 0, id="inside a band"),
        pytest.param(PEAK, EIGHTEEN - timedelta(seconds=60), 0, id="up to a band's edge"),
        pytest.param(PEAK, EIGHTEEN - timedelta(seconds=59), 1, id="over a band's edge"),
        pytest.param(replace(PEAK, crossing="at_start"), EIGHTEEN - timedelta(seconds=59), 0),
        pytest.param(
            replace(PEAK, rates=(Rate("44", 1),)),
            EIGHTEEN - timedelta(seconds=59),
            0,
            id="over a band's edge on a row for all times",
        ),
        pytest.param(plain(steps=(Step(60, 1),)), EIGHTEEN, 1, id="a row with steps"),
        pytest.param(plain(origin_prefix="49"), EIGHTEEN, 1, id="a row for some callers"),
        pytest.param(plain(effective_from=EIGHTEEN), EIGHTEEN, 0, id="a dated row"),
        pytest.param(plain(min_charge_micros=5, max_charge_micros=9), EIGHTEEN, 0, id="limits"),
        pytest.param(plain(min_seconds=61), EIGHTEEN, 0, id="a threshold"),
    ],
)
def test_common_calls_go_the_short_way(card: RateCard, at: datetime, long_way: int) -> None:
    assert rated(card, [("4420", 60_000)], at).long_way == long_way


def test_a_room_for_charges_is_used_again() -> None:
    calls = columns_of([CallInput("a", MONDAY_NOON, 61_000, "", "4420")] * 3)
    compiled, room = compile_card(MINUTES), new_charges(5)
    for column in room.arrays():
        column.fill(-7)
    rate_batch(compiled, calls, out=room.part(1, 4))
    assert room.amount_micros.tolist() == [-7, 1_250_000, 1_250_000, 1_250_000, -7]
    assert room.status.tolist() == [-7, 0, 0, 0, -7]
    assert room.stopped_s.tolist() == [-7, 0, 0, 0, -7]


def test_columns_of_unequal_length_are_refused() -> None:
    uneven = columns_of([CallInput("a", MONDAY_NOON, 61_000, "", "4420")] * 4).replaced(
        counted_ms=np.zeros(3, np.int64)
    )
    with pytest.raises(ValueError, match="not of one length"):
        rate_batch(compile_card(MINUTES), uneven)


def test_no_calls_no_charges() -> None:
    assert len(rated(MINUTES, []).charges.status) == 0
    free = replace(MINUTES, allowances=(Allowance("free", "calls", 1),))
    assert len(rated(free, []).charges.status) == 0


def test_a_batch_without_room_for_its_uses_grows() -> None:
    """Every call draws on twenty pools: more uses than the two a call that are made room for."""
    pools = tuple(Allowance(f"pool {place:02}", "seconds", 90) for place in range(20))
    card = replace(plain(), allowances=pools)
    batch = rated(card, [("4420", 1_800_000)] * 2)
    assert len(batch.uses) == 20
    assert batch.charges.allowance_s.tolist() == [1800, 0]
    assert batch.charges.amount_micros.tolist() == [0, 360_000]
    ones = tuple(Allowance(f"{p:02}", "seconds", 3, step_s=1) for p in range(60))
    batch = rated(replace(plain(), allowances=ones), [("4420", 180_000)])
    assert (len(batch.uses), batch.charges.amount_micros.tolist()) == (60, [0])


def test_consumption_follows_time_and_key_not_the_order_of_input() -> None:
    """One free call: the earlier one has it, of two at one moment the lower key."""
    card = compile_card(replace(plain(), allowances=(Allowance("one", "calls", 1),)))
    later = CallInput("a", MONDAY_NOON + timedelta(seconds=1), 60_000, "", "441")
    second, first = (CallInput(key, MONDAY_NOON, 60_000, "", "441") for key in "cb")
    charges = rate_batch(card, columns_of([later, second, first])).charges
    assert charges.amount_micros.tolist() == [12_000, 12_000, 0]
    assert charges.allowance_s.tolist() == [0, 0, 60]


def test_the_greatest_amount_of_a_card_fits() -> None:
    """A day by the second: 100 000 a minute, and 10 000 in every second for block and step."""
    dear = Rate(
        prefix="4",
        price_nanos=100_000 * 10**9,
        block_charge=BlockCharge(1, 10**10),
        steps=(Step(1, charge_micros=10**10),),
        connect_fee_micros=10**12,
        disconnect_fee_micros=10**12,
    )
    # 1440 minutes, 86 400 blocks, one step entered, two fees of a million.
    whole = 1440 * 100_000 + 86_400 * 10_000 + 10_000 + 2_000_000
    assert charges_of(RateCard(rates=(dear,)), [("4", 86_400_000)]) == [(0, whole * 10**6)]
    cents = RateCard(rates=(dear,), rounding=Rounding("half_even", 0))
    assert charges_of(cents, [("4", 86_400_000)]) == [(0, whole * 10**6)]
