"""What calls cost is told before they are written, and is what core says, leg by leg.

Telco's card TEL, from the trunk `gw`: +44 at 0.03 a minute by the second, +4412 is blocked.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from tests.integration.engine.conftest import AT, Plant
from tests.integration.engine.test_cost_plus import TERMS, subscribe
from tests.integration.engine.test_legs import (
    BY,
    UK,
    UK_BLOCKED,
    add_telco,
    legs,
    price_missing,
    publish,
)
from tests.support.switch import NOON, RATES, Row
from tests.support.world import START
from tollwright.core.cards.card import Rate, RateCard
from tollwright.core.instants import micros_of
from tollwright.core.money import Rounding
from tollwright.core.rating.legs import CostPlus, Leg, rate_legs
from tollwright.core.rating.rate_call import CallInput
from tollwright.core.rating.rate_lookup import prepare
from tollwright.data.scope import tenant_scope
from tollwright.domain.carriers import operations as carriers
from tollwright.domain.carriers.costs import Filled
from tollwright.engine.rating.cost_plus import unknown_cost
from tollwright.engine.rating.tariffs import CardRepository
from tollwright.engine.resale.batch import BatchContext
from tollwright.engine.resale.legs import opened
from tollwright.kernel.call_columns import CallColumns, ChargeColumns, currency_code
from tollwright.kernel.numbers import pack_numbers
from tollwright.kernel.text import text_of
from tollwright.store import batches
from tollwright.store import rates as stored
from tollwright.store.calls import cursor_on

LONDON, BLOCKED, GERMANY = "442079460000", "441212345678", "4930123456"


def cost(plant: Plant, *calls: tuple[str, str], seconds: int = 61) -> ChargeColumns:
    """What calls (number, trunk) answered at noon would cost."""
    count = len(calls)
    none = text_of([""] * count)
    asked = CallColumns(
        answered_us=np.full(count, micros_of(NOON)), answered_ms=np.full(count, seconds * 1000),
        called_packed=pack_numbers([number for number, _ in calls]),
        caller_packed=pack_numbers([""] * count),
        trunk=text_of([trunk for _, trunk in calls]), cause=none, disposition=none,
    )  # fmt: skip
    with plant.connection.transaction():
        cursor = cursor_on(plant.connection)
        batches.set_tenant(cursor, plant.switch.tenant_id)
        found = opened(cursor, BatchContext(plant.switch.tenant_id, 0, 0, "UTC", AT))
        return found.cost(asked) if found else unknown_cost(count)


def told(cost: ChargeColumns) -> list[tuple[int, str] | str]:
    """(micros, currency), or why that is not known, by place."""
    return [
        (int(cost.amount_micros[place]), currency_code(int(cost.currency[place])))
        if cost.rated[place]
        else cost.why.at(place)
        for place in range(len(cost))
    ]


def test_a_cost_is_told_without_a_call(plant: Plant) -> None:
    """61 s at 0.03 a minute are 0.0305, in the carrier's currency; nothing is written."""
    add_telco(plant, currency="USD")
    calls = [(LONDON, "gw"), (BLOCKED, "gw"), (GERMANY, "gw"), (LONDON, "other"), (LONDON, "gw")]
    assert told(cost(plant, *calls)) == [
        (30_500, "USD"),
        "buy_blocked_destination",
        "buy_unknown_destination",
        "unknown_trunk",
        (30_500, "USD"),
    ]
    assert legs(plant) == []


def test_a_carrier_without_a_card_or_version_says_so(plant: Plant) -> None:
    telco = add_telco(plant)
    with tenant_scope(plant.switch.tenant_id):
        two = carriers.create_carrier(code="TWO", name="Two", at=START, by=BY)
        carriers.add_trunk(carrier=two, value="two", valid_from=START, at=START, by=BY)
        three = carriers.create_carrier(code="THREE", name="Three", at=START, by=BY)
        carriers.add_trunk(carrier=three, value="three", valid_from=START, at=START, by=BY)
    assert told(cost(plant, (LONDON, "two"))) == ["no_buy_card"]
    with tenant_scope(plant.switch.tenant_id):
        publish(telco.card, NOON + timedelta(days=1), UK)
        carriers.assign_card(carrier=two, card=telco.card, valid_from=START, at=START, by=BY)
    assert told(cost(plant, (LONDON, "two"), (LONDON, "three"))) == [(30_500, "EUR"), "no_buy_card"]


