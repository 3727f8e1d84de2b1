"""The rows of the lists of payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tollwright.data.models import Customer
from tollwright.domain.listing import Listed, listed
from tollwright.domain.payments import queries


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment, its receipt and, where the money was taken back, the reversal.

    `left_micros` is what settles nothing yet.
    """

    pk: int
    customer_id: int
    customer: str
    received_at: datetime
    method: str
    reference: str
    currency: str
    amount_micros: int
    left_micros: int
    receipt_id: int | None
    receipt: str | None
    reversal_id: int | None
    reversal: str | None


def payment_rows(customer: Customer | None = None) -> Listed[PaymentRow]:
    """Payments, newest first."""
    return listed(
        queries.payments_in_full(customer),
        PaymentRow,
        customer="customer__name",
        receipt_id=lambda one: getattr(_receipt(one), "pk", None),
        receipt=lambda one: getattr(_receipt(one), "number", None),
        reversal_id=lambda one: getattr(queries.reversal_of(one), "pk", None),
        reversal=lambda one: getattr(queries.reversal_of(one), "number", None),
    )


def _receipt(payment: Any) -> Any:
    return getattr(payment, "receipt", None)  # the other side of one to one: raises where missing
