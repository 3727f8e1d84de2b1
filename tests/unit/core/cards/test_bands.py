"""Bands: the minutes they hold, what publishing says of gaps and overlaps, holidays, DST."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.words import call_of, card_of
from tollwright.core.cards.bands import band_clock
from tollwright.core.cards.card import Band, Window
from tollwright.core.cards.file import CardError
from tollwright.core.rating.rate_call import Charge, rate_call

WORKDAYS = {"days": [1, 2, 3, 4, 5], "start": "08:00", "end": "18:00"}
PEAK = {"name": "peak", "weight": 10, "windows": [WORKDAYS]}
REST = {"name": "rest"}
XMAS = {"name": "xmas", "weight": 20, "dates": ["2026-12-25"]}
NIGHT = {"name": "night", "weight": 5, "windows": [{"start": "22:00", "end": "06:00"}]}


def rated(*bands: dict[str, Any], at: str, timezone: str = "UTC", seconds: int = 1) -> Charge:
    rows = [{"band": band["name"], "price": "0.1", "unit_s": 1} for band in bands]
    return rate_call(call_of(seconds, at=at), card_of(*rows, bands=list(bands), timezone=timezone))


@pytest.mark.parametrize(
    ("at", "band"),
    [
        ("2026-11-16T07:59:59", "rest"),
        ("2026-11-16T08:00:00", "peak"),
        ("2026-11-16T17:59:59", "peak"),
        ("2026-11-16T18:00:00", "rest"),
        ("2026-11-14T12:00:00", "rest"),  # a Saturday
        ("2026-12-24T23:59:59", "rest"),
        ("2026-12-25T00:00:00", "xmas"),
        ("2026-12-25T12:00:00", "xmas"),  # a Friday
        ("2026-12-26T00:00:00", "rest"),
    ],
)
def test_the_heaviest_band_that_holds(at: str, band: str) -> None:
    assert rated(PEAK, REST, XMAS, at=at).band == band


@pytest.mark.parametrize(
    ("at", "band"),
    [
        ("2026-11-16T21:59:59", "rest"),
        ("2026-11-16T22:00:00", "night"),
        ("2026-11-17T05:59:59", "night"),
        ("2026-11-17T06:00:00", "rest"),
        ("2026-11-15T23:59:59", "night"),  # Sunday night runs into the new week
        ("2026-11-16T00:00:00", "night"),
    ],
)
def test_a_window_over_midnight(at: str, band: str) -> None:
    assert rated(NIGHT, REST, at=at).band == band


def test_the_days_of_a_window_over_midnight_are_those_it_starts_on() -> None:
    friday = {
        "name": "f",
        "weight": 1,
        "windows": [{"days": [5], "start": "22:00", "end": "02:00"}],
    }
    times = ["2026-11-20T01:00", "2026-11-20T22:00", "2026-11-21T01:59", "2026-11-21T02:00"]
    assert [rated(friday, REST, at=at).band for at in times] == ["rest", "f", "f", "rest"]


def test_a_dated_window_over_midnight_runs_into_the_next_date() -> None:
    eve = {
        "name": "eve",
        "weight": 9,
        "dates": ["2026-12-31"],
        "windows": [{"start": "20:00", "end": "04:00"}],
    }
    times = ["2026-12-31T03:00", "2026-12-31T20:00", "2027-01-01T03:59", "2027-01-01T04:00"]
    assert [rated(eve, REST, at=at).band for at in times] == ["rest", "eve", "eve", "rest"]


def test_a_call_over_the_edges_of_a_dated_window() -> None:
    # 5 s before it, its 60 s, 5 s after it; every second of it costs 1
    feast: dict[str, Any] = {"name": "f", "weight": 9, "dates": ["2026-11-17"]}
    feast["windows"] = [{"start": "10:00", "end": "10:01"}]
    rows: list[dict[str, Any]] = [
        {"band": "f", "price": "1", "unit_s": 1},
        {"band": "rest", "price": "0"},
    ]
    card = card_of(*rows, bands=[feast, REST])
    for day, units in (("17", 60), ("16", 0)):
        call = call_of(70, at=f"2026-11-{day}T09:59:55")
        assert rate_call(call, card).amount_micros == units * 1_000_000


def test_windows_are_wall_clock_in_the_cards_zone() -> None:
    # 08:00 in New York is 13:00 UTC in winter and 12:00 UTC in summer
    times = ["2026-11-16T12:59", "2026-11-16T13:00", "2026-07-13T11:59", "2026-07-13T12:00"]
    bands = [rated(PEAK, REST, at=at, timezone="America/New_York").band for at in times]
    assert bands == ["rest", "peak", "rest", "peak"]


EARLY = {"name": "early", "weight": 1, "windows": [{"start": "01:00", "end": "03:00"}]}


def pieces(at: str, seconds: int) -> int:
    """Amount of a call in Berlin at 1 a second in the early band, 0 outside it, in units."""
    rows: list[dict[str, Any]] = [
        {"band": "early", "price": "1", "unit_s": 1},
        {"band": "rest", "price": "0"},
    ]
    card = card_of(*rows, bands=[EARLY, REST], timezone="Europe/Berlin")
    return rate_call(call_of(seconds, at=at), card).amount_micros // 1_000_000


def test_spring_skips_an_hour_of_the_band() -> None:
    # 2026-03-29: 01:00 CET = 00:00 UTC; 02:00 CET becomes 03:00 CEST at 01:00 UTC
    assert pieces("2026-03-28T23:30:00", 4 * 3600) == 3600


def test_autumn_gives_an_hour_of_the_band_twice() -> None:
    # 2026-10-25: 01:00 CEST = 23:00 UTC; 03:00 CEST becomes 02:00 CET; 03:00 CET = 02:00 UTC
    assert pieces("2026-10-24T22:30:00", 5 * 3600) == 3 * 3600


def test_an_ordinary_night_has_two_hours_of_the_band() -> None:
    assert pieces("2026-11-15T22:30:00", 5 * 3600) == 2 * 3600


@pytest.mark.parametrize(
    ("bands", "reason"),
    [
        ([PEAK], "no band of the card holds on Monday 00:00-08:00, Monday 18:00-24:00, Tuesday"),
        (
            [{"name": "b", "windows": [{"start": "00:01", "end": "24:00"}]}],
            "no band of the card holds on Monday 00:00-00:01, Tuesday 00:00-00:01",
        ),
        ([XMAS], "Monday 00:00-24:00"),
    ],
)
def test_a_gap_names_its_minutes(bands: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(CardError) as caught:
        card_of({"band": bands[0]["name"]}, bands=bands)
    fault = caught.value.faults[0]
    assert (fault.row, fault.field) == (1, "band")
    assert reason in fault.reason


def test_a_row_without_band_closes_the_gap() -> None:
    card = card_of({"band": "peak", "price": "1"}, {"price": "2"}, bands=[PEAK])
    bands = [rate_call(call_of(at=f"2026-11-16T{t}"), card).rate_index for t in ("07:00", "09:00")]
    assert bands == [1, 0]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (
            {"weight": 10, "windows": [{"days": [1], "start": "17:58", "end": "19:00"}]},
            "'peak' and 'x' have the same weight and overlap: Monday 17:58-18:00",
        ),
        (
            {"weight": 10, "windows": [{"days": [7], "start": "23:00", "end": "08:30"}]},
            "'peak' and 'x' have the same weight and overlap: Monday 08:00-08:30",
        ),
        (
            {
                "weight": 10,
                "dates": ["2026-11-17"],
                "windows": [{"start": "17:00", "end": "20:00"}],
            },
            "'peak' and 'x' have the same weight and overlap: on 2026-11-17 17:00-18:00",
        ),
    ],
    ids=["a weekday", "over Sunday midnight", "a date"],
)
def test_an_overlap_of_equal_weight_names_its_minutes(other: dict[str, Any], reason: str) -> None:
    with pytest.raises(CardError) as caught:
        card_of({"band": "rest"}, bands=[PEAK, REST, {"name": "x"} | other])
    assert reason in [fault.reason for fault in caught.value.faults]


@pytest.mark.parametrize(
    "other",
    [
        {"weight": 11, "windows": [{"days": [1], "start": "17:58", "end": "19:00"}]},
        {"weight": 10, "windows": [{"days": [1], "start": "18:00", "end": "19:00"}]},
        {"weight": 10, "windows": [{"days": [6], "start": "08:00", "end": "19:00"}]},
        {"weight": 10, "dates": ["2026-11-14"]},
    ],
    ids=["other weight", "just after", "other day", "a dated Saturday"],
)
def test_no_overlap_on_the_other_side_of_the_edge(other: dict[str, Any]) -> None:
    assert card_of({"band": "rest"}, bands=[PEAK, REST, {"name": "x"} | other])


@pytest.mark.parametrize(
    "window",
    [
        {"start": "8", "end": "10:00"},
        {"start": "08:60", "end": "10:00"},
        {"start": "08:00", "end": "24:01"},
        {"start": "08:00", "end": "08:00"},
        {"start": "08:00", "end": "10:00", "days": [0]},
        {"start": "08:00", "end": "10:00", "days": []},
    ],
)
def test_windows_that_are_none(window: dict[str, Any]) -> None:
    with pytest.raises(CardError):
        card_of({"band": "b"}, {"price": "1"}, bands=[{"name": "b", "windows": [window]}])


MINUTES = st.integers(0, 1439)
WINDOWS = st.builds(
    Window,
    MINUTES,
    st.integers(1, 1440),
    st.sets(st.integers(1, 7), min_size=1).map(lambda days: tuple(sorted(days))),
).filter(lambda window: window.start_min != window.end_min)
BANDS = st.lists(
    st.builds(
        Band,
        st.just("b"),
        st.just(0),
        st.lists(WINDOWS, min_size=1, max_size=3).map(tuple),
        st.lists(st.dates(date(2026, 3, 27), date(2026, 3, 31)), max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=3,
)


def holds(band: Band, local: datetime) -> bool:
    """Straight from the words: does a window that starts today or started yesterday run now?"""
    minute = local.hour * 60 + local.minute
    for day, now in ((local.date(), minute), (local.date() - timedelta(days=1), minute + 1440)):
        if band.dates and day not in band.dates:
            continue
        for window in band.windows:
            end = window.end_min + (1440 if window.end_min < window.start_min else 0)
            if day.isoweekday() in window.days and window.start_min <= now < end:
                return True
    return False


@given(
    bands=BANDS,
    offset_ms=st.integers(0, 4 * 86_400_000),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_the_clock_agrees_with_the_words_and_misses_no_edge(
    bands: list[Band], offset_ms: int, zone: str
) -> None:
    clock = band_clock(bands, ZoneInfo(zone))
    at = datetime(2026, 3, 27, tzinfo=UTC) + timedelta(milliseconds=offset_ms)
    local = at.astimezone(clock.zone)
    mask = sum(1 << place for place, band in enumerate(bands) if holds(band, local))
    assert clock.active(at) == mask
    edge = clock.next_edge(at)
    assert at < edge <= at + timedelta(days=1, hours=1)
    assert edge.microsecond == 0
    for part in (1, 2, 3):  # nothing changes before the edge
        between = at + (edge - at) * part // 4
        assert clock.active(between) == mask
    assert (
        clock.active(edge - timedelta(seconds=1) if edge - at > timedelta(seconds=1) else at)
        == mask
    )
