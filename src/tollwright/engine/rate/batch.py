"""What many calls cost: columns in, columns out.

`RateBatch` is the seam: `by_core` walks the calls one by one with the readable rule; a compiled
twin takes the same columns and gives the same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tollwright.core.choose import CardIndex
from tollwright.core.rating import CallInput, rate_call


@dataclass(slots=True)
class Columns:
    """Answered calls, one place a call: E.164 digits, aware instants, milliseconds."""

    called: list[str] = field(default_factory=list)
    caller: list[str] = field(default_factory=list)
    answered_at: list[datetime] = field(default_factory=list)
    answered_ms: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.called)


@dataclass(slots=True)
class Rated:
    """Charges in the order of the calls. `refused` holds (status, reason) by place."""

    rate_no: list[int]
    prefix: list[str]
    billed_s: list[int]
    allowance_s: list[int]
    amount_micros: list[int]
    refused: dict[int, tuple[str, str]]


RateBatch = Callable[[CardIndex, Columns], Rated]


def by_core(card: CardIndex, calls: Columns) -> Rated:
    """Each call by `core.rating.rate_call`."""
    rated = Rated([], [], [], [], [], {})
    rows = zip(calls.called, calls.caller, calls.answered_at, calls.answered_ms, strict=True)
    for place, (called, caller, answered_at, answered_ms) in enumerate(rows):
        charge = rate_call(CallInput("", answered_at, answered_ms, caller, called), card)
        if charge.status != "rated":
            rated.refused[place] = (charge.status, charge.reason)
        rated.rate_no.append(charge.rate_index)
        rated.prefix.append(charge.prefix)
        rated.billed_s.append(charge.billed_s)
        rated.allowance_s.append(charge.allowance_s)
        rated.amount_micros.append(charge.amount_micros)
    return rated


rate_batch: RateBatch = by_core
