"""Free minutes, calls and money through the engine: by time of answer, then key, in any order.

BUNDLE: +44 at 0.60 and +49 at 0.12 a minute, 60/60, 100 free seconds to +44 a period. A call of a
minute to London costs 0.60 without them.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.engine.conftest import AT, Plant
from tests.support.billing import ANNA, bill_and_issue
from tests.support.switch import NOON, Row, add_version, make_card, set_rule
from tests.support.world import START
from tollwright.data.models import Campaign, Identifier, RateCard
from tollwright.data.scope import tenant_scope
from tollwright.domain.rates.operations import publish_version, save_draft
from tollwright.engine.ingest.reprocess import reprocess
from tollwright.engine.ingest.rollback import roll_back
from tollwright.engine.rating.explain import Explanation, explain_charge

RATES = [
    ("44", "United Kingdom", 600_000_000, False),
    ("49", "Germany", 120_000_000, False),
]
FREE: dict[str, object] = {"name": "free", "prefixes": ["44"], "unit": "seconds", "amount": 100}
DAY = 24 * 60  # minutes
DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)


def bundle(plant: Plant, *allowances: dict[str, object]) -> RateCard:
    """A card with these allowances, by which every campaign is priced."""
    with tenant_scope(plant.switch.tenant_id):
        card, _ = make_card(plant.switch.world, "BUNDLE", RATES, allowances)
        set_rule(plant.switch.world, "forced_card", "BUNDLE")
    return card


def charged(plant: Plant) -> list[tuple[int, int, int]]:
    """(allowance seconds, billed seconds, micros) of what stands, by time of answer."""
    return plant.rows(
        "SELECT allowance_s, billed_s, amount_micros FROM charge ch"
        " JOIN call c ON c.id = ch.call_id WHERE ch.is_current ORDER BY answered_at, call_key"
    )


def amounts(plant: Plant) -> list[int]:
    return [micros for _, _, micros in charged(plant)]


def explained(plant: Plant) -> list[Explanation]:
    """Every charge, those of retired revisions too, replayed."""
    found = []
    for (charge_id,) in plant.rows("SELECT id FROM charge ORDER BY id"):
        with plant.connection.transaction():
            plant.connection.execute(
                "SELECT set_config('tollwright.tenant_id', %s, true)", [str(plant.switch.tenant_id)]
            )
            found.append(explain_charge(plant.connection, charge_id))
    return found


def minute(key: int, at: int, **more: Any) -> Row:
    """A call of 60 s, answered `at` minutes after noon of 2 November."""
    return Row(key=key, minute=at, **{"seconds": 60, **more})


def test_free_seconds_cover_the_first_calls(plant: Plant) -> None:
    bundle(plant, FREE)
    result = plant.ingest(minute(1, 0), minute(2, 1), minute(3, 2))
    assert (result.rated, result.quarantined) == (3, 0)
    # 60 free; 40 free and 20 s, a minute begun; nothing left
    assert charged(plant) == [(60, 0, 0), (40, 60, 600_000), (0, 60, 600_000)]
    assert plant.rows("SELECT max(revision) FROM charge") == [(0,)]
    assert plant.rows("SELECT before, taken FROM allowance_use ORDER BY charge_id") == [
        (0, 60), (60, 40), (100, 0),
    ]  # fmt: skip
    plant.check_sums()


@pytest.mark.parametrize(
    ("allowance", "found"),
    [
        pytest.param({"excess": "partial"}, [0, 600_000, 600_000], id="partial"),
        pytest.param({"excess": "whole_free"}, [0, 0, 600_000], id="whole free"),
        pytest.param({"excess": "all_or_nothing"}, [0, 600_000, 600_000], id="all or nothing"),
        pytest.param({"unit": "calls", "amount": 2}, [0, 0, 600_000], id="two free calls"),
        pytest.param(
            {"unit": "money", "amount": "1.00"}, [0, 200_000, 600_000], id="one euro of money"
        ),
        pytest.param({"prefixes": ["4930"]}, [600_000] * 3, id="for another destination"),
        pytest.param({"step_s": 60}, [0, 600_000, 600_000], id="steps of a minute"),
        pytest.param({"expires_at": "2026-11-02T12:01:00Z"}, [0, 600_000, 600_000], id="expired"),
    ],
)
def test_kinds_of_allowance(plant: Plant, allowance: dict[str, object], found: list[int]) -> None:
    bundle(plant, {**FREE, **allowance})
    plant.ingest(minute(1, 0), minute(2, 1), minute(3, 2))
    assert amounts(plant) == found
    assert all(one.equal for one in explained(plant))


def test_a_call_that_comes_late_goes_first(plant: Plant) -> None:
    """The later ones, rated already, are charged anew in the same transaction."""
    bundle(plant, FREE)
    plant.ingest(minute(2, 1), minute(3, 2))
    assert charged(plant) == [(60, 0, 0), (40, 60, 600_000)]
    plant.ingest(minute(1, 0), filename="late.csv")
    assert charged(plant) == [(60, 0, 0), (40, 60, 600_000), (0, 60, 600_000)]
    revisions = plant.rows(
        "SELECT line_no, ch.revision, ch.is_current, amount_micros FROM charge ch"
        " JOIN call c ON c.id = ch.call_id ORDER BY answered_at, 2"
    )
    assert revisions == [
        (1, 0, True, 0), (1, 0, False, 0), (1, 1, True, 600_000), (2, 0, False, 600_000),
        (2, 1, True, 600_000),
    ]  # fmt: skip
    assert all(one.equal for one in explained(plant))
    plant.check_sums()


def test_calls_of_one_instant_go_by_their_key(plant: Plant) -> None:
    bundle(plant, FREE)
    plant.ingest(minute(2, 0))
    plant.ingest(minute(1, 0), filename="late.csv")
    assert charged(plant) == [(60, 0, 0), (40, 60, 600_000)]


def test_a_correction_gives_back_what_was_taken(plant: Plant) -> None:
    bundle(plant, FREE)
    plant.ingest(minute(1, 0), minute(2, 1))
    plant.ingest(minute(1, 0, seconds=10), filename="corrected.csv")
    assert charged(plant) == [(10, 0, 0), (60, 0, 0)]
    plant.ingest(minute(1, 0, seconds=0), filename="again.csv")  # it was never answered
    assert charged(plant) == [(60, 0, 0)]
    plant.check_sums()


def test_a_corrected_call_in_one_file(plant: Plant) -> None:
    bundle(plant, FREE)
    plant.ingest(minute(1, 0), minute(2, 1), minute(1, 0, seconds=30))
    assert charged(plant) == [(30, 0, 0), (60, 0, 0)]
    plant.check_sums()


def test_a_rolled_back_file_gives_back_what_it_took(plant: Plant) -> None:
    bundle(plant, FREE)
    first = plant.ingest(minute(1, 0))
    plant.ingest(minute(2, 1), filename="second.csv")
    before = plant.ingest(minute(1, 0, seconds=100), filename="corrected.csv")
    assert charged(plant) == [(100, 0, 0), (0, 60, 600_000)]
    taken_back(plant, before.batch_id)
    assert charged(plant) == [(60, 0, 0), (40, 60, 600_000)]
    taken_back(plant, first.batch_id)
    assert charged(plant) == [(60, 0, 0)]
    assert plant.rows("SELECT sum(taken) FROM allowance_use WHERE charge_id IN"
                      " (SELECT id FROM charge WHERE is_current)") == [(60,)]  # fmt: skip
    assert all(one.equal for one in explained(plant))
    plant.check_sums()


def taken_back(plant: Plant, batch_id: int) -> None:
    roll_back(
        plant.connection, tenant_id=plant.switch.tenant_id, batch_id=batch_id, at=AT, by="test"
    )


def test_a_call_out_of_quarantine_draws_in_its_turn(plant: Plant) -> None:
    bundle(plant, FREE)
    plant.ingest(minute(1, 0, account="NEW"), minute(2, 1), minute(3, 2))
    assert charged(plant) == [(60, 0, 0), (40, 60, 600_000)]
    with tenant_scope(plant.switch.tenant_id):
        Identifier.objects.create(
            tenant=plant.switch.world.tenant, campaign=plant.switch.world.campaign,
            kind="accountcode", value="NEW", valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
    ids = [row[0] for row in plant.rows("SELECT id FROM quarantine")]
    reprocess(plant.connection, tenant_id=plant.switch.tenant_id, ids=ids, at=AT, by="test")
    assert charged(plant) == [(60, 0, 0), (40, 60, 600_000), (0, 60, 600_000)]
    plant.check_sums()


def test_pools_are_full_again_when_a_period_begins(plant: Plant) -> None:
    """Midnight is Berlin's, 23:00 UTC: 659 minutes after noon are before it, 660 after."""
    bundle(plant, {**FREE, "amount": 60})
    with tenant_scope(plant.switch.tenant_id):
        set_rule(plant.switch.world, "cycle", "day")
    plant.ingest(minute(1, 0), minute(2, 659 - 1), minute(3, 660), minute(4, 661))
    assert amounts(plant) == [0, 600_000, 0, 600_000]


