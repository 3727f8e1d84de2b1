"""A file of calls in columns gives, byte for byte, what the readable rule gives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.core.words import card_of
from tollwright.core.cards.card import RateCard
from tollwright.core.rating.call_file import (
    CallFileError,
    out_csv,
    out_json,
    out_row,
    parse_calls,
    rate_lines,
)
from tollwright.core.rating.rate_lookup import prepare
from tollwright.kernel.call_file.rate import CSV, JSON, rate_file
from tollwright.kernel.rating.compile import compile_card

WINDOWS = [{"days": [1, 2, 3, 4, 5], "start": "08:00", "end": "18:00"}]
BANDS = [
    {"name": 'peak, or "busy"', "weight": 1, "windows": WINDOWS},
    {"name": "ruhig é", "weight": 0, "windows": [{"start": "00:00", "end": "24:00"}]},
]
CARD = card_of(
    {"prefix": "44", "band": BANDS[0]["name"], "price": "0.6012", "connect_fee": "0.05"},
    {"prefix": "44", "band": BANDS[1]["name"], "price": "-0.30", "first_s": 30, "next_s": 6},
    {"prefix": "4490", "blocked": True},
    {"prefix": "39", "price": "1", "effective_from": "2027-01-01"},
    {"prefix": "", "blocked": True, "length_min": 13},
    timezone="Europe/Berlin",
    rounding={"decimals": 4},
    bands=BANDS,
    allow_negative=True,
)
FREE = card_of(
    {"prefix": "44", "price": "0.6"},
    allowances=[{"name": "a minute", "unit": "seconds", "amount": 60}],
)
HEADER = "call_key,answered_at,seconds,caller,called\n"
STORY = (
    "\ufeff\n , \n"
    + HEADER
    + '''\
a,2026-11-16T10:00:00Z,31,15550001,4420123
b,2026-11-16 22:00:00.25+05:30,31.0004,+1555,+4420123
c,2026-10-25T02:30:00,31,,4420123
"quoted ""key""",2026-11-16T10:00:00Z,1,"","4420123"
"two
lines",2026-11-16T10:00:00,1,,4420123
blocked,2026-11-16T10:00:00Z,31,,449012

