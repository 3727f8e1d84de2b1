"""Which rows of a CDR file are told in columns, at the edges of what is plain; all say the same."""

from __future__ import annotations

import pytest

from tests.unit.kernel.cdr import test_asterisk as asterisk
from tests.unit.kernel.cdr import test_freeswitch as freeswitch
from tests.unit.kernel.parsed import by_rule, facts
from tollwright.core.formats.base import Options
from tollwright.core.formats.freeswitch import FREESWITCH_CSV
from tollwright.kernel.text import text_of

IN_COLUMNS, BY_THE_RULE = True, False
OPTIONS = Options(region="DE")


def moments(stamp: str) -> dict[str, str]:
    """A call of Asterisk at this second, in a channel that does not say when it was born."""
    lengths = {"billsec": "0", "duration": "0"}
    return {"start": stamp, "answer": stamp, "end": stamp, "uniqueid": "x", **lengths}


ALONE = {"end": "", "duration": ""}  # nothing beside the answered length
ALONE_TOO = {"end_stamp": "", "duration": "", "billsec": ""}


@pytest.mark.parametrize(
    ("stamp", "plain"),
    [
        ("2028-02-28 12:00:00", IN_COLUMNS),
        ("2028-02-29 12:00:00", IN_COLUMNS),
        ("2028-03-01 12:00:00", IN_COLUMNS),
        ("2027-02-29 12:00:00", BY_THE_RULE),
        ("2027-03-01 12:00:00", IN_COLUMNS),
        ("2026-04-30 12:00:00", IN_COLUMNS),
        ("2026-04-31 12:00:00", BY_THE_RULE),
        ("2026-12-31 23:59:59", IN_COLUMNS),
        ("2026-11-22 24:00:00", BY_THE_RULE),
        ("2026-11-22 10:60:00", BY_THE_RULE),
        ("2026-11-22 10:59:60", BY_THE_RULE),
        ("2026-00-22 10:59:00", BY_THE_RULE),
        ("2026-13-22 10:59:00", BY_THE_RULE),
        ("2026-11-00 10:59:00", BY_THE_RULE),
        ("1989-12-31 23:59:59", BY_THE_RULE),
        ("1990-01-01 00:00:00", IN_COLUMNS),
        ("2099-12-31 23:59:59", IN_COLUMNS),
        ("2100-01-01 00:00:00", BY_THE_RULE),
        ("2026-11-22 10:59:00.5", BY_THE_RULE),
        ("2026-11-22 10:59", BY_THE_RULE),
        ("2026-11-22 10.59.00", BY_THE_RULE),
        ("2026/11/22 10:59:00", BY_THE_RULE),
    ],
)
def test_a_stamp_of_asterisk(stamp: str, plain: bool) -> None:
    look(moments(stamp), plain)


@pytest.mark.parametrize(
    ("stamp", "plain"),
    [
        ("2026-10-25 01:59:59", IN_COLUMNS),
        ("2026-10-25 02:00:00", BY_THE_RULE),  # struck twice
        ("2026-10-25 02:59:59", BY_THE_RULE),
        ("2026-10-25 03:00:00", IN_COLUMNS),
        ("2026-03-29 01:59:59", IN_COLUMNS),
        ("2026-03-29 02:00:00", BY_THE_RULE),  # never comes
        ("2026-03-29 02:59:59", BY_THE_RULE),
        ("2026-03-29 03:00:00", IN_COLUMNS),
    ],
)
def test_a_stamp_beside_a_change_of_the_clock(stamp: str, plain: bool) -> None:
    look(moments(stamp), plain, Options(zone="Europe/Berlin"))


