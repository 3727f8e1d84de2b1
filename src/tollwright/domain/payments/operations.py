"""Taking money: the payment, its ledger entry, what it settles and its receipt, all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from tollwright.core.document_text import amount_text
from tollwright.core.labels import LABELS
from tollwright.core.money import to_minor_unit
from tollwright.core.postings import payment_postings, reversal
from tollwright.data.models import (
    Allocation,
    Customer,
    Entry,
    Invoice,
    Payment,
    PaymentChange,
    Receipt,
)
from tollwright.data.scope import current_tenant_id
from tollwright.domain import validation
from tollwright.domain.audit.operations import By, record
from tollwright.domain.errors import KeyReused
from tollwright.domain.events.operations import amount
from tollwright.domain.events.operations import record as tell
from tollwright.domain.invoices import allocation
from tollwright.domain.invoices.numbering import (
    Render,
    issue_day,
    lock_numbers,
    store_document,
    take_number,
)
from tollwright.domain.ledger.operations import post
from tollwright.domain.payments import changes
from tollwright.domain.payments.checks import questions
from tollwright.domain.payments.documents import receipt_document
from tollwright.domain.payments.errors import (
    AlreadyReversed,
    AmountInvalid,
    CannotSettle,
    NeedsConfirmation,
    ReceivedInFuture,
)
from tollwright.domain.payments.queries import Share
from tollwright.domain.tenants.queries import current_tenant

__all__ = [
    "AlreadyReversed",
    "AmountInvalid",
    "CannotSettle",
    "NeedsConfirmation",
    "ReceivedInFuture",
    "Share",
    "reallocate_payment",
    "record_payment",
    "reverse_payment",
]


@transaction.atomic
def record_payment(
    *,
    customer: Customer,
    amount_micros: int,
    currency: str,
    method: str,
    reference: str = "",
    received_at: datetime,
    key: str,
    allocate_to: Sequence[Invoice] | None = None,
    confirmed: bool = False,
    at: datetime,
    by: By,
    render: Render,
) -> Payment:
    """Record money received: ledger entry, allocation and receipt with its document.

    It settles the invoices of `allocate_to` in that order, or without one the oldest open ones
    (earlier credit is used up first). What settles nothing stays as the customer's credit. The
    same key with the same request is the same payment. What is unusual (`checks.questions`) has to
    be `confirmed`. Raises AmountInvalid, CannotSettle, KeyReused, checks.NeedsConfirmation,
    checks.ReceivedInFuture.
    """
    payload = _checked(customer, amount_micros, currency, method, reference, received_at, key)
    lock_numbers()
    Customer.objects.select_for_update().get(pk=customer.pk)
    before = Payment.objects.filter(idempotency_key=payload.idempotency_key).first()
    if before is not None:
        _refuse_other_payload(before, payload, allocate_to)
        return before
    named = None if allocate_to is None else _named(payload, allocate_to)
    unusual = _asked(payload, confirmed, at)
    payment = _taken(payload, at, by)
    tell("payment.received", object_id=payment.pk, payload=_told(payment), at=at)
    if named is None:
        allocation.use_credit(customer, payment.currency, at)
    else:
        allocation.settle(payment, named, at)
    made = list(payment.allocations.select_related("invoice").order_by("id"))
    receipt = _receipt(payment, made, at, render)
    record(
        by=by, at=at, action="payment.record", subject="payment", subject_id=payment.pk,
        after={
            "customer": customer.code,
            "amount_micros": payment.amount_micros,
            "currency": payment.currency,
            "receipt": receipt.number,
            "settles": [str(allocation.invoice.number) for allocation in made],
            **({"confirmed": unusual} if unusual else {}),
        },
    )  # fmt: skip
    return payment


def _asked(payload: Payment, confirmed: bool, at: datetime) -> list[str]:
    """What is unusual about it and confirmed. Raises NeedsConfirmation, ReceivedInFuture."""
    unusual = questions(
        customer=payload.customer, currency=payload.currency,
        amount_micros=payload.amount_micros, received_at=payload.received_at, at=at,
    )  # fmt: skip
    if unusual and not confirmed:
        raise NeedsConfirmation(" ".join([*unusual, "Confirm it if that is meant."]))
    return unusual


def _told(payment: Payment) -> dict[str, str | int | None]:
    return {
        "id": payment.pk,
        "customer": payment.customer_id,
        "currency": payment.currency,
        "amount": amount(payment.amount_micros, payment.currency),
        "method": payment.method,
        "reference": payment.reference,
    }


@transaction.atomic
def reverse_payment(
    *, payment: Payment, reason: str, key: str, at: datetime, by: By, render: Render
) -> PaymentChange:
    """Take a payment back that bounced or was typed wrongly: the entry that mirrors its own, the
    invoices that it had settled open again, a document of its own. The receipt stays as it is.

    The same key with the same request is the same reversal. Raises AlreadyReversed, KeyReused.
    """
    wanted = changes.asked(payment, "reversal", reason, key, {})
    lock_numbers()
    Customer.objects.select_for_update().get(pk=payment.customer_id)
    before = changes.done_before(wanted)
    if before is not None:
        return before
    changes.refuse_reversed(payment)
    undone = allocation.take_back(payment, at)
    wanted.entry = _present(post(
        kind="payment_reversal", memo=f"Reversal of payment {payment.reference}: {wanted.reason}",
        key=f"payment-reversal:{payment.pk}", customer=payment.customer, currency=payment.currency,
        postings=reversal(payment_postings(payment.amount_micros)), at=at,
    ))  # fmt: skip
    changes.issue(wanted, undone, at=at, by=by, render=render)
    record(
        by=by, at=at, action="payment.reverse", subject="payment", subject_id=payment.pk,
        after={
            "reversal": wanted.number, "receipt": payment.receipt.number,
            "amount_micros": payment.amount_micros, "currency": payment.currency,
            "reason": wanted.reason, "opens": [str(one.invoice.number) for one in undone],
        },
    )  # fmt: skip
    tell("payment.reversed", object_id=payment.pk, payload=_told(payment), at=at)
    return wanted


@transaction.atomic
def reallocate_payment(
    *, payment: Payment, to: Sequence[Share], reason: str, key: str,
    at: datetime, by: By, render: Render,
) -> PaymentChange:  # fmt: skip
    """Let a payment settle these invoices, in this order, instead of those it settles now.

    A share without an amount takes what fits; what no share takes stays as credit. The ledger does
    not move: the customer owes the same. The same key with the same request is the same change.
    Raises AlreadyReversed, AmountInvalid, CannotSettle, KeyReused.
    """
    shares = {str(share.invoice.pk): share.amount_micros for share in to}
    wanted = changes.asked(payment, "reallocation", reason, key, shares)
    lock_numbers()
    Customer.objects.select_for_update().get(pk=payment.customer_id)
    before = changes.done_before(wanted)
    if before is not None:
        return before
    changes.refuse_reversed(payment)
    undone = allocation.take_back(payment, at)
    invoices = _named(payment, [share.invoice for share in to])
    made = [one for invoice in invoices for one in changes.settle_share(
        payment, invoice, shares[str(invoice.pk)], at)]  # fmt: skip
    changes.issue(wanted, made, at=at, by=by, render=render)
    record(
        by=by, at=at, action="payment.reallocate", subject="payment", subject_id=payment.pk,
        before={"settles": changes.told(undone)},
        after={"settles": changes.told(made), "number": wanted.number, "reason": wanted.reason},
    )  # fmt: skip
    tell("payment.reallocated", object_id=payment.pk, payload=_told(payment), at=at)
    return wanted


def _checked(
    customer: Customer,
    amount_micros: int,
    currency: str,
    method: str,
    reference: str,
    received_at: datetime,
    key: str,
) -> Payment:
    """The payload as a payment that is not saved. Raises validation.FieldInvalid, AmountInvalid."""
    code = validation.currency(currency)
    if amount_micros <= 0:
        raise AmountInvalid("A payment is a positive amount.")
    if to_minor_unit(amount_micros, code) != amount_micros:
        raise AmountInvalid(
            f"{amount_text(amount_micros, code)} {code} cannot be paid: it has too many decimals."
        )
    return Payment(
        tenant_id=current_tenant_id(),
        customer=customer,
        currency=code,
        amount_micros=amount_micros,
        method=validation.one_of("method", method, tuple(LABELS["method"])),
        reference=validation.optional("reference", reference, longest=100),
        received_at=validation.aware("received_at", received_at),
        idempotency_key=validation.text("key", key, longest=90),
    )


def _refuse_other_payload(
    before: Payment, payload: Payment, allocate_to: Sequence[Invoice] | None
) -> None:
    fields = ("customer_id", "currency", "amount_micros", "method", "reference")
    same = all(getattr(before, name) == getattr(payload, name) for name in fields)
    if same and allocate_to is not None:
        settled = set(before.allocations.values_list("invoice_id", flat=True))
        same = settled <= {invoice.pk for invoice in allocate_to}
    if not same:
        raise KeyReused(
            f"Key {payload.idempotency_key!r} already recorded payment {before.pk} with another "
            f"request."
        )


def _named(payload: Payment, invoices: Sequence[Invoice]) -> list[Invoice]:
    """The named invoices as they are now, locked. Raises CannotSettle."""
    wanted = [invoice.pk for invoice in invoices]
    found = {
        invoice.pk: invoice
        for invoice in Invoice.objects.select_for_update().filter(
            pk__in=wanted,
            customer=payload.customer,
            currency=payload.currency,
            status="finalised",
            document_type__in=["invoice", "debit_note"],
        )
    }
    for invoice in invoices:
        if invoice.pk not in found or allocation.open_micros(found[invoice.pk]) == 0:
            raise CannotSettle(
                f"{invoice} is not an open {payload.currency} invoice of {payload.customer.name}."
            )
    return [found[number] for number in dict.fromkeys(wanted)]


def _taken(payload: Payment, at: datetime, by: By) -> Payment:
    entry = post(
        kind="payment",
        memo=f"Payment {payload.reference}".strip(),
        key=f"payment:{payload.idempotency_key}",
        customer=payload.customer,
        currency=payload.currency,
        postings=payment_postings(payload.amount_micros),
        at=at,
        happened_at=payload.received_at,
    )
    payload.entry = _present(entry)
    payload.recorded_at, payload.recorded_by = at, by.actor[:200]
    payload.save()
    return payload


def _present(entry: Entry | None) -> Entry:
    if entry is None:
        raise ValueError("a positive payment always posts")
    return entry


def _receipt(
    payment: Payment, allocations: list[Allocation], at: datetime, render: Render
) -> Receipt:
    entity, day = payment.customer.legal_entity, issue_day(at)
    receipt = Receipt.objects.create(
        tenant_id=payment.tenant_id,
        payment=payment,
        legal_entity=entity,
        number=take_number(entity, "receipt", day),
        issued_on=day,
    )
    said = receipt_document(receipt, payment, allocations, current_tenant().timezone)
    store_document(receipt, render("receipt", said), at)
    return receipt
