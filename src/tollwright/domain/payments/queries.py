"""Reading payments, what they settled and their receipts."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import BigIntegerField, F, Prefetch, QuerySet, Sum
from django.db.models.functions import Coalesce

from tollwright.data.models import Allocation, Customer, Document, Invoice, Payment
from tollwright.domain.invoices import allocation
from tollwright.domain.lookup import by_id


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice that waits for money, and for how much."""

    invoice: Invoice
    open_micros: int


def payments(customer: Customer | None = None) -> QuerySet[Payment]:
    """Payments with customer and receipt, newest first."""
    found = Payment.objects.select_related("customer", "receipt").order_by("-received_at", "-id")
    return found if customer is None else found.filter(customer=customer)


def payments_in_full(customer: Customer | None = None) -> QuerySet[Payment]:
    """The same, each with its `allocations` in order and `left_micros`, what settles nothing yet;
    in two queries for all of them."""
    used = Coalesce(Sum("allocations__amount_micros"), 0, output_field=BigIntegerField())
    parts = Prefetch("allocations", Allocation.objects.select_related("invoice").order_by("id"))
    found = payments(customer).annotate(left_micros=F("amount_micros") - used)
    return found.prefetch_related(parts)


def payment_in_full(pk: int) -> Payment:
    """One of `payments_in_full`. Raises NotFound."""
    return by_id(payments_in_full(), pk, "payment")


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
