"""Which row prices the call, one rule of the order at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.core.words import call_of, card_of
from tollwright.core.rating.rate_call import Charge, rate_call
from tollwright.kernel.rating.compile import compile_card
from tollwright.kernel.rating.objects import rate_calls


def chosen(*rows: dict[str, Any], settings: dict[str, Any] | None = None, **call: Any) -> int:
    """Index of the row that priced the call; -1 where it was not rated."""
    charge = rate_call(call_of(**call), card_of(*rows, **(settings or {})))
    return charge.rate_index if charge.status == "rated" else -1


@pytest.mark.parametrize(
    ("called", "row"),
    [("4420", 1), ("44201", 2), ("441", 0), ("4", 3), ("331", 3), ("442", 1)],
)
def test_the_longest_called_prefix(called: str, row: int) -> None:
    rows = [{"prefix": prefix} for prefix in ("44", "442", "44201", "")]
    assert chosen(*rows, called=called) == row


@pytest.mark.parametrize(("caller", "row"), [("15551", 2), ("1666", 1), ("44", 0), ("", 0)])
def test_then_the_longest_origin_prefix(caller: str, row: int) -> None:
    rows = [{"origin_prefix": origin} for origin in ("", "1", "1555")]
    assert chosen(*rows, caller=caller) == row


def test_the_called_prefix_comes_before_the_origin() -> None:
    rows = [{"prefix": "4", "origin_prefix": "1555"}, {"prefix": "44"}]
    assert chosen(*rows) == 1


@pytest.mark.parametrize(
    ("called", "row"), [("44201234", 0), ("442012345", 1), ("4420123456", 1), ("44201234567", 0)]
)
def test_then_the_narrowest_length(called: str, row: int) -> None:
    rows = [{}, {"length_min": 9, "length_max": 10}]
    assert chosen(*rows, called=called) == row


def test_of_two_ranges_as_wide_the_one_that_begins_higher() -> None:
    rows = [{"length_min": 8, "length_max": 10}, {"length_min": 9, "length_max": 11}]
    assert [chosen(*rows, called="4" * n) for n in (8, 9, 11)] == [0, 1, 1]


@pytest.mark.parametrize(
    ("at", "row"),
    [
        ("2026-02-28T23:59:59.999", 0),
        ("2026-03-01T00:00:00", 1),
        ("2026-03-31T23:59:59", 1),
        ("2026-04-01T00:00:00", 0),
    ],
)
def test_dates_hold_from_the_first_instant_to_before_the_last(at: str, row: int) -> None:
    rows = [{"prefix": "4"}, {"effective_from": "2026-03-01", "effective_to": "2026-04-01"}]
    assert chosen(*rows, at=at) == row


def test_of_two_dated_rows_the_latest_start() -> None:
    rows: list[dict[str, Any]] = [
        {"effective_from": "2026-03-01"},
        {},
        {"effective_from": "2026-02-01"},
    ]
    starts = ["2026-01-31", "2026-02-01", "2026-03-01"]
    assert [chosen(*rows, at=at) for at in starts] == [1, 2, 0]


def test_a_band_outweighs_a_later_start() -> None:
    bands = [{"name": "all day"}]
    rows = [{"band": "all day"}, {"effective_from": "2026-03-01"}]
    assert chosen(*rows, settings={"bands": bands}) == 0


def test_a_longer_prefix_out_of_its_band_leaves_the_call_to_a_shorter_one() -> None:
    bands = [{"name": "peak", "weight": 1, "windows": [{"start": "08:00", "end": "18:00"}]}]
    bands.append({"name": "rest"})
    rows = [{"band": "peak"}, {"prefix": "4"}]
    times = ("2026-11-16T07:59", "2026-11-16T08:00")
    assert [chosen(*rows, at=at, settings={"bands": bands}) for at in times] == [1, 0]


def status(*rows: dict[str, Any], called: str = "442012345678", **settings: Any) -> Charge:
    return rate_call(call_of(called=called), card_of(*rows, **settings))


def test_a_blocked_row_wins_over_a_shorter_open_one() -> None:
    charge = status({"prefix": "44"}, {"prefix": "4420", "blocked": True})
    assert (charge.status, charge.prefix, charge.amount_micros) == ("blocked", "4420", 0)
    assert charge.reason == "the destination 4420 is blocked"


def test_a_call_of_no_seconds_to_a_blocked_destination_is_blocked() -> None:
    card = card_of({"blocked": True})
    assert rate_call(call_of(0), card).status == "blocked"


def test_an_open_row_wins_over_a_shorter_blocked_one() -> None:
    assert status({"prefix": "4", "blocked": True}, {"prefix": "44"}).status == "rated"


def test_no_row_is_unmatched_with_the_number() -> None:
    charge = status({"prefix": "33"})
    assert (charge.status, charge.reason) == ("unmatched", "no row for 442012345678")


def test_a_row_that_is_not_in_force_is_told_from_none_at_all() -> None:
    assert "dates or bands" in status({"effective_from": "2027-01-01"}).reason


def test_the_default_row_takes_what_no_other_does() -> None:
    assert status({"prefix": "33"}, {"prefix": ""}).rate_index == 1


@pytest.mark.parametrize(
    ("prefixes", "row"),
    [
        (("44", "4410"), 1),
        (("44", "441"), -1),
        (("44", ""), 1),
        (("4410", ""), 0),
        (("44100", "44"), -1),
    ],
)
def test_a_short_number_is_matched_whole_or_by_the_default_row(
    prefixes: tuple[str, ...], row: int
) -> None:
    """4410 is an extension, no call to Britain."""
    card = card_of(*({"prefix": prefix, "price": "1"} for prefix in prefixes))
    call = replace(call_of(called="4410"), whole=True)
    assert rate_call(call, card).rate_index == row
    assert rate_call(replace(call, whole=False), card).rate_index == (
        prefixes.index(max((p for p in prefixes if "4410".startswith(p)), key=len))
    )


def test_a_short_number_without_a_row_says_what_to_do() -> None:
    charge = rate_call(replace(call_of(called="4410"), whole=True), card_of({"prefix": "44"}))
    assert (charge.status, charge.reason) == (
        "unmatched",
        "4410 is a short number or an extension, and no row is for exactly it. Add one, or name"
        " the switch's own numbers in its Source",
    )


@pytest.mark.parametrize(("unmatched", "index"), [("reject", -1), ("default", 1)])
def test_unmatched_default_takes_the_default_row_whatever_its_conditions(
    unmatched: str, index: int
) -> None:
    rows: list[dict[str, Any]] = [
        {"prefix": "33"},
        {"prefix": "", "origin_prefix": "999", "length_max": 5},
    ]
    assert status(*rows, unmatched=unmatched).rate_index == index


def test_the_plainest_default_row_comes_first() -> None:
    rows: list[dict[str, Any]] = [
        {"prefix": "", "origin_prefix": "99"},
        {"prefix": "", "length_max": 5},
    ]
    assert status(*rows, unmatched="default").rate_index == 1


def test_of_two_plain_default_rows_the_one_for_more_lengths() -> None:
    rows: list[dict[str, Any]] = [
        {"prefix": "", "length_min": 2, "length_max": 3},
        {"prefix": "", "length_max": 5},
    ]
    assert status(*rows, unmatched="default").rate_index == 1


NEW_YEAR = "2027-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("at", "row"),
    [("2026-12-31T23:59:59.999", 0), ("2027-01-01T00:00:00", 1), ("2027-01-01T00:00:01", 1)],
)
@pytest.mark.parametrize("turn", [1, -1], ids=["old row first", "new row first"])
def test_a_row_that_ends_where_the_next_begins(at: str, row: int, turn: int) -> None:
    """Each instant belongs to one of them, in core and kernel: the end is the successor's."""
    minutes = {"first_s": 60, "next_s": 60}  # the whole call is of the row at its beginning
    rows = [
        {"price": "1", "effective_to": NEW_YEAR} | minutes,
        {"price": "2", "effective_from": NEW_YEAR} | minutes,
    ][::turn]
    card, call = card_of(*rows), call_of(60, at=at)
    for charge in (rate_call(call, card), *rate_calls([call], compile_card(card))):
        assert (charge.status, charge.amount_micros) == ("rated", (row + 1) * 1_000_000)
