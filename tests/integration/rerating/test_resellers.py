"""A parent re-rates a reseller's calls: what they pay is their cost, and follows at once.

SOUTH sells +44 at 0.60 a minute, 60/60. It buys from NORTH, as Beta there: +44 at 0.10, 60/60. Its
calls are of 61 s and 60 s: 0.20 and 0.10 to North.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from django.db import connection

from tests.integration.engine.conftest import AT, Plant
from tests.integration.engine.test_legs import BY, UK, add_telco, costs, explained, legs, publish
from tests.integration.engine.test_resellers import Chain, sells
from tests.support.billing import as_data
from tests.support.switch import (
    NOON,
    Row,
    add_version,
    make_card,
    make_switch,
    master_csv,
    set_rule,
)
from tests.support.world import START
from tollwright.core.rating.legs import CostPlus
from tollwright.data.models import AuditEntry, Invoice, RateCard
from tollwright.data.scope import tenant_scope
from tollwright.domain.invoices import operations as invoices
from tollwright.domain.plans import operations as plans
from tollwright.domain.rerating import operations, queries
from tollwright.domain.rerating.scope import CallScope
from tollwright.domain.tenants import reselling
from tollwright.engine.ingest import ingest_file

LATER = datetime(2026, 11, 20, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 2, tzinfo=UTC)
NOVEMBER_ENDS = datetime(2026, 11, 30, 23, tzinfo=UTC)
SOLD = (
    "SELECT amount_micros FROM charge ch JOIN call c ON c.id = ch.call_id WHERE ch.is_current"
    " AND leg = 'sell' AND source_id IN (SELECT source_id FROM reseller) ORDER BY ch.started_at"
)
OURS = [("sell", 120, 1_200_000), ("sell", 60, 600_000)]


@pytest.fixture
def chain(fresh_db: str, engine_connection: psycopg.Connection[object]) -> Iterator[Chain]:
    """Two calls taken in. In the end both books tell the same, days are summed, and every charge
    replays."""
    north, south = (Plant(engine_connection, make_switch(name)) for name in ("north", "south"))
    sells(north, south)
    south.ingest(Row(key=1, seconds=61), Row(key=2, seconds=60, minute=5))
    yield Chain(south, north)
    assert paid(south) == [micros for (micros,) in north.rows(SOLD)]
    for plant in (north, south):
        assert summed(plant) == plant.rows(
            "SELECT campaign_id, sell_micros, buy_micros, bought FROM usage_day ORDER BY 1"
        )
        for charge_id, micros in plant.rows("SELECT id, amount_micros FROM charge"):
            told = explained(plant, charge_id)
            assert (told.equal, told.replayed_micros) == (True, micros)


def summed(plant: Plant) -> list[tuple[object, ...]]:
    return plant.rows(
        "SELECT campaign_id, coalesce(sum(amount_micros) FILTER (WHERE leg = 'sell'), 0),"
        " coalesce(sum(amount_micros) FILTER (WHERE leg <> 'sell'), 0),"
        " count(*) FILTER (WHERE leg <> 'sell') FROM charge WHERE is_current GROUP BY 1 ORDER BY 1"
    )


def paid(plant: Plant) -> list[object]:
    """What the calls cost the reseller, in micros."""
    return [micros for leg, _, micros in legs(plant) if leg == "parent"]


def sold_at(plant: Plant, number: int, micros: int, since: datetime = START) -> None:
    """Another price a minute for the plant's reseller."""
    rates = (("44", "United Kingdom", micros * 1000, False),)
    with tenant_scope(plant.switch.tenant_id):
        add_version(RateCard.objects.get(code="WHOLE"), number, since, rates)


def rerate(plant: Plant, scope: CallScope | None = None, at: datetime = LATER) -> int:
    """Apply what the report says now; how many calls change."""
    scope = scope or CallScope()
    with tenant_scope(plant.switch.tenant_id):
        report = queries.difference_report(scope, at=at)
        if report.changed:
            operations.apply(scope=scope, fingerprint=report.fingerprint, key=f"{at}", at=at, by=BY)
        return report.changed


def history(plant: Plant) -> list[tuple[object, ...]]:
    """(revision, current, micros, rated at) of the costs of the first call."""
    return plant.rows(
        "SELECT revision, is_current, amount_micros, rated_at FROM charge WHERE leg = 'parent'"
        " AND call_id = (SELECT min(call_id) FROM charge) ORDER BY 1"
    )


