"""Amounts a hair beside an edge of the arithmetic, reckoned by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kernel.words import charges_of
from tollwright.core.card import Rate, RateCard
from tollwright.core.money import Rounding


@pytest.mark.parametrize(
    ("row", "seconds", "mode", "micros"),
    [
        # half a nano in 60 seconds, of which one passed: more than nothing
        ({"price_nanos": 1, "discount_ppm": 500_000}, 1, "up", 1),
        ({"price_nanos": 1, "discount_ppm": 500_000}, 1, "half_up", 0),
    ],
)
def test_the_last_fraction_counts(
    row: dict[str, Any], seconds: int, mode: Any, micros: int
) -> None:
    card = RateCard(rates=(Rate("44", **row),), rounding=Rounding(mode))
    assert charges_of(card, [("4420", seconds * 1000)]) == [(0, micros)]