def test_where_nobody_is_paid_no_cost_is_known(plant: Plant) -> None:
    assert told(cost(plant, (LONDON, "gw"))) == ["unknown_trunk"]


@pytest.mark.parametrize("plan", [None, TERMS], ids=["by the card", "from the cost"])
@pytest.mark.parametrize("calls", [7, 700])
def test_a_file_has_the_legs_that_core_gives(
    plant: Plant, calls: int, plan: CostPlus | None
) -> None:
    """Call by call, by `core.rating.legs`: a few as thousands go the kernel's way."""
    add_telco(plant)
    subscribe(plant, plan)
    rows = [
        Row(
            key=number, minute=number, seconds=(1, 29, 60, 61, 3599)[number % 5],
            called="+" + (LONDON, GERMANY, "442079460001")[number % 3],
        )
        for number in range(calls)
    ]  # fmt: skip
    assert plant.ingest(*rows).priced_individually == 0
    expected: list[tuple[object, ...]] = []
    for row in rows:
        answered = NOON + timedelta(minutes=row.minute, seconds=row.wait_s)
        call = CallInput("", answered, row.seconds * 1000, row.caller[1:], row.called[1:])
        expected += [
            (leg.payer, leg.charge.billed_s, leg.charge.amount_micros)
            for leg in rate_legs(call, [Leg("sell", SELL, cost_plus=plan), Leg("buy", BUY)])
            if leg.charge.status == "rated"
        ]
    assert legs(plant) == expected


SELL = prepare(
    RateCard(
        rates=tuple(
            Rate(prefix, nanos, first_s=60, next_s=60, blocked=blocked)
            for prefix, _, nanos, blocked in RATES
        )
    )
)
BUY = prepare(
    RateCard(
        rates=(Rate("44", 30_000_000), Rate("4412", 0, blocked=True)), side="buy",
        rounding=Rounding("half_up", 6),
    )
)  # fmt: skip


def test_legs_over_a_new_price_are_counted(plant: Plant) -> None:
    """Only the buy card changes, half a minute into the first call; the second ends before."""
    telco = add_telco(plant)
    with tenant_scope(plant.switch.tenant_id):
        publish(telco.card, NOON + timedelta(seconds=35), UK | {"price": "0.06"})
    result = plant.ingest(Row(key=1, seconds=60), Row(key=2, seconds=60, minute=-10))
    assert result.priced_individually == 1
    assert "1 legs (a customer's, a carrier's, a parent's) were priced" in result.sentence


def test_a_card_that_is_compiled_is_not_read_again(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_telco(plant)
    plant.ingest(Row(key=1, seconds=60))
    monkeypatch.setattr(stored, "read_card", None)
    monkeypatch.setattr(CardRepository, "index", None)
    plant.ingest(Row(key=2, seconds=60), Row(key=3, called=f"+{GERMANY}"))
    assert [leg for leg, *_ in legs(plant)] == ["sell", "buy", "sell", "buy", "sell"]


def test_filling_in_goes_the_same_way(plant: Plant) -> None:
    """A call over a new price is filled in piece by piece: 30 s at 0.03 and 30 s at 0.06."""
    plant.ingest(Row(key=1, seconds=60), Row(key=2, minute=-9, called=f"+{GERMANY}"))
    telco = add_telco(plant)
    with tenant_scope(plant.switch.tenant_id):
        publish(telco.card, NOON + timedelta(seconds=35), UK | {"price": "0.06"}, UK_BLOCKED)
    filled = price_missing(plant)
    assert filled == Filled(1, {"buy_unknown_destination": 1}, priced_individually=1)
    assert filled.sentence == (
        "1 calls were priced. 1 legs over a change of card version went one by one."
    )
    assert ("buy", 60, 15_000 + 30_000) in legs(plant)
