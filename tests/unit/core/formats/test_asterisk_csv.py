"""Asterisk's rows: layouts, times, legs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.formats.rows import ASTERISK, asterisk, faults, items, one, records
from tollwright.core.formats.asterisk import ASTERISK_CSV
from tollwright.core.formats.base import Ignored, Options, Record

BASE = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp"),
    *("lastdata", "start", "answer", "end", "duration", "billsec", "disposition", "amaflags"),
)
NEW = ("peeraccount", "linkedid", "sequence")


def utc(hour: int, minute: int, second: int, day: int = 22, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=UTC)


def test_a_row_is_told_in_full() -> None:
    record = one(ASTERISK, asterisk())
    assert record == Record(
        "1795336445.1/1", "1795336445.1", 1, 0, "customer", "1795336445.1", "",
        "4930123456", "Al", "442071838750", "442071838750",
        utc(8, 34, 5), utc(8, 34, 6), utc(8, 34, 9), 3_000, 3, 4_000, True, "", "ANSWERED",
        "PJSIP/uac-00000001", "PJSIP/gw-00000002", "uac", "gw", "", "", "",
        (("accountcode", "ACME"), ("trunk", "uac"), ("context", "from-uac")), 1, asterisk(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "key"),
    [
        (BASE, ""),
        ((*BASE, "uniqueid"), "1795336445.1"),
        ((*BASE, "userfield"), ""),
        ((*BASE, "uniqueid", "userfield"), "1795336445.1"),
        ((*BASE, *NEW), ""),
        ((*BASE, "uniqueid", *NEW), "1795336445.1"),
        ((*BASE, "uniqueid", "userfield", *NEW), "1795336445.1"),
    ],
    ids=["16", "17", "17-userfield", "18", "19", "20", "21"],
)
def test_every_number_of_columns_that_cdr_csv_writes(columns: tuple[str, ...], key: str) -> None:
    record = one(ASTERISK, asterisk(columns, userfield="note"))
    assert (record.source_seconds, record.called) == (3, "442071838750")
    assert record.call_key.startswith(key)
    assert record.unique_id == (key or record.call_key)


def test_without_a_sequence_equal_rows_are_one_call_and_others_are_not() -> None:
    columns = (*BASE, "uniqueid", "userfield")
    found = items(
        ASTERISK, asterisk(columns), asterisk(columns), asterisk(columns, dst="33612345678")
    )
    keys = [record.call_key for record in records(found)]
    assert keys[0] == keys[1] != keys[2]


def test_the_server_is_part_of_the_key() -> None:
    assert one(ASTERISK, asterisk(), server="pbx2").call_key == "1795336445.1/1@pbx2"


def test_another_column_order_is_noticed_and_said() -> None:
    custom = ("clid", *BASE[1:4], *BASE[5:], "accountcode", "uniqueid", "userfield", "sequence")
    found = items(ASTERISK, asterisk(custom), asterisk(custom))
    assert [fault.code for fault in faults(found)] == ["order", "order"]
    assert "layout cdr_custom" in faults(found)[0].reason
    assert one(ASTERISK, asterisk(custom), layout="cdr_custom").source_seconds == 3


def test_a_header_names_the_columns() -> None:
    columns = ("calldate", "src", "dst", "duration", "billsec", "disposition", "uniqueid")
    row = "2026-11-22 08:34:05,493,441,9,7,ANSWERED,1795336445.1"
    found = items(ASTERISK, ",".join(columns), row)
    assert found[0] == Ignored(1, "column names")
    assert [(r.line, r.source_seconds, r.answered) for r in records(found)] == [(2, 7, True)]


@pytest.mark.parametrize(
    ("billsec", "answer", "disposition", "answered"),
    [
        ("3", "2026-11-22 08:34:06", "NO ANSWER", True),
        ("3", "", "NO ANSWER", True),
        ("0", "", "ANSWERED", False),
        ("0", "2026-11-22 08:34:08", "ANSWERED", True),
        ("0", "1970-01-01 00:00:00", "NO ANSWER", False),
        ("0", "0000-00-00 00:00:00", "NO ANSWER", False),
        ("0", "0", "NO ANSWER", False),
    ],
)
def test_answered_is_not_the_status_word(
    billsec: str, answer: str, disposition: str, answered: bool
) -> None:
    row = asterisk(billsec=billsec, answer=answer, disposition=disposition)
    assert one(ASTERISK, row).answered is answered


def test_text_is_local_time_of_the_source() -> None:
    row = asterisk(uniqueid="x", start="2026-07-01 08:00:00", answer="", end="2026-07-01 08:01:00")
    assert one(ASTERISK, row, zone="Europe/Berlin").started_at == utc(6, 0, 0, 1, 7)
    assert one(ASTERISK, row, zone="America/New_York").started_at == utc(12, 0, 0, 1, 7)


def epoch(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def test_a_call_over_the_end_of_summer_time() -> None:
    """02:59:51 (summer) to 02:00:11 (winter) are 20 seconds, with or without an epoch."""
    born = datetime(2026, 10, 25, 0, 59, 51, tzinfo=UTC)
    times = {"start": "2026-10-25 02:59:51", "answer": "2026-10-25 02:59:51",
             "end": "2026-10-25 02:00:11", "duration": "20", "billsec": "20"}  # fmt: skip
    for uid in (f"{epoch(born)}.7", "no-epoch"):
        record = one(ASTERISK, asterisk(uniqueid=uid, **times), zone="Europe/Berlin")
        assert (record.started_at, record.ended_at) == (born, born + timedelta(seconds=20))
        assert record.source_seconds == 20


def test_the_epoch_tells_which_of_two_equal_hours() -> None:
    times = {"start": "2026-10-25 02:30:00", "answer": "", "end": "2026-10-25 02:30:05",
             "duration": "5", "billsec": "0"}  # fmt: skip
    for hour in (0, 1):
        born = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
        row = asterisk(uniqueid=f"{epoch(born)}.7", **times)
        record = one(ASTERISK, row, zone="Europe/Berlin")
        assert (record.started_at, record.ended_at) == (born, born + timedelta(seconds=5))


def test_the_epoch_beats_a_wrong_zone() -> None:
    """The Source says UTC, the switch writes Berlin time: the uniqueid knows."""
    row = asterisk(start="2026-11-22 09:34:05", answer="2026-11-22 09:34:06",
                   end="2026-11-22 09:34:09")  # fmt: skip
    record = one(ASTERISK, row)
    assert record.started_at == utc(8, 34, 5)
    assert (record.answered_at, record.ended_at) == (utc(8, 34, 6), utc(8, 34, 9))
    assert record.note.startswith("wrong_zone: ")


@pytest.mark.parametrize(
    ("ahead_s", "moved_s"),
    [
        (-2, 0),  # clocks are cut to whole seconds: two seconds before its birth is at its birth
        (29, 0),
        (30, 0),  # half a minute after its birth is a later leg, no zone error
        (1798 - 1, 0),  # 29:57 after it: no half hour fits
        (1798, 1800),  # half an hour, two seconds less
        (1829, 1800),
        (1830, 0),
        (26 * 3600, 26 * 3600),  # zones lie within 26 hours of each other
        (26 * 3600 + 1800, 0),
        (-26 * 3600, -26 * 3600),
        (-26 * 3600 - 1800, 0),
    ],
)
def test_how_far_a_wrong_zone_is_put_right(ahead_s: int, moved_s: int) -> None:
    """The channel was born at 08:34:05 by its uniqueid; the row says a time so much later."""
    born = utc(8, 34, 5)
    start = born + timedelta(seconds=ahead_s)
    row = asterisk(start=f"{start:%F %T}", answer="", end=f"{start:%F %T}", billsec="0",
                   duration="0", uniqueid=f"{epoch(born)}.1")  # fmt: skip
    assert one(ASTERISK, row).started_at == start - timedelta(seconds=moved_s)


def test_a_later_leg_of_a_long_channel_keeps_its_time() -> None:
    """31 minutes after the channel's birth is no zone error when the hour's rows agree with it."""
    other = asterisk(uniqueid=f"{epoch(utc(9, 4, 40))}.9", start="2026-11-22 09:04:40",
                     answer="", end="2026-11-22 09:04:50", billsec="0")  # fmt: skip
    late = asterisk(start="2026-11-22 09:05:06", answer="2026-11-22 09:05:07",
                    end="2026-11-22 09:05:10", sequence="3")  # fmt: skip
    found = records(items(ASTERISK, other, late))
    assert found[1].started_at == utc(9, 5, 6)


def test_a_later_leg_keeps_its_time_also_after_an_hour_that_was_struck_twice() -> None:
    """The first row lies in it; the second agrees with the zone; the third is a later leg."""
    twice = asterisk(uniqueid="x", start="2026-10-25 02:30:00", answer="",
                     end="2026-10-25 02:30:05", billsec="0", duration="5")  # fmt: skip
    other = asterisk(uniqueid=f"{epoch(utc(9, 4, 40))}.9", start="2026-11-22 10:04:40",
                     answer="", end="2026-11-22 10:04:50", billsec="0")  # fmt: skip
    late = asterisk(start="2026-11-22 10:05:06", answer="2026-11-22 10:05:07",
                    end="2026-11-22 10:05:10", sequence="3")  # fmt: skip
    found = records(items(ASTERISK, twice, other, late, zone="Europe/Berlin"))
    assert [record.started_at for record in found] == [
        utc(0, 30, 0, 25, 10), utc(9, 4, 40), utc(9, 5, 6),
    ]  # fmt: skip


def test_an_end_before_the_start_waits_unless_whole_half_hours_explain_it() -> None:
    """The channel's epoch proves its start; an end 90 minutes early is another zone's, if its
    duration says so too, and an end 94 minutes early is nobody's."""
    times = {"start": "2026-11-22 08:34:05", "answer": "2026-11-22 08:34:06"}
    for uid, end in (("x", "07:04:09"), ("1795336445.1", "07:00:00")):
        row = asterisk(uniqueid=uid, end=f"2026-11-22 {end}", **times)
        [fault] = faults(items(ASTERISK, row))
        assert (fault.code, "before its start" in fault.reason) == ("seconds_conflict", True)
    explained = one(ASTERISK, asterisk(end="2026-11-22 07:04:09", **times))
    assert (explained.started_at, explained.ended_at) == (utc(8, 34, 5), utc(8, 34, 9))
    assert explained.note.startswith("wrong_zone: ")


