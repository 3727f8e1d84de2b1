"""Booking money, each with the document that says so."""

from __future__ import annotations

from datetime import datetime

from tollwright.data.jobs import Job
from tollwright.data.models import Customer, Invoice, Payment, PaymentChange
from tollwright.domain.jobs.operations import Outcome
from tollwright.domain.payments import operations, requests
from tollwright.domain.payments.queries import Share
from tollwright.gateways.typst import render
from tollwright.jobs.runner import Progress, asked_by, handles


@handles(requests.RECORD)
def record_payment(job: Job, _progress: Progress) -> Outcome:
    """A payment, what it settles, and its receipt."""
    told = job.arguments
    named = told["allocate_to"]
    payment = operations.record_payment(
        customer=Customer.objects.get(pk=int(job.subject_id or 0)),
        amount_micros=told["amount_micros"],
        currency=told["currency"],
        method=told["method"],
        reference=told["reference"],
        received_at=datetime.fromisoformat(told["received_at"]),
        key=told["key"],
        allocate_to=None if named is None else _invoices(named),
        confirmed=told["confirmed"],
        at=job.asked_at,
        by=asked_by(job),
        render=render,
    )
    number = payment.receipt.number
    sentence = f"The payment is recorded; receipt {number} is stored."
    return Outcome(sentence, "payment", payment.pk)


@handles(requests.REVERSE)
def reverse_payment(job: Job, _progress: Progress) -> Outcome:
    """The payment taken back."""
    payment = _payment(job)
    change = operations.reverse_payment(
        payment=payment, **job.arguments, at=job.asked_at, by=asked_by(job), render=render
    )
    return _changed(change, f"The payment of receipt {payment.receipt.number} is reversed.")


@handles(requests.REALLOCATE)
def reallocate_payment(job: Job, _progress: Progress) -> Outcome:
    """The payment settles other invoices."""
    told = job.arguments
    invoices = {one.pk: one for one in _invoices([pk for pk, _ in told["to"]])}
    change = operations.reallocate_payment(
        payment=_payment(job),
        to=[Share(invoices[pk], micros) for pk, micros in told["to"]],
        reason=told["reason"],
        key=told["key"],
        at=job.asked_at,
        by=asked_by(job),
        render=render,
    )
    return _changed(change, f"The payment settles what you chose; {change.number} is issued.")


def _payment(job: Job) -> Payment:
    found = Payment.objects.select_related("customer", "receipt")
    return found.get(pk=int(job.subject_id or 0))


def _invoices(numbers: list[int]) -> list[Invoice]:
    """In the order in which they are named, which is that in which money settles them."""
    found = Invoice.objects.in_bulk(numbers)
    return [found[pk] for pk in numbers]


def _changed(change: PaymentChange, sentence: str) -> Outcome:
    return Outcome(sentence, "payment", change.payment_id)
