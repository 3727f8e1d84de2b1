"""Numbers of a switch in Britain: the home plan first, extensions never as countries.

RETAIL: +44 at 0.60 and +49 at 0.12 a minute, 60/60; BRITAIN besides: 112 at 0.06.
"""

from __future__ import annotations

import pytest

from tests.integration.engine.conftest import Plant
from tests.support.switch import RATES, Row, make_card, set_rule
from tollwright.data.scope import tenant_scope

PRICED = """
    SELECT c.called, k.prefix, k.amount_micros FROM charge k JOIN call c ON c.id = k.call_id
     ORDER BY c.called"""
CALLED = ("01134960000", "01144960000", "02079460000", "2002", "4410", "3401", "112")


@pytest.fixture
def britain(plant: Plant) -> Plant:
    world = plant.switch.world
    with tenant_scope(world.tenant.pk):
        make_card(world, "BRITAIN", (*RATES, ("112", "Emergency", 60_000_000, False)))
        set_rule(world, "default_card", "BRITAIN")
    plant.run("UPDATE source SET region = 'GB'")
    return plant


@pytest.mark.parametrize("more", [0, 200])  # a few rows go one by one, many in columns
def test_home_numbers_are_home_and_extensions_wait(britain: Plant, more: int) -> None:
    rows = [Row(key=at, called=called) for at, called in enumerate(CALLED)]
    rows += [Row(key=1000 + at, called=f"0113496{at:04}", seconds=0) for at in range(more)]
    result = britain.ingest(*rows)
    assert (result.rated, result.unanswered, result.quarantined) == (4, more, 3)
    assert result.reasons == {"unknown_destination": 3}
    assert britain.rows(PRICED) == [
        ("112", "112", 120_000), ("441134960000", "44", 1_200_000),
        ("441144960000", "44", 1_200_000), ("442079460000", "44", 1_200_000),
    ]  # fmt: skip
    britain.check_sums()


@pytest.mark.parametrize("more", [0, 200])
def test_what_stays_inside_is_ignored(britain: Plant, more: int) -> None:
    britain.run("""UPDATE source SET options = '{"internal": ["1000-4999"], "strip": ["9"]}'""")
    rows = [
        Row(key=1, caller="1001", called="4410"),  # between two extensions
        Row(key=2, called="*97"),
        Row(key=3, called="client:ann", seconds=0),
        Row(key=4, called="4410"),  # from outside to an extension: it waits
        Row(key=5, called="901134960000"),
    ]
    rows += [Row(key=1000 + at, called=f"0113496{at:04}", seconds=0) for at in range(more)]
    result = britain.ingest(*rows)
    assert (result.rated, result.ignored, result.quarantined) == (1, 3, 1)
    assert result.reasons == {"internal leg": 3, "unknown_destination": 1}
    assert britain.rows(PRICED) == [("441134960000", "44", 1_200_000)]


@pytest.mark.parametrize("more", [0, 200])
def test_digits_that_no_plan_knows_wait_and_are_no_number_abroad(plant: Plant, more: int) -> None:
    """441 2345 dialled without its area code in America is no call to Britain."""
    plant.run("UPDATE source SET region = 'US'")
    rows = [Row(key=1, called="4412345"), Row(key=2, called="011442079460000")]
    rows += [Row(key=1000 + at, called=f"011442079{at:06}", seconds=0) for at in range(more)]
    result = plant.ingest(*rows)
    assert (result.rated, result.unanswered, result.quarantined) == (1, more, 1)
    assert result.reasons == {"invalid_number": 1}
    assert plant.rows(PRICED) == [("442079460000", "44", 1_200_000)]
