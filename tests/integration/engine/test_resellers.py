"""A reseller's call is sold twice: to its customer, and to the reseller by its parent.

SOUTH sells +44 at 0.60 a minute, 60/60. It buys from NORTH, as Beta there: +44 at 0.10, 60/60.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import typer
from typer.testing import CliRunner

from tests.integration.engine.conftest import AT, Plant
from tests.integration.engine.test_cost_plus import quarantined, subscribe
from tests.integration.engine.test_legs import (
    BY,
    DEC,
    add_telco,
    costs,
    explained,
    legs,
    let_in,
    price_missing,
    why,
)
from tests.support.switch import Row, make_card, make_switch, set_rule
from tests.support.world import START
from tollwright.cli import runtime
from tollwright.cli.reseller import reseller
from tollwright.core.rating.legs import CostPlus
from tollwright.data.models import AuditEntry, Invoice, Tenant
from tollwright.data.scope import tenant_scope
from tollwright.domain.invoices import operations as invoices
from tollwright.domain.plans import operations as plans
from tollwright.domain.tenants import reselling
from tollwright.engine.ingest import NotPossible, replay, reprocess, roll_back


@dataclass(frozen=True)
class Chain:
    """A reseller and who sells to it."""

    south: Plant
    north: Plant

    def bill(self) -> Invoice:
        """North's draft for Beta, which is South."""
        with tenant_scope(self.north.switch.tenant_id):
            invoices.run_billing(until=DEC, key="nov", at=DEC, by=BY)
            return Invoice.objects.get(customer=self.north.switch.beta.customer)

    def issue(self) -> None:
        with tenant_scope(self.north.switch.tenant_id):
            Invoice.objects.filter(pk=self.bill().pk).update(status="finalised", number="N-1")


def sells(north: Plant, south: Plant, price: int = 100_000_000) -> None:
    """North sells to South as to its campaign AUTUMN of Beta."""
    switch = north.switch
    with tenant_scope(switch.tenant_id):
        make_card(switch.world, "WHOLE", (("44", "United Kingdom", price, False),))
        set_rule(switch.world, "forced_card", "WHOLE", campaign=switch.beta)
        reselling.sell_to(
            reseller_id=south.switch.tenant_id, campaign=switch.beta, valid_from=START, at=START,
            by=BY,
        )  # fmt: skip


@pytest.fixture
def both(fresh_db: str, engine_connection: psycopg.Connection[Any]) -> Chain:
    """North, and South that buys from it."""
    north, south = (Plant(engine_connection, make_switch(name)) for name in ("north", "south"))
    sells(north, south)
    return Chain(south, north)


@pytest.fixture
def chain(both: Chain) -> Iterator[Chain]:
    """Whatever a test does: in the end both books tell the same, and their days are summed."""
    yield both
    south, north = both.south, both.north
    assert south.rows(COSTS) == north.rows(SALES)
    for plant in (north, south):
        assert plant.rows(SUMMED) == plant.rows(DAYS)


