"""A call over a change of version: priced piece by piece, explained, and refused where it runs out.

RETAIL prices +44 at 0.60 a minute, 60/60; version 2, from 12:30 UTC, at 1.20.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.integration.engine.conftest import AT, Plant
from tests.support.switch import NOON, Row, add_version, make_card, set_rule
from tollwright.data.models import CardVersion
from tollwright.data.scope import tenant_scope
from tollwright.engine.rating.explain import Explanation, explain_charge

HALF_PAST = NOON.replace(minute=30)
DEARER = [("33", "France", 5, False), ("44", "United Kingdom", 1_200_000_000, False)]


def answered_at_1228(seconds: int, **more: Any) -> Row:
    """A call answered at 12:28:00 that lasts so many seconds."""
    return Row(minute=27, wait_s=60, seconds=seconds, **more)


def version_2(plant: Plant, rates: object = DEARER, since: datetime = HALF_PAST) -> CardVersion:
    with tenant_scope(plant.switch.tenant_id):
        return add_version(plant.switch.card, 2, since, rates)  # type: ignore[arg-type]  # rows as add_version says


def explained(plant: Plant) -> Explanation:
    """The one charge that stands."""
    ((charge_id,),) = plant.rows("SELECT id FROM charge WHERE is_current")
    with plant.connection.transaction():
        plant.connection.execute(
            "SELECT set_config('tollwright.tenant_id', %s, true)", [str(plant.switch.tenant_id)]
        )
        return explain_charge(plant.connection, charge_id)


@pytest.mark.parametrize(
    ("seconds", "billed_s", "micros"),
    [
        pytest.param(60, 60, 600_000, id="ends before"),
        pytest.param(120, 120, 1_200_000, id="ends as version 2 begins"),
        # two minutes at 0.60 to 12:30:00, then one begun at 1.20
        pytest.param(121, 180, 2_400_000, id="one second over"),
        pytest.param(300, 300, 4_800_000, id="two minutes at 0.60, three at 1.20"),
    ],
)
def test_piece_by_piece(plant: Plant, seconds: int, billed_s: int, micros: int) -> None:
    version_2(plant)
    result = plant.ingest(answered_at_1228(seconds))
    assert result.priced_individually == (seconds > 120)
    assert ("outside the kernel" in result.sentence) == (seconds > 120)
    ((found_s, found, version_id, rate_no),) = plant.rows(
        "SELECT billed_s, amount_micros, card_version_id, rate_no FROM charge"
    )
    assert (found_s, found) == (billed_s, micros)
    assert (version_id, rate_no) == (plant.switch.version.pk, 0)  # of the answer
    told = explained(plant)
    assert told.equal
    runs_on = any("runs into version 2 of card RETAIL" in text for text in told.sentences)
    assert runs_on == (seconds > 120)
    plant.check_sums()


def test_a_minute_begun_before_is_paid_at_the_old_price(plant: Plant) -> None:
    version_2(plant)
    plant.ingest(Row(minute=28, wait_s=30, seconds=120))  # 12:28:30 to 12:30:30
    # minutes begin at 12:28:30 and 12:29:30, both before 12:30
    assert plant.rows("SELECT amount_micros FROM charge") == [(1_200_000,)]
    assert explained(plant).equal


def test_three_versions_in_one_call(plant: Plant) -> None:
    version_2(plant)
    with tenant_scope(plant.switch.tenant_id):
        free = [("44", "United Kingdom", 60_000_000, False)]
        add_version(plant.switch.card, 3, NOON.replace(minute=31), free)
    plant.ingest(answered_at_1228(240))
    # 2 x 0.60, 1 x 1.20, 1 x 0.06
    assert plant.rows("SELECT amount_micros FROM charge") == [(2_460_000,)]
    assert explained(plant).equal


def test_a_version_without_the_destination_stops_the_price(plant: Plant) -> None:
    version_2(plant, [("33", "France", 5, False)])
    result = plant.ingest(answered_at_1228(121))
    assert result.reasons == {"unknown_destination": 1}
    ((detail,),) = plant.rows("SELECT detail FROM quarantine")
    assert "120 s after the answer no row holds" in detail


def test_a_version_published_after_the_rating_does_not_change_the_replay(plant: Plant) -> None:
    plant.ingest(answered_at_1228(300))
    with tenant_scope(plant.switch.tenant_id):
        add_version(plant.switch.card, 2, HALF_PAST, DEARER, published_at=AT + timedelta(days=1))
    told = explained(plant)
    assert (told.charge.amount_micros, told.equal) == (3_000_000, True)
    assert not any("runs into" in text for text in told.sentences)


def test_a_crossing_call_draws_on_its_allowance_first(plant: Plant) -> None:
    """150 s free of 300: the rest, 150 s from 12:30:30, is at the price of version 2."""
    free: dict[str, object] = {"name": "free", "unit": "seconds", "amount": 150}
    with tenant_scope(plant.switch.tenant_id):
        card, _ = make_card(plant.switch.world, "BUNDLE", [("44", "", 600_000_000, False)], [free])
        add_version(card, 2, HALF_PAST, [("44", "", 1_200_000_000, False)], [free])
        set_rule(plant.switch.world, "forced_card", "BUNDLE")
    plant.ingest(answered_at_1228(300))
    charges = plant.rows("SELECT allowance_s, billed_s, amount_micros FROM charge")
    assert charges == [(150, 180, 3_600_000)]  # 150 s are three minutes begun at 1.20
    assert explained(plant).equal
