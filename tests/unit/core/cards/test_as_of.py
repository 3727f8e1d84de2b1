"""A card as it stands at a moment, held against calls of any time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tollwright.core.cards.as_of import as_of, last_start
from tollwright.core.cards.card import Rate, RateCard

MARCH, APRIL, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 5))
CARD = RateCard(rates=(
    Rate("44", 1, effective_to=APRIL),
    Rate("44", 2, effective_from=APRIL),
    Rate("49", 3),
    Rate("33", 4, effective_from=MAY),
))  # fmt: skip


@pytest.mark.parametrize(
    ("at", "prices"),
    [(MARCH, [1, 3]), (APRIL, [2, 3]), (MAY, [2, 3, 4])],
    ids=["before", "from the day on", "all begun"],
)
def test_rows_that_hold(at: datetime, prices: list[int]) -> None:
    held = as_of(CARD, at)
    assert [rate.price_nanos for rate in held.rates] == prices
    assert {rate.effective_from for rate in held.rates} == {None}
    assert {rate.effective_to for rate in held.rates} == {None}


def test_when_all_have_begun() -> None:
    assert last_start(CARD, MARCH) == MAY
    assert last_start(RateCard(rates=(Rate("44", 1),)), MARCH) == MARCH
