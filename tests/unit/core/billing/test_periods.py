"""Whole days from one boundary of a cycle to the next, and their moments in a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollwright.core.billing.periods import (
    CYCLES,
    Cycle,
    Span,
    day_of,
    midnight,
    moments,
    overlap,
    period_of,
    without,
)

DAYS = st.dates(date(1991, 1, 1), date(2099, 1, 1))


def d(text: str) -> date:
    return date.fromisoformat(text)


def span(first: str, end: str) -> Span:
    return Span(d(first), d(end))


@pytest.mark.parametrize(
    ("day", "cycle", "anchor", "first", "end"),
    [
        ("2026-10-31", "monthly", "2026-10-11", "2026-10-01", "2026-11-01"),
        ("2026-12-31", "monthly", "2026-10-11", "2026-12-01", "2027-01-01"),
        ("2026-11-22", "weekly", "2026-10-11", "2026-11-16", "2026-11-23"),  # a Sunday
        ("2026-11-23", "weekly", "2026-10-11", "2026-11-23", "2026-11-30"),  # a Monday
        ("2001-01-14", "fortnightly", "2026-10-11", "2001-01-01", "2001-01-15"),
        ("2001-01-15", "fortnightly", "2026-10-11", "2001-01-15", "2001-01-29"),
        ("2000-12-31", "fortnightly", "2026-10-11", "2000-12-18", "2001-01-01"),
        ("2026-10-11", "anniversary", "2026-10-11", "2026-10-11", "2026-11-11"),
        ("2026-10-10", "anniversary", "2026-10-11", "2026-09-11", "2026-10-11"),
        ("2026-02-27", "anniversary", "2025-12-31", "2026-01-31", "2026-02-28"),
        ("2026-02-28", "anniversary", "2025-12-31", "2026-02-28", "2026-03-31"),
        ("2028-02-29", "anniversary", "2025-12-30", "2028-02-29", "2028-03-30"),
        ("2026-01-05", "anniversary", "2025-12-15", "2025-12-15", "2026-01-15"),
        ("2026-11-22", "day", "2026-10-11", "2026-11-22", "2026-11-23"),
    ],
)
def test_period_of_a_day(day: str, cycle: Cycle, anchor: str, first: str, end: str) -> None:
    assert period_of(d(day), cycle, d(anchor)) == span(first, end)


@given(day=DAYS, cycle=st.sampled_from(CYCLES), anchor=DAYS)
def test_periods_follow_one_another_without_gap(day: date, cycle: Cycle, anchor: date) -> None:
    period = period_of(day, cycle, anchor)
    assert period.first <= day < period.end
    assert period_of(period.first, cycle, anchor) == period
    assert period_of(period.last, cycle, anchor) == period
    assert period_of(period.end, cycle, anchor).first == period.end


@pytest.mark.parametrize(
    ("day", "zone", "moment"),
    [
        ("2026-10-01", "Europe/Berlin", "2026-09-30T22:00:00"),
        ("2026-11-01", "Europe/Berlin", "2026-10-31T23:00:00"),
        ("2026-11-01", "Asia/Kathmandu", "2026-10-31T18:15:00"),
        ("2026-04-24", "Africa/Cairo", "2026-04-23T22:00:00"),  # the clock jumps over midnight
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00"),  # as well
    ],
)
def test_a_day_begins_at_midnight_of_the_zone(day: str, zone: str, moment: str) -> None:
    assert midnight(d(day), zone) == datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert day_of(midnight(d(day), zone), zone) == d(day)
    assert day_of(midnight(d(day), zone) - timedelta(microseconds=1), zone) < d(day)


def test_a_month_with_a_clock_change_is_a_month() -> None:
    """October 2026 in Berlin has 31 days and one hour."""
    since, until = moments(span("2026-10-01", "2026-11-01"), "Europe/Berlin")
    assert until - since == timedelta(days=31, hours=1)


@pytest.mark.parametrize(
    ("taken", "left"),
    [
        ([], [("2026-10-01", "2026-11-01")]),
        ([("2026-10-01", "2026-11-01")], []),
        ([("2026-09-01", "2026-10-11")], [("2026-10-11", "2026-11-01")]),
        (
            [("2026-10-20", "2026-10-25"), ("2026-10-05", "2026-10-10")],
            [
                ("2026-10-01", "2026-10-05"),
                ("2026-10-10", "2026-10-20"),
                ("2026-10-25", "2026-11-01"),
            ],
        ),
        ([("2026-10-20", "2026-12-25")], [("2026-10-01", "2026-10-20")]),
        ([("2026-11-01", "2026-12-01")], [("2026-10-01", "2026-11-01")]),
    ],
    ids=["nothing", "all", "the-start", "two-holes", "the-end", "after-it"],
)
def test_days_left_when_others_go(
    taken: list[tuple[str, str]], left: list[tuple[str, str]]
) -> None:
    october = span("2026-10-01", "2026-11-01")
    found = without(october, tuple(span(*pair) for pair in taken))
    assert found == tuple(span(*pair) for pair in left)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=6))
def test_without_is_the_set_difference_of_days(cuts: list[tuple[int, int]]) -> None:
    start = d("2026-10-01")
    whole = Span(start + timedelta(days=15), start + timedelta(days=45))
    taken = tuple(
        Span(start + timedelta(days=a), start + timedelta(days=a + length)) for a, length in cuts
    )

    def days(spans: tuple[Span, ...]) -> set[date]:
        return {one.first + timedelta(days=n) for one in spans for n in range(one.days)}

    left = without(whole, taken)
    assert days(left) == days((whole,)) - days(taken)
    assert list(left) == sorted(left)


def test_spans_overlap_or_do_not() -> None:
    october, november = span("2026-10-01", "2026-11-01"), span("2026-11-01", "2026-12-01")
    assert overlap(october, november) is None
    assert overlap(october, span("2026-10-20", "2027-01-01")) == span("2026-10-20", "2026-11-01")


def test_a_span_without_days_is_refused() -> None:
    with pytest.raises(ValueError, match="must end after it"):
        span("2026-10-01", "2026-10-01")