def test_a_month_is_the_customers_month(plant: Plant) -> None:
    bundle(plant, {**FREE, "amount": 60})
    before = 28 * DAY + 10 * 60 + 59  # 30 November, 22:59 UTC: 23:59 in Berlin
    plant.ingest(minute(1, 0), minute(2, before), minute(3, before + 1))
    assert amounts(plant) == [0, 600_000, 0]


@pytest.mark.parametrize(
    ("per", "found"),
    [
        pytest.param("customer", [0, 600_000, 0], id="one pool for all campaigns"),
        pytest.param("campaign", [0, 0, 0], id="a pool for each campaign"),
    ],
)
def test_whose_pool_it_is(plant: Plant, per: str, found: list[int]) -> None:
    """Two campaigns of Acme, one of Beta: customers never share."""
    bundle(plant, {**FREE, "amount": 60, "per": per})
    world = plant.switch.world
    with tenant_scope(plant.switch.tenant_id):
        other = Campaign.objects.create(
            tenant=world.tenant, customer=world.customer, code="WINTER", name="Winter",
            created_at=AT,
        )  # fmt: skip
        Identifier.objects.create(
            tenant=world.tenant, campaign=other, kind="accountcode", value="WINTER",
            valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
    plant.ingest(minute(1, 0), minute(2, 1, account="WINTER"), minute(3, 2, account="BETA"))
    assert amounts(plant) == found
    assert all(one.equal for one in explained(plant))


def test_a_new_version_makes_the_pool_larger_not_full(plant: Plant) -> None:
    card = bundle(plant, {**FREE, "amount": 60})
    with tenant_scope(plant.switch.tenant_id):
        add_version(card, 2, NOON.replace(minute=30), RATES, [{**FREE, "amount": 130}])
    plant.ingest(minute(1, 0), minute(2, 1), minute(3, 40), minute(4, 41))
    # 60 of 60; none; 60 of the 70 that the larger pool has; 10, and 50 s are a minute begun
    assert charged(plant) == [(60, 0, 0), (0, 60, 600_000), (60, 0, 0), (10, 60, 600_000)]
    assert all(one.equal for one in explained(plant))


def test_a_call_that_cover_would_leave_without_a_price_draws_on_none(plant: Plant) -> None:
    """The row ends at 12:01:30. A call of 119 s from noon begins its minutes at 0 and 60 s; with
    40 s covered it would begin one at 100 s. A minute each, and nothing from the pool."""
    card = bundle(plant, FREE)
    row = {"prefix": "44", "price": "0.60", "first_s": 60, "next_s": 60,
           "effective_to": "2026-11-02T12:01:30Z"}  # fmt: skip
    with tenant_scope(plant.switch.tenant_id):
        draft = save_draft(card=card, data={"rates": [row], "allowances": [FREE]}, at=AT, by=ANNA)
        publish_version(version=draft, effective_from=START, at=AT, by=ANNA)
    plant.ingest(minute(1, -1), minute(2, 0, seconds=119))
    assert charged(plant) == [(60, 0, 0), (0, 120, 1_200_000)]
    told = explained(plant)
    assert all(one.equal for one in told)
    assert any("priced without them" in sentence for sentence in told[1].sentences)


def test_what_the_card_refuses_waits_without_touching_the_pool(plant: Plant) -> None:
    bundle(plant, {**FREE, "prefixes": [""]})
    result = plant.ingest(minute(1, 0, called="+33123456789"), minute(2, 1))
    assert result.reasons == {"unknown_destination": 1}
    assert charged(plant) == [(60, 0, 0)]


def test_rules_of_seconds_come_before_the_pool(plant: Plant) -> None:
    bundle(plant, FREE)
    with tenant_scope(plant.switch.tenant_id):
        set_rule(plant.switch.world, "minimum_seconds", 30)
    plant.ingest(minute(1, 0, seconds=29), minute(2, 1), minute(3, 2, seconds=40))
    assert charged(plant) == [(0, 0, 0), (60, 0, 0), (40, 0, 0)]


def test_what_is_invoiced_keeps_what_it_took(plant: Plant) -> None:
    """A call that comes after the invoice shares what is left, though it was answered first."""
    bundle(plant, FREE)
    plant.ingest(minute(2, 1), minute(3, 2, seconds=20), minute(4, 3, called="+4930123", seconds=9))
    assert charged(plant) == [(60, 0, 0), (20, 0, 0), (0, 60, 120_000)]
    with tenant_scope(plant.switch.tenant_id):
        (invoice,) = bill_and_issue("november", until=DECEMBER)
    assert invoice.number
    plant.ingest(minute(1, 0), filename="late.csv")
    # 80 s are on the invoice; 20 of the 60 s are free, the rest is a minute begun
    assert charged(plant) == [(20, 60, 600_000), (60, 0, 0), (20, 0, 0), (0, 60, 120_000)]
    assert plant.rows("SELECT count(*) FROM charge") == [(4,)]
    assert all(one.equal for one in explained(plant))


def test_the_explanation_tells_what_the_pool_held(plant: Plant) -> None:
    bundle(plant, FREE)
    plant.ingest(minute(1, 0), minute(2, 1))
    told = explained(plant)[1].sentences
    assert (
        "Of 100 s of free, earlier calls of the billing period had taken 60 s: 40 s are left."
        in told
    )
    assert told[-1] == "Replayed from what is stored: 0.6 EUR, as charged."


# Any order of files: the same charges to the micro.

CALLS = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from([0, 1, 20, 59, 60, 61, 150])),
    min_size=1, max_size=9,
)  # fmt: skip


@settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(calls=CALLS, pieces=st.integers(1, 4), order=st.randoms(use_true_random=False))
def test_any_split_and_order_of_files_gives_the_same(
    plant: Plant, calls: list[tuple[int, int]], pieces: int, order: random.Random
) -> None:
    if not plant.rows("SELECT 1 FROM rate_card WHERE code = 'BUNDLE'"):
        bundle(
            plant,
            FREE,
            {"name": "calls", "unit": "calls", "amount": 1, "weight": 5, "per": "campaign"},
            {"name": "money", "unit": "money", "amount": "0.90"},
        )
    rows = [
        Row(key=key, minute=at, seconds=seconds, account=("ACME", "BETA")[key % 2])
        for key, (at, seconds) in enumerate(calls)
    ]
    with plant.connection.transaction(force_rollback=True):
        plant.ingest(*rows)
        whole = charged(plant), days(plant)
    shuffled = order.sample(rows, len(rows))
    with plant.connection.transaction(force_rollback=True):
        for piece in range(pieces):
            plant.ingest(*shuffled[piece::pieces], filename=f"{piece}.csv")
        assert (charged(plant), days(plant)) == whole
        assert all(one.equal for one in explained(plant))
        plant.check_sums()


def days(plant: Plant) -> object:
    return plant.totals()["days"]


@pytest.mark.parametrize(
    ("setting", "value"), [("cycle", "weekly"), ("cycle", "day"), ("timezone", "Asia/Tokyo")]
)
def test_a_change_of_rule_fills_no_pool_before_the_period_ends(
    plant: Plant, setting: str, value: str
) -> None:
    """Said on 10 November: November is one period all the same, as its invoice is."""
    bundle(plant, {**FREE, "amount": 60})
    tenth = datetime(2026, 11, 10, 9, tzinfo=UTC)
    with tenant_scope(plant.switch.tenant_id):
        set_rule(plant.switch.world, setting, value, since=tenth)
    plant.ingest(minute(1, 0), minute(2, 9 * DAY), minute(3, 20 * DAY), minute(4, 29 * DAY))
    assert amounts(plant) == [0, 600_000, 600_000, 0]
