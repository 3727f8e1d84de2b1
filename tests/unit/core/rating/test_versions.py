"""A call over the change of a card's version."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.core.words import call_of, card_of
from tollwright.core.cards.file import CardError
from tollwright.core.rating.rate_call import rate_call
from tollwright.core.rating.versions import Version, on_one_line

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
OLD = datetime(2026, 1, 1, tzinfo=UTC)


def priced(price: str, **settings: Any) -> Any:
    return card_of({"price": price, "unit_s": 1}, **settings)


@pytest.mark.parametrize(
    ("at", "units"),
    [("11:59:49", 10), ("11:59:50", 10), ("11:59:55", 5 + 15), ("12:00:00", 30), ("12:00:01", 30)],
)
def test_each_second_at_the_price_of_the_version_in_force(at: str, units: int) -> None:
    card = on_one_line([Version(NOON, priced("3")), Version(OLD, priced("1"))])
    assert rate_call(call_of(10, at=f"2026-11-16T{at}"), card).amount_micros == units * 1_000_000


def test_a_row_that_is_gone_from_the_new_version_holds_until_then() -> None:
    card = on_one_line([Version(OLD, priced("1")), Version(NOON, card_of({"prefix": "33"}))])
    assert rate_call(call_of(10, at="2026-11-16T11:59:50"), card).status == "rated"
    assert rate_call(call_of(11, at="2026-11-16T11:59:50"), card).status == "unmatched"


def test_the_first_version_holds_before_its_start_too() -> None:
    card = on_one_line([Version(OLD, priced("1")), Version(NOON, priced("3"))])
    assert rate_call(call_of(1, at="2025-12-31T23:59:59"), card).amount_micros == 1_000_000


def test_a_row_keeps_its_own_dates_within_its_version() -> None:
    morning = {"effective_from": "2026-11-16T10:00Z", "effective_to": "2026-11-16T11:00Z"}
    old = card_of({"price": "1", "unit_s": 1} | morning)
    new = card_of({"price": "3", "unit_s": 1, "effective_to": "2026-11-16T13:00Z"})
    card = on_one_line([Version(OLD, old), Version(NOON, new)])
    times = ("09:59", "10:00", "11:00", "12:00", "13:00")
    charges = [rate_call(call_of(1, at=f"2026-11-16T{time}"), card) for time in times]
    assert [charge.amount_micros // 1_000_000 for charge in charges] == [0, 1, 0, 3, 0]
    assert [charge.status == "rated" for charge in charges] == [False, True, False, True, False]


def test_a_row_that_begins_when_its_version_ends_is_left_out() -> None:
    late = card_of({"price": "1"}, {"price": "2", "effective_from": "2026-11-16T12:00Z"})
    card = on_one_line([Version(OLD, late), Version(NOON, priced("3"))])
    assert [rate.price_nanos for rate in card.rates] == [10**9, 3 * 10**9]


def test_of_two_rows_that_began_before_their_version_the_latest_start() -> None:
    amended = card_of(
        {"price": "2", "unit_s": 1, "effective_from": "2026-02-01"},
        {"price": "5", "unit_s": 1},
        {"price": "3", "unit_s": 1, "effective_from": "2026-03-01"},
    )
    card = on_one_line([Version(OLD, priced("1")), Version(NOON, amended)])
    assert rate_call(call_of(10, at="2026-11-16T11:59:55"), card).amount_micros == 20_000_000


def test_a_band_that_changed_is_another_band() -> None:
    def banded(end: str, price: str) -> Any:
        bands = [
            {"name": "peak", "weight": 1, "windows": [{"start": "08:00", "end": end}]},
            {"name": "rest"},
        ]
        rows: list[dict[str, Any]] = [
            {"band": "peak", "price": price, "unit_s": 1},
            {"band": "rest"},
        ]
        return card_of(*rows, bands=bands)

    card = on_one_line([Version(OLD, banded("18:00", "1")), Version(NOON, banded("20:00", "2"))])
    assert [band.name for band in card.bands] == ["peak", "rest", "peak (2)"]
    times = ("2026-11-15T19:00", "2026-11-16T11:00", "2026-11-16T19:00", "2026-11-16T20:00")
    amounts = [rate_call(call_of(1, at=at), card).amount_micros for at in times]
    assert amounts == [0, 1_000_000, 2_000_000, 0]


def test_a_version_with_credits_follows_one_without() -> None:
    credits = priced("-1", allow_negative=True)
    card = on_one_line([Version(OLD, priced("3")), Version(NOON, credits)])
    assert rate_call(call_of(10, at="2026-11-16T11:59:55"), card).amount_micros == 10_000_000


def test_a_setting_that_cannot_change_inside_a_call() -> None:
    versions = [Version(OLD, priced("1")), Version(NOON, priced("1", crossing="at_start"))]
    with pytest.raises(CardError, match="cannot change inside a call"):
        on_one_line(versions)
