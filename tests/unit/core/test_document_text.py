"""How figures read on paper."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollwright.core.document_text import (
    aligned,
    amount_text,
    day_text,
    decimals_of,
    duration_text,
    moment_text,
    number_text,
    span_text,
)
from tollwright.core.money import micros


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (0, "EUR", "0.00"),
        (1_234_567_890, "EUR", "1,234.56789"),
        (1_234_500_000, "EUR", "1,234.50"),
        (733, "EUR", "0.000733"),
        (-20_670_000, "EUR", "−20.67"),
        (1_234_000_000, "JPY", "1,234"),
        (500_000, "JPY", "0.5"),  # a call's price; a total never has it
        (1_500_000, "KWD", "1.500"),
    ],
)
def test_amounts_show_the_minor_unit_or_all_there_is(amount: int, currency: str, text: str) -> None:
    assert amount_text(amount, currency) == text


def test_a_column_aligns_at_the_point() -> None:
    column = [50_000_000, 617_290, -1_234_560_000]
    decimals = decimals_of(column, "EUR")
    assert decimals == 5
    assert [aligned(amount, "EUR", decimals) for amount in column] == [
        ["50.00", "000"],
        ["0.61729", ""],
        ["−1,234.56", "000"],
    ]
    assert decimals_of([], "EUR") == 2
    assert aligned(1_000_000, "JPY", 2) == ["1", ".00"]


@given(st.integers(-(10**15), 10**15), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_no_digit_is_lost_on_paper(amount: int, currency: str) -> None:
    text = amount_text(amount, currency).replace(",", "").replace("−", "-")
    assert micros(text) == amount


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ("2026-10-01", "2026-10-31", "1 – 31 October 2026"),
        ("2026-09-15", "2026-10-14", "15 September – 14 October 2026"),
        ("2026-12-15", "2027-01-14", "15 December 2026 – 14 January 2027"),
        ("2026-10-05", "2026-10-05", "5 October 2026"),
    ],
)
def test_spans_of_days(first: str, last: str, text: str) -> None:
    assert span_text(date.fromisoformat(first), date.fromisoformat(last)) == text


def test_days_durations_and_moments() -> None:
    assert day_text(date(2026, 11, 2)) == "2 November 2026"
    assert [duration_text(s) for s in (0, 59, 3723, 360_000)] == [
        "0:00:00",
        "0:00:59",
        "1:02:03",
        "100:00:00",
    ]
    moment = datetime(2026, 10, 3, 12, 5, 9, tzinfo=UTC)
    assert moment_text(moment, ZoneInfo("Europe/Berlin")) == "2026-10-03 14:05:09"


@pytest.mark.parametrize(
    ("called", "text"),
    [
        ("442071838750", "+44 20 7183 8750"),
        ("4915123456789", "+49 1512 3456789"),
        ("112", "112"),
        ("sip:anna", "sip:anna"),
        ("", ""),
        ("٤٤", "٤٤"),
    ],
)
def test_numbers_in_international_form(called: str, text: str) -> None:
    assert number_text(called) == text
