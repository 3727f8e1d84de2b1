"""What one call costs on one card, exactly: the contract of `docs/rating.md` for a single leg."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tollwright.core.card import RateCard

Status = Literal["rated", "blocked", "unmatched", "invalid"]


@dataclass(frozen=True, slots=True)
class CallInput:
    """One answered call: `answered_at` is aware, numbers are E.164 digits without +."""

    call_key: str
    answered_at: datetime
    answered_ms: int
    caller: str
    called: str


@dataclass(frozen=True, slots=True)
class AllowanceUse:
    """What a call took from a pool: seconds, calls or micros by the allowance's unit."""

    name: str
    pool: str
    amount: int
    covered_s: int


@dataclass(frozen=True, slots=True)
class ExplainStep:
    """One step of the reckoning: `kind` and `facts` for a program, `text` for a reader."""

    kind: str
    text: str
    facts: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """What a call costs; money counts only when `status` is `rated`."""

    status: Status
    reason: str = ""
    prefix: str = ""
    rate_index: int = -1  # place in card.rates, of the row that held at the answer
    band: str = ""
    billed_s: int = 0  # seconds charged in money
    amount_micros: int = 0
    allowance_s: int = 0
    uses: tuple[AllowanceUse, ...] = ()
    steps: tuple[ExplainStep, ...] = ()  # filled by explain


def rate_call(
    call: CallInput,
    card: RateCard,
    *,
    remaining: Mapping[str, int] | None = None,
) -> Charge:
    raise NotImplementedError("being written; the shapes above are final")
