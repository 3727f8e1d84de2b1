"""Damaged input: each line ends as a record, a fault or an ignored line; the next is read."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.formats.rows import (
    ASTERISK,
    FREESWITCH,
    asterisk,
    faults,
    freeswitch,
    items,
    lines_told,
    records,
)
from tollwright.core.formats.base import Format, Ignored, Item, Options, OptionsError, Record
from tollwright.core.formats.registry import UnknownFormatError, get

ROW = {"asterisk_csv": asterisk, "freeswitch_csv": freeswitch}
BROKEN: list[tuple[str, str | bytes, str]] = [
    ("negative", "billsec", "-3"),
    ("too_long", "billsec", "2147483648"),
    ("too_long", "billsec", "86401"),
    ("number", "billsec", "three"),
    ("number", "billsec", "1e3"),
    ("number", "billsec", "9" * 5000),
]


@pytest.mark.parametrize("cdr_format", [ASTERISK, FREESWITCH], ids=lambda found: found.name)
@pytest.mark.parametrize(("code", "column", "text"), BROKEN, ids=lambda text: str(text)[:12])
def test_impossible_seconds_wait_with_a_reason(
    cdr_format: Format, code: str, column: str, text: str
) -> None:
    row = ROW[cdr_format.name]
    good = row()
    bad = row(**{column: text})
    found = items(cdr_format, good, bad, good)
    assert [type(item).__name__ for item in found] == ["Record", "Fault", "Record"]
    [fault] = faults(found)
    assert (fault.line, fault.code, fault.raw) == (2, code, bad)
    assert fault.reason.endswith(".")


GARBAGE = [
    (b"garbage", "columns"),
    (b'"ACME","493', "quoting"),
    (b'"', "quoting"),
    (b'""Name" <num>",1,2', "quoting"),
    (b"a,b,c", "columns"),
    (b"a\0b", "nul"),
    (b"caf\xe9,1,2", "encoding"),
    (b"x" * 2_000_000, "line_too_long"),
]


@pytest.mark.parametrize("cdr_format", [ASTERISK, FREESWITCH], ids=lambda found: found.name)
@pytest.mark.parametrize(("garbage", "code"), GARBAGE, ids=lambda told: str(told)[:16])
def test_one_garbage_line_costs_one_fault(cdr_format: Format, garbage: bytes, code: str) -> None:
    good = ROW[cdr_format.name]()
    found = items(cdr_format, good, garbage, good, good)
    assert [type(item).__name__ for item in found] == ["Record", "Fault", "Record", "Record"]
    assert (faults(found)[0].line, faults(found)[0].code) == (2, code)
    assert lines_told(found) == 4


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
def test_line_ends_and_a_bom_are_no_damage(end: str, bom: bytes) -> None:
    text = asterisk() + end + asterisk(sequence="2") + end
    found = list(ASTERISK.parse([bom + text.encode()], Options()))
    assert [item.line for item in records(found)] == [1, 2]
    assert records(found)[0].unique_id == "1795336445.1"


def test_the_last_line_may_lack_its_end_or_be_torn() -> None:
    whole = asterisk()
    torn = whole[: len(whole) // 2]
    found = list(ASTERISK.parse([f"{whole}\n{whole}".encode()], Options()))
    assert len(records(found)) == 2
    found = list(ASTERISK.parse([f"{whole}\n{torn}".encode()], Options()))
    assert [type(item).__name__ for item in found] == ["Record", "Fault"]


def test_a_field_may_hold_line_ends() -> None:
    found = items(ASTERISK, asterisk(userfield="first\nsecond"), asterisk(sequence="2"))
    assert [(record.line, record.lines) for record in records(found)] == [(1, 2), (3, 1)]
    assert ("userfield", "first\nsecond") in records(found)[0].hints


def test_empty_lines_are_ignored_and_told() -> None:
    found = items(ASTERISK, asterisk(), "", asterisk(sequence="2"))
    assert found[1] == Ignored(2, "empty line")


def test_an_empty_file_has_nothing() -> None:
    assert items(ASTERISK) == []
    assert items(FREESWITCH) == []


@given(
    garbage=st.binary(max_size=60).filter(lambda data: b"\n" not in data and b"\r" not in data),
    place=st.integers(0, 4),
    which=st.sampled_from([ASTERISK, FREESWITCH]),
)
def test_no_garbage_swallows_its_neighbours(garbage: bytes, place: int, which: Format) -> None:
    key = "sequence" if which is ASTERISK else "uuid"
    lines: list[str | bytes] = [ROW[which.name](**{key: str(number)}) for number in range(4)]
    lines.insert(place, garbage)
    found = items(which, *lines)
    assert lines_told(found) == 5
    good = {
        record.call_key for record in records(items(which, *lines[:place], *lines[place + 1 :]))
    }
    assert good <= {record.call_key for record in records(found)}


@given(cuts=st.lists(st.integers(0, 3_000), max_size=8))
def test_how_the_bytes_arrive_changes_nothing(cuts: list[int]) -> None:
    rows = [asterisk(sequence=str(number)) for number in range(4)]
    rows.insert(2, 'broken "" line, "')
    data = "\r\n".join(rows).encode()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    chunks = [data[low:high] for low, high in pairwise(edges)]
    whole: list[Item] = list(ASTERISK.parse([data], Options()))
    assert list(ASTERISK.parse(chunks, Options())) == whole


def test_memory_stays_flat_however_long_the_file() -> None:
    """Not more than some thousand items are held back at any time."""
    line = (asterisk() + "\n").encode()
    fed = 0

    def chunks() -> object:
        nonlocal fed
        for _ in range(400):
            fed += 100
            yield line * 100

    given_out = 0
    most_held = 0
    for _ in ASTERISK.parse(chunks(), Options(lookahead=256)):  # type: ignore[arg-type]  # generator
        given_out += 1
        most_held = max(most_held, fed - given_out)
    assert given_out == 40_000
    assert most_held < 4_000


def test_options_that_cannot_be_used_are_said_so() -> None:
    for wrong, reason in [
        (Options(zone="Mars/Base"), "time zone 'Mars/Base'"),
        (Options(encoding="klingon"), "encoding 'klingon'"),
        (Options(layout="nonsense"), "no layout 'nonsense'"),
        (Options(columns=("a", "b")), "lack"),
    ]:
        for cdr_format in (ASTERISK, FREESWITCH):
            with pytest.raises(OptionsError, match=reason):
                list(cdr_format.parse([b""], wrong))


def test_an_unknown_format_lists_the_known() -> None:
    with pytest.raises(UnknownFormatError, match="asterisk_csv"):
        get("cisco")


def test_a_latin_1_file_is_read_when_it_is_stated() -> None:
    line = freeswitch(caller_id_name="Café").encode("latin-1")
    [record] = items(FREESWITCH, line, encoding="latin-1")
    assert isinstance(record, Record)
    assert record.caller_name == "Café"
