"""CALLS.csv in, OUT.csv out: every line keeps its place and gets its status."""

from __future__ import annotations

import json

import pytest

from tests.unit.core.words import card_of
from tollwright.core.rating.call_file import (
    CallFileError,
    out_csv,
    out_json,
    out_row,
    parse_calls,
    rate_lines,
)
from tollwright.core.rating.rate_lookup import prepare

CARD = prepare(
    card_of(
        {"price": "0.60", "connect_fee": "0.05", "first_s": 30, "next_s": 6},
        {"prefix": "4490", "blocked": True},
        timezone="Europe/Berlin",
        rounding={"decimals": 4},
    )
)
HEADER = "call_key,answered_at,seconds,caller,called\n"


def rows_of(*lines: str, header: str = HEADER) -> list[dict[str, str]]:
    calls = parse_calls(header + "\n".join(lines), CARD)
    charges = rate_lines(calls, CARD)
    return [out_row(c.call_key, charge, 4) for c, charge in zip(calls, charges, strict=True)]


def status_of(line: str) -> tuple[str, str]:
    (row,) = rows_of(line)
    return row["status"], row["reason"]


def test_a_file_and_its_result() -> None:
    rows = rows_of(
        "a,2026-11-16T10:00:00Z,31,15550001,4420123",
        "b,2026-11-16T10:00:00+01:00,31,,449012",
        'c,2026-11-16 10:00:00,31,,"33,1"',
        "",
        "d,2026-11-16T10:00:00,0.4,+1555,+4420",
        "e,2026-11-16T10:00:00,0,,33",
    )
    assert out_csv(rows) == (
        "call_key,status,reason,prefix,band,billed_s,amount,allowance_s\n"
        "a,rated,,44,,36,0.4100,0\n"
        "b,blocked,the destination 4490 is blocked,4490,,,,\n"
        "c,invalid,\"the called number '33,1' is not made of digits only\",,,,,\n"
        "d,rated,,44,,30,0.3500,0\n"
        "e,unmatched,no row for 33,,,,,\n"
    )


def test_the_same_as_json() -> None:
    rows = rows_of("a,2026-11-16T10:00:00Z,31,1,4420123", "e,2026-11-16T10:00:00,0,,33")
    data = json.loads(out_json(rows))
    assert (data[0]["amount"], data[0]["billed_s"], data[0]["band"]) == ("0.4100", 36, "")
    assert (data[1]["amount"], data[1]["billed_s"], data[1]["allowance_s"]) == (None, None, None)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a,,31,1,44", "answered_at is missing"),
        ("a,yesterday,31,1,44", "answered_at 'yesterday' is not an ISO 8601 time"),
        (
            "a,0001-01-01T00:00:00,31,1,44",
            "answered_at '0001-01-01T00:00:00' is not an ISO 8601 time",
        ),
        ("a,2026-11-16,,1,44", "seconds is missing"),
        ("a,2026-11-16,x,1,44", "seconds 'x' is not a number"),
        ("a,2026-11-16,NaN,1,44", "seconds 'NaN' is not a duration"),
        ("a,2026-11-16,1e99,1,44", "seconds '1e99' is not a duration"),
        ("a,2026-11-16,-0.001,1,44", "the duration is negative (-1 ms)"),
        ("a,2026-11-16,-0.0004,1,44", "the duration is negative (-1 ms)"),
        ("a,2026-11-16,86400.001,1,44", "the duration is over 24 hours (86400001 ms)"),
        ("a,2026-11-16,1,1,", "the called number is missing"),
        (",2026-11-16,1,1,44", "call_key is missing"),
        ("a,2026-11-16,1,1", "the line has 4 fields, the header 5"),
        ("a,2026-11-16,1,1,44,x", "the line has 6 fields, the header 5"),
        ("k\ufffd,2026-11-16,1,1,44", "the line has a byte that is not UTF-8"),
    ],
)
def test_a_bad_line_says_why(line: str, reason: str) -> None:
    assert status_of(line) == ("invalid", reason)


def test_a_field_of_a_megabyte_costs_its_line_only() -> None:
    rows = rows_of(f"a,2026-11-16,1,1,{'4' * 1_000_000}", "b,2026-11-16,1,1,44")
    assert [row["status"] for row in rows] == ["invalid", "rated"]
    (long,) = rows_of(f"c,2026-11-16,1,1,{'4' * 100_000}")
    assert (long["status"], len(long["reason"])) == ("invalid", 200)


@pytest.mark.parametrize(
    ("seconds", "from_ms", "billed"),
    [
        ("1.0004", "up", "2"),
        ("1.4996", "nearest", "1"),
        ("1.5", "nearest", "2"),
        ("1.9999", "down", "1"),
        ("1.2999", {"from_ms": 300}, "1"),
    ],
)
def test_what_is_finer_than_a_millisecond_keeps_the_rounding_exact(
    seconds: str, from_ms: object, billed: str
) -> None:
    index = prepare(card_of({}, second_rounding=from_ms))
    calls = parse_calls(f"{HEADER}a,2026-11-16,{seconds},1,44", index)
    assert out_row("a", rate_lines(calls, index)[0], 6)["billed_s"] == billed


def test_columns_are_found_by_name_and_caller_may_be_missing() -> None:
    header = "\ufeffCalled, seconds,answered_at,call_key\n"
    assert rows_of("4420,6,2026-11-16,a", header=header)[0]["amount"] == "0.3500"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("call_key,seconds\na,1\n", "has no column answered_at, called"),
        ("call_key\na\n", "has no column answered_at, seconds, called: its first line must be"),
        ("call_key;answered_at;seconds;called\n", "parted by ';' here; part them by commas"),
        ("call_key\tanswered_at\tseconds\tcalled\n", "parted by '.t' here; part them by commas"),
        ("call_key,answered_at,seconds,called,Seconds\n", "says seconds twice"),
        ("\ufffd\ufffdc\0a\0l\0l\0", "is not UTF-8 text: save it as CSV in UTF-8"),
    ],
)
def test_a_file_of_which_nothing_can_be_read(text: str, reason: str) -> None:
    with pytest.raises(CallFileError, match=reason):
        parse_calls(text, CARD)
