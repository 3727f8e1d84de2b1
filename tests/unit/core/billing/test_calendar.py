"""A customer's periods through changes of cycle, zone and bill day, and beside what is issued."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tollwright.core.billing.periods import (
    BEFORE,
    Calendar,
    Cycle,
    Period,
    PeriodTerms,
    Span,
    moments,
)

BERLIN, TOKYO, NEW_YORK = "Europe/Berlin", "Asia/Tokyo", "America/New_York"
ANCHOR = date(2026, 3, 20)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def calendar(*changes: tuple[str, Cycle, str], issued: tuple[Period, ...] = ()) -> Calendar:
    """Monthly in Berlin, then from each moment on another cycle and zone."""
    history = [(BEFORE, PeriodTerms("monthly", BERLIN))]
    history += [(utc(at), PeriodTerms(cycle, zone)) for at, cycle, zone in changes]
    return Calendar(history, ANCHOR, issued)


def found(one: Calendar, since: str, until: str) -> list[str]:
    """`first to last: since - until` of each period, moments in UTC."""
    return [
        f"{period.days.first:%d.%m}-{period.days.last:%d.%m}:"
        f" {period.since:%d.%m %H:%M} - {period.until:%d.%m %H:%M}"
        for period in one.periods(utc(since), utc(until))
    ]


def issued(first: str, end: str, zone: str = BERLIN) -> Period:
    span = Span(date.fromisoformat(first), date.fromisoformat(end))
    return Period(*moments(span, zone), span, zone)


def test_without_a_change_they_are_the_cycles_own() -> None:
    assert found(calendar(), "2026-10-15", "2026-12-05") == [
        "01.10-31.10: 30.09 22:00 - 31.10 23:00",
        "01.11-30.11: 31.10 23:00 - 30.11 23:00",
    ]


def test_a_change_of_cycle_waits_for_the_period_to_end() -> None:
    """Weekly from 14 October: October stays whole, then Sunday 1 November, then weeks."""
    weekly = calendar(("2026-10-14T09:00", "weekly", BERLIN))
    assert found(weekly, "2026-10-15", "2026-11-09") == [
        "01.10-31.10: 30.09 22:00 - 31.10 23:00",
        "01.11-01.11: 31.10 23:00 - 01.11 23:00",
        "02.11-08.11: 01.11 23:00 - 08.11 23:00",
    ]


def test_a_change_at_the_first_moment_holds_at_once() -> None:
    weekly = calendar(("2026-10-31T23:00", "weekly", BERLIN))
    assert found(weekly, "2026-10-15", "2026-11-09")[1] == "01.11-01.11: 31.10 23:00 - 01.11 23:00"


def test_a_change_that_was_taken_back_before_the_period_ended_changes_nothing() -> None:
    one = calendar(("2026-10-14T09:00", "weekly", TOKYO), ("2026-10-20T09:00", "monthly", BERLIN))
    assert found(one, "2026-10-15", "2026-12-05") == found(calendar(), "2026-10-15", "2026-12-05")


@pytest.mark.parametrize(
    ("zone", "november"),
    [
        (TOKYO, "01.11-30.11: 31.10 23:00 - 30.11 15:00"),  # 8 hours short
        (NEW_YORK, "01.11-30.11: 31.10 23:00 - 01.12 05:00"),  # 6 hours long
    ],
)
def test_a_move_of_zone_waits_too_and_leaves_no_gap(zone: str, november: str) -> None:
    moved = calendar(("2026-10-14T09:00", "monthly", zone))
    assert found(moved, "2026-10-15", "2026-12-02") == [
        "01.10-31.10: 30.09 22:00 - 31.10 23:00",
        november,
    ]
    assert moved.begins(date(2026, 11, 1)) == utc("2026-10-31T23:00")
    assert moved.day(utc("2026-10-31T22:59")) == date(2026, 10, 31)
    assert moved.day(utc("2026-10-31T23:00")) == date(2026, 11, 1)


def test_over_the_date_line_a_day_without_a_moment_goes_with_the_next() -> None:
    """Days in Pago Pago (-11), then in Kiritimati (+14), where the next one is over already."""
    history = [
        (BEFORE, PeriodTerms("day", "Pacific/Pago_Pago")),
        (utc("2026-10-14T09:00"), PeriodTerms("day", "Pacific/Kiritimati")),
    ]
    assert found(Calendar(history, ANCHOR), "2026-10-13T12:00", "2026-10-16T10:00") == [
        "13.10-13.10: 13.10 11:00 - 14.10 11:00",
        "14.10-15.10: 14.10 11:00 - 15.10 10:00",
        "16.10-16.10: 15.10 10:00 - 16.10 10:00",
    ]


def test_what_is_issued_stands_whatever_the_rules_say_since() -> None:
    """October was issued by the month; later it is said that weeks hold from 5 October on."""
    weekly = calendar(
        ("2026-10-04T22:00", "weekly", BERLIN), issued=(issued("2026-10-01", "2026-11-01"),)
    )
    assert found(weekly, "2026-10-15", "2026-11-09") == [
        "01.10-31.10: 30.09 22:00 - 31.10 23:00",
        "01.11-01.11: 31.10 23:00 - 01.11 23:00",
        "02.11-08.11: 01.11 23:00 - 08.11 23:00",
    ]


def test_what_is_issued_cuts_the_period_before_it() -> None:
    """The week of 12 October stands, the one before it was voided: months end where it begins."""
    one = calendar(issued=(issued("2026-10-12", "2026-10-19"),))
    assert found(one, "2026-10-05", "2026-11-01") == [
        "01.10-11.10: 30.09 22:00 - 11.10 22:00",
        "12.10-18.10: 11.10 22:00 - 18.10 22:00",
        "19.10-31.10: 18.10 22:00 - 31.10 23:00",
    ]


def test_documents_of_two_zones_meet_without_gap() -> None:
    """November by Tokyo's midnights began eight hours before Berlin's October ended."""
    one = calendar(
        issued=(issued("2026-10-01", "2026-11-01"), issued("2026-11-01", "2026-12-01", TOKYO))
    )
    assert found(one, "2026-10-05", "2026-12-01") == [
        "01.10-31.10: 30.09 22:00 - 31.10 23:00",
        "01.11-30.11: 31.10 23:00 - 30.11 15:00",
    ]


def test_the_bill_day_is_clamped_to_the_month() -> None:
    one = Calendar([(BEFORE, PeriodTerms("monthly", "UTC", 31))], ANCHOR)
    assert found(one, "2027-02-01", "2027-04-30") == [
        "31.01-27.02: 31.01 00:00 - 28.02 00:00",
        "28.02-30.03: 28.02 00:00 - 31.03 00:00",
        "31.03-29.04: 31.03 00:00 - 30.04 00:00",
    ]
