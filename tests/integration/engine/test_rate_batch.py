"""The two ways to rate a batch give one answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tollwright.core.card import Rate, RateCard
from tollwright.core.choose import prepare
from tollwright.engine.rate.batch import Columns, Rated, by_core, by_kernel

CARD = prepare(
    RateCard(
        rates=(
            Rate("44", 600_000_000, first_s=60, next_s=60),
            Rate("4420", 100_000_000, first_s=30, next_s=6, connect_fee_micros=50_000),
            Rate("4412", 1, blocked=True),
        )
    )
)
START = datetime(2026, 11, 2, 12, tzinfo=UTC)


def test_kernel_and_core_agree_place_by_place() -> None:
    calls = Columns()
    for number, called in enumerate(("442071838750", "441234567", "33123", "4412", "44")):
        for seconds in (0, 1, 30, 31, 61):
            calls.called.append(called)
            calls.caller.append("" if number % 2 else "4930123456")
            calls.answered_at.append(START + timedelta(microseconds=seconds))
            calls.answered_ms.append(seconds * 1000 + number)
    core, kernel = by_core(CARD, calls), by_kernel(CARD, calls)
    assert kernel.refused == core.refused
    assert set(core.refused) == set(range(5, 20))  # blocked, no row, blocked
    assert priced(kernel, core.refused) == priced(core, core.refused)


def priced(rated: Rated, refused: dict[int, tuple[str, str]]) -> list[tuple[object, ...]]:
    rows = zip(rated.rate_no, rated.prefix, rated.billed_s, rated.amount_micros, strict=True)
    return [row for place, row in enumerate(rows) if place not in refused]