def test_what_a_reseller_pays_is_its_cost_at_once(chain: Chain) -> None:
    sold_at(chain.north, 2, 150_000)
    assert rerate(chain.north) == 2
    assert legs(chain.north) == [("sell", 120, 300_000), ("sell", 60, 150_000)]
    assert paid(chain.south) == [300_000, 150_000]
    assert [one for one in legs(chain.south) if one[0] == "sell"] == OURS
    assert costs(chain.south) == [("EUR", 2, 1_800_000, 450_000)]
    assert history(chain.south) == [(0, False, 200_000, AT), (1, True, 300_000, LATER)]
    assert rerate(chain.north) == 0
    with tenant_scope(chain.south.switch.tenant_id):
        told = AuditEntry.objects.get(action="costs.followed")
        assert (told.actor, told.after) == ("system", {"costs": [
            {"currency": "EUR", "calls": 2, "old_micros": 300_000, "new_micros": 450_000},
        ]})  # fmt: skip
        assert not AuditEntry.objects.filter(action="rerating.applied").exists()


def test_only_the_calls_that_change_follow(chain: Chain) -> None:
    """From 12:02 on it is 0.15: the second call."""
    sold_at(chain.north, 2, 150_000, since=NOON + timedelta(minutes=2))
    assert rerate(chain.north) == 1
    assert paid(chain.south) == [200_000, 150_000]
    assert history(chain.south) == [(0, True, 200_000, AT)]


def test_again_and_again_each_revision_tells_its_own(chain: Chain) -> None:
    """0.15, back to 0.10, and 0.15 once more: by four versions of the card."""
    for number, micros in ((2, 150_000), (3, 100_000), (4, 150_000)):
        sold_at(chain.north, number, micros)
        assert rerate(chain.north, at=LATER + timedelta(days=number)) == 2
    assert [row[2] for row in history(chain.south)] == [200_000, 300_000, 200_000, 300_000]


def test_on_an_issued_invoice_it_follows_with_the_note(chain: Chain) -> None:
    north = chain.north.switch
    with tenant_scope(north.tenant_id):
        run = invoices.run_billing(until=NOVEMBER_ENDS, key="nov", at=DECEMBER, by=BY)
        for one in Invoice.objects.filter(run=run):
            invoices.finalise(invoice=one, at=DECEMBER, by=BY, render=as_data)
    sold_at(chain.north, 2, 150_000)
    assert rerate(chain.north, at=DECEMBER) == 2
    assert paid(chain.south) == [200_000, 100_000]
    with tenant_scope(north.tenant_id):
        (proposal,) = queries.proposals()
        at = DECEMBER + timedelta(days=3)
        operations.accept(proposal=proposal, at=at, by=BY, render=as_data)
        operations.accept(proposal=proposal, at=at, by=BY, render=as_data)
    assert paid(chain.south) == [300_000, 150_000]
    assert history(chain.south) == [(0, False, 200_000, AT), (1, True, 300_000, at)]


def test_what_pools_leave_for_a_resellers_call_is_its_cost_too(chain: Chain) -> None:
    """Two minutes are free from now on: the call of 61 s is, and nothing is left for the other.
    Then a call of Beta's own comes in that was before both and takes one of the minutes."""
    north, world = chain.north, chain.north.switch.world
    free = {"name": "two minutes", "prefixes": ["44"], "unit": "seconds", "amount": 120,
            "step_s": 60}  # fmt: skip
    with tenant_scope(north.switch.tenant_id):
        make_card(world, "FREE", (("44", "United Kingdom", 100_000_000, False),), [free])
        set_rule(
            world, "forced_card", "FREE", campaign=north.switch.beta, since=START,
            set_at=NOON + timedelta(days=1),
        )  # fmt: skip
    assert rerate(north) == 1
    assert paid(chain.south) == [0, 100_000]
    file = master_csv([Row(key=9, account="BETA", seconds=60, minute=-5)])
    ingest_file(
        north.connection, tenant_id=north.switch.tenant_id, source_code="AST", filename="own.csv",
        stream=io.BytesIO(file), at=LATER, by="test",
    )  # fmt: skip
    assert paid(chain.south) == [100_000, 100_000]


