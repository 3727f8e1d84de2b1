"""FreeSWITCH's rows and JSON: escapes, legs, times, bodies."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from tests.unit.core.formats.rows import FREESWITCH, faults, freeswitch, items, one, records
from tollwright.core.formats.base import Ignored, Item, Options
from tollwright.core.formats.freeswitch.spec import EXAMPLE
from tollwright.core.formats.registry import get

JSON = get("freeswitch_json")


def utc(second: int, micro: int = 0) -> datetime:
    return datetime(2026, 11, 22, 8, 34, second, micro, tzinfo=UTC)


def test_a_row_is_told() -> None:
    record = one(FREESWITCH, freeswitch())
    assert record.call_key == "7964b242-73be-44cf-b3a6-e27bf78a3f2b"
    assert (record.caller, record.called, record.cause) == (
        "12125550101", "33123456", "NORMAL_CLEARING",
    )  # fmt: skip
    assert (record.started_at, record.answered_at, record.ended_at) == (utc(5), utc(6), utc(9))
    assert (record.answered_ms, record.source_seconds, record.duration_ms) == (3_000, 3, 4_000)
    assert record.hints == (("context", "public"), ("accountcode", "ACME"))


def test_quotes_are_escaped_with_a_backslash() -> None:
    row = freeswitch(caller_id_name='Al \\"Q\\", O\'Neil')
    assert one(FREESWITCH, row).caller_name == 'Al "Q", O\'Neil'


def test_encoded_fields_are_decoded() -> None:
    row = freeswitch(caller_id_name="Al%20Q", destination_number="%2B4420")
    record = one(FREESWITCH, row)
    assert (record.caller_name, record.called) == ("Al Q", "+4420")


def test_a_template_of_ones_own_with_the_finest_fields() -> None:
    columns = (
        *("uuid", "direction", "originating_leg_uuid", "destination_number", "caller_id_number"),
        *("start_uepoch", "answer_uepoch", "end_uepoch", "billsec", "billusec", "accountcode"),
        *("cc_queue", "cc_agent", "campaign", "sip_gateway_name", "hangup_cause"),
    )
    row = (
        "u1,outbound,u0,442071838750,493012,1795336445805709,1795336446530913,1795336449537441,"
        "4,3006528,ACME,support,4711,spring,carrier-a,NORMAL_CLEARING"
    )
    record = one(FREESWITCH, row, columns=columns)
    assert (record.leg, record.group_key, record.direction) == ("supplier", "u0", "outbound")
    assert record.started_at == utc(5, 805_709)
    assert (record.answered_ms, record.source_seconds) == (3_007, 4)
    assert (record.queue, record.agent, record.campaign) == ("support", "4711", "spring")
    assert record.trunk_out == "carrier-a"


def test_a_dialled_out_leg_without_an_origin_is_the_customers() -> None:
    columns = (*EXAMPLE, "direction", "originating_leg_uuid")
    row = freeswitch(columns, direction="outbound", originating_leg_uuid="")
    record = one(FREESWITCH, row, columns=columns)
    assert (record.leg, record.direction) == ("customer", "outbound")


def test_a_claimed_row_is_the_b_leg() -> None:
    b_leg = freeswitch(uuid="b", accountcode="")
    a_leg = freeswitch(uuid="a", bleg_uuid="b")
    found = records(items(FREESWITCH, b_leg, a_leg))
    assert [(r.unique_id, r.leg, r.group_key) for r in found] == [
        ("b", "supplier", "a"), ("a", "customer", "a"),
    ]  # fmt: skip


def test_calls_of_one_caller_at_one_time_are_no_legs_of_each_other() -> None:
    """A dialler calls out with one number: where legs=a, nobody claims anybody."""
    rows = [freeswitch(uuid=str(number), accountcode="") for number in range(5)]
    assert [record.leg for record in records(items(FREESWITCH, *rows))] == ["customer"] * 5


def test_legs_a_means_that_every_row_is_a_call() -> None:
    rows = [freeswitch(uuid="b", accountcode=""), freeswitch(uuid="c", bleg_uuid="d")]
    found = records(items(FREESWITCH, *rows, legs="a"))
    assert [record.leg for record in found] == ["customer", "customer"]


def test_an_end_before_the_start_waits() -> None:
    [fault] = faults(items(FREESWITCH, freeswitch(end_stamp="2026-11-22 08:00:00")))
    assert fault.code == "seconds_conflict"


def test_a_repeated_hour_is_read_by_the_duration() -> None:
    row = freeswitch(start_stamp="2026-10-25 02:59:51", answer_stamp="2026-10-25 02:59:51",
                     end_stamp="2026-10-25 02:00:11", duration="20", billsec="20")  # fmt: skip
    record = one(FREESWITCH, row, zone="Europe/Berlin")
    assert record.started_at == datetime(2026, 10, 25, 0, 59, 51, tzinfo=UTC)
    assert record.ended_at == datetime(2026, 10, 25, 1, 0, 11, tzinfo=UTC)


def test_a_row_without_a_uuid_waits() -> None:
    assert [fault.code for fault in faults(items(FREESWITCH, freeswitch(uuid="")))] == ["no_id"]


def told(uuid: str = "u1", **variables: str) -> dict[str, object]:
    return {
        "variables": {
            "uuid": uuid, "direction": "inbound", "start_uepoch": "1795336445805709",
            "answer_uepoch": "1795336446530913", "end_uepoch": "1795336449537441",
            "billsec": "4", "billusec": "3006528", "accountcode": "ACME",
            "hangup_cause": "NORMAL_CLEARING", **variables,
        },
        "callflow": [
            {"caller_profile": {"caller_id_number": "4930", "destination_number": "555"}},
            {"caller_profile": {"caller_id_number": "4930", "destination_number": "33777"}},
        ],
    }  # fmt: skip


def read(text: str | bytes, **options: str) -> list[Item]:
    data = text.encode() if isinstance(text, str) else text
    return list(JSON.parse([data], Options(**options)))  # type: ignore[arg-type]  # by name


BODY = json.dumps(told())


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        BODY + "\n",
        "[" + BODY + "]",
        "[\n" + BODY + "\n]\n",
        json.dumps(told(), indent=2),
        json.dumps([told()], indent=2),
        "cdr=" + quote(BODY),
        "cdr=" + BODY,
        "POST /cdr HTTP/1.1\r\nHost: x\r\n\r\ncdr=" + quote(BODY),
        json.dumps(told(accountcode="AC%4DE")),
        "\ufeff" + BODY,
    ],
    ids=["object", "line", "array", "array-lines", "pretty", "pretty-array", "form",
         "form-plain", "http", "encoded-values", "bom"],
)  # fmt: skip
def test_one_call_in_every_wrapping(text: str) -> None:
    [record] = records(read(text))
    assert (record.call_key, record.caller, record.called, record.dialled) == (
        "u1", "4930", "555", "33777",
    )  # fmt: skip
    assert (record.answered_ms, record.source_seconds) == (3_007, 4)
    assert dict(record.hints)["accountcode"] == "ACME"
    assert faults(read(text)) == []


def test_several_objects_in_lines_and_arrays() -> None:
    for text in (
        "\n".join(json.dumps(told(uuid)) for uuid in "abc"),
        json.dumps([told(uuid) for uuid in "abc"]),
        json.dumps([told(uuid) for uuid in "abc"], indent=1),
        " ".join(json.dumps(told(uuid)) for uuid in "abc"),
    ):
        assert [record.call_key for record in records(read(text))] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"variables": {"uuid": "x"', "json"),
        ("garbage", "json"),
        ('{"a": 1}', "shape"),
        ("[1, 2]", "shape"),
        (json.dumps(told("")), "no_id"),
        (json.dumps(told(billusec="", billsec="")), "number"),
        (json.dumps(told(billusec="65535000000", end_uepoch="0")), "clipped"),
        (json.dumps(told(billsec="300")), "seconds_conflict"),
        (json.dumps(told(start_uepoch="0")), "time"),
        (json.dumps(told(end_uepoch="1795336440000000")), "seconds_conflict"),
        ("caf\xe9".encode("latin-1"), "encoding"),
    ],
)
def test_a_broken_line_costs_itself_only(line: str | bytes, code: str) -> None:
    data = line.encode() if isinstance(line, str) else line
    good = json.dumps(told("good")).encode()
    found = read(good + b"\n" + data + b"\n" + good)
    assert {fault.code for fault in faults(found)} == {code}
    assert [record.line for record in records(found)] == [1, 3]


def test_a_cut_pretty_object_costs_itself_only() -> None:
    pretty = json.dumps(told("good"), indent=2)
    cut = "\n".join(pretty.splitlines()[:5])
    found = read(f"{cut}\n{pretty}\n")
    assert [fault.code for fault in faults(found)] == ["json"]
    assert [record.line for record in records(found)] == [6]


def test_a_b_leg_names_its_origin() -> None:
    text = json.dumps(told("b", direction="outbound", originating_leg_uuid="a"))
    [record] = records(read(text))
    assert (record.leg, record.group_key) == ("supplier", "a")
    text = json.dumps(told("c", direction="outbound"))
    assert records(read(text))[0].leg == "customer"


def test_brackets_and_headers_are_ignored_lines() -> None:
    found = read("[\n" + BODY + "\n]\n")
    assert [item for item in found if isinstance(item, Ignored)] == [
        Ignored(1, "bracket of an array"), Ignored(3, "bracket of an array"),
    ]  # fmt: skip
