"""Rows of one line that come with several files are what they are in one file.

+44 costs 0.60 a minute, 60/60. Each story has a channel of its own; its seconds count from 10:00.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import pytest

from tests.integration.engine.conftest import AT, Plant
from tests.unit.core.formats.test_asterisk_lines import NO_ANSWER, A, B, row
from tollwright.engine.ingest import replay, roll_back

Calls = list[tuple[int, int, str]]
X = {"dst": "+442079460000"}
FORK = {"dstchannel": "PJSIP/a1-00000001"}
TRUNK = {"dcontext": "from-trunk"}


@dataclass(frozen=True)
class Story:
    """Rows of one channel, by their number, and the calls they are: began, seconds, called."""

    rows: Sequence[dict[str, object]]
    calls: Calls
    orders: Sequence[Sequence[int]] = field(default=((0, 1), (1, 0)))


def told(number: int, answered: int | None, ended: int, **cells: str) -> dict[str, object]:
    return {"number": number, "answered": answered, "ended": ended, **X, **cells}


NUMBER = "442079460000"
STORIES = {
    "three agents ring at once": Story(
        [told(1, 0, 10, **NO_ANSWER), told(2, 0, 10, **NO_ANSWER), told(3, 0, 60)],
        [(0, 60, NUMBER)], [(0, 1, 2), (2, 1, 0), (1, 2, 0)],
    ),
    "the union is longer than each row": Story(
        [told(1, 0, 50, **NO_ANSWER), told(2, 20, 60)], [(0, 60, NUMBER)]
    ),
    "a transfer to the same number": Story([told(1, 0, 2), told(2, 2, 6)], [(0, 6, NUMBER)]),
    "a transfer of a call from outside": Story(
        [told(1, 0, 2, **TRUNK), told(2, 2, 6, **TRUNK) | {"dst": "+442079460001"}],
        [(0, 6, NUMBER)],
    ),
    "a transfer to two numbers": Story(
        [told(1, 0, 2), told(2, 2, 6) | {"dst": "+442079460001"}],
        [(0, 2, NUMBER), (2, 4, "442079460001")],
    ),
    "a row between two that touch it": Story(
        [told(1, 0, 2), told(2, 2, 6), told(3, 6, 9)], [(0, 9, NUMBER)],
        [(0, 2, 1), (2, 0, 1), (0, 1, 2)],
    ),
    "the copy of a second module": Story(
        [told(1, 0, 9, **FORK), told(2, 0, 9, **FORK, userfield="rec=1.wav")], [(0, 9, NUMBER)]
    ),
    "without a number, the copy of one that has one": Story(
        [told(1, 0, 9, **FORK), told(2, 0, 9, **FORK) | {"sequence": ""}], [(0, 9, NUMBER)]
    ),
    "an attempt that nobody answered": Story(
        [told(1, None, 5), told(2, 7, 12)], [(7, 5, NUMBER)]
    ),
    "two calls with a pause": Story(
        [told(1, 0, 2), told(2, 9, 12)], [(0, 2, NUMBER), (9, 3, NUMBER)]
    ),
}  # fmt: skip


def lines(story: Story, channel: int) -> list[str]:
    uniqueid = f"1793700000.{channel}"
    own = {"uniqueid": uniqueid, "linkedid": uniqueid}
    return [row(**(own | one)) for one in story.rows]  # type: ignore[arg-type]  # by name


def current(plant: Plant, channel: int) -> Calls:
    return [
        (int(began), ms // 1_000, called)
        for began, ms, called in plant.rows(
            "SELECT extract(epoch FROM answered_at - '2026-11-03 10:00Z'::timestamptz)::int,"
            f" answered_ms, called FROM call WHERE call_key LIKE '1793700000.{channel}/%'"
            " AND is_current ORDER BY answered_at"
        )
    ]


def test_any_split_over_files_gives_the_same_calls(plant: Plant) -> None:
    """Each story in each of its orders, a row a file; then all of its rows once more."""
    channels = count(1)
    for name, story in STORIES.items():
        for order in story.orders:
            channel = next(channels)
            rows = lines(story, channel)
            for place in order:
                result = plant.take(f"{rows[place]}\n".encode())
                assert (result.records, result.quarantined) == (1, 0), (name, order)
            assert current(plant, channel) == story.calls, (name, order)
            again = plant.take("\n".join([*rows, ""]).encode(), f"all of {name} {order}")
            assert current(plant, channel) == story.calls, (name, order, "again")
            assert (again.rated, again.quarantined) == (0, 0), (name, order, again)
    plant.check_sums()
    charged = plant.rows(
        "SELECT count(*) FROM charge ch JOIN call c ON c.id = ch.call_id"
        " WHERE ch.is_current AND NOT c.is_current"
    )
    assert charged == [(0,)]


def test_a_rollback_brings_back_what_was_held(plant: Plant) -> None:
    """The row between two calls makes them one; without it they are two again; replayed, one."""
    story = STORIES["a row between two that touch it"]
    first, between, last = lines(story, 7)
    plant.take(f"{first}\n{last}\n".encode())
    apart = [(0, 2, NUMBER), (6, 3, NUMBER)]
    assert current(plant, 7) == apart
    batch = plant.take(f"{between}\n".encode())
    assert (current(plant, 7), batch.reasons) == (story.calls, {"corrections": 2})
    plant.check_sums()
    tenant = plant.switch.tenant_id
    roll_back(plant.connection, tenant_id=tenant, batch_id=batch.batch_id, at=AT, by="test")
    assert current(plant, 7) == apart
    plant.check_sums()
    replay(plant.connection, tenant_id=tenant, batch_id=batch.batch_id, at=AT, by="test")
    assert current(plant, 7) == story.calls
    plant.check_sums()


def test_rows_farther_apart_than_the_lookahead_meet_in_the_database(plant: Plant) -> None:
    """The second row of channel 3 comes 30 rows later; rows are judged within 2."""
    plant.run("UPDATE source SET options = '{\"lookahead\": 2}'")
    first, second = lines(STORIES["the union is longer than each row"], 3)
    others = [lines(STORIES["a transfer to the same number"], n)[0] for n in range(100, 130)]
    result = plant.take("\n".join([first, *others, second, ""]).encode())
    assert (result.records, result.quarantined) == (32, 0)
    assert current(plant, 3) == [(0, 60, NUMBER)]
    plant.check_sums()


@pytest.mark.parametrize("unlike", [A, B])
def test_a_part_told_otherwise_is_a_question(plant: Plant, unlike: dict[str, str]) -> None:
    """Of a line of two rows one comes again with another end: only a person can say what holds."""
    rows = lines(STORIES["a transfer to the same number"], 5)
    plant.take("\n".join([*rows, ""]).encode())
    changed = row(1, 0, 4, uniqueid="1793700000.5", linkedid="1793700000.5", **unlike)
    result = plant.take(f"{changed}\n".encode())
    assert (result.quarantined, result.reasons) == (1, {"conflict": 1})
    assert current(plant, 5) == [(0, 6, NUMBER)]


def test_a_row_told_again_with_another_caller_is_a_correction(plant: Plant) -> None:
    """Its times are what the line's rows made it: alone, and with a second row of the line."""
    for channel, story in ((8, "two calls with a pause"), (9, "a transfer to the same number")):
        rows, calls = lines(STORIES[story], channel), STORIES[story].calls
        plant.take("\n".join([*rows, ""]).encode())
        changed = [row.replace('"4930123456"', '"4930123457"') for row in rows]
        result = plant.take(f"{changed[0]}\n".encode())
        assert (result.reasons, result.quarantined) == ({"corrections": 1}, 0)
        assert current(plant, channel) == calls
        again = plant.take(f"{changed[0]}\n\n".encode())
        assert (again.duplicates, again.rated) == (1, 0)
        plant.check_sums()
