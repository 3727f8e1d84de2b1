"""Words for tests of pricing: a card in one line, a call in one line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tollwright.core.cards.card import RateCard
from tollwright.core.cards.file import load_card
from tollwright.core.rating.rate_call import CallInput

MONDAY_NOON = "2026-11-16T12:00:00"


def card_of(*rates: dict[str, Any], **settings: Any) -> RateCard:
    """A card of these rows; a row needs no more than its price."""
    rows = [{"prefix": "44", "price": "0"} | rate for rate in rates]
    return load_card({"rates": rows} | settings)


def call_of(
    seconds: float | str = 60,
    *,
    called: str = "442012345678",
    caller: str = "15550001111",
    at: str = MONDAY_NOON,
    key: str = "c1",
) -> CallInput:
    """A call of so many seconds, answered at a UTC wall time."""
    answered_at = datetime.fromisoformat(at)
    if answered_at.tzinfo is None:
        answered_at = answered_at.replace(tzinfo=UTC)
    return CallInput(key, answered_at, round(float(seconds) * 1000), caller, called)
