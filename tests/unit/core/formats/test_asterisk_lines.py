"""Rows of one channel: one second of a customer's line is charged once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.samples import sample
from tests.unit.core.formats.rows import ASTERISK, asterisk, items, records
from tests.unit.kernel.parsed import by_rule, facts
from tollwright.core.formats.base import Options, Record

TEN = datetime(2026, 11, 3, 10, tzinfo=UTC)
ID = "1793700000.10"  # born at 10:00:00


@dataclass(frozen=True)
class Told:
    """What is said of a row: seconds after 10:00:00."""

    leg: str
    began: int | None = None
    seconds: int = 0
    called: str = "442079460000"


def row(number: int, answered: int | None, ended: int, **cells: str) -> str:
    """Row `number` of one channel, answered and ended so many seconds after 10:00:00."""

    def stamp(seconds: int | None) -> str:
        return "" if seconds is None else f"{TEN + timedelta(seconds=seconds):%F %T}"

    spoken = 0 if answered is None else ended - answered
    told = {
        "uniqueid": ID, "linkedid": ID, "sequence": str(number), "dst": "442079460000",
        "channel": "PJSIP/acme-00000001", "dstchannel": f"PJSIP/a{number}-0000000{number}",
        "start": stamp(answered or 0), "answer": stamp(answered), "end": stamp(ended),
        "duration": str(ended - (answered or 0)), "billsec": str(spoken),
        "disposition": "NO ANSWER" if answered is None else "ANSWERED",
    }  # fmt: skip
    return asterisk(**(told | cells))


def told(record: Record) -> Told:
    if record.leg != "customer":
        return Told(record.leg)
    began = None if record.answered_at is None else int((record.answered_at - TEN).total_seconds())
    return Told("customer", began, record.answered_ms // 1_000, record.called)


def judged(*rows: str, **options: object) -> list[Told]:
    return [told(record) for record in records(items(ASTERISK, *rows, **options))]


INSIDE = Told("internal")
NO_ANSWER = {"disposition": "NO ANSWER"}
A, B = {"dst": "442079460001"}, {"dst": "442079460002"}


def call(began: int, seconds: int, called: str = "442079460000") -> Told:
    return Told("customer", began, seconds, called)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # an IVR answered, two agents ring 10 s, a third one speaks 50 s: the line was open 60 s
        ([row(1, 0, 10, **NO_ANSWER), row(2, 0, 10, **NO_ANSWER), row(3, 0, 60)],
         [INSIDE, INSIDE, call(0, 60)]),
        # nobody says ANSWERED: the longest tells
        ([row(1, 0, 10, **NO_ANSWER), row(2, 0, 25, **NO_ANSWER)], [INSIDE, call(0, 25)]),
        # the one that says ANSWERED tells, also where another one is longer: their union
        ([row(1, 0, 50, **NO_ANSWER), row(2, 20, 60, **A)], [INSIDE, call(0, 60, "442079460001")]),
        # 2 s of overlap are one stretch; 1 s is what whole seconds leave over: a transfer
        ([row(1, 0, 10), row(2, 8, 20, **NO_ANSWER)], [call(0, 20), INSIDE]),
        ([row(1, 0, 10, **A), row(2, 9, 20, **B)],
         [call(0, 10, "442079460001"), call(10, 10, "442079460002")]),
        # a row without seconds beside rows with
        ([row(1, 0, 0), row(2, 3, 9)], [INSIDE, call(3, 6)]),
        ([row(1, None, 9), row(2, 0, 0)], [INSIDE, call(0, 0)]),
        # a transfer to one destination is one call; a pause of 2 s still touches, 3 s do not
        ([row(1, 0, 2), row(2, 2, 6)], [call(0, 6), INSIDE]),
        ([row(1, 0, 2), row(2, 4, 6)], [call(0, 6), INSIDE]),
        ([row(1, 0, 2), row(2, 5, 6)], [call(0, 2), call(5, 1)]),
        # outbound to several: a call each
        ([row(1, 0, 2, **A), row(2, 2, 6, **B)],
         [call(0, 2, "442079460001"), call(2, 4, "442079460002")]),
        # the same row under another key, and the finer of the two counts
        ([row(1, 0, 9), row(2, 0, 9, dstchannel="PJSIP/a1-00000001")], [call(0, 9), INSIDE]),
        # a repeated line is the line: whoever counts rows sees a duplicate
        ([row(1, 0, 9), row(1, 0, 9), row(2, 5, 20, **NO_ANSWER)],
         [call(0, 20), call(0, 20), INSIDE]),
    ],
)  # fmt: skip
def test_rows_of_one_channel(rows: list[str], expected: list[Told]) -> None:
    assert judged(*rows) == expected
    backwards = judged(*reversed(rows))
    assert sum(one.seconds for one in backwards) == sum(one.seconds for one in expected)
    assert len([one for one in backwards if one.leg == "customer"]) == len(
        [one for one in expected if one.leg == "customer"]
    )


@pytest.mark.parametrize(
    ("options", "cells", "expected"),
    [
        ({"transfers": "stretch"}, {}, [call(0, 2, "442079460001"), call(2, 4, "442079460002")]),
        ({"transfers": "line"}, {}, [call(0, 6, "442079460001"), INSIDE]),
        # it came from outside: by its endpoint, or by its context's name
        ({"trunks": ["ac*"]}, {}, [call(0, 6, "442079460001"), INSIDE]),
        ({}, {"dcontext": "from-trunk"}, [call(0, 6, "442079460001"), INSIDE]),
        ({"transfers": "stretch"}, {"dcontext": "from-trunk"},
         [call(0, 2, "442079460001"), call(2, 4, "442079460002")]),
    ],
)  # fmt: skip
def test_a_transfer_by_its_rule(
    options: dict[str, object], cells: dict[str, str], expected: list[Told]
) -> None:
    rows = [row(1, 0, 2, **A, **cells), row(2, 2, 6, **B, **cells)]
    if "trunks" in options:
        options = {"trunks": tuple(options["trunks"])}  # type: ignore[arg-type]  # a list of texts
    assert judged(*rows, **options) == expected


def test_stretches_and_line_have_the_same_seconds() -> None:
    rows = [row(1, 0, 10, **A), row(2, 9, 20, **B), row(3, 20, 31, **A)]
    sums = [sum(one.seconds for one in judged(*rows, transfers=how)) for how in ("line", "stretch")]
    assert sums == [31, 31]


LOCAL_1, LOCAL_2 = "Local/101@agents-00000001;1", "Local/101@agents-00000001;2"
OWN = {"uniqueid": "1793700050.3", "accountcode": ""}


def half(**cells: str) -> str:
    return row(9, 60, 120, channel=LOCAL_2, dcontext="agents", **(OWN | cells))


@pytest.mark.parametrize(
    ("app", "cells", "options", "expected"),
    [
        ("Queue", {"dst": "101"}, {}, [call(0, 120), INSIDE]),
        # the agent is a mobile, or sits behind a trunk: a call of its own, of the same account
        ("Queue", {"dst": "447700900000"}, {}, [call(0, 120), call(60, 60, "447700900000")]),
        ("Queue", {"dst": "101", "dstchannel": "PJSIP/gw-01"}, {"trunks": ("gw",)},
         [call(0, 120), call(60, 60, "101")]),
        ("Dial", {"dst": "101"}, {}, [INSIDE, call(60, 60, "101")]),
    ],
)  # fmt: skip
def test_halves_of_local_channels(
    app: str, cells: dict[str, str], options: dict[str, object], expected: list[Told]
) -> None:
    caller = row(1, 0, 120, dstchannel=LOCAL_1, lastapp=app, lastdata="sales")
    for rows in ([caller, half(**cells)], [half(**cells), caller]):
        found = sorted(records(items(ASTERISK, *rows, **options)), key=lambda one: one.call_key)
        assert [told(one) for one in found] == expected
        if found[1].leg == "customer":
            assert ("accountcode", "ACME") in found[1].hints


def test_a_half_takes_the_callers_start() -> None:
    """It waited in an announcement for 50 s before the Local channel was made."""
    caller = row(1, 0, 120, dstchannel=LOCAL_1, lastapp="Dial")
    second = half(start=f"{TEN + timedelta(seconds=50):%F %T}", duration="70")
    [_, call_] = records(items(ASTERISK, caller, second))
    assert (call_.started_at, call_.duration_ms, call_.answered_ms) == (TEN, 120_000, 60_000)


def test_the_agent_behind_two_local_channels_is_no_call() -> None:
    """A queue rings Local/101, whose dialplan dials Local/102 in turn."""
    caller = row(1, 0, 120, dstchannel=LOCAL_1, lastapp="Queue", lastdata="sales")
    on = half(dst="101", dstchannel="Local/102@x-02;1")
    last = row(3, 60, 120, channel="Local/102@x-02;2", dst="102", uniqueid="1793700051.5")
    for rows in ([caller, on, last], [last, on, caller]):
        legs = {r.unique_id: r.leg for r in records(items(ASTERISK, *rows))}
        assert legs == {
            ID: "customer", "1793700050.3": "internal", "1793700051.5": "internal",
        }  # fmt: skip


@pytest.mark.parametrize("billsec", ["3.007", "3"])
def test_the_print_meets_over_forms(billsec: str) -> None:
    """csv, epochs with fractions and a table without answer and end: one key."""
    columns = "src,dst,channel,dstchannel,uniqueid"
    cells = "4930,442071838750,PJSIP/uac-01,PJSIP/gw-02,1795336445.1"
    forms = {
        f"{columns},start,answer,end,duration,billsec": f"{cells},2026-11-22 08:34:05,"
        f"2026-11-22 08:34:06,2026-11-22 08:34:09,4,{billsec}",
        f"{columns},start,answer,end,duration,billsec,userfield": f"{cells},1795336445.100,"
        f"1795336446.200,1795336449.207,4.1,{billsec},rec=1.wav",
        f"{columns},calldate,duration,billsec": f"{cells},2026-11-22 08:34:05,4,3",
    }  # fmt: skip
    found = [records(items(ASTERISK, head, line))[0] for head, line in forms.items()]
    assert len({record.call_key for record in found}) == 1


def test_both_readers_judge_the_samples_alike() -> None:
    names = ["asterisk/queue_local_agents.csv"] + [
        f"cases/{case}/input.csv"
        for case in (
            "01-answered-channel-rings-three-agents-at-once",
            "20-transfer-charges-connect-fee-once",
        )
    ]
    for name in names:
        data = sample(name).read_bytes()
        assert facts(data, Options(), 2)[0] == by_rule(data, Options())
