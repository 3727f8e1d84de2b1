"""Moments on both sides of an edge: which price holds, whatever the batch asked for before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any, Literal

import pytest

from tollwright.core.cards.card import Band, Lift, Rate, RateCard, Window
from tollwright.core.rating import rate_call as core
from tollwright.core.rating.rate_call import CallInput
from tollwright.kernel.call_columns import columns_of
from tollwright.kernel.rating.batch import rate_batch
from tollwright.kernel.rating.calendar import zone_table
from tollwright.kernel.rating.compile import compile_card
from tollwright.kernel.rating.instant import STRETCH_BITS, STRETCHES
from tollwright.kernel.rating.leaf_shapes import MOST_DATES
from tollwright.kernel.rating.objects import rate_calls

EIGHTEEN = datetime(2026, 7, 6, 18, tzinfo=UTC)
SECOND, HAIR = timedelta(seconds=1), timedelta(microseconds=1)
ONCE_AROUND = (1 << STRETCH_BITS) * STRETCHES * HAIR  # what is so far apart shares a place
DAY, NIGHT = 0, 1
LAST_RESORT = {"unmatched": "default"}
BANDS = (Band("day", 10, (Window(480, 1080),)), Band("night", 0))
ALWAYS = (Band("day", 10), Band("night", 0))
ROWS = (Rate("44", 60_000_000, band="day"), Rate("44", 30_000_000, band="night"))
NEVER_LIFTED = Lift(80_000, 80_001)  # makes a row one for the long way and changes no price


def rows_at(card: RateCard, *moments: datetime, ms: int = 1000) -> list[int]:
    """The row that each call of a batch is priced by; -1: none."""
    calls = [CallInput("", at, ms, "", "4420") for at in moments]
    return [charge.rate_index for charge in rate_calls(calls, compile_card(card))]


def statuses(card: RateCard, *calls: CallInput) -> list[str]:
    return [charge.status for charge in rate_calls(calls, compile_card(card))]


@pytest.mark.slow
@pytest.mark.parametrize("crossing", ["split", "at_start"])
def test_a_call_has_the_price_of_its_own_moment_whatever_was_rated_before(
    crossing: Literal["split", "at_start"],
) -> None:
    day_and_night = RateCard(rates=ROWS, bands=BANDS, crossing=crossing)
    rows = {
        EIGHTEEN - HAIR: DAY,
        EIGHTEEN: NIGHT,
        EIGHTEEN + SECOND: NIGHT,
        EIGHTEEN - 3600 * SECOND: DAY,
        EIGHTEEN - 3600 * SECOND - ONCE_AROUND: NIGHT,  # at 19:20
    }
    for moments in permutations(rows):
        assert rows_at(day_and_night, *moments) == [rows[moment] for moment in moments]


def test_a_row_holds_from_its_first_instant_to_the_one_before_its_last() -> None:
    until, then = Rate("44", 1, effective_to=EIGHTEEN), Rate("44", 2, effective_from=EIGHTEEN)
    card = RateCard(rates=(until, then))
    assert rows_at(card, EIGHTEEN - HAIR, EIGHTEEN, EIGHTEEN + HAIR) == [0, 1, 1]
    alone = RateCard(rates=(then,))
    assert rows_at(alone, EIGHTEEN - HAIR, EIGHTEEN) == [-1, 0]


def test_rows_of_more_dates_than_are_tabulated_end_all_the_same() -> None:
    """Each prefix holds until another second."""
    rates = tuple(
        Rate(f"44{place:04}", 1, effective_to=EIGHTEEN + place * SECOND)
        for place in range(MOST_DATES + 1)
    )
    calls = [CallInput("", EIGHTEEN + 7 * SECOND, 1000, "", f"44{p:04}") for p in (6, 7, 8)]
    assert statuses(RateCard(rates=rates), *calls) == ["unmatched", "unmatched", "rated"]


def test_a_clock_is_moved_at_the_very_second() -> None:
    """Berlin, 2026-03-29: at 01:00 UTC, three o'clock instead of two."""
    table = zone_table("Europe/Berlin")
    spring = int(datetime(2026, 3, 29, 1, tzinfo=UTC).timestamp())
    assert table[table.index(spring) - 1 : table.index(spring) + 2] == (3600, spring, 7200)
    until_three = (Band("night", 1, (Window(0, 180),)), Band("day", 0))
    rates = (Rate("44", 1, band="night"), Rate("44", 2, band="day"))
    card = RateCard(rates=rates, bands=until_three, timezone="Europe/Berlin")
    moved = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert rows_at(card, moved - HAIR, moved, moved + 59 * SECOND) == [0, 1, 1]


