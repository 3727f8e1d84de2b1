"""JSON of any layout: each byte is looked at a few times, and bare values are one fault a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, SupportsIndex

import pytest

from tests.unit.core.formats.rows import faults, records
from tests.unit.core.formats.test_freeswitch import told
from tollwright.core.formats import json_values, lines
from tollwright.core.formats.base import Fault, Ignored, Item, Options, Record
from tollwright.core.formats.lines import blocks_of_lines
from tollwright.core.formats.registry import get

JSON, OWN = get("freeswitch_json"), get("tollwright_json")


def read(text: str, cdr_format: Any = JSON, **options: int) -> list[Item]:
    return list(cdr_format.parse([text.encode()], Options(**options)))  # type: ignore[arg-type]


class Counted(str):
    """A text that counts the signs that are copied out of it."""

    copied = 0

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        found = super().__getitem__(key)
        Counted.copied += len(found)
        return found


@pytest.mark.parametrize("between", [",", " , ", "", "\n"])
def test_the_work_grows_with_the_text_not_with_its_square(between: str) -> None:
    for count in (100, 1_000):
        Counted.copied = 0
        text = Counted(between.join(['{"a": "1"}'] * count))
        assert len(list(json_values.one_by_one(text, 1))) == count
        assert Counted.copied == 10 * count


@pytest.mark.parametrize("end", ["", "\n", "\r", "\r\n"])
def test_a_long_line_is_searched_once_for_its_end(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched = 0
    search = lines._last_end

    def counted(data: bytes) -> int:
        nonlocal searched
        searched += len(data)
        return search(data)

    monkeypatch.setattr(lines, "_last_end", counted)
    whole = (b"x" * 2_000_000 + end.encode()) * 2
    chunks = [whole[at : at + 60_000] for at in range(0, len(whole), 60_000)]
    found = [line for block in blocks_of_lines(chunks, 1_000) for line in block]
    assert found == [b"x" * 1_001] * (2 if end else 1)
    assert searched <= len(whole) + len(end)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_ends_of_lines_are_found_wherever_the_bytes_are_cut(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "_BLOCK_BYTES", 4)
    data = b"\xef\xbb\xbf" + end.join(["abc", "", "de", "f" * 9, "last"]).encode()
    for size in range(1, len(data) + 1):
        chunks = [data[at : at + size] for at in range(0, len(data), size)]
        found = [line for block in blocks_of_lines(chunks, 100) for line in block]
        assert found == [b"abc", b"", b"de", b"f" * 9, b"last"]


def shapes(found: Iterable[Item]) -> Iterator[tuple[str, int]]:
    for item in found:
        yield item.code if isinstance(item, Fault) else type(item).__name__, item.line


@pytest.mark.parametrize(
    "text", ["1", '"text"', "null", "[1, 2, 3]", "[[1], [2]]", "1 2 3", "[" + "7," * 500 + "7]"]
)
def test_bare_values_are_one_fault_a_file(text: str) -> None:
    good = json.dumps(told("good"))
    found = read("\n".join([text, good, text, text]))
    assert list(shapes(found)) == [("shape", 1), ("Record", 2), ("Ignored", 3), ("Ignored", 4)]


def test_bare_values_beside_records_take_nothing_from_them() -> None:
    both = json.dumps([1, told("a"), "x", told("b")])
    found = read(f"{both}\n{both}")
    assert [record.call_key for record in records(found)] == ["a", "b", "a", "b"]
    assert [(fault.code, fault.line) for fault in faults(found)] == [("shape", 1)]


def test_bare_values_of_pushed_calls_are_one_fault_too() -> None:
    good = '{"call_key": "k", "started_at": "2026-11-03T10:00:00Z", "called": "44"}'
    found = read("\n".join(["1", good, "[1]", '"x"']), OWN)
    assert list(shapes(found)) == [("field", 1), ("Record", 2), ("Ignored", 3), ("Ignored", 4)]


@pytest.mark.parametrize(
    "text",
    [
        '{"a": ' * 100_000,
        "[" * 100_000,
        '{"variables": ' + "1" * 5_000 + "}",
        "cdr=%7B" + "%7B" * 5_000,
        '{"variables": {"uuid": ' + '{"a": ' * 900 + "1" + "}" * 902,
    ],
    ids=["deep", "deep array", "long number", "deep form", "deep value"],
)
def test_what_no_parser_takes_costs_itself_only(text: str) -> None:
    found = read(text + "\n" + json.dumps(told("good")))
    assert len(faults(found)) <= 1
    assert [record.call_key for record in records(found)] == ["good"]


def test_a_record_without_end_is_not_held_for_ever() -> None:
    text = "{\n" + '  "a": "b",\n' * 100 + json.dumps(told("good"))
    first, *_ = faults(read(text, max_line_bytes=200))
    assert (first.line, first.code, first.lines < 30) == (1, "json", True)
    [item] = read(json.dumps(told("x" * 3_000)), max_line_bytes=2_000)
    assert isinstance(item, Fault)
    assert item.code == "line_too_long"


def test_an_ignored_line_names_the_first() -> None:
    found = read("1\n2")
    assert found[1] == Ignored(2, "JSON that is no record, as in line 1")
    assert not [item for item in found if isinstance(item, Record)]
