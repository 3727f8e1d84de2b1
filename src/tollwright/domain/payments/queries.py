"""Reading payments, what they settled and their receipts."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    F,
    OuterRef,
    Prefetch,
    QuerySet,
    Sum,
    When,
)
from django.db.models.functions import Coalesce

from tollwright.data.models import Allocation, Customer, Document, Invoice, Payment, PaymentChange
from tollwright.domain.errors import NotFound
from tollwright.domain.invoices import allocation
from tollwright.domain.lookup import by_id


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice that waits for money, and for how much."""

    invoice: Invoice
    open_micros: int


@dataclass(frozen=True, slots=True)
class Share:
    """So many micros of a payment for an invoice; None: as much as fits."""

    invoice: Invoice
    amount_micros: int | None = None


def payments(customer: Customer | None = None) -> QuerySet[Payment]:
    """Payments with customer and receipt, newest first."""
    found = Payment.objects.select_related("customer", "receipt").prefetch_related("changes")
    found = found.order_by("-received_at", "-id")
    return found if customer is None else found.filter(customer=customer)


def payments_in_full(customer: Customer | None = None) -> QuerySet[Payment]:
    """The same, each with its `allocations` in order and `left_micros`, what settles nothing yet;
    in three queries for all of them."""
    used = Coalesce(Sum("allocations__amount_micros"), 0, output_field=BigIntegerField())
    reversed_ = Exists(PaymentChange.objects.filter(payment=OuterRef("pk"), kind="reversal"))
    left = Case(When(reversed_, then=0), default=F("amount_micros") - used)
    parts = Prefetch("allocations", Allocation.objects.select_related("invoice").order_by("id"))
    found = payments(customer).annotate(left_micros=left)
    return found.prefetch_related(parts)


def payment_in_full(pk: int) -> Payment:
    """One of `payments_in_full`. Raises NotFound."""
    return by_id(payments_in_full(), pk, "payment")


def reversal_of(payment: Payment) -> PaymentChange | None:
    """Its reversal, if the money was taken back; of `payments` without a query."""
    return next((one for one in payment.changes.all() if one.kind == "reversal"), None)


def change_by_id(change_id: int) -> PaymentChange:
    """A reversal or re-allocation with its payment. Raises NotFound."""
    return by_id(PaymentChange.objects.select_related("payment"), change_id, "payment change")


def payment_by_receipt(number: str) -> Payment:
    """The payment that the receipt confirms. Raises NotFound."""
    found = payments().filter(receipt__number=number).first()
    if found is None:
        raise NotFound(f"There is no receipt {number!r}.")
    return found


def _in_order(payment: Payment) -> list[Allocation]:
    """The payment's allocations; without a query for one of `payments_in_full`."""
    fetched = "allocations" in getattr(payment, "_prefetched_objects_cache", {})
    return list(payment.allocations.all() if fetched else allocations_of(payment))


def settled_by(payment: Payment) -> list[Share]:
    """What the payment settles now: each invoice with the micros of it, in order of their first."""
    sums: dict[int, Share] = {}
    for one in _in_order(payment):
        before = sums.get(one.invoice_id)
        micros = one.amount_micros + (before.amount_micros or 0 if before else 0)
        sums[one.invoice_id] = Share(one.invoice, micros)
    return [share for share in sums.values() if share.amount_micros]


def allocations_of(payment: Payment) -> QuerySet[Allocation]:
    """What the payment settled, in order, each with its invoice."""
    return payment.allocations.select_related("invoice").order_by("id")


def left_of(payment: Payment) -> int:
    """Micros of the payment that settle nothing yet."""
    return allocation.left_of(payment)


def credit_of(customer: Customer, *, currency: str = "") -> int:
    """Micros of the customer's payments that settle nothing yet."""
    return allocation.credit_of(customer, currency or customer.currency)


def open_invoices(customer: Customer, *, currency: str = "") -> list[OpenInvoice]:
    """The customer's invoices that wait for money, oldest first."""
    found = allocation.open_invoices(customer, currency or customer.currency)
    return [OpenInvoice(invoice, allocation.open_micros(invoice)) for invoice in found]


def receipt_document(payment: Payment) -> Document | None:
    """The stored receipt of a payment."""
    return Document.objects.filter(receipt__payment=payment).first()


def receipt_of(customer: Customer, receipt_id: int) -> Document | None:
    """The stored bytes of one of the customer's receipts; None for any other."""
    mine = Document.objects.filter(receipt__payment__customer=customer)
    return mine.filter(receipt_id=receipt_id).first()


def change_document(change: PaymentChange) -> Document | None:
    """The stored document of a reversal or re-allocation."""
    return Document.objects.filter(payment_change=change).first()


def change_of(customer: Customer, change_id: int) -> Document | None:
    """The stored bytes of a change of one of the customer's payments; None for any other."""
    mine = Document.objects.filter(payment_change__payment__customer=customer)
    return mine.filter(payment_change_id=change_id).first()