@pytest.mark.parametrize("lift", [None, NEVER_LIFTED], ids=["short way", "long way"])
def test_the_edges_of_what_a_call_can_be(lift: Lift | None) -> None:
    """A day and not a millisecond more; the year 2200 and not an instant more; a number."""
    card = RateCard(rates=(Rate("", 1, lift=lift),))
    last = datetime(2201, 1, 1, tzinfo=UTC)
    told = {
        CallInput("", EIGHTEEN, 86_400_000, "", "44"): "rated",
        CallInput("", EIGHTEEN, 86_400_001, "", "44"): "invalid",
        CallInput("", EIGHTEEN, -1, "", "44"): "invalid",
        CallInput("", last - HAIR, 1000, "", "44"): "rated",
        CallInput("", last, 1000, "", "44"): "invalid",
        CallInput("", datetime(1970, 1, 1, tzinfo=UTC), 1000, "", "44"): "rated",
        CallInput("", datetime(1970, 1, 1, tzinfo=UTC) - HAIR, 1000, "", "44"): "invalid",
        CallInput("", EIGHTEEN, 1000, "", ""): "invalid",
        CallInput("", EIGHTEEN, 1000, "x", "44"): "invalid",
        CallInput("", EIGHTEEN, 1000, "1" * 15, "4" * 15): "rated",
        CallInput("", EIGHTEEN, 1000, "1" * 16, "44"): "invalid",
        CallInput("", EIGHTEEN, 1000, "", "4" * 16): "invalid",
    }
    assert statuses(card, *told) == list(told.values())


def test_a_second_that_begins_at_the_edge_is_the_next_prices() -> None:
    """By the second from 17:59:58: two at the day's price, the others at the night's."""
    card = RateCard(rates=ROWS, bands=BANDS)
    calls = [CallInput("", EIGHTEEN - 2 * SECOND, s * 1000, "", "4420") for s in (1, 2, 3, 4)]
    batch = rate_batch(compile_card(card), columns_of(calls))
    assert batch.charges.amount_micros.tolist() == [1000, 2000, 2500, 3000]
    assert batch.long_way == 2


NOON = datetime(2026, 7, 6, 12, tzinfo=UTC)
SPRING = datetime(2026, 3, 29, 1, tzinfo=UTC)
BERLIN = {"timezone": "Europe/Berlin", "bands": (Band("night", 1, (Window(0, 180),)), Band("day"))}


def before(prefix: str = "44", **options: Any) -> Rate:
    """0.06 a minute, 1000 micros a second."""
    return Rate(prefix, 60_000_000, **options)


def after(prefix: str = "44", **options: Any) -> Rate:
    """Half of it."""
    return Rate(prefix, 30_000_000, **options)


@pytest.mark.parametrize(
    ("edge", "rows", "options"),
    [
        (NOON, (before(effective_to=NOON), after(effective_from=NOON)), {}),
        (NOON, (after(effective_from=NOON), before()), {}),
        (NOON, (before(effective_to=NOON), after("4")), {}),
        (NOON, (after(effective_from=NOON), before("4")), {}),
        (NOON, (before("442", effective_to=NOON), after("", origin_prefix="9")), LAST_RESORT),
        (EIGHTEEN, (before(band="day"), after(band="night")), {"bands": BANDS}),
        (EIGHTEEN, (before(band="day"), after()), {"bands": BANDS}),
        (EIGHTEEN, (before(band="day"), after("4")), {"bands": BANDS}),
        (
            NOON,
            (before(band="day", effective_to=NOON), after(band="day", effective_from=NOON)),
            {"bands": BANDS},
        ),
        (NOON, (before(band="day", effective_to=NOON), after(band="night")), {"bands": ALWAYS}),
        (NOON, (after(band="day", effective_from=NOON), before(band="day")), {"bands": BANDS}),
        (SPRING, (before(band="night"), after(band="day")), BERLIN),
    ],
)
@pytest.mark.parametrize("origins", [("", ""), ("1", "1"), ("1", "")], ids=str)
def test_a_call_over_an_edge_is_priced_on_both_sides(
    edge: datetime, rows: tuple[Rate, Rate], options: dict[str, Any], origins: tuple[str, str]
) -> None:
    """By the second from two seconds before it, four seconds: 2000 and 1000.

    For all callers, for some, and the first row for some only: it is the more particular one.
    """
    some = [
        replace(row, origin_prefix=row.origin_prefix or origin)
        for row, origin in zip(rows, origins, strict=True)
    ]
    card = RateCard(rates=tuple(some), **options)
    calls = [CallInput("", edge - 2 * SECOND, s * 1000, "12", "4420") for s in (2, 4)]
    charges = rate_calls(calls, compile_card(card))
    assert [charge.amount_micros for charge in charges] == [2000, 3000]
    assert charges == core.rate_calls(calls, card)
