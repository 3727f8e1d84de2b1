"""Every format against files that real switches wrote: each stated key of each row, and bills."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.samples import expected, sample
from tollwright.core.formats.base import Options, Record
from tollwright.core.formats.registry import get

CUSTOM = (
    *("clid", "src", "dst", "channel", "dstchannel", "start(u)", "answer(u)", "end(u)"),
    *("duration(f)", "billsec(f)", "disposition", "uniqueid", "linkedid", "sequence"),
)
CASES = {
    "freeswitch/json/": ("freeswitch_json", Options(zone="America/New_York")),
    "freeswitch/Master.csv": ("freeswitch_csv", Options(zone="America/New_York")),
    "freeswitch/http_post_json.txt": ("freeswitch_json", Options(zone="America/New_York")),
    "freeswitch/public_cgrates_2018.cdr.json": ("freeswitch_json", Options()),
    "asterisk/Master.csv": ("asterisk_csv", Options()),
    "asterisk/Custom_epoch.csv": ("asterisk_csv", Options(columns=CUSTOM)),
    "asterisk/adaptive_odbc_cdr.csv": ("asterisk_csv", Options(zone="Europe/Berlin")),
}


def parse(path: Path, format_name: str, options: Options) -> list[Any]:
    with path.open("rb") as file:
        return list(get(format_name).parse(iter(lambda: file.read(4_096), b""), options))


def records_of(name: str) -> list[Record]:
    format_name, options = CASES[name]
    path = sample(name)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    items = [item for file in files for item in parse(file, format_name, options)]
    return [item for item in items if isinstance(item, Record)]


def instant(moment: datetime | None, like: str | None) -> str | None:
    """The moment in the form of `like`: whole seconds are cut, milliseconds rounded half up."""
    if moment is None:
        return None
    if like is None or "." not in like:
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    rounded = moment + timedelta(microseconds=500)
    return rounded.strftime("%Y-%m-%dT%H:%M:%S.") + f"{rounded.microsecond // 1000:03}Z"


def account(record: Record) -> str:
    return dict(record.hints).get("accountcode", "")


LEG = {"customer": "a", "supplier": "b", "internal": "a"}
READ: dict[str, Any] = {
    "unique_id": lambda record, _: record.unique_id,
    "sequence": lambda record, _: record.sequence,
    "linked_id": lambda record, _: record.group_key,
    "a_leg_uuid": lambda record, _: record.group_key,
    "leg": lambda record, _: LEG[record.leg],
    "line": lambda record, _: record.line,
    "direction": lambda record, _: record.direction,
    "caller": lambda record, _: record.caller,
    "caller_name": lambda record, _: record.caller_name,
    "callee": lambda record, _: record.called,
    "first_dialled": lambda record, _: record.dialled,
    "channel": lambda record, _: record.channel,
    "dst_channel": lambda record, _: record.dst_channel,
    "start_utc": lambda record, like: instant(record.started_at, like),
    "answer_utc": lambda record, like: instant(record.answered_at, like),
    "end_utc": lambda record, like: instant(record.ended_at, like),
    "answered": lambda record, _: record.answered,
    "billable_seconds": lambda record, _: record.source_seconds,
    "billable_ms": lambda record, _: record.answered_ms,
    "duration_seconds": lambda record, _: record.duration_ms // 1000,
    "hangup_cause": lambda record, _: record.cause,
    "disposition": lambda record, _: record.disposition,
    "account": lambda record, _: account(record),
    "start_stamp": lambda record, like: like if like in record.raw else None,
}


def told(record: Record, row: dict[str, Any]) -> dict[str, Any]:
    return {key: READ[key](record, like) for key, like in row.items() if key != "file"}


def by_id(records: list[Record]) -> dict[tuple[str, int | None], Record]:
    return {(record.unique_id, record.sequence): record for record in records}


def stated(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "file"}


@pytest.mark.parametrize("name", CASES)
def test_every_row_is_read_as_the_switch_meant_it(name: str) -> None:
    records = by_id(records_of(name))
    rows = expected(name)["records"]
    got = [told(records[row["unique_id"], row.get("sequence")], row) for row in rows]
    assert got == [stated(row) for row in rows]
    assert len(records) == len(rows)


@pytest.mark.parametrize(
    "name", ["freeswitch/json/", "freeswitch/Master.csv", "asterisk/Master.csv"]
)
def test_exactly_the_billable_calls_are_customer_legs(name: str) -> None:
    calls = expected(name)["billable_calls"]
    charged = [r for r in records_of(name) if r.leg == "customer" and r.answered]
    charged = [by_id(charged)[call["unique_id"], call.get("sequence")] for call in calls] + [
        record
        for record in charged
        if record.unique_id not in {call["unique_id"] for call in calls}
    ]
    assert [told(record, call) for record, call in zip(charged, calls, strict=True)] == calls


def test_the_seconds_of_the_asterisk_file_add_up() -> None:
    charged = [r for r in records_of("asterisk/Master.csv") if r.leg == "customer"]
    total = expected("asterisk/Master.csv")["total_billable_seconds"]
    assert sum(record.source_seconds for record in charged) == total
