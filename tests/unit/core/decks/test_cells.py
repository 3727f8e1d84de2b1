"""Cells as carriers write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollwright.core.decks import cells
from tollwright.core.decks.cells import BadCellError
from tollwright.core.decks.codes import AreaReader, CodeReader
from tollwright.core.decks.mapping import ColumnMapping

AREA_READER = partial(AreaReader().read, "44")
PLAIN = CodeReader(ColumnMapping(columns=(("code", "prefix"), ("rate", "price"))))
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("4420", ["4420"]),
        ("+4420", ["4420"]),
        ("004420", ["4420"]),
        ("0114420", ["4420"]),
        (" 44 20 ", ["4420"]),
        ("44, 4420-4423; 4428", ["44", "4420", "4421", "4422", "4423", "4428"]),
        ("4420 - 4421", ["4420", "4421"]),
        ("4420\n4421", ["4420", "4421"]),
        ("44|45", ["44", "45"]),
        ("44.0", ["44"]),
        ("44,00", ["44"]),
        ("4.42E+11", ["442000000000"]),
        ("4,42E+11", ["442000000000"]),
        ("4.42071e+11", ["442071000000"]),
        ("'4420", ["4420"]),
        ("1242,1243", ["1242", "1243"]),
    ],
)
def test_codes(text: str, codes: list[str]) -> None:
    assert list(PLAIN.read(text)) == codes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("UK", "not a code"),
        ("1-242", "not a range"),
        ("4425-4420", "not a range"),
        ("4420-5", "not a range"),
        ("1234567890123456", "more than 15 digits"),
        ("400000-499999", "more than 10000 codes"),
        ("٤٤", "not a code"),
    ],
)
def test_no_codes(text: str, reason: str) -> None:
    with pytest.raises(BadCellError, match=reason):
        PLAIN.read(text)


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("0.0123", "", "0.0123"),
        ("0,0123", "", "0.0123"),
        ("$0.0123", "", "0.0123"),
        ("0,0123 €", ",", "0.0123"),
        ("EUR 1.234,50", "", "1234.50"),
        ("1,234.50", "", "1234.50"),
        ("1,234", ",", "1.234"),
        ("1,234", ".", "1234"),
        ("1.234,5", ",", "1234.5"),
        (".05", "", "0.05"),
        ("1.2E-2", "", "0.012"),
    ],
)
def test_numbers(text: str, decimal: Any, value: str) -> None:
    assert cells.number(text, decimal) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "reason"), [("1,234", "state the decimal sign"), ("x", "not a num")]
)
def test_no_numbers(text: str, reason: str) -> None:
    with pytest.raises(BadCellError, match=reason):
        cells.number(text, "")


@pytest.mark.parametrize("text", ["-1", "-1.0000", "N/A", "n/a", "blocked", "Blocked ", "NA"])
def test_blocked(text: str) -> None:
    assert cells.is_blocked(text)


@pytest.mark.parametrize("text", ["-2", "0", "1", "", "0.1"])
def test_not_blocked(text: str) -> None:
    assert not cells.is_blocked(text)


@pytest.mark.parametrize(
    ("text", "both"),
    [
        ("60/6", (60, 6)),
        ("1/1", (1, 1)),
        ("30-6", (30, 6)),
        ("60 / 60", (60, 60)),
        ("60+1", (60, 1)),
        ("60s/6s", (60, 6)),
        ("0/1", (0, 1)),
        ("6", (6, 6)),
    ],
)
def test_increments(text: str, both: tuple[int, int]) -> None:
    assert cells.increments(text) == both


@pytest.mark.parametrize("text", ["", "60/0", "a/b", "1/2/3", "-6", "60/99999"])
def test_no_increments(text: str) -> None:
    with pytest.raises(BadCellError):
        cells.increments(text)


def day(year: int, month: int, day_: int, hour: int = 0) -> datetime:
    return datetime(year, month, day_, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "order", "at"),
    [
        ("2026-11-01", "", day(2026, 11, 1)),
        ("2026/11/01", "", day(2026, 11, 1)),
        ("20261101", "", day(2026, 11, 1)),
        ("2026-11-01 00:00:00", "", day(2026, 11, 1)),
        ("2026-11-01T18:00:00Z", "", day(2026, 11, 1, 18)),
        ("01.11.2026", "", day(2026, 11, 1)),
        ("1.11.26", "", day(2026, 11, 1)),
        ("13/11/2026", "", day(2026, 11, 13)),
        ("11/13/2026", "", day(2026, 11, 13)),
        ("11/11/2026", "", day(2026, 11, 11)),
        ("03/04/2026", "dmy", day(2026, 4, 3)),
        ("03/04/2026", "mdy", day(2026, 3, 4)),
        ("26-11-01", "ymd", day(2026, 11, 1)),
        ("1-Nov-2026", "", day(2026, 11, 1)),
        ("Nov 1, 2026", "", day(2026, 11, 1)),
        ("01 November 2026", "", day(2026, 11, 1)),
        ("46327", "", day(2026, 11, 1)),
    ],
)
def test_dates(text: str, order: Any, at: datetime) -> None:
    assert cells.moment(text, order, ZoneInfo("UTC")) == at


def test_a_date_begins_at_midnight_of_the_decks_zone() -> None:
    assert cells.moment("2026-11-01", "", BERLIN) == day(2026, 10, 31, 23)


@pytest.mark.parametrize(
    ("text", "order", "reason"),
    [
        ("03/04/2026", "", "state the date order"),
        ("13/04/2026", "mdy", "not in the calendar"),
        ("31.02.2026", "", "not in the calendar"),
        ("soon", "", "not a date"),
        ("2026-11", "", "not a date"),
        ("2026-11-01 25:00", "", "no such time"),
    ],
)
def test_no_dates(text: str, order: Any, reason: str) -> None:
    with pytest.raises(BadCellError, match=reason):
        cells.moment(text, order, BERLIN)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    readers: list[Any] = [
        PLAIN.read,
        AREA_READER,
        lambda told: cells.number(told, ""),
        cells.increments,
        lambda told: cells.moment(told, "", BERLIN),
        cells.seconds,
    ]
    for read in readers:
        with suppress(BadCellError):
            read(text)
