"""Asterisk's files in columns: what `core.formats.asterisk_csv` tells, row for row."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.unit.core.formats.rows import asterisk
from tests.unit.core.formats.test_asterisk_csv import BASE, NEW
from tests.unit.kernel.parsed import by_rule, facts
from tollwright.core.formats.base import Options
from tollwright.kernel.cdr.parsed_columns import SECOND_US

WIDE = (*BASE, "uniqueid", "userfield", *NEW)
NARROW = (*BASE, "uniqueid", "userfield")  # without a sequence
NUMBERS = st.sampled_from(
    ["+442071838750", "0049301234567", "030123456", "s", "", "+4412", "442071838750", "+49 30 1",
     "+44207183875012345"]
)  # fmt: skip
STAMPS = {
    "start": st.sampled_from(
        ["2026-11-22 08:34:05", "2026-11-22T08:34:05", "2026-11-22 08:34:06", "1795336445",
         "2026-11-22 09:34:05", "2026-10-25 02:30:00", "2026-02-30 00:00:00", "",
         "2026-11-22 08:34"]
    ),
    "answer": st.sampled_from(["", "2026-11-22 08:34:06", "2026-11-22 08:34:04", "0"]),
    "end": st.sampled_from(
        ["2026-11-22 08:34:09", "2026-11-22 08:34:01", "", "soon", "2026-11-22 08:34:04",
         "2026-11-23 08:34:06", "2026-11-22 07:04:09"]
    ),
    "billsec": st.sampled_from(
        ["0", "3", "3.0065", "3.006500", "", "65535", "86400", "86400.5", "86401", "-1", "x", "3.",
         "5", "5.5", "32767", "2147483647"]
    ),
    "duration": st.sampled_from(["", "0", "2", "0.5", "70", "65535", "x"]),
}  # fmt: skip
CELLS = {
    "src": NUMBERS, "dst": NUMBERS, **STAMPS,
    "dstchannel": st.sampled_from(["", "PJSIP/gw-00000002", "SIP/trunk", "DAHDI/i1/4930-5", "X/"]),
    "lastapp": st.sampled_from(["Dial", "Queue", "Queues"]),
    "lastdata": st.sampled_from(["sales,t,,,30", "sales", ""]),
    "accountcode": st.sampled_from(["ACME", "", "ÜBER", '""quoted""']),
    "disposition": st.sampled_from(["ANSWERED", "NO ANSWER", ""]),
    "sequence": st.sampled_from(["1", "", "x", "123456789012345678"]),
    "uniqueid": st.sampled_from(["1795336445.1", "pbx1-1795336445.2", "x", "", "1795336399.7"]),
    "linkedid": st.sampled_from(["", "1795336445.1"]),
    "channel": st.sampled_from(["PJSIP/uac-00000001", "Local/1@x-0001;2", "odd"]),
    "userfield": st.sampled_from(["", "two\nlines", 'a ""b""']),
}  # fmt: skip
CHANGES = st.lists(st.sampled_from(sorted(CELLS)), max_size=2, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: CELLS[name] for name in names})
)
BROKEN = st.sampled_from(
    ['"ACME","short"', '"ACME","open', "", "\0\0", '"a"b","c"', "x,y", '"ACME",' * 30]
)


def row(columns: Sequence[str], number: int, **changed: str) -> str:
    """The row of a call of its own."""
    own = {"uniqueid": f"1795336445.{number}", "linkedid": "", "sequence": str(number)}
    return asterisk(columns, **(own | changed))


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Mostly rows of calls of their own, some of them changed, some lines broken."""
    columns = draw(st.sampled_from([WIDE, NARROW]))
    if draw(st.booleans()):  # an export of a table without these; the names stand in the first line
        columns = tuple(name for name in columns if name not in ("answer", "end"))
    changes = draw(st.lists(CHANGES, min_size=1, max_size=14))
    lines = [row(columns, number, **changed) for number, changed in enumerate(changes, 10)]
    for line in draw(st.lists(BROKEN, max_size=1)):
        lines.insert(draw(st.integers(0, len(lines))), line)
    if "end" not in columns or draw(st.booleans()):
        lines.insert(0, ",".join(columns))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = end.join(lines) + draw(st.sampled_from(["", end]))
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8", "latin-1"])))


@settings(max_examples=examples(1_000))
@given(
    data=files(),
    zone=st.sampled_from(["UTC", "Europe/Berlin"]),
    server=st.sampled_from(["", "pbx2"]),
    chunk_rows=st.integers(1, 6),
)
def test_columns_tell_what_the_rule_tells(
    data: bytes, zone: str, server: str, chunk_rows: int
) -> None:
    options = Options(zone=zone, region="DE", server=server)
    assert facts(data, options, chunk_rows)[0] == by_rule(data, options)


