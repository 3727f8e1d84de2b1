"""What calls cost the provider is written with what customers pay for them.

RETAIL: +44 at 0.60 and +49 at 0.12 a minute, 60/60. Telco's card TEL, from the trunk `gw`: +44 at
0.03 a minute by the second, +4412 is blocked, +49 is not on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.engine.conftest import AT, Plant
from tests.support.switch import NOON, Row, set_rule
from tests.support.world import START
from tollwright.data.models import CardVersion, Carrier, RateCard
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.calls.queries import explain_charge
from tollwright.domain.carriers import costs as domain
from tollwright.domain.carriers import operations as carriers
from tollwright.domain.carriers.costs import Filled
from tollwright.domain.customers import operations as customers
from tollwright.domain.rates import operations as rates
from tollwright.domain.reports.margins import by_campaign
from tollwright.engine.ingest import replay, reprocess, roll_back
from tollwright.engine.rating.explain import Explanation

BY = By("test")
NOV, DEC = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
UK = {"prefix": "44", "name": "UK", "price": "0.03"}
UK_BLOCKED = {"prefix": "4412", "blocked": True}


@dataclass(frozen=True)
class Telco:
    """A carrier with its card."""

    carrier: Carrier
    card: RateCard


def add_telco(
    plant: Plant, trunk: str = "gw", since: datetime = START, currency: str = "EUR"
) -> Telco:
    """Telco carries the calls over the trunk from then on, and takes its money by the card TEL."""
    with tenant_scope(plant.switch.tenant_id):
        carrier = carriers.create_carrier(code="TEL", name="Telco", at=START, by=BY)
        carriers.add_trunk(carrier=carrier, value=trunk, valid_from=since, at=START, by=BY)
        card = rates.create_card(
            code="TEL", name="Telco", side="buy", currency=currency, at=START, by=BY
        )
        publish(card, START, UK, UK_BLOCKED)
        carriers.assign_card(carrier=carrier, card=card, valid_from=START, at=START, by=BY)
    return Telco(carrier, card)


def publish(card: RateCard, since: datetime, *rows: Mapping[str, object]) -> CardVersion:
    """A version of these rows, in force from then on."""
    draft = rates.save_draft(
        card=card, data={"timezone": "UTC", "rates": list(rows)}, at=START, by=BY
    )
    return rates.publish_version(version=draft, effective_from=since, at=START, by=BY)


def legs(plant: Plant) -> list[tuple[object, ...]]:
    """(leg, billed seconds, micros) of the charges that stand."""
    return plant.rows(
        "SELECT leg, billed_s, amount_micros FROM charge WHERE is_current"
        " ORDER BY started_at, call_id, leg DESC"
    )


def costs(plant: Plant) -> list[tuple[object, ...]]:
    """(currency, calls, sell, buy) of the days."""
    return plant.rows(
        "SELECT currency, calls, sell_micros, buy_micros FROM usage_day ORDER BY day, currency"
    )


def test_a_call_over_a_carriers_trunk_is_bought_by_its_real_seconds(plant: Plant) -> None:
    """61 s are 2 minutes to the customer, 1.20; to the carrier 61 s at 0.03 a minute, 0.0305."""
    add_telco(plant)
    result = plant.ingest(Row(key=1, seconds=61), Row(key=2, seconds=0, minute=1))
    assert legs(plant) == [("sell", 120, 1_200_000), ("buy", 61, 30_500)]
    assert (result.rated, result.reasons) == (1, {})
    assert costs(plant) == [("EUR", 2, 1_200_000, 30_500)]


def test_rules_for_the_customer_leave_the_cost_alone(plant: Plant) -> None:
    """The customer pays nothing for calls under two minutes; the carrier takes its money."""
    add_telco(plant)
    with tenant_scope(plant.switch.tenant_id):
        set_rule(plant.switch.world, "minimum_seconds", 120)
    plant.ingest(Row(key=1, seconds=61))
    assert legs(plant) == [("sell", 0, 0), ("buy", 61, 30_500)]


@pytest.mark.parametrize(
    ("row", "reasons"),
    [
        pytest.param(Row(called="+4930123456"), {"buy_unknown_destination": 1}, id="no row"),
        pytest.param(Row(minute=-60 * 24 * 3), {}, id="before the trunk is the carrier's"),
    ],
)
def test_what_cannot_be_bought_is_sold_all_the_same(
    plant: Plant, row: Row, reasons: dict[str, int]
) -> None:
    add_telco(plant, since=NOV)
    result = plant.ingest(row)
    assert (result.rated, result.quarantined, result.reasons) == (1, 0, reasons)
    assert [leg for leg, *_ in legs(plant)] == ["sell"]


def test_a_call_over_nobodys_trunk_costs_nothing_that_is_known(plant: Plant) -> None:
    add_telco(plant, trunk="other")
    assert plant.ingest(Row()).reasons == {}
    assert [leg for leg, *_ in legs(plant)] == ["sell"]


@pytest.mark.parametrize(
    ("trunk", "bought"), [("gw", True), ("g*", True), ("*", True), ("gw-*", False), ("GW", False)]
)
def test_a_trunk_is_the_whole_text_or_its_beginning(plant: Plant, trunk: str, bought: bool) -> None:
    add_telco(plant, trunk=trunk)
    plant.ingest(Row(seconds=60))
    assert ("buy", 60, 30_000) in legs(plant) or not bought
    assert len(legs(plant)) == 1 + bought


def test_the_nearest_trunk_takes_the_call(plant: Plant) -> None:
    """`gw` is Two's own, all other trunks are Telco's."""
    telco = add_telco(plant, trunk="*")
    with tenant_scope(plant.switch.tenant_id):
        two = carriers.create_carrier(code="TWO", name="Two", at=START, by=BY)
        carriers.add_trunk(carrier=two, value="gw", valid_from=START, at=START, by=BY)
    assert plant.ingest(Row(key=1)).reasons == {"no_buy_card": 1}
    with tenant_scope(plant.switch.tenant_id):
        carriers.assign_card(carrier=two, card=telco.card, valid_from=START, at=START, by=BY)
    assert plant.ingest(Row(key=2)).reasons == {}


def test_a_card_without_a_version_then_is_a_reason(plant: Plant) -> None:
    telco = add_telco(plant)
    with tenant_scope(plant.switch.tenant_id):
        late = rates.create_card(
            code="NEW", name="New", side="buy", currency="EUR", at=START, by=BY
        )
        carriers.assign_card(carrier=telco.carrier, card=late, valid_from=START, at=START, by=BY)
    assert plant.ingest(Row()).reasons == {"no_buy_version": 1}
    assert [leg for leg, *_ in legs(plant)] == ["sell"]


def test_a_call_over_a_new_price_is_bought_piece_by_piece(plant: Plant) -> None:
    """Answered 12:00:05; from 12:00:35 on a minute costs 0.06: 30 s at 0.03 and 30 s at 0.06."""
    telco = add_telco(plant)
    with tenant_scope(plant.switch.tenant_id):
        publish(telco.card, NOON + timedelta(seconds=35), UK | {"price": "0.06"})
    plant.ingest(Row(seconds=60))
    assert legs(plant)[1] == ("buy", 60, 15_000 + 30_000)


def test_costs_in_another_currency_are_sums_of_their_own(plant: Plant) -> None:
    add_telco(plant, currency="USD")
    plant.ingest(Row(key=1, seconds=60), Row(key=2, seconds=60))
    assert costs(plant) == [("EUR", 2, 1_200_000, 0), ("USD", 0, 0, 60_000)]
    assert kept(plant) == [("EUR", 2, 0, None), ("USD", 0, 0, None)]


def kept(plant: Plant) -> list[tuple[object, ...]]:
    """(currency, calls, calls without cost, margin) of the campaigns."""
    with tenant_scope(plant.switch.tenant_id):
        return [
            (one.currency, one.calls, one.without_cost, one.margin_micros)
            for one in by_campaign(NOV.date(), DEC.date())
        ]


def test_a_margin_says_how_many_calls_it_knows_nothing_of(plant: Plant) -> None:
    """0.60 and 0.12 to pay; 0.03 for London, and nobody knows what Germany costs."""
    add_telco(plant)
    plant.ingest(Row(key=1, seconds=60), Row(key=2, called="+4930123456", seconds=60))
    assert kept(plant) == [("EUR", 2, 1, 600_000 + 120_000 - 30_000)]


def test_a_correction_retires_and_writes_both_legs(plant: Plant) -> None:
    add_telco(plant)
    plant.ingest(Row(key=1, seconds=60))
    plant.ingest(Row(key=1, seconds=120))
    assert legs(plant) == [("sell", 120, 1_200_000), ("buy", 120, 60_000)]
    assert costs(plant) == [("EUR", 1, 1_200_000, 60_000)]
    assert plant.rows("SELECT count(*) FROM charge") == [(4,)]


def test_a_correction_to_unanswered_costs_nothing(plant: Plant) -> None:
    add_telco(plant)
    plant.ingest(Row(key=1, seconds=60))
    plant.ingest(Row(key=1, seconds=0))
    assert (legs(plant), costs(plant)) == ([], [("EUR", 1, 0, 0)])


def test_a_rolled_back_batch_takes_all_its_legs_along(plant: Plant) -> None:
    add_telco(plant)
    batch = plant.ingest(Row(key=1, seconds=60)).batch_id
    roll_back(plant.connection, tenant_id=plant.switch.tenant_id, batch_id=batch, at=AT, by="test")
    assert (plant.rows("SELECT 1 FROM charge"), costs(plant)) == ([], [])


def test_what_a_rolled_back_correction_replaced_costs_again_what_it_did(plant: Plant) -> None:
    add_telco(plant)
    plant.ingest(Row(key=1, seconds=60))
    before = legs(plant), costs(plant)
    second = plant.ingest(Row(key=1, seconds=120)).batch_id
    roll_back(plant.connection, tenant_id=plant.switch.tenant_id, batch_id=second, at=AT, by="test")
    assert (legs(plant), costs(plant)) == before


def test_a_replay_writes_all_legs_by_todays_cards(plant: Plant) -> None:
    telco = add_telco(plant)
    batch = plant.ingest(Row(key=1, seconds=60)).batch_id
    with tenant_scope(plant.switch.tenant_id):
        publish(telco.card, START, UK | {"price": "0.06"})
    replay(plant.connection, tenant_id=plant.switch.tenant_id, batch_id=batch, at=AT, by="test")
    assert legs(plant) == [("sell", 60, 600_000), ("buy", 60, 60_000)]
    assert costs(plant) == [("EUR", 1, 600_000, 60_000)]


def test_what_comes_out_of_quarantine_is_bought_too(plant: Plant) -> None:
    add_telco(plant)
    plant.ingest(Row(key=1, seconds=60, account="NEW"))
    assert legs(plant) == []
    let_in(plant, "NEW")
    assert legs(plant) == [("sell", 60, 600_000), ("buy", 60, 30_000)]


def let_in(plant: Plant, account: str) -> None:
    """The account code means AUTUMN now, and what waits re-enters."""
    with tenant_scope(plant.switch.tenant_id):
        customers.add_identifier(
            campaign=plant.switch.beta, kind="accountcode", value=account, valid_from=START,
            at=START, by=BY,
        )  # fmt: skip
    ids = [row_id for (row_id,) in plant.rows("SELECT id FROM quarantine")]
    reprocess(plant.connection, tenant_id=plant.switch.tenant_id, ids=ids, at=AT, by="test")


def test_a_buy_leg_explains_itself_and_replays(plant: Plant) -> None:
    """Also a call over a change of price, and after the trunk has become another's."""
    telco = add_telco(plant)
    with tenant_scope(plant.switch.tenant_id):
        publish(telco.card, NOON + timedelta(seconds=35), UK | {"price": "0.06"})
        set_rule(plant.switch.world, "minimum_seconds", 120)
    plant.ingest(Row(key=1, seconds=60), Row(key=2, seconds=60, minute=5))
    for charge_id, micros in plant.rows(
        "SELECT id, amount_micros FROM charge WHERE leg = 'buy' ORDER BY started_at"
    ):
        found = explained(plant, charge_id)
        assert (found.equal, found.replayed_micros) == (True, micros)
    assert (
        found.sentences[0]
        == "Trunk gw is TEL's: buy card TEL version 2, by the call's real 60.000 s."
    )


