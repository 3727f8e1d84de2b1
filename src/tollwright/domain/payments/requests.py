"""Asking for money to be booked, with its document, after the request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from tollwright.data.models import Customer, Invoice, Job, Payment
from tollwright.domain.audit.operations import By
from tollwright.domain.invoices.rehearsal import rehearse
from tollwright.domain.invoices.runs import NUMBERS
from tollwright.domain.jobs.operations import Work, enqueue
from tollwright.domain.payments import operations
from tollwright.domain.payments.queries import Share

RECORD, REVERSE, REALLOCATE = "payments.record", "payments.reverse", "payments.reallocate"


@transaction.atomic
def request_payment(
    *,
    customer: Customer,
    amount_micros: int,
    currency: str,
    method: str,
    reference: str,
    received_at: datetime,
    key: str,
    allocate_to: Sequence[Invoice] | None,
    confirmed: bool,
    at: datetime,
    by: By,
) -> Job:
    """Book money received and write its receipt; the same key asks once.

    Raises as `record_payment` does.
    """
    rehearse(
        lambda render: operations.record_payment(
            customer=customer, amount_micros=amount_micros, currency=currency, method=method,
            reference=reference, received_at=received_at, key=key, allocate_to=allocate_to,
            confirmed=confirmed, at=at, by=by, render=render,
        )
    )  # fmt: skip
    arguments = {
        "amount_micros": amount_micros,
        "currency": currency,
        "method": method,
        "reference": reference,
        "received_at": received_at.isoformat(),
        "key": key,
        "allocate_to": None if allocate_to is None else [one.pk for one in allocate_to],
        "confirmed": confirmed,
    }
    work = Work(RECORD, f"Payment of {customer.name}", "customer", customer.pk, arguments, NUMBERS)
    return enqueue(work, at=at, by=by, key=f"payment:{key}"[:100])


@transaction.atomic
def request_reversal(*, payment: Payment, reason: str, key: str, at: datetime, by: By) -> Job:
    """Take a payment back, with its document; the same key asks once. Raises as that does."""
    rehearse(
        lambda render: operations.reverse_payment(
            payment=payment, reason=reason, key=key, at=at, by=by, render=render
        )
    )
    title, arguments = f"Reverse payment {payment.pk}", {"reason": reason, "key": key}
    work = Work(REVERSE, title, "payment", payment.pk, arguments, NUMBERS)
    return enqueue(work, at=at, by=by, key=f"reversal:{key}"[:100])


@transaction.atomic
def request_reallocation(
    *, payment: Payment, to: Sequence[Share], reason: str, key: str, at: datetime, by: By
) -> Job:
    """Let a payment settle other invoices, with a document. Raises as `reallocate_payment`."""
    rehearse(
        lambda render: operations.reallocate_payment(
            payment=payment, to=to, reason=reason, key=key, at=at, by=by, render=render
        )
    )
    arguments = {
        "to": [[one.invoice.pk, one.amount_micros] for one in to],
        "reason": reason,
        "key": key,
    }
    work = Work(
        REALLOCATE, f"Allocate payment {payment.pk}", "payment", payment.pk, arguments, NUMBERS
    )
    return enqueue(work, at=at, by=by, key=f"reallocation:{key}"[:100])
