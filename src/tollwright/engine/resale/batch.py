"""What the legs of a batch's calls have in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import (
    BLOCKED,
    INVALID,
    RATED,
    UNMATCHED,
    ChargeColumns,
    Labels,
    joined,
    new_charges,
)

LEGS = ("buy", "parent")  # their places are their levels too
BUY, PARENT = 0, 1
REFUSED = {
    BLOCKED: "blocked_destination",
    UNMATCHED: "unknown_destination",
    INVALID: "invalid_call",
}


@dataclass(frozen=True, slots=True)
class BatchContext:
    """Whose batch the calls are of: `zone` is the tenant's, for the day they count to."""

    tenant_id: int
    source_id: int
    batch_id: int
    zone: str
    at: datetime


def put_on_leg(charges: ChargeColumns, leg_no: int, rows: Int64, reasons: Labels) -> None:
    """The charges are of the calls in these rows; say why the card prices some of them not."""
    charges.call_no = rows
    charges.leg_no = rows * 0 + leg_no
    for status, why in REFUSED.items():
        reasons.put(rows[charges.status == status], f"{LEGS[leg_no]}_{why}")


def together(legs: list[ChargeColumns]) -> ChargeColumns:
    """What several legs charge, where they have a price."""
    return joined([one.pick(one.status == RATED) for one in legs] or [new_charges(0)])