def explained(plant: Plant, charge_id: int) -> Explanation:
    with tenant_scope(plant.switch.tenant_id):
        return explain_charge(charge_id)


def test_missing_costs_are_filled_in_once(plant: Plant) -> None:
    """The carrier is known only after the calls: two cost 0.03 each, Germany is not on its card."""
    plant.ingest(Row(key=1, seconds=60), Row(key=2, seconds=60), Row(key=3, called="+4930123456"))
    assert why(plant) == ["unknown_trunk"] * 3
    add_telco(plant)
    assert why(plant) == ["not_priced_yet", "not_priced_yet", "buy_unknown_destination"]
    for charged in (2, 0):
        assert price_missing(plant) == Filled(charged, {"buy_unknown_destination": 1})
    assert why(plant) == ["buy_unknown_destination"]
    assert costs(plant) == [("EUR", 3, 1_200_000 + 240_000, 60_000)]


def price_missing(plant: Plant) -> Filled:
    """What calls of November cost, where that is missing."""
    with tenant_scope(plant.switch.tenant_id):
        return domain.price_missing(first=NOV, last=DEC, at=AT, by=BY)


def why(plant: Plant) -> list[str]:
    """Why calls of November cost nothing, in their order."""
    with tenant_scope(plant.switch.tenant_id):
        calls = sorted(domain.without_cost(first=NOV, last=DEC), key=lambda call: call.call_key)
        told = domain.why_no_cost(calls, at=AT)
        return [told[call.pk] for call in calls]