@pytest.mark.parametrize(
    ("changed", "plain"),
    [
        ({"billsec": "86400", **ALONE}, IN_COLUMNS),
        ({"billsec": "86400.0004", **ALONE}, IN_COLUMNS),
        ({"billsec": "86400.0005", **ALONE}, BY_THE_RULE),
        ({"billsec": "86401", **ALONE}, BY_THE_RULE),
        ({"billsec": "3.0004999"}, IN_COLUMNS),
        ({"billsec": "3.0005"}, IN_COLUMNS),
        ({"answer": "", "billsec": "0"}, IN_COLUMNS),
        ({"answer": "", "billsec": "1"}, IN_COLUMNS),  # a second before the end
        ({"answer": "", "billsec": "1", "end": ""}, IN_COLUMNS),  # a second of the duration
        ({"answer": "", "billsec": "1", **ALONE}, BY_THE_RULE),
        ({"answer": "", "billsec": "5", "duration": ""}, BY_THE_RULE),  # a second too long
        ({"billsec": "", **ALONE}, BY_THE_RULE),
        ({"billsec": "5"}, IN_COLUMNS),  # two seconds more than from answer to end
        ({"billsec": "5.001"}, BY_THE_RULE),
        ({"billsec": "3", "duration": "1"}, IN_COLUMNS),
        ({"billsec": "3", "duration": "0.9"}, BY_THE_RULE),
        ({"billsec": "32767", **ALONE}, BY_THE_RULE),
        ({"billsec": "32768", **ALONE}, IN_COLUMNS),
        ({"end": ""}, IN_COLUMNS),
        ({"end": "soon"}, BY_THE_RULE),
        ({"duration": "x"}, BY_THE_RULE),  # no fault
        ({"end": "2026-11-22 08:34:04"}, BY_THE_RULE),
        ({"answer": "2026-11-22 08:34:04"}, BY_THE_RULE),
        (
            {"answer": "2026-11-22 08:34:05", "end": "2026-11-22 08:34:05", "billsec": "0"},
            IN_COLUMNS,
        ),
        ({"dstchannel": "SIP/-0001"}, IN_COLUMNS),
        ({"dstchannel": "SIP/-"}, IN_COLUMNS),
        ({"dstchannel": "SIP/a-"}, IN_COLUMNS),
        ({"dstchannel": "DAHDI/i1/4930-5"}, IN_COLUMNS),
        ({"dstchannel": ""}, IN_COLUMNS),
        ({"uniqueid": "1795336444.9"}, IN_COLUMNS),  # a second before the row's start
        ({"uniqueid": "1795336446.9"}, BY_THE_RULE),  # born after it
        ({"uniqueid": "1795336416.9"}, IN_COLUMNS),
        ({"uniqueid": "1795336415.9"}, BY_THE_RULE),  # half a minute before it
        ({"uniqueid": "11795336445.9"}, IN_COLUMNS),
        ({"uniqueid": "123.9"}, IN_COLUMNS),  # says no moment
        ({"uniqueid": ""}, BY_THE_RULE),
        ({"src": ""}, BY_THE_RULE),
        ({"accountcode": '""a""'}, BY_THE_RULE),
        ({"uniqueid": '179""5336445'}, BY_THE_RULE),  # a flag beside its size is no length
        ({"channel": '""a""', "dstchannel": '""b'}, BY_THE_RULE),
        ({"accountcode": "a" * 600, "userfield": "b" * 600}, IN_COLUMNS),
        ({"accountcode": "a" * 601}, BY_THE_RULE),
        ({"clid": '""a""'}, IN_COLUMNS),  # as it is written
        ({"lastapp": "Queue", "lastdata": "sales,t"}, IN_COLUMNS),
        ({"lastapp": "Queues", "lastdata": "sales,t"}, IN_COLUMNS),
    ],
)
def test_a_row_of_asterisk(changed: dict[str, str], plain: bool) -> None:
    look(changed, plain)


def look(changed: dict[str, str], plain: bool, options: Options = OPTIONS) -> None:
    """Six calls of their own, one of them changed: told as the rule tells them, and how."""
    rows = [asterisk.row(asterisk.WIDE, n, uniqueid=f"channel {n}") for n in range(6)]
    rows[2] = asterisk.row(asterisk.WIDE, 12, **changed)
    data = "\n".join(rows).encode()
    found, quick = facts(data, options, chunk_rows=80)
    assert (found, quick == 6) == (by_rule(data, options), plain)
    assert quick >= 5