def test_a_chain_moves_by_one_leg_only(chain: Chain) -> None:
    """East sells to North at 0.05, then at 0.08: North's cost moves, what South pays does not."""
    east = Plant(chain.north.connection, make_switch("east"))
    sells(east, chain.north, 50_000_000)
    chain.south.ingest(Row(key=3, seconds=60, minute=9))
    before = legs(chain.south)
    sold_at(east, 2, 80_000)
    assert rerate(east) == 1
    assert [one for one in legs(chain.north) if one[1:] == (60, 80_000)] == [("parent", 60, 80_000)]
    assert legs(chain.south) == before
    assert summed(east) == east.rows(
        "SELECT campaign_id, sell_micros, buy_micros, bought FROM usage_day ORDER BY 1"
    )


def test_a_resellers_own_re_rating_leaves_its_cost(chain: Chain) -> None:
    with tenant_scope(chain.south.switch.tenant_id):
        add_version(
            chain.south.switch.card, 2, START, (("44", "United Kingdom", 300_000_000, False),)
        )
    assert rerate(chain.south) == 2
    assert paid(chain.south) == [200_000, 100_000]
    assert rerate(chain.south, CallScope(leg="cost")) == 0  # a parent's is no carrier's


def test_strangers_keep_what_they_have(chain: Chain) -> None:
    """West buys from nobody, and has a call of the same key and time."""
    west = Plant(chain.north.connection, make_switch("west"))
    west.ingest(Row(key=1, seconds=61))
    before = (legs(west), costs(west))
    sold_at(chain.north, 2, 150_000)
    rerate(chain.north)
    assert (legs(west), costs(west)) == before
    assert connection.in_atomic_block is False


def test_a_report_that_fails_moves_nothing_at_the_reseller(chain: Chain) -> None:
    sold_at(chain.north, 2, 150_000)
    with tenant_scope(chain.north.switch.tenant_id):
        report = queries.difference_report(CallScope(), at=LATER)
    sold_at(chain.north, 3, 160_000)
    with (
        tenant_scope(chain.north.switch.tenant_id),
        pytest.raises(operations.ReportOutdated),
    ):
        operations.apply(
            scope=CallScope(), fingerprint=report.fingerprint, key="k", at=LATER, by=BY
        )
    assert paid(chain.south) == [200_000, 100_000]


def test_from_the_carrier_to_the_resellers_cost(
    fresh_db: str, engine_connection: psycopg.Connection[object]
) -> None:
    """North buys at 0.03 a minute by the second and sells to South at cost + 100 %: 61 s are 0.0305
    and 0.061. At 0.06 it is 0.061 and 0.122: each by a report of its own."""
    north, south = (Plant(engine_connection, make_switch(name)) for name in ("north", "south"))
    telco = add_telco(north)
    with tenant_scope(north.switch.tenant_id):
        reselling.sell_to(
            reseller_id=south.switch.tenant_id, campaign=north.switch.beta, valid_from=START,
            at=START, by=BY,
        )  # fmt: skip
        plan = plans.create_plan(code="PLUS", name="Plus", at=START, by=BY)
        draft = plans.draft_version(
            plan=plan, card=north.switch.card, currency="EUR", at=START, by=BY,
            cost_plus=CostPlus(markup_ppm=10**6),
        )  # fmt: skip
        plans.subscribe(
            customer=north.switch.beta.customer, starts_on=date(2026, 10, 1), at=START, by=BY,
            version=plans.publish_version(version=draft, at=START, by=BY),
        )  # fmt: skip
    south.ingest(Row(key=1, seconds=61))
    assert legs(north) == [("sell", 120, 61_000), ("buy", 61, 30_500)]
    assert paid(south) == [61_000]
    with tenant_scope(north.switch.tenant_id):
        publish(telco.card, START, UK | {"price": "0.06"})
    assert rerate(north, CallScope(leg="cost")) == 1
    assert (legs(north), paid(south)) == (
        [("sell", 120, 61_000), ("buy", 61, 61_000)], [61_000],
    )  # fmt: skip
    assert rerate(north, at=LATER + timedelta(days=1)) == 1
    assert (legs(north), paid(south)) == (
        [("sell", 120, 122_000), ("buy", 61, 61_000)], [122_000],
    )  # fmt: skip
    for plant in (north, south):
        for (charge_id,) in plant.rows("SELECT id FROM charge"):
            assert explained(plant, charge_id).equal
