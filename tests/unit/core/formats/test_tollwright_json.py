"""Tollwright's own JSON: what a program may push, and what each mistake is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tollwright.core.formats.base import Fault, Ignored, Item, Options, Record
from tollwright.core.formats.registry import get

CALL = {
    "call_key": "c-1",
    "started_at": "2026-10-05T10:00:00+02:00",
    "answered_at": "2026-10-05T10:00:04+02:00",
    "ended_at": "2026-10-05T10:01:05.5+02:00",
    "caller": "+4930123456",
    "called": "+442079460000",
    "account": "acme",
}


def parse(*lines: object, options: Options | None = None) -> list[Item]:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    return list(get("tollwright_json").parse(["\n".join(texts).encode()], options or Options()))


def one(**changes: object) -> Item:
    told = {key: value for key, value in (CALL | changes).items() if value is not None}
    (item,) = parse(told)
    return item


def test_a_call_with_all_times() -> None:
    item = one()
    assert isinstance(item, Record)
    assert (item.started_at, item.answered_ms, item.source_seconds, item.duration_ms) == (
        datetime(2026, 10, 5, 8, tzinfo=UTC),
        61_500,  # 10:00:04 to 10:01:05.5
        61,
        65_500,
    )
    assert (item.answered, item.leg, item.hints) == (True, "customer", (("accountcode", "acme"),))


@pytest.mark.parametrize(
    ("changes", "answered_ms"),
    [
        ({"seconds": 61}, 61_000),
        ({"seconds": "60.0065"}, 60_007),
        ({"seconds": 62.345}, 62_345),
        ({"answered_at": None, "seconds": 7}, 7_000),
        ({"answered_at": None}, 0),
    ],
    ids=["whole", "text, half up", "decimal number", "seconds and end", "not answered"],
)
def test_the_length(changes: dict[str, object], answered_ms: int) -> None:
    item = one(**changes)
    assert isinstance(item, Record)
    assert item.answered_ms == answered_ms


def test_a_time_without_offset_is_in_the_sources_zone() -> None:
    told = CALL | {"started_at": "2026-10-05 10:00:00"}
    (item,) = parse(told, options=Options(zone="Europe/London"))
    assert isinstance(item, Fault)  # 09:00 UTC, after the answer at 08:00:04 UTC
    assert item.code == "seconds_conflict"


@pytest.mark.parametrize(
    ("changes", "code", "names"),
    [
        ({"answerd_at": "x"}, "field", "answerd_at"),
        ({"called": 44}, "field", "called"),
        ({"called": None}, "field", "called"),
        ({"call_key": " "}, "no_id", "call_key"),
        ({"started_at": "0"}, "time", "start"),
        ({"started_at": "5.10.2026"}, "time", "5.10.2026"),
        ({"ended_at": None}, "length", "an end"),
        ({"answered_at": None, "ended_at": None, "seconds": 7}, "time", "unknown"),
        ({"seconds": 10_800}, "seconds_conflict", "61.5 s from its answer to its end, or 10800 s"),
        ({"ended_at": "2026-10-05T10:00:01+02:00"}, "seconds_conflict", "before its answer"),
        ({"seconds": 65_535, "ended_at": None}, "clipped", "65535"),
        ({"seconds": -1}, "negative", "seconds"),
        ({"seconds": 86_401}, "too_long", "seconds"),
        ({"seconds": "NaN"}, "number", "seconds"),
        ({"direction": "up"}, "field", "direction"),
        ({"seconds": "1e999999999"}, "number", "1E+999999999"),
        ({"seconds": "-Infinity"}, "number", "seconds"),
        ({"agent": "A\0"}, "nul", "NUL"),
        ({"call_key": "k" * 201}, "field", "call_key"),
        ({"started_at": "0001-01-01T00:00:00+23:00"}, "time", "calendar"),
    ],
)
def test_a_mistake_is_named(changes: dict[str, object], code: str, names: str) -> None:
    item = one(**changes)
    assert isinstance(item, Fault)
    assert item.code == code
    assert names in item.reason


def test_each_line_ends_in_one_item_with_its_number() -> None:
    items = parse(CALL, "", "{", '"text"', CALL)
    assert [(type(item), item.line) for item in items] == [
        (Record, 1), (Ignored, 2), (Fault, 3), (Fault, 4), (Record, 5),
    ]  # fmt: skip


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    (item,) = parse('{"call_key": "' + "x" * 200 + '"}', options=Options(max_line_bytes=100))
    assert isinstance(item, Fault)
    assert item.code == "line_too_long"