@pytest.mark.parametrize(
    ("changed", "encoding", "told"),
    [
        ({"accountcode": "ACME"}, "latin-1", 6),
        ({"accountcode": "ÜBER"}, "latin-1", 0),
        ({"accountcode": "ÜBER"}, "utf-8", 6),
        ({"accountcode": "ACME"}, "utf-16", 0),
        ({"userfield": "x" * 131_073}, "utf-8", 0),  # more than a field may have
    ],
)
def test_what_sends_a_whole_chunk_to_the_rule(
    changed: dict[str, str], encoding: str, told: int
) -> None:
    options = Options(encoding=encoding)
    rows = [asterisk.row(asterisk.WIDE, number) for number in range(10, 16)]
    rows[2] = asterisk.row(asterisk.WIDE, 12, **changed)
    data = "\n".join(rows).encode(encoding)
    assert facts(data, options, chunk_rows=80) == (by_rule(data, options), told)


def test_a_text_has_no_nul() -> None:
    """PostgreSQL could not store it."""
    column = text_of(["a\0b", "\0", "c"])
    assert [column.at(place) for place in range(3)] == ["ab", "", "c"]


@pytest.mark.parametrize("columns", [asterisk.NARROW, asterisk.WIDE], ids=["narrow", "wide"])
def test_a_file_of_two_layouts_is_read_by_the_rule(columns: tuple[str, ...]) -> None:
    """A row of the other width, which is a layout too, among five."""
    other = asterisk.WIDE if columns == asterisk.NARROW else asterisk.NARROW
    rows = [asterisk.row(columns, number) for number in range(10, 16)]
    rows[2] = asterisk.row(other, 12)
    data = "\n".join(rows).encode()
    assert facts(data, OPTIONS, chunk_rows=80) == (by_rule(data, OPTIONS), 0)


@pytest.mark.parametrize(
    ("changed", "plain"),
    [
        ({"billmsec": ""}, IN_COLUMNS),
        ({"billmsec": "86400000", **ALONE_TOO}, IN_COLUMNS),
        ({"billmsec": "86400001", **ALONE_TOO}, BY_THE_RULE),
        ({"billmsec": "65535999", **ALONE_TOO}, BY_THE_RULE),  # what an overflow leaves
        ({"billmsec": "65536000", **ALONE_TOO}, IN_COLUMNS),
        ({"billusec": "3000499"}, IN_COLUMNS),
        ({"billusec": "3000500"}, IN_COLUMNS),
        ({"destination_number": "+4420718387501234"}, IN_COLUMNS),  # a digit too long for E.164
        ({"duration": "x"}, BY_THE_RULE),  # a fault
        ({"duration": "60.5"}, IN_COLUMNS),
        ({"hangup_cause": "a%20b"}, BY_THE_RULE),
        ({"hangup_cause": 'a ""b""'}, BY_THE_RULE),
        ({"uuid": ""}, BY_THE_RULE),
        ({"end_stamp": "soon"}, BY_THE_RULE),
        ({"end_stamp": "2026-11-22 08:34:04"}, BY_THE_RULE),
        ({"end_stamp": ""}, IN_COLUMNS),
        ({"answer_stamp": "2026-11-22 08:34:04"}, BY_THE_RULE),
        ({"answer_stamp": "later"}, BY_THE_RULE),
        ({"answer_stamp": ""}, IN_COLUMNS),  # three seconds before its end
        ({"billsec": "6"}, BY_THE_RULE),  # more than two away from its milliseconds
        ({"answer_stamp": "", "billsec": "0", "billmsec": "0"}, IN_COLUMNS),
        ({"direction": "outbound"}, IN_COLUMNS),
        ({"direction": "sideways"}, BY_THE_RULE),
        ({"originating_leg_uuid": freeswitch.UUIDS[2]}, IN_COLUMNS),
        ({"originating_leg_uuid": freeswitch.UUIDS[30]}, BY_THE_RULE),
        ({"originating_leg_uuid": "short"}, BY_THE_RULE),
        ({"bleg_uuid": "elsewhere"}, IN_COLUMNS),
    ],
)
def test_a_row_of_freeswitch(changed: dict[str, str], plain: bool) -> None:
    more = dict.fromkeys(changed.keys() - set(freeswitch.FULL), "")
    columns = (*freeswitch.FULL, *more)
    options = Options(region="DE", columns=columns)
    rows = [freeswitch.row(columns, number, **more) for number in range(6)]
    rows[2] = freeswitch.row(columns, 2, **changed)
    data = "\n".join(rows).encode()
    found, quick = facts(data, options, chunk_rows=80, rule=FREESWITCH_CSV)
    assert (found, quick == 6) == (by_rule(data, options, FREESWITCH_CSV), plain)