COSTS = (
    "SELECT c.source_id || '/' || c.call_key, c.called, ch.amount_micros, ch.billed_s, ch.rated_at"
    " FROM charge ch JOIN call c ON c.id = ch.call_id AND c.is_current"
    " WHERE ch.is_current AND ch.leg = 'parent' ORDER BY 1"
)
SALES = (
    "SELECT c.call_key, c.called, ch.amount_micros, ch.billed_s, ch.rated_at"
    " FROM charge ch JOIN call c ON c.id = ch.call_id AND c.is_current"
    " WHERE ch.is_current AND ch.leg = 'sell' AND NOT EXISTS (SELECT 1 FROM invoice_line l"
    " JOIN invoice i ON i.id = l.invoice_id AND i.status = 'finalised'"
    " WHERE l.id = ch.invoice_line_id) ORDER BY 1"
)
SUMMED = (
    "SELECT ch.campaign_id, (ch.started_at AT TIME ZONE 'Europe/Berlin')::date, ch.currency,"
    " sum(ch.amount_micros) FILTER (WHERE ch.leg = 'sell'),"
    " coalesce(sum(ch.amount_micros) FILTER (WHERE ch.leg <> 'sell'), 0),"
    " count(*) FILTER (WHERE ch.leg <> 'sell')"
    " FROM charge ch JOIN call c ON c.id = ch.call_id AND c.is_current"
    " WHERE ch.is_current GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
DAYS = (
    "SELECT campaign_id, day, currency, sell_micros, buy_micros, bought"
    " FROM usage_day WHERE sell_micros > 0 ORDER BY 1, 2, 3"
)


def test_the_parents_price_is_its_revenue_and_the_resellers_cost(chain: Chain) -> None:
    """61 s: 2 minutes at 0.60 to the customer, 2 minutes at 0.10 to South."""
    result = chain.south.ingest(Row(key=1, seconds=61), Row(key=2, seconds=0, minute=1))
    assert (result.rated, result.unanswered, result.reasons) == (1, 1, {})
    assert legs(chain.south) == [("sell", 120, 1_200_000), ("parent", 120, 200_000)]
    assert legs(chain.north) == [("sell", 120, 200_000)]
    assert costs(chain.south) == [("EUR", 2, 1_200_000, 200_000)]
    assert costs(chain.north) == [("EUR", 1, 200_000, 0)]
    assert chain.south.rows("SELECT leg, level FROM charge ORDER BY level") == [
        ("sell", 0),
        ("parent", 1),
    ]


def test_the_parent_gets_what_it_bills_by_and_no_more(chain: Chain) -> None:
    chain.south.ingest(Row(key=1, seconds=60))
    (call,) = chain.north.rows(
        "SELECT campaign_id, caller, called, answered_ms, agent, group_key, dialled FROM call"
    )
    autumn = chain.north.switch.beta.pk
    assert call == (autumn, "4930123456", "442079460000", 60_000, "", "", "")
    batch = chain.north.rows("SELECT records, rated, status, size FROM import_batch")
    assert batch == [(1, 1, "done", 0)]
    assert chain.north.rows("SELECT count(*) FROM raw_chunk") == [(0,)]


def test_a_call_over_the_resellers_own_carrier_is_not_the_parents(chain: Chain) -> None:
    add_telco(chain.south)
    chain.south.ingest(Row(key=1, seconds=60))
    assert legs(chain.south) == [("sell", 60, 600_000), ("buy", 60, 30_000)]
    assert legs(chain.north) == []


def test_so_on_up_to_the_carrier(chain: Chain) -> None:
    """South 0.60, North 0.10, East 0.05 a minute, and East's carrier 0.03 by the second."""
    east = Plant(chain.north.connection, make_switch("east"))
    sells(east, chain.north, 50_000_000)
    add_telco(east)
    chain.south.ingest(Row(key=1, seconds=61))
    assert legs(chain.south) == [("sell", 120, 1_200_000), ("parent", 120, 200_000)]
    assert legs(chain.north) == [("sell", 120, 200_000), ("parent", 120, 100_000)]
    assert legs(east) == [("sell", 120, 100_000), ("buy", 61, 30_500)]
    assert costs(chain.north) == [("EUR", 1, 200_000, 100_000)]
    assert costs(east) == [("EUR", 1, 100_000, 30_500)]
    chain.south.ingest(Row(key=1, seconds=0))
    for plant in (chain.south, chain.north, east):
        assert [*legs(plant), *(cost[2:] for cost in costs(plant))] in ([], [(0, 0)])


def test_what_the_parent_cannot_price_is_sold_all_the_same(chain: Chain) -> None:
    result = chain.south.ingest(Row(key=1, called="+4930123456", seconds=60))
    assert (result.rated, result.reasons) == (1, {"parent_unknown_destination": 1})
    assert legs(chain.south) == [("sell", 60, 120_000)]
    assert (legs(chain.north), chain.north.rows("SELECT 1 FROM call")) == ([], [])


def sells_at_cost_plus(north: Plant, terms: CostPlus) -> None:
    """The buyer's plan prices from the seller's cost; no rule forces a card any more."""
    switch = north.switch
    with tenant_scope(switch.tenant_id):
        set_rule(switch.world, "forced_card", "", campaign=switch.beta, since=START)
        plan = plans.create_plan(code="PLUS", name="Cost plus", at=START, by=BY)
        draft = plans.draft_version(
            plan=plan, card=switch.card, currency="EUR", cost_plus=terms, at=START, by=BY
        )
        version = plans.publish_version(version=draft, at=START, by=BY)
        plans.subscribe(
            customer=switch.beta.customer, version=version, starts_on=START.date(), at=START, by=BY
        )


MARKUP = CostPlus(markup_ppm=250_000, fixed_micros=1_000)


def test_a_parent_sells_at_its_own_cost_and_more(chain: Chain) -> None:
    """61 s cost North 0.0305; x 1.25 + 0.001 = 0.039125 for South, 2 minutes by the card."""
    add_telco(chain.north)
    sells_at_cost_plus(chain.north, MARKUP)
    result = chain.south.ingest(Row(key=1, seconds=61))
    assert (result.rated, result.reasons) == (1, {})
    assert legs(chain.south) == [("sell", 120, 1_200_000), ("parent", 120, 39_125)]
    assert legs(chain.north) == [("sell", 120, 39_125), ("buy", 61, 30_500)]
    for plant in (chain.south, chain.north):
        for (charge_id,) in plant.rows("SELECT id FROM charge"):
            assert explained(plant, charge_id).equal


def test_up_a_chain_of_such_plans(chain: Chain) -> None:
    """East pays 0.0305: 0.039125 for North, and x 1.25 + 0.001 = 0.049906 for South."""
    east = Plant(chain.north.connection, make_switch("east"))
    sells(east, chain.north)
    sells_at_cost_plus(east, MARKUP)
    add_telco(east)
    sells_at_cost_plus(chain.north, MARKUP)
    chain.south.ingest(Row(key=1, seconds=61))
    assert legs(chain.south)[1] == ("parent", 120, 49_906)
    assert legs(chain.north) == [("sell", 120, 49_906), ("parent", 120, 39_125)]
    assert legs(east) == [("sell", 120, 39_125), ("buy", 61, 30_500)]


def test_a_parent_whose_cost_is_not_known_sells_nothing(chain: Chain) -> None:
    """Until its carrier is there; the call is sold to South's customer all the same."""
    sells_at_cost_plus(chain.north, MARKUP)
    result = chain.south.ingest(Row(key=1, seconds=61))
    assert (result.rated, result.reasons) == (1, {"parent_unknown_cost": 1})
    assert (legs(chain.south), legs(chain.north)) == ([("sell", 120, 1_200_000)], [])
    assert why(chain.south) == ["parent_unknown_cost"]
    add_telco(chain.north)
    assert price_missing(chain.south).charged == 1
    assert legs(chain.south)[1] == ("parent", 120, 39_125)


def test_a_parent_whose_cost_is_in_another_currency_sells_nothing(chain: Chain) -> None:
    add_telco(chain.north, currency="USD")
    sells_at_cost_plus(chain.north, MARKUP)
    result = chain.south.ingest(Row(key=1, seconds=61))
    assert result.reasons == {"parent_cost_other_currency": 1}


def test_a_parents_rules_about_causes_hold(chain: Chain) -> None:
    """North bills answered calls that end as ANSWERED alone; South's cost is 0 for the other."""
    switch = chain.north.switch
    with tenant_scope(switch.tenant_id):
        set_rule(switch.world, "billable_causes", ["answered"], campaign=switch.beta)
    chain.south.ingest(Row(key=1), Row(key=2, minute=5, disposition="FAILED"))
    assert [row for row in legs(chain.south) if row[0] == "parent"] == [
        ("parent", 120, 200_000),
        ("parent", 0, 0),
    ]


def test_missing_costs_are_bought_from_the_parent_too(chain: Chain) -> None:
    chain.south.ingest(Row(key=1, called="+4930123456", seconds=60))
    assert why(chain.south) == ["parent_unknown_destination"]
    with tenant_scope(chain.north.switch.tenant_id):
        set_rule(
            chain.north.switch.world, "forced_card", "RETAIL", campaign=chain.north.switch.beta,
            since=START,
        )  # fmt: skip
    assert price_missing(chain.south).charged == 1
    assert legs(chain.south) == [("sell", 60, 120_000), ("parent", 60, 120_000)]
    assert legs(chain.north) == [("sell", 60, 120_000)]


def test_a_correction_corrects_the_parents_call(chain: Chain) -> None:
    chain.south.ingest(Row(key=1, seconds=60))
    result = chain.south.ingest(Row(key=1, seconds=180))
    assert result.reasons == {"corrections": 1}
    assert legs(chain.south) == [("sell", 180, 1_800_000), ("parent", 180, 300_000)]
    assert legs(chain.north) == [("sell", 180, 300_000)]
    revisions = chain.north.rows("SELECT revision, is_current FROM call ORDER BY 1")
    assert revisions == [(0, False), (1, True)]
    assert costs(chain.north) == [("EUR", 1, 300_000, 0)]


def test_a_correction_within_a_file_and_out_of_quarantine(chain: Chain) -> None:
    chain.south.ingest(Row(key=1, seconds=60), Row(key=1, seconds=180), Row(key=2, account="NEW"))
    assert legs(chain.north) == [("sell", 180, 300_000)]
    let_in(chain.south, "NEW")
    assert legs(chain.south)[2:] == [("sell", 120, 1_200_000), ("parent", 120, 200_000)]
    assert len(chain.north.rows("SELECT 1 FROM import_batch")) == 1


def test_a_correction_of_what_the_parent_has_issued_is_told(chain: Chain) -> None:
    chain.south.ingest(Row(key=1, seconds=60))
    chain.issue()
    result = chain.south.ingest(Row(key=1, seconds=180))
    assert result.reasons == {"corrections": 1, "parent_late_correction": 1}
    assert legs(chain.south) == [("sell", 180, 1_800_000)]
    assert legs(chain.north) == [("sell", 60, 100_000)]


def test_a_rolled_back_batch_goes_at_the_parent_too(chain: Chain) -> None:
    chain.south.ingest(Row(key=1, seconds=60))
    before = [(legs(plant), costs(plant)) for plant in (chain.south, chain.north)]
    second = chain.south.ingest(Row(key=1, seconds=180), Row(key=2, seconds=60)).batch_id
    undo(chain.south, second)
    assert [(legs(plant), costs(plant)) for plant in (chain.south, chain.north)] == before
    states = chain.north.rows("SELECT status FROM import_batch ORDER BY id")
    assert states == [("done",), ("rolled_back",)]


def test_a_correction_to_unanswered_that_is_undone_is_sold_again(chain: Chain) -> None:
    chain.south.ingest(Row(key=1, seconds=60))
    before = [(legs(plant), costs(plant)) for plant in (chain.south, chain.north)]
    second = chain.south.ingest(Row(key=1, seconds=0)).batch_id
    assert legs(chain.north) == []
    undo(chain.south, second)
    assert [(legs(plant), costs(plant)) for plant in (chain.south, chain.north)] == before


def test_what_the_parent_has_billed_keeps_the_resellers_batch(chain: Chain) -> None:
    batch = chain.south.ingest(Row(key=1, seconds=60)).batch_id
    chain.bill()
    with pytest.raises(NotPossible, match="1 of its charges are on an invoice"):
        undo(chain.south, batch)
    assert len(legs(chain.south)) == 2


def test_the_parent_cannot_undo_or_replay_it_alone(chain: Chain) -> None:
    chain.south.ingest(Row(key=1, seconds=60))
    ((batch,),) = chain.north.rows("SELECT id FROM import_batch")
    with pytest.raises(NotPossible, match="a reseller imported"):
        undo(chain.north, batch)
    with pytest.raises(NotPossible, match="a reseller imported its calls"):
        again(chain.north, batch)


def test_a_replayed_batch_is_replayed_at_the_parent(chain: Chain) -> None:
    """File 1 is replayed after file 2 corrected its call: that stays the newer word, everywhere."""
    first = chain.south.ingest(Row(key=1, seconds=60), Row(key=2, seconds=60, minute=1)).batch_id
    second = chain.south.ingest(Row(key=1, seconds=180)).batch_id
    before = [(legs(plant), costs(plant)) for plant in (chain.south, chain.north)]
    first = again(chain.south, first)
    assert [(legs(plant), costs(plant)) for plant in (chain.south, chain.north)] == before
    undo(chain.south, first)
    undo(chain.south, second)
    for plant in (chain.south, chain.north):
        assert (legs(plant), plant.rows("SELECT 1 FROM call")) == ([], [])


def test_a_parents_leg_explains_itself_by_the_parents_reckoning(chain: Chain) -> None:
    chain.south.ingest(Row(key=1, seconds=61))
    for plant in (chain.south, chain.north):
        for charge_id, leg in plant.rows("SELECT id, leg FROM charge"):
            found = explained(plant, charge_id)
            assert (leg, found.equal) == (leg, True)
    ((charge_id,),) = chain.south.rows("SELECT id FROM charge WHERE leg = 'parent'")
    found = explained(chain.south, charge_id)
    assert found.replayed_micros == 200_000
    assert found.sentences[0] == (
        "No carrier of our own has the trunk gw: the parent sells the call, by its card WHOLE"
        " version 1."
    )
    assert not any("Beta" in sentence or "BETA" in sentence for sentence in found.sentences)


def test_the_parent_bills_the_reseller(chain: Chain) -> None:
    """Two minutes and one at 0.10."""
    chain.south.ingest(Row(key=1, seconds=61), Row(key=2, seconds=60))
    assert chain.bill().net_micros == 300_000


def undo(plant: Plant, batch_id: int) -> None:
    roll_back(
        plant.connection, tenant_id=plant.switch.tenant_id, batch_id=batch_id, at=AT, by="test"
    )


def again(plant: Plant, batch_id: int) -> int:
    return replay(
        plant.connection, tenant_id=plant.switch.tenant_id, batch_id=batch_id, at=AT, by="test"
    ).batch_id


def test_both_sides_write_the_sale_down(chain: Chain) -> None:
    south = chain.south.switch.tenant_id
    with tenant_scope(south):
        assert Tenant.objects.get().parent_id == chain.north.switch.tenant_id
        assert AuditEntry.objects.filter(action="tenant.buys_from").count() == 1
    with tenant_scope(chain.north.switch.tenant_id):
        assert AuditEntry.objects.filter(action="reseller.sold_to").count() == 1
        assert [sold.campaign.code for sold in reselling.resellers()] == ["AUTUMN"]


def test_nobody_sells_in_a_circle_or_twice(chain: Chain) -> None:
    north, south = chain.north.switch, chain.south.switch
    east = make_switch("east")
    for seller, buyer in ((south, north), (north, north)):
        with (
            tenant_scope(seller.tenant_id),
            pytest.raises(reselling.SellsToItself, match="it buys from it"),
        ):
            reselling.sell_to(
                reseller_id=buyer.tenant_id, campaign=seller.beta, valid_from=DEC, at=AT, by=BY
            )
    with (
        tenant_scope(north.tenant_id),
        pytest.raises(reselling.SoldAlready, match="AUTUMN of Beta"),
    ):
        reselling.sell_to(
            reseller_id=south.tenant_id, campaign=north.world.campaign, valid_from=DEC, at=AT, by=BY
        )
    with (
        tenant_scope(east.tenant_id),
        pytest.raises(reselling.HasAnotherParent, match="South Calls buys from another"),
    ):
        reselling.sell_to(
            reseller_id=south.tenant_id, campaign=east.beta, valid_from=START, at=AT, by=BY
        )


def test_a_sale_ends_and_another_campaign_takes_over(chain: Chain) -> None:
    north, noon = chain.north.switch, datetime(2026, 11, 2, 12, 30, tzinfo=UTC)
    with tenant_scope(north.tenant_id):
        reselling.end_selling(sold=reselling.resellers().get(), valid_to=noon, at=AT, by=BY)
        reselling.sell_to(
            reseller_id=chain.south.switch.tenant_id, campaign=north.world.campaign,
            valid_from=noon, at=AT, by=BY,
        )  # fmt: skip
    chain.south.ingest(Row(key=1, seconds=60), Row(key=2, seconds=60, minute=40))
    assert legs(chain.north) == [("sell", 60, 100_000), ("sell", 60, 600_000)]


def test_the_operator_lets_one_tenant_sell_to_another(
    fresh_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    north = make_switch("north")
    make_switch("south")
    monkeypatch.setattr(runtime, "now", lambda: AT)
    app = typer.Typer()
    app.command()(reseller)
    result = CliRunner().invoke(
        app, ["south", "--tenant", "north", "--campaign", "AUTUMN", "--from", "2026-12-01"]
    )
    assert result.stdout == (
        "From 2026-12-01 00:00 (Europe/Berlin) on, calls of south are calls of Beta Ltd, campaign"
        " AUTUMN, of North Calls.\n"
    )
    with tenant_scope(north.tenant_id):
        (sold,) = reselling.resellers()
        assert sold.source.code == "reseller-south"
        assert sold.valid_from == datetime(2026, 11, 30, 23, tzinfo=UTC)


def test_a_correction_waits_where_its_price_is_made_of_what_the_parent_has_billed(
    both: Chain,
) -> None:
    """North has billed 2 minutes, 0.20. South sells at cost and a quarter: 0.25 stays 0.25."""
    subscribe(both.south, CostPlus(markup_ppm=250_000))
    both.south.ingest(Row(key=1, seconds=61))
    both.issue()
    result = both.south.ingest(Row(key=1, seconds=121), filename="again.csv")
    assert (result.rated, result.quarantined, result.reasons) == (0, 1, {"unknown_cost": 1})
    assert legs(both.south) == [("sell", 120, 250_000), ("parent", 120, 200_000)]
    assert "the parent has already billed" in quarantined(both.south)[0][1]
    ((charge_id,),) = both.south.rows("SELECT id FROM charge WHERE is_current AND leg = 'sell'")
    assert explained(both.south, charge_id).equal
    tenant_id = both.south.switch.tenant_id
    ids = [row_id for (row_id,) in both.south.rows("SELECT id FROM quarantine")]
    again = reprocess(both.south.connection, tenant_id=tenant_id, ids=ids, at=AT, by="test")
    assert (again.waiting, again.reasons) == (1, {"unknown_cost": 1})