@pytest.mark.parametrize(
    ("name", "text"), [("start", ""), ("start", "2026-13-01 00:00:00"), ("end", "soon")]
)
def test_a_time_that_is_none_waits(name: str, text: str) -> None:
    good = asterisk()
    found = items(ASTERISK, good, asterisk(**{name: text}))
    assert [fault.code for fault in faults(found)] == ["time"]


def legs(*rows: str, lookahead: int = 4_096) -> list[str]:
    return [record.leg for record in records(items(ASTERISK, *rows, lookahead=lookahead))]


UNANSWERED = {"answer": "", "billsec": "0", "disposition": "NO ANSWER"}


def test_failover_is_one_call() -> None:
    rows = [asterisk(sequence="1", **UNANSWERED), asterisk(sequence="2")]
    assert legs(*rows) == ["internal", "customer"]


def test_an_unanswered_call_is_one_attempt() -> None:
    rows = [asterisk(sequence=str(number), **UNANSWERED) for number in (1, 2, 3)]
    assert legs(*rows) == ["customer", "internal", "internal"]


def test_a_fork_is_a_twin_but_a_transfer_is_another_leg() -> None:
    twin = asterisk(sequence="2")
    transfer = asterisk(sequence="3", start="2026-11-22 08:34:09", answer="2026-11-22 08:34:09",
                        end="2026-11-22 08:34:12", dst="33612345678")  # fmt: skip
    assert legs(asterisk(), twin, transfer) == ["customer", "internal", "customer"]


