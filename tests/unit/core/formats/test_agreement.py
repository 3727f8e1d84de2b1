"""Times and lengths that contradict each other wait with both readings, in every format."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.core.formats.rows import ASTERISK, asterisk, freeswitch, items, one
from tollwright.core.formats.agreement import Settled, Told, is_clipped, seconds_text, settle
from tollwright.core.formats.base import BadRowError, Fault, Item, Record
from tollwright.core.formats.registry import FORMATS, get
from tollwright.core.formats.repeated_hour import AMBIGUOUS_NOTE

START = datetime(2026, 11, 3, 17, 59, 30, tzinfo=UTC)


def at(seconds: float | None) -> datetime | None:
    return None if seconds is None else START + timedelta(seconds=seconds)


def told(
    answer: float | None, end: float | None, ms: int | None, duration_ms: int | None, grain: int = 1
) -> Told:
    return Told(START, at(answer), at(end), ms, duration_ms, grain * 1_000)


@pytest.mark.parametrize(
    ("said", "answer", "ms", "note"),
    [
        # answer, end, ms, duration: seconds after the start
        (told(5, 65, 60_000, 65_000), 5, 60_000, ""),
        (told(5, 65, 58_000, None), 5, 58_000, ""),  # two seconds apart are cut clocks
        (told(5, 65, 62_000, 60_000), 5, 62_000, ""),
        (told(None, 65, 60_000, None), 5, 60_000, ""),  # before the end
        (told(None, None, 30_000, 70_000), 40, 30_000, ""),  # 18:00:10
        (told(None, 29, 30_000, None), 0, 30_000, ""),  # never before the start
        (told(None, 65, 0, 65_000), None, 0, ""),  # not answered
        (told(None, None, 0, None), None, 0, ""),
        (told(5, 65.5, None, None), 5, 60_500, ""),  # no count: the times
        (told(None, 65, None, 65_000), None, 0, ""),
        (told(5, 65, 65_535_000, 65_000), 5, 60_000, "clipped"),
        (told(5, 65, 32_767_000, None), 5, 60_000, "clipped"),
        (told(5, 65, 2_147_483_647_000, None), 5, 60_000, "clipped"),
        (told(5, 65, 4_294_967_295_000, None), 5, 60_000, "clipped"),
        (told(5, 32_772, 32_767_000, None), 5, 32_767_000, "clipped"),  # nine hours, and true
        (told(-2, 60, 60_000, 60_000), -2, 60_000, "clock_step"),
        (told(0, -2, 0, 0), 0, 0, "clock_step"),
        (told(60, 60, 45_000, 60_000, grain=60), 60, 45_000, ""),  # stamps to the minute
    ],
)
def test_what_a_record_says_of_its_length(
    said: Told, answer: float | None, ms: int, note: str
) -> None:
    found = settle(said, "billsec")
    assert found == Settled(at(answer), ms, found.note)
    assert found.note.partition(":")[0] == note


@pytest.mark.parametrize(
    ("said", "code", "proposals"),
    [
        (told(0, 30, 300_000, 30_000), "seconds_conflict", ("30 s", "300 s")),
        (told(5, 311, 10_800_000, None), "seconds_conflict", ("306 s", "10800 s")),
        (told(5, 65, 57_999, None), "seconds_conflict", ("60 s", "57.999 s")),
        (told(5, 65, 0, None), "seconds_conflict", ("60 s", "0 s")),
        (told(None, None, 300_000, 30_000), "seconds_conflict", ("30 s", "300 s")),
        (told(None, 30, 300_000, None), "seconds_conflict", ("30 s", "300 s")),
        (told(5, 65, 60_000, 57_000), "seconds_conflict", ("60 s", "57 s")),
        (told(-3, 60, 60_000, 60_000), "seconds_conflict", ("60 s",)),
        (told(None, -3, 0, 7_000), "seconds_conflict", ("7 s",)),
        (told(9, 5, None, None), "seconds_conflict", ()),
        (told(60, 60, 125_000, 200_000, grain=60), "seconds_conflict", ("0 s", "125 s")),
        (told(5, None, 65_535_000, 70_000), "clipped", ("65535",)),
        (told(None, 70, 65_535_000, 70_000), "clipped", ("65535",)),
        (told(5, 86_406, 4_294_967_295_000, None), "too_long", ("86401",)),
        (told(5, None, None, 70_000), "length", ()),
        (told(None, None, 7_000, None), "time", ("unknown",)),  # never "answered at the start"
    ],
)
def test_a_contradiction_waits_with_both_readings(
    said: Told, code: str, proposals: tuple[str, ...]
) -> None:
    with pytest.raises(BadRowError) as bad:
        settle(said, "billsec")
    assert bad.value.code == code
    assert [text for text in proposals if text not in bad.value.reason] == []


def test_a_full_field_is_a_whole_count() -> None:
    assert [is_clipped(ms) for ms in (32_767_000, 32_767_500, 32_766_000)] == [True, False, False]
    assert [seconds_text(ms) for ms in (3_000, 3_500, -61_020)] == ["3", "3.5", "-61.02"]


def asterisk_row(answer: str, end: str, seconds: str) -> str:
    return asterisk(start="2026-11-03 10:00:00", answer=f"2026-11-03 {answer}",
                    end=f"2026-11-03 {end}", billsec=seconds, duration="",
                    uniqueid="x")  # fmt: skip


def freeswitch_row(answer: str, end: str, seconds: str) -> str:
    return freeswitch(start_stamp="2026-11-03 10:00:00", answer_stamp=f"2026-11-03 {answer}",
                      end_stamp=f"2026-11-03 {end}", billsec=seconds, duration="")  # fmt: skip


def freeswitch_object(answer: str, end: str, seconds: str) -> str:
    stamps = {"start_stamp": "10:00:00", "answer_stamp": answer, "end_stamp": end}
    told = {name: f"2026-11-03 {text}" for name, text in stamps.items()}
    return json.dumps({"variables": {"uuid": "u1", "billsec": seconds, **told}})


def pushed(answer: str, end: str, seconds: str) -> str:
    stamps = {"started_at": "10:00:00", "answered_at": answer, "ended_at": end}
    told = {name: f"2026-11-03T{text}Z" for name, text in stamps.items()}
    return json.dumps({"call_key": "k", "called": "+442079460000", "seconds": seconds, **told})


WRITERS: dict[str, Callable[[str, str, str], str]] = {
    "asterisk_csv": asterisk_row,
    "freeswitch_csv": freeswitch_row,
    "freeswitch_json": freeswitch_object,
    "tollwright_json": pushed,
}


def test_every_format_is_asked() -> None:
    assert WRITERS.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    ("answer", "end", "seconds", "result"),
    [
        ("10:00:05", "10:05:11", "306", 306_000),
        ("10:00:05", "10:05:11", "308", 308_000),
        ("10:00:05", "10:05:11", "309", "seconds_conflict"),
        ("10:00:05", "10:05:11", "10800", "seconds_conflict"),
        ("10:00:05", "10:05:11", "65535", 306_000),
        ("10:00:05", "10:05:11", "2147483647", 306_000),
        ("09:59:58", "10:00:58", "60", 60_000),
        ("09:59:57", "10:00:57", "60", "seconds_conflict"),
        ("10:00:05", "09:59:57", "0", "seconds_conflict"),
        ("10:00:05", "10:05:11", "86401", "too_long"),
    ],
)
def test_every_format_holds_to_it(
    name: str, answer: str, end: str, seconds: str, result: int | str
) -> None:
    [item] = items(get(name), WRITERS[name](answer, end, seconds))
    assert (item.answered_ms if isinstance(item, Record) else outcome(item)) == result


def outcome(item: Item) -> str:
    assert isinstance(item, Fault)
    assert item.reason.endswith(".")
    return item.code


def test_a_table_export_without_answer_and_end_is_answered_when_it_was() -> None:
    """calldate 17:59:30, 70 s of which 30 were talk: answered 18:00:10, at the price of then."""
    header = "calldate,src,dst,duration,billsec,disposition,uniqueid"
    row = "2026-11-03 17:59:30,4930999001,442079460000,70,30,ANSWERED,1793728770.1"
    [_, record] = items(ASTERISK, header, row)
    assert isinstance(record, Record)
    assert record.answered_at == datetime(2026, 11, 3, 18, 0, 10, tzinfo=UTC)


BERLIN_NIGHT = {  # when calls of 5 s began, as the clock showed it and in UTC
    "02:50:00": "00:50:00", "02:58:00": "00:58:00", "02:10:00": "01:10:00",
    "02:45:00": "01:45:00", "02:14:00": "01:14:00", "03:01:00": "02:01:00",
}  # fmt: skip


@pytest.mark.parametrize("name", ["asterisk_csv", "freeswitch_csv", "tollwright_json"])
def test_the_files_order_tells_which_of_two_equal_hours(name: str) -> None:
    """Nothing else tells: no epoch, and each call fits into either hour."""
    lines = [in_the_night(name, str(key), clock) for key, clock in enumerate(BERLIN_NIGHT)]
    found = items(get(name), *lines, zone="Europe/Berlin")
    assert [f"{one.started_at:%T}" for one in found if isinstance(one, Record)] == [
        *BERLIN_NIGHT.values()
    ]
    notes = [one.note.partition(":")[0] for one in found if isinstance(one, Record)]
    assert notes == ["ambiguous_hour"] * 5 + [""]


def test_a_record_that_tells_its_hour_tells_it_for_those_after_it() -> None:
    """The uniqueid's epoch says the second hour; the next row says nothing."""
    epoch = int(datetime(2026, 10, 25, 1, 20, tzinfo=UTC).timestamp())
    night = [("x1", "02:20:00"), (f"{epoch}.7", "02:20:00"), ("x2", "02:20:00")]
    lines = [in_the_night("asterisk_csv", uid, clock) for uid, clock in night]
    found = items(ASTERISK, *lines, zone="Europe/Berlin")
    hours = [(f"{one.started_at:%H}", one.note) for one in found if isinstance(one, Record)]
    first, second = (AMBIGUOUS_NOTE.format(which=which) for which in ("first", "second"))
    assert hours == [("00", first), ("01", ""), ("01", second)]


