"""Calls of a plan that prices from their cost.

Acme is on PLUS: cost + 25 % + 0.001 EUR, at most 0.10; its card RETAIL says 60/60 and half up to
six decimals. Telco's card TEL, from the trunk `gw`: +44 at 0.03 a minute by the second.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.integration.engine.conftest import AT, Plant
from tests.integration.engine.test_legs import add_telco, costs, legs, publish
from tests.support.switch import RATES, Row, add_version, set_rule
from tests.support.world import START
from tollwright.core.rating.legs import CostPlus
from tollwright.data.models import Charge
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.calls.queries import explain_charge
from tollwright.domain.plans import operations as plans
from tollwright.engine.ingest import replay, reprocess
from tollwright.engine.rating.explain import Explanation
from tollwright.web.portal import explain

BY = By("test")
TERMS = CostPlus(markup_ppm=250_000, fixed_micros=1_000, cap_micros=100_000)


def subscribe(plant: Plant, terms: CostPlus | None = TERMS) -> None:
    """Acme is on the plan PLUS from the first of October on."""
    switch = plant.switch
    with tenant_scope(switch.tenant_id):
        plan = plans.create_plan(code="PLUS", name="Cost plus", at=START, by=BY)
        draft = plans.draft_version(
            plan=plan, card=switch.card, currency="EUR", cost_plus=terms, at=START, by=BY
        )
        version = plans.publish_version(version=draft, at=START, by=BY)
        plans.subscribe(
            customer=switch.world.customer, version=version, starts_on=date(2026, 10, 1),
            at=START, by=BY,
        )  # fmt: skip


def explained(plant: Plant, leg: str = "sell") -> Explanation:
    """The one charge of this leg that stands, replayed."""
    ((charge_id,),) = plant.rows(f"SELECT id FROM charge WHERE is_current AND leg = '{leg}'")
    with tenant_scope(plant.switch.tenant_id):
        return explain_charge(charge_id)


def quarantined(plant: Plant) -> list[tuple[str, str]]:
    return plant.rows("SELECT reason, detail FROM quarantine WHERE status = 'open' ORDER BY id")


def test_the_price_is_made_of_what_the_carrier_takes(plant: Plant) -> None:
    """61 s at 0.03 a minute cost 0.0305; x 1.25 + 0.001 = 0.039125. Beta pays by the card."""
    add_telco(plant)
    subscribe(plant)
    result = plant.ingest(Row(key=1), Row(key=2, account="BETA", minute=1))
    assert (result.rated, result.reasons) == (2, {})
    assert legs(plant) == [
        ("sell", 120, 39_125),
        ("buy", 61, 30_500),
        ("sell", 120, 1_200_000),
        ("buy", 61, 30_500),
    ]
    assert costs(plant) == [("EUR", 1, 39_125, 30_500), ("EUR", 1, 1_200_000, 30_500)]


def test_the_charge_explains_itself_by_the_leg_it_is_made_of(plant: Plant) -> None:
    add_telco(plant)
    subscribe(plant)
    plant.ingest(Row())
    told = explained(plant)
    bought = explained(plant, "buy").charge.id
    assert (told.equal, told.replayed_micros) == (True, 39_125)
    assert told.sentences[-6:] == (
        "Answered for 61 s.",
        "The plan prices from the provider's cost: cost + 25 % + 0.001 EUR, at most 0.10 EUR.",
        "The provider pays 0.0305; by these terms 0.039125.",
        "0.039125 rounded once, half up to 6 decimals: 0.039125.",
        "The call costs 0.039125 EUR.",
        "Replayed from what is stored: 0.039125 EUR, as charged.",
    )
    assert (
        f"What the call costs is charge {bought}: the carrier's, by buy card TEL version 1."
        in told.sentences
    )


def test_the_customer_is_told_the_terms_but_not_what_the_provider_pays(plant: Plant) -> None:
    add_telco(plant)
    subscribe(plant)
    plant.ingest(Row())
    told = explained(plant)
    with tenant_scope(plant.switch.tenant_id):
        charge = Charge.objects.get(pk=told.charge.id)
        assert explain.sentences(charge, told) == [
            "Answered for 61 s.",
            "The plan prices from the provider's cost: cost + 25 % + 0.001 EUR, at most 0.10 EUR.",
            "The call costs 0.039125\u00a0EUR, before tax.",
        ]


@pytest.mark.parametrize(
    ("setting", "value", "leg"),
    [
        pytest.param("amount_rounding", "half_up 4", ("sell", 120, 39_100), id="rounded by a rule"),
        pytest.param("minimum_seconds", 120, ("sell", 0, 0), id="free by a rule, not at its cost"),
        pytest.param("forced_card", "RETAIL", ("sell", 120, 1_200_000), id="a rule forces a card"),
    ],
)
def test_rules_hold_as_for_any_plan(
    plant: Plant, setting: str, value: object, leg: tuple[object, ...]
) -> None:
    add_telco(plant)
    subscribe(plant)
    with tenant_scope(plant.switch.tenant_id):
        set_rule(plant.switch.world, setting, value)
    plant.ingest(Row())
    assert legs(plant) == [leg, ("buy", 61, 30_500)]
    assert explained(plant).equal


def test_a_long_call_is_capped(plant: Plant) -> None:
    """An hour costs 1.80; 2.251 is over 0.10."""
    add_telco(plant)
    subscribe(plant)
    plant.ingest(Row(seconds=3600))
    assert legs(plant) == [("sell", 3600, 100_000), ("buy", 3600, 1_800_000)]
    assert explained(plant).equal


def test_over_a_change_of_the_sell_card_the_price_is_still_the_costs(plant: Plant) -> None:
    """The new version holds from 12:00:35 on, half a minute into the call."""
    add_telco(plant)
    subscribe(plant)
    with tenant_scope(plant.switch.tenant_id):
        since = datetime(2026, 11, 2, 12, 0, 35, tzinfo=UTC)
        add_version(plant.switch.card, 2, since, RATES)
    result = plant.ingest(Row())
    assert (legs(plant)[0], result.priced_individually) == (("sell", 120, 39_125), 1)
    assert explained(plant).equal


@pytest.mark.parametrize(
    ("trunk", "currency", "row", "reason", "why"),
    [
        ("other", "EUR", Row(), "unknown_cost", "no carrier has its trunk"),
        ("gw", "USD", Row(), "cost_other_currency", "in USD, the plan's card in EUR"),
        ("gw", "EUR", Row(called="+4930123456"), "unknown_cost", "the buy card has no row"),
    ],
)
def test_a_call_whose_cost_is_not_known_waits(
    plant: Plant, trunk: str, currency: str, row: Row, reason: str, why: str
) -> None:
    """It is not sold by its card, nor for nothing; what Beta pays by the card goes on."""
    add_telco(plant, trunk=trunk, currency=currency)
    subscribe(plant)
    result = plant.ingest(row, Row(key=2, account="BETA", minute=1))
    assert (result.rated, result.quarantined, result.reasons[reason]) == (1, 1, 1)
    ((told, detail),) = quarantined(plant)
    assert told == reason
    assert detail.startswith("Card RETAIL version 1: The plan prices the call from its cost")
    assert why in detail


def test_a_free_call_needs_no_cost(plant: Plant) -> None:
    subscribe(plant)
    with tenant_scope(plant.switch.tenant_id):
        set_rule(plant.switch.world, "minimum_seconds", 120)
    assert plant.ingest(Row()).reasons == {}
    assert legs(plant) == [("sell", 0, 0)]
    told = explained(plant)
    assert told.equal
    with tenant_scope(plant.switch.tenant_id):
        sentences = explain.sentences(Charge.objects.get(pk=told.charge.id), told)
    assert not [one for one in sentences if "per minute" in one]


def test_a_trunk_stays_its_carriers_when_its_card_changes(plant: Plant) -> None:
    telco = add_telco(plant)
    plant.ingest(Row())
    with tenant_scope(plant.switch.tenant_id):
        publish(telco.card, START, {"prefix": "44", "price": "0.09"})
    assert explained(plant, "buy").sentences[0] == (
        "Trunk gw is TEL's: buy card TEL version 1, by the call's real 61.000 s."
    )


def test_no_carriers_at_all(plant: Plant) -> None:
    subscribe(plant)
    assert plant.ingest(Row()).reasons == {"unknown_cost": 1}


def test_it_is_let_in_again_when_the_buy_card_has_its_price(plant: Plant) -> None:
    """+49 at 0.06 a minute from the first of October on: 61 s cost 0.061, sold at 0.07725."""
    telco = add_telco(plant)
    subscribe(plant)
    plant.ingest(Row(called="+4930123456"))
    with tenant_scope(plant.switch.tenant_id):
        publish(telco.card, START + timedelta(days=1), {"prefix": "49", "price": "0.06"})
    ids = [row_id for (row_id,) in plant.rows("SELECT id FROM quarantine")]
    done = reprocess(plant.connection, tenant_id=plant.switch.tenant_id, ids=ids, at=AT, by="t")
    assert (done.rated, done.waiting) == (1, 0)
    assert legs(plant) == [("sell", 120, 77_250), ("buy", 61, 61_000)]
    assert explained(plant).equal


def test_a_correction_is_priced_from_its_own_cost(plant: Plant) -> None:
    """The switch says 121 s now: 0.0605 x 1.25 + 0.001 = 0.076625."""
    add_telco(plant)
    subscribe(plant)
    plant.ingest(Row())
    plant.ingest(Row(seconds=121), filename="again.csv")
    assert legs(plant) == [("sell", 180, 76_625), ("buy", 121, 60_500)]
    assert explained(plant).equal


def test_a_replayed_file_comes_to_the_same(plant: Plant) -> None:
    add_telco(plant)
    subscribe(plant)
    result = plant.ingest(Row(), Row(key=2, minute=2, seconds=9))
    before = plant.totals()
    replay(
        plant.connection, tenant_id=plant.switch.tenant_id, batch_id=result.batch_id, at=AT, by="t"
    )
    assert legs(plant) == [("sell", 120, 39_125), ("buy", 61, 30_500),
                           ("sell", 60, 6_625), ("buy", 9, 4_500)]  # fmt: skip
    assert costs(plant) == [("EUR", 2, 45_750, 35_000)]
    assert before == plant.totals()


def test_a_plan_never_charges_allowances_and_cost_at_once(plant: Plant) -> None:
    """A version with allowances under the plan prices nothing: its calls say so and wait."""
    add_telco(plant)
    subscribe(plant)
    free = {"name": "free", "prefixes": ["44"], "unit": "seconds", "amount": 6000}
    with tenant_scope(plant.switch.tenant_id):
        since = START + timedelta(days=1)
        add_version(plant.switch.card, 2, since, RATES, [free])
    assert plant.ingest(Row()).reasons == {"cost_plus_allowances": 1}
