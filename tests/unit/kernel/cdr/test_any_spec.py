"""A vendor that does not exist: a spec alone, without a line of code, is read in rows and columns.

Its switch parts columns by semicolons, quotes with apostrophes, names its columns in the first line
and says `in` and `out`. A key has two parts; a length comes in milliseconds where it is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import force_setattr

from tests.support.examples import examples
from tests.unit.kernel.parsed import by_rule, facts
from tollwright.core.formats.base import Fault, Ignored, Item, Options, OptionsError, Record
from tollwright.core.formats.block import Block
from tollwright.core.formats.lines import Dialect
from tollwright.core.formats.rules import Rules
from tollwright.core.formats.spec import Hint, Sentences, Spec, TextField, When
from tollwright.core.formats.table import TableFormat

HOME = TableFormat(
    Spec(
        name="home_pbx",
        title="Home PBX",
        extensions=(".txt",),
        sentences=Sentences(no_id="The call has no number of its own."),
        dialect=Dialect(delimiter=";", quote="'"),
        header=(("call",), ("talk", "talk_ms")),
        need=(("call",), ("begin",), ("to",), ("talk", "talk_ms")),
        key=(("call",), ("leg",)),
        group=("chain",),
        started=("begin",),
        answered=("connected",),
        ended=("finish",),
        seconds=("talk",),
        finer=(("talk_ms", 1_000),),
        duration=("total",),
        direction=("way",),
        directions={"in": "inbound", "out": "outbound"},
        caller=TextField(("from",), otherwise=TextField(("user",))),
        called=TextField(("to",)),
        dialled=TextField(("pressed",), when=When(("way",), "out"), otherwise=TextField(("to",))),
        cause=TextField(("why",)),
        trunk_in=TextField(("line_in",), take="peer"),
        trunk_out=TextField(("line_out",), take="peer"),
        queue=TextField(("note",), take="head", when=When(("kind",), "group")),
        agent=TextField(("user",), when=When(("kind",))),
        hints=(
            Hint("trunk", TextField(("line_in",), take="peer")),
            Hint("user", TextField(("user",))),
            Hint("floor", TextField(("floor",))),
        ),
    )
)
COLUMNS = (
    "call", "leg", "chain", "way", "from", "to", "pressed", "begin", "connected", "finish", "talk",
    "talk_ms", "total", "why", "line_in", "line_out", "note", "kind", "user", "floor",
)  # fmt: skip
PLAIN = {
    "leg": "1", "chain": "", "way": "out", "from": "+493012345", "to": "+442071838750",
    "pressed": "00442071838750", "begin": "2026-11-22 08:34:05",
    "connected": "2026-11-22 08:34:06", "finish": "2026-11-22 08:34:09", "talk": "3",
    "talk_ms": "3006", "total": "4", "why": "16", "line_in": "SIP/desk-0000000a",
    "line_out": "SIP/carrier-0000000b", "note": "sales,t", "kind": "", "user": "anna", "floor": "2",
}  # fmt: skip


def row(number: int, columns: Sequence[str] = COLUMNS, **changed: str) -> str:
    cells = {"call": f"c{number}", **PLAIN, **changed}
    return ";".join(f"'{cells[name]}'" for name in columns)


def lines(*rows: str, columns: Sequence[str] = COLUMNS) -> bytes:
    return "\n".join([";".join(columns), *rows]).encode()


def read(data: bytes, **options: str) -> list[Item]:
    return list(HOME.parse([data], Options(**options)))  # type: ignore[arg-type]  # by name


def test_a_row_is_told_in_full() -> None:
    found = read(lines(row(7)), server="home2")
    at = [datetime(2026, 11, 22, 8, 34, second, tzinfo=UTC) for second in (5, 6, 9)]
    assert found == [
        Ignored(1, "column names"),
        Record(
            "c7/1@home2", "c7", None, 0, "customer", "c7", "outbound", "+493012345", "",
            "+442071838750", "00442071838750", at[0], at[1], at[2], 3_006, 3, 4_000, True, "16", "",
            "", "", "desk", "carrier", "", "", "",
            (("trunk", "desk"), ("user", "anna"), ("floor", "2")), 2, row(7),
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"way": "in"}, ("inbound", "+493012345", "+442071838750", "", "")),
        ({"way": "?"}, ("", "+493012345", "+442071838750", "", "")),
        ({"from": ""}, ("outbound", "anna", "00442071838750", "", "")),
        ({"kind": "group"}, ("outbound", "+493012345", "00442071838750", "sales", "anna")),
        ({"kind": "desk"}, ("outbound", "+493012345", "00442071838750", "", "anna")),
        ({"pressed": ""}, ("outbound", "+493012345", "", "", "")),
    ],
)
def test_what_a_text_is_taken_from(changed: dict[str, str], told: tuple[str, ...]) -> None:
    [_, record] = read(lines(row(1, **changed)))
    assert isinstance(record, Record)
    assert (
        record.direction, record.caller, record.dialled, record.queue, record.agent
    ) == told  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"call": ""}, "no_id"),
        ({"talk_ms": "x"}, "number"),
        ({"talk_ms": "", "talk": "65535", "finish": ""}, "clipped"),
        ({"talk_ms": "", "talk": "300"}, "seconds_conflict"),
        ({"talk": "300"}, "seconds_conflict"),
        ({"talk": "", "talk_ms": "", "finish": ""}, "length"),
        ({"begin": ""}, "time"),
        ({"finish": "2026-11-22 08:00:00"}, "seconds_conflict"),
        ({"total": "-4"}, "negative"),
    ],
)
def test_a_row_that_cannot_be_waits(changed: dict[str, str], code: str) -> None:
    [_, first, fault, last] = read(lines(row(1), row(2, **changed), row(3)))
    assert isinstance(fault, Fault)
    assert (fault.code, fault.line, fault.raw) == (code, 3, row(2, **changed))
    assert isinstance(first, Record)
    assert isinstance(last, Record)


def test_columns_without_what_a_call_needs_are_refused() -> None:
    with pytest.raises(OptionsError, match="lack begin; talk or talk_ms: a call needs them"):
        list(HOME.parse([], Options(columns=("call", "to"))))


CELLS = {
    "call": st.sampled_from(["", "c1", "ü"]), "leg": st.sampled_from(["", "2", "a''b"]),
    "chain": st.just("k9"), "way": st.sampled_from(["in", "", "?"]),
    "from": st.sampled_from(["", "030123456", "004930123"]),
    "to": st.sampled_from(["", "s", "030123456", "+4412"]), "pressed": st.just(""),
    "begin": st.sampled_from(
        ["", "1795336445", "2026-10-25 02:30:00", "2026-02-30 00:00:00", "2026-11-22 08:34:07"]
    ),
    "connected": st.sampled_from(["", "0", "2026-11-22 08:34:04"]),
    "finish": st.sampled_from(["", "soon", "2026-11-22 08:34:01", "2026-11-22 08:34:11"]),
    "talk": st.sampled_from(["", "0", "3.5", "5.5", "32767", "65535", "x"]),
    "talk_ms": st.sampled_from(["", "0", "5006", "86400001", "65535000", "x"]),
    "total": st.sampled_from(["", "x", "-1", "1", "0.5", "60.5"]),
    "line_in": st.sampled_from(["", "Local/9", "odd", "DAHDI/i1/49-5"]),
    "line_out": st.sampled_from(["", "SIP/b-1"]), "note": st.sampled_from(["", "sales"]),
    "kind": st.sampled_from(["group", "groups", "x"]), "user": st.sampled_from(["", "bea"]),
    "why": st.just("a ''b''"), "floor": st.just("''3''"),
}  # fmt: skip
CHANGES = st.lists(st.sampled_from(sorted(CELLS)), max_size=2, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: CELLS[name] for name in names})
)
BROKEN = st.sampled_from(["'short';'x'", "'open", "", "\0\0", "'a'b';'c'", "x;y"])


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Columns in any order, some of them left out; rows of which some are changed or broken."""
    spare = draw(st.sets(st.sampled_from(["leg", "chain", "way", "connected", "talk_ms", "kind"])))
    columns = draw(st.permutations([name for name in COLUMNS if name not in spare]))
    changes = draw(st.lists(CHANGES, min_size=1, max_size=14))
    rows = [row(number, columns, **changed) for number, changed in enumerate(changes)]
    for line in draw(st.lists(BROKEN, max_size=1)):
        rows.insert(draw(st.integers(0, len(rows))), line)
    return lines(*rows, columns=columns)