default,2026-11-16T10:00:00Z,31,,1234567890123
no row,2026-11-16T10:00:00Z,31,,33
not yet,2026-11-16T10:00:00Z,31,,39061
negative,2026-11-16T10:00:00Z,-5,,44
long,2026-11-16T10:00:00Z,90000,,44
words,2026-11-16T10:00:00Z,5,x'y,"4,4"
never,never,5,,44
,2026-11-16T10:00:00Z,5,,44
few,2026-11-16T10:00:00Z,5
clé,2026-11-16T10:00:00Z,5,,44
q"q,2026-11-16T10:00:00Z,5,,44
future,2300-01-01,5,,44
'''
)


def by_rule(data: bytes, card: RateCard) -> tuple[str, str]:
    index = prepare(card)
    lines = parse_calls(data.decode(errors="replace"), index)
    charges = rate_lines(lines, index)
    decimals = card.rounding.decimals
    rows = [out_row(one.call_key, c, decimals) for one, c in zip(lines, charges, strict=True)]
    return out_csv(rows), out_json(rows)


def in_columns(data: bytes, card: RateCard, block: int) -> tuple[str, str]:
    compiled = compile_card(card)

    def written(form: object) -> str:
        blocks = (data[at : at + block] for at in range(0, len(data), block))
        parts = rate_file(blocks, compiled, form)  # type: ignore[arg-type]
        return b"".join(bytes(part.data) for part in parts).decode()

    return written(CSV), written(JSON)


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("block", [3, 61, 1 << 20])
def test_a_story_with_one_of_each(ends: str, block: int) -> None:
    data = STORY.replace("\n", ends).encode() + b"bad\xffbyte,2026-11-16T10:00:00Z,5,,44"
    assert in_columns(data, CARD, block) == by_rule(data, CARD)


def test_the_result_is_written_as_ever() -> None:
    data = (HEADER + "a,2026-11-16T10:00:00Z,31,1,4420123\nb,2026-11-16T10:00:00Z,31,1,33").encode()
    csv, json = in_columns(data, CARD, 1 << 20)
    assert csv == (
        "call_key,status,reason,prefix,band,billed_s,amount,allowance_s\n"
        'a,rated,,44,"peak, or ""busy""",31,0.3606,0\n'
        "b,unmatched,no row for 33,,,,,\n"
    )
    assert (
        json
        == """[
 {
  "call_key": "a",
  "status": "rated",
  "reason": "",
  "prefix": "44",
  "band": "peak, or \\"busy\\"",
  "billed_s": 31,
  "amount": "0.3606",
  "allowance_s": 0
 },
 {
  "call_key": "b",
  "status": "unmatched",
  "reason": "no row for 33",
  "prefix": "",
  "band": "",
  "billed_s": null,
  "amount": null,
  "allowance_s": null
 }
]
"""
    )


def test_an_allowance_is_drawn_by_answer_time_then_key_over_all_blocks() -> None:
    lines = [f"{key},2026-11-16T10:00:0{s}Z,25,,4420123\n" for key, s in ("d2", "c1", "b1", "a2")]
    data = (HEADER + "".join(lines)).encode()
    csv, _ = in_columns(data, FREE, 40)
    assert [line.split(",")[-1] for line in csv.splitlines()[1:]] == ["0", "25", "25", "10"]
    assert in_columns(data, FREE, 40) == by_rule(data, FREE)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file of calls is empty"),
        (b"\n,\n", "the file of calls is empty"),
        (b"a,b\n1,2\n", "has no column call_key"),
        (b"call_key;seconds\n", "they are parted by ';' here"),
        (b"\xff\xfe\n", "is not UTF-8 text"),
    ],
)
def test_a_file_of_which_nothing_can_be_read(data: bytes, message: str) -> None:
    with pytest.raises(CallFileError, match=message):
        in_columns(data, CARD, 4)


def test_a_file_of_a_header_alone() -> None:
    assert in_columns(HEADER.encode(), CARD, 9) == by_rule(HEADER.encode(), CARD)


KEYS = [
    "a",
    " k1 ",
    '"q"',
    '"x',
    'q"q',
    "",
    "\\",
    "\t",
    "é",
    "\ufffd",
    '"a,b"',
    "\x00",
    "a b",
    "\x7f",
]
MOMENTS = [
    "2026-11-16T10:00:00Z", "2026-11-16 10:00:00", "2026-10-25T02:30:00", "2026-03-29 02:30:00",
    "2026-11-16T10:00:00.5+01:00", "2026-11-16T10:00:00.1234567Z", "2026-11-16",
    "20261116T100000Z",
    "2026-02-29T10:00:00Z", "2026-11-16T24:00:00Z", "2026-11-16T10:00:00-23:59",
    " 2026-11-16T10:00Z",
    "2026-11-16T10:00:00+24:00", "2026-11-16T10:00:00z", "1989-12-31T23:00:00",
    "0001-01-01T00:00:00",
    "2026-11-16x10:00:00", "2026-11-16T10:00:00,5Z", "2026-11-16T10:00:00.Z", "", '"', "2026-W47-1",
]  # fmt: skip
SECONDS = [
    "31", "0", "1.5", "1.0001", "1.0000001", ".5", "5.", "-1", "+1", "1e2", "1_0", "86400", "86401",
    "999999999", "1000000000", "NaN", "", "x", " 7 ", "0.0004999999",
]  # fmt: skip
NUMBERS = [
    "4420123",
    "+4420123",
    "++44",
    "449012",
    "33",
    "",
    "4" * 15,
    "4" * 16,
    "44x",
    " 44 ",
    "٤٤",
    "39061",
]
ENDS = ["\n", "\n", "\r\n", "\r", "\n\n", ",extra\n", ""]
LINE = st.tuples(
    st.sampled_from(KEYS), st.sampled_from(MOMENTS), st.sampled_from(SECONDS),
    st.sampled_from(NUMBERS), st.sampled_from(NUMBERS), st.sampled_from(ENDS),
).map(lambda fields: ",".join(fields[:5]) + fields[5])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(LINE, max_size=8),
    header=st.sampled_from([HEADER, "Called,seconds, answered_at,CALL_KEY\n", '"call_key' + "\n"]),
    block=st.integers(3, 200),
    tail=st.sampled_from([b"", b"\xff\n", b'"', b"\xe9,2026-11-16T10:00:00Z,5,,44\n"]),
    from_ms=st.sampled_from([1, 500, 1000]),
)
def test_whatever_the_file_says(
    lines: list[str], header: str, block: int, tail: bytes, from_ms: int
) -> None:
    card = card_of(
        {"prefix": "44", "price": "0.6"}, timezone="Europe/Berlin",
        second_rounding={"from_ms": from_ms},
    )  # fmt: skip
    data = (header + "".join(lines)).encode() + tail
    try:
        expected: object = by_rule(data, card)
    except CallFileError as error:
        expected = str(error)
    try:
        found: object = in_columns(data, card, block)
    except CallFileError as error:
        found = str(error)
    assert found == expected