def test_a_local_channels_half_is_the_call_and_keeps_its_trunk() -> None:
    towards = asterisk(dstchannel="Local/335@x-0001;1")
    half = asterisk(channel="Local/335@x-0001;2", uniqueid="1795336445.2", sequence="2")
    found = records(items(ASTERISK, towards, half))
    assert [record.leg for record in found] == ["internal", "customer"]
    assert found[1].trunk_in == "uac"
    assert ("trunk", "uac") in found[1].hints


def test_a_local_channel_whose_half_is_missing_is_charged() -> None:
    assert legs(asterisk(dstchannel="Local/335@x-0001;1")) == ["customer"]


def test_a_repeated_line_keeps_its_key_and_leg() -> None:
    found = records(items(ASTERISK, asterisk(), asterisk()))
    assert [record.leg for record in found] == ["customer", "customer"]
    assert found[0].call_key == found[1].call_key


def test_legs_are_found_over_any_distance_within_the_lookahead() -> None:
    others = [asterisk(uniqueid=f"1795336445.{n}", sequence=str(n)) for n in range(100, 140)]
    rows = [asterisk(sequence="1", **UNANSWERED), *others, asterisk(sequence="2")]
    assert legs(*rows, lookahead=64)[0] == "internal"


ROWS = st.lists(
    st.builds(
        asterisk,
        uniqueid=st.sampled_from(["1795336445.1", "1795336445.2", "pbx1-1795336440.3", "x"]),
        sequence=st.integers(0, 5).map(str),
        billsec=st.sampled_from(["0", "3", "3.5", "70"]),
        answer=st.sampled_from(["", "2026-11-22 08:34:06", "2026-11-22 08:34:04"]),
        end=st.sampled_from(["2026-11-22 08:34:09", "2026-11-22 08:34:01"]),
        dstchannel=st.sampled_from(["", "PJSIP/gw-00000002", "Local/1@x-0001;1", "SIP/trunk"]),
        lastapp=st.sampled_from(["Dial", "Queue"]),
        linkedid=st.sampled_from(["", "1795336445.1"]),
    ),
    min_size=2,
    max_size=12,
)


@given(
    rows=ROWS,
    zone=st.sampled_from(["UTC", "Europe/Berlin"]),
    width=st.sampled_from([21, 18]),  # with and without a sequence
)
def test_columns_and_single_rows_give_the_same(rows: list[str], zone: str, width: int) -> None:
    text = "\n".join([asterisk(), *rows])
    one_by_one = ASTERISK_CSV.reader(Options(zone=zone))
    by_columns = ASTERISK_CSV.reader(Options(zone=zone))
    lines = text.split("\n")
    table = [[cell.strip('"') for cell in line.split('","')][:width] for line in lines]
    slow = [
        item
        for at, (line, row) in enumerate(zip(lines, table, strict=True), 1)
        for item in one_by_one.items(at, [line], [row], 1)
    ]
    assert by_columns.items(1, lines, table, 1) == slow
