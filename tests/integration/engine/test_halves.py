"""Channels that lead back into the switch, their sides in files of their own: one charge.

A sample's four legs of FreeSWITCH over a loopback, and an Asterisk call over a Local channel, by
Dial and by Queue, in every order of their rows, a file each.
"""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from tests.integration.engine.conftest import AT, Plant
from tests.integration.engine.test_samples import flat
from tests.support.samples import sample
from tests.unit.core.formats.test_asterisk_lines import row
from tests.unit.core.formats.test_loopback import COLUMNS
from tollwright.engine.ingest import replay, roll_back

CASE = "cases/13-loopback-legs-are-not-customer-calls/input.json"
LB = "u13lb-1796065033"
LOCAL = "Local/442079460000@out-00000001"


def loopback() -> list[bytes]:
    return [f"{line}\n".encode() for line in sample(CASE).read_text().splitlines()]


def local(**near: str) -> list[bytes]:
    """61 s that are led on over a Local channel: towards ;1, and on from ;2 by a trunk."""
    told = {"linkedid": "1793700000.1", "dst": "+442079460000"}
    rows = [
        row(1, 0, 61, uniqueid="1793700000.1", dstchannel=f"{LOCAL};1", **told, **near),
        row(2, 1, 61, uniqueid="1793700000.2", channel=f"{LOCAL};2",
            dstchannel="PJSIP/gw-00000002", **told),
    ]  # fmt: skip
    return [f"{text}\n".encode() for text in rows]


def in_columns() -> list[bytes]:
    """The same four legs as rows of a csv."""
    rows = []
    for leg in loopback():
        told = json.loads(leg)
        cells = told["callflow"][0]["caller_profile"] | told["variables"]
        rows.append(",".join(f'"{cells.get(name, "")}"' for name in COLUMNS))
    return [f"{text}\n".encode() for text in rows]


def standing(plant: Plant) -> list[str]:
    return [key for (key,) in plant.rows("SELECT call_key FROM call WHERE is_current ORDER BY 1")]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_loopback_in_four_files_is_charged_once(plant: Plant, order: tuple[int, ...]) -> None:
    flat(plant, cdr_format="freeswitch_json", zone="UTC", region="")
    legs = loopback()
    results = [plant.take(legs[place], f"{place}.json", source="REAL") for place in order]
    assert current_charges(plant) == [(LB, 60)]
    assert standing(plant) == [LB]
    assert [result.records for result in results] == [1, 1, 1, 1]
    plant.check_sums()


def current_charges(plant: Plant) -> list[tuple[str, int]]:
    return [
        (key, micros // 1_000)
        for key, micros in plant.rows(
            "SELECT call_key, amount_micros FROM charge ch JOIN call c ON c.id = ch.call_id"
            " WHERE ch.is_current"
        )
    ]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_a_loopback_in_four_tables(plant: Plant, order: tuple[int, ...]) -> None:
    flat(plant, cdr_format="freeswitch_csv", zone="UTC", region="")
    columns = json.dumps({"columns": COLUMNS})
    plant.run(f"UPDATE source SET options = '{columns}' WHERE code = 'REAL'")
    for place in order:
        plant.take(in_columns()[place], f"{place}.csv", source="REAL")
    assert (standing(plant), current_charges(plant)) == ([LB], [(LB, 60)])
    plant.check_sums()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_local_channel_by_dial_in_two_files(plant: Plant, order: tuple[int, int]) -> None:
    rows = local()
    for place in order:
        plant.take(rows[place], f"{place}.csv")
    assert standing(plant) == ["1793700000.2/2"]
    plant.check_sums()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize(
    ("called", "calls", "waiting"),
    [
        ("201", ["1793700000.1/1"], ["unknown_destination"]),
        ("+442079460000", ["1793700000.1/1", "1793700000.2/2"], []),
    ],
)
def test_a_queues_agent_over_a_local_channel_in_two_files(
    plant: Plant, order: tuple[int, int], called: str, calls: list[str], waiting: list[str]
) -> None:
    """The caller's line stays the call; the call to the agent is one where it leaves the switch."""
    rows = local(lastapp="Queue", lastdata="sales,t")
    rows[1] = rows[1].replace(b'"+442079460000"', f'"{called}"'.encode())
    for place in order:
        plant.take(rows[place], f"{place}.csv")
    assert standing(plant) == calls
    assert plant.rows("SELECT reason FROM quarantine WHERE status = 'open'") == [
        (reason,) for reason in waiting
    ]
    plant.check_sums()


def test_rolled_back_and_replayed(plant: Plant) -> None:
    """Without the leg that was last, the call that it made none is one again."""
    flat(plant, cdr_format="freeswitch_json", zone="UTC", region="")
    legs = loopback()
    for place in (0, 2):
        plant.take(legs[place], f"{place}.json", source="REAL")
    before = standing(plant)
    assert len(before) == 2
    batch = plant.take(legs[1], "1.json", source="REAL")
    assert standing(plant) == [LB]
    tenant = plant.switch.tenant_id
    roll_back(plant.connection, tenant_id=tenant, batch_id=batch.batch_id, at=AT, by="test")
    assert standing(plant) == before
    plant.check_sums()
    replay(plant.connection, tenant_id=tenant, batch_id=batch.batch_id, at=AT, by="test")
    assert standing(plant) == [LB]
    plant.check_sums()