@settings(max_examples=examples(1_000))
@given(
    data=files(),
    zone=st.sampled_from(["UTC", "Europe/Berlin"]),
    server=st.sampled_from(["", "home2"]),
    chunk_rows=st.integers(1, 20),
)
def test_columns_tell_what_the_rule_tells(
    data: bytes, zone: str, server: str, chunk_rows: int
) -> None:
    options = Options(zone=zone, region="DE", server=server)
    assert facts(data, options, chunk_rows, rule=HOME)[0] == by_rule(data, options, HOME)


class Halves(Rules):
    """This release of the switch writes half seconds."""

    def lengths(self, block: Block) -> Sequence[tuple[int | None, int | None]]:
        """Milliseconds and whole seconds of each row."""
        found = super().lengths(block)
        return [(None if ms is None else ms // 2, seconds) for ms, seconds in found]


class Caretaker(Rules):
    """A row of the caretaker is no customer's."""

    together = True

    def settle(self, records: Sequence[Record], given: int) -> None:
        """Set the legs."""
        for record in records[given:]:
            if dict(record.hints).get("user") == "bea":
                force_setattr(record, "leg", "internal")


@pytest.mark.parametrize(
    ("rules", "told"), [(Halves, ("Call", 1_503)), (Caretaker, ("Leg", "internal"))]
)
def test_rules_that_no_spec_tells_read_every_row(
    rules: type[Rules], told: tuple[object, ...]
) -> None:
    home = TableFormat(HOME.spec, rules)
    data = lines(*(row(number, user="bea") for number in range(6)))
    found, quick = facts(data, Options(), chunk_rows=80, rule=home)
    assert [(fact[0], fact[-1]) for fact in found[1:]] == [told] * 6
    assert (found, quick) == (by_rule(data, Options(), home), 0)


def test_plain_rows_are_told_in_columns() -> None:
    """Of ten calls one has a start that only the rule reads; the first line names the columns."""
    rows = [row(number) for number in range(10)]
    rows[4] = row(4, begin="1795336445")
    found, quick = facts(lines(*rows), Options(), chunk_rows=88, rule=HOME)
    assert ([fact[0] for fact in found], quick) == (["Ignored", *["Call"] * 10], 9)
    assert found == by_rule(lines(*rows), Options(), HOME)
