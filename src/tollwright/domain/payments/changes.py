"""The parts of taking a payment back and of letting it settle other invoices."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from tollwright.core.money import to_minor_unit
from tollwright.data.models import Allocation, Invoice, Payment, PaymentChange
from tollwright.data.scope import current_tenant_id
from tollwright.domain import validation
from tollwright.domain.audit.operations import By
from tollwright.domain.errors import KeyReused
from tollwright.domain.invoices import allocation
from tollwright.domain.invoices.numbering import Render, issue_day, store_document, take_number
from tollwright.domain.payments.documents import change_document
from tollwright.domain.payments.errors import AlreadyReversed, AmountInvalid, CannotSettle
from tollwright.domain.tenants.queries import current_tenant


def asked(
    payment: Payment, kind: str, reason: str, key: str, shares: Mapping[str, int | None]
) -> PaymentChange:
    """The change as it is asked for, not saved. Raises validation.FieldInvalid."""
    said = validation.text("reason", reason, longest=200)
    payload = json.dumps([kind, payment.pk, said, list(shares.items())]).encode()
    return PaymentChange(
        tenant_id=current_tenant_id(),
        payment=payment,
        kind=kind,
        reason=said,
        idempotency_key=validation.text("key", key, longest=90),
        payload_sha256=hashlib.sha256(payload).hexdigest(),
    )


def done_before(wanted: PaymentChange) -> PaymentChange | None:
    """What the same key made. Raises KeyReused when it was used for something else."""
    key = wanted.idempotency_key
    before = PaymentChange.objects.filter(idempotency_key=key).first()
    if before is not None and before.payload_sha256 != wanted.payload_sha256:
        raise KeyReused(f"Key {key!r} already made {before.number} with another request.")
    return before


def refuse_reversed(payment: Payment) -> None:
    """Raises AlreadyReversed."""
    if allocation.is_reversed(payment):
        raise AlreadyReversed(f"The payment of receipt {payment.receipt.number} is reversed.")


def settle_share(
    payment: Payment, invoice: Invoice, amount_micros: int | None, at: datetime
) -> list[Allocation]:
    """So much of the payment onto the invoice. Raises AmountInvalid, CannotSettle."""
    if amount_micros is None:
        return allocation.settle(payment, [invoice], at)
    if amount_micros <= 0 or to_minor_unit(amount_micros, payment.currency) != amount_micros:
        raise AmountInvalid(f"A share is a positive amount that {payment.currency} can be paid in.")
    if amount_micros > allocation.open_micros(invoice):
        raise CannotSettle(f"{invoice} has less open than is to be settled of it.")
    if amount_micros > allocation.left_of(payment):
        raise AmountInvalid("The shares come to more than the payment.")
    return allocation.settle(payment, [invoice], at, most_micros=amount_micros)


def issue(
    change: PaymentChange, moved: Sequence[Allocation], *, at: datetime, by: By, render: Render
) -> None:
    """Number, row and document of the change; `moved` is what the document lists."""
    payment, day = change.payment, issue_day(at)
    change.legal_entity = payment.customer.legal_entity
    change.number = take_number(change.legal_entity, change.kind, day)
    change.issued_on, change.at, change.recorded_by = day, at, by.actor[:200]
    change.save()
    said = change_document(change, payment, moved, current_tenant().timezone)
    store_document(change, render(change.kind, said), at)


def told(allocations: Iterable[Allocation]) -> dict[str, int]:
    """Micros by the invoice's number, for the audit."""
    return {str(one.invoice.number): abs(one.amount_micros) for one in allocations}