def test_the_duration_tells_which_of_two_equal_hours() -> None:
    """From 02:50 to 02:40: fifty minutes over the change, not ten back."""
    row = asterisk(start="2026-10-25 02:50:00", answer="2026-10-25 02:50:00", uniqueid="x",
                   end="2026-10-25 02:40:00", duration="3000", billsec="3000")  # fmt: skip
    record = one(ASTERISK, row, zone="Europe/Berlin")
    assert (record.started_at, record.ended_at, record.note) == (
        datetime(2026, 10, 25, 0, 50, tzinfo=UTC), datetime(2026, 10, 25, 1, 40, tzinfo=UTC), "",
    )  # fmt: skip


def test_a_time_that_the_clock_skips_is_read_as_before_the_change() -> None:
    stamp = "2026-03-29 02:30:00"  # from 02:00 to 03:00
    row = asterisk(start=stamp, answer="", end=stamp, duration="0", billsec="0", uniqueid="x")
    record = one(ASTERISK, row, zone="Europe/Berlin")
    assert record.started_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert record.note.startswith("gap_hour: ")


@pytest.mark.parametrize("year", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("name", WRITERS)
def test_a_year_that_no_calendar_of_calls_has_waits(name: str, year: str) -> None:
    for zone in ("Pacific/Kiritimati", "America/Adak"):  # fourteen hours before, ten behind
        line = WRITERS[name]("10:00:00", "10:00:00", "0").replace("2026-11-03", year)
        [item] = items(get(name), line, zone=zone)
        assert outcome(item) == "time"


def in_the_night(name: str, key: str, clock: str) -> str:
    start = f"2026-10-25 {clock}"
    end = f"{start[:-1]}5"
    if name == "asterisk_csv":
        return asterisk(start=start, answer=start, end=end, duration="5", billsec="5",
                        uniqueid=key)  # fmt: skip
    if name == "freeswitch_csv":
        return freeswitch(start_stamp=start, answer_stamp=start, end_stamp=end, duration="5",
                          billsec="5", uuid=key)  # fmt: skip
    return json.dumps({"call_key": key, "called": "+442079460000", "started_at": start,
                       "answered_at": start, "ended_at": end})  # fmt: skip