@pytest.mark.parametrize("columns", [WIDE, NARROW], ids=["with a sequence", "without"])
def test_plain_rows_are_told_in_columns(columns: Sequence[str]) -> None:
    """Ten calls of their own, one of them with a stamp that only the rule reads."""
    rows = [row(columns, number) for number in range(10, 20)]
    rows[4] = row(columns, 14, start="1795336445")
    found, quick = facts("\n".join(rows).encode(), Options(), chunk_rows=80)
    assert quick == 9
    assert found == by_rule("\n".join(rows).encode(), Options())


def test_two_rows_of_one_channel_are_judged_together() -> None:
    """The second attempt answers the call; it lies in the next chunk."""
    first = row(WIDE, 10, answer="", billsec="0", disposition="NO ANSWER")
    others = [row(WIDE, number) for number in range(11, 15)]
    data = "\n".join([first, *others, row(WIDE, 15, uniqueid="1795336445.10")]).encode()
    found, quick = facts(data, Options(), chunk_rows=3)
    assert found[0] == ("Leg", 1, "internal")
    assert quick == 0
    too_far, quick = facts(data, Options(lookahead=2), chunk_rows=3)
    assert ({fact[0] for fact in too_far}, quick) == ({"Call"}, 6)


def test_rows_after_a_local_channel_are_told_in_columns_again() -> None:
    """Both halves of such a call have a Local channel: no other row is judged by one before it."""
    local = [row(WIDE, 10, dstchannel="Local/1@x-01;1"), row(WIDE, 11, channel="Local/1@x-01;2")]
    data = "\n".join([*local, *(row(WIDE, number) for number in range(12, 20))]).encode()
    found, quick = facts(data, Options(lookahead=1), chunk_rows=16)
    assert ([fact[0] for fact in found], quick) == (["Leg", *["Call"] * 9], 8)
    assert found == by_rule(data, Options(lookahead=1))


def test_a_row_waits_for_the_one_behind_it_also_after_rows_read_by_the_rule() -> None:
    """A Local channel, then an attempt and its answer; one row is told, one looked ahead at."""
    rows = [
        row(WIDE, 10, channel="Local/1@x-0001;2"),
        row(WIDE, 11, answer="", billsec="0", disposition="NO ANSWER"),
        row(WIDE, 12, uniqueid="1795336445.11"),
    ]
    data, options = "\n".join(rows).encode(), Options(lookahead=1)
    found, _ = facts(data, options, chunk_rows=1)
    assert found[1] == ("Leg", 2, "internal")
    assert found == by_rule(data, options)


@pytest.mark.parametrize("chunk_rows", [8, 32, 80], ids=lambda rows: f"{rows // 8} rows at first")
@pytest.mark.parametrize(("agrees", "start"), [(True, 8 * 3600 + 2045), (False, 7 * 3600 + 2045)])
def test_a_zone_is_wrong_by_an_hour_unless_a_row_before_agreed_with_it(
    chunk_rows: int, agrees: bool, start: int
) -> None:
    """The fifth row starts at 08:34:05, its channel was born at 07:34:05: the switch's zone is
    wrong, or it is a later leg of a long channel where the second row was born as it starts."""
    rows = [row(WIDE, number, uniqueid=f"channel {number}") for number in range(10, 16)]
    rows[4] = row(WIDE, 14, uniqueid="1795332845.14")
    if agrees:
        rows[1] = row(WIDE, 11, uniqueid="1795336445.11")
    data, options = "\n".join(rows).encode(), Options(lookahead=1)
    found, _ = facts(data, options, chunk_rows)
    assert found == by_rule(data, options)
    started_us = found[4][-4]
    assert isinstance(started_us, int)
    assert started_us // SECOND_US % 86_400 == start


def test_however_a_file_is_cut_its_order_tells_the_repeated_hour() -> None:
    """The columns leave these rows to the rule, out of their turn and some of them twice."""
    hours = ["01:50", "02:50", "02:58", "02:10", "02:45", "03:10", "03:20"]
    lines = [
        row(WIDE, 7, start=f"2026-10-25 {hour}:00", answer=f"2026-10-25 {hour}:00",
            end=f"2026-10-25 {hour}:05", duration="5", billsec="5", uniqueid=f"x{number}")
        for number, hour in enumerate(hours)
    ]  # fmt: skip
    data, options = "\n".join(lines).encode(), Options(zone="Europe/Berlin", lookahead=2)
    told = by_rule(data, options)
    assert [facts(data, options, rows)[0] for rows in (1, 8, 16, 24, 80)] == [told] * 5
    spared = facts(data, Options(zone="Europe/Berlin", lookahead=0), 80)
    assert spared[0] == by_rule(data, Options(zone="Europe/Berlin", lookahead=0))
