"""What the kernel's tests say calls and charges in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from tollwright.core.cards.card import RateCard
from tollwright.core.rating.rate_call import CallInput
from tollwright.kernel.call_columns import columns_of
from tollwright.kernel.rating.batch import Rated, rate_batch
from tollwright.kernel.rating.compile import compile_card

MONDAY_NOON = datetime(2026, 7, 6, 12, tzinfo=UTC)


def rated(card: RateCard, calls: Iterable[tuple[str, int]], at: datetime = MONDAY_NOON) -> Rated:
    """Calls (number, ms), all answered at one moment, rated by the kernel."""
    inputs = [CallInput(f"{i:06}", at, ms, "", called) for i, (called, ms) in enumerate(calls)]
    return rate_batch(compile_card(card), columns_of(inputs))


def charges_of(
    card: RateCard, calls: Iterable[tuple[str, int]], at: datetime = MONDAY_NOON
) -> list[tuple[int, int]]:
    """(row of the card, micros) of each call."""
    charges = rated(card, calls, at).charges
    return list(zip(charges.rate_index.tolist(), charges.amount_micros.tolist(), strict=True))
