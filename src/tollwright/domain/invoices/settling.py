"""Money against invoices: what is open, and payments that settle it, oldest first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Sum

from tollwright.data.models import Allocation, Customer, Invoice, Payment


def credited_micros(invoice: Invoice) -> int:
    """What credit notes took off the invoice, as a positive amount."""
    notes = Invoice.objects.filter(corrects=invoice, document_type="credit_note")
    notes = notes.exclude(status__in=["draft", "void"])
    return -int(notes.aggregate(sum=Sum("total_micros"))["sum"] or 0)


def open_micros(invoice: Invoice) -> int:
    """What is still to be paid: total less payments and credit notes. 0 unless it is issued."""
    if invoice.status in {"draft", "void", "written_off"} or invoice.total_micros < 0:
        return 0
    return max(0, invoice.total_micros - invoice.paid_micros - credited_micros(invoice))


def open_invoices(customer: Customer, currency: str) -> list[Invoice]:
    """The customer's invoices that wait for money, oldest first."""
    found = Invoice.objects.filter(
        customer=customer,
        currency=currency,
        status="finalised",
        document_type__in=["invoice", "debit_note"],
    ).order_by("issued_on", "finalised_at", "id")
    return [invoice for invoice in found if open_micros(invoice) > 0]


def left_of(payment: Payment) -> int:
    """What of a payment settles nothing yet: the customer's credit."""
    used = payment.allocations.aggregate(sum=Sum("amount_micros"))["sum"] or 0
    return payment.amount_micros - int(used)


def credit_of(customer: Customer, currency: str) -> int:
    """The customer's money that settles nothing yet."""
    paid = Payment.objects.filter(customer=customer, currency=currency)
    used = Allocation.objects.filter(payment__in=paid)
    whole = paid.aggregate(sum=Sum("amount_micros"))["sum"] or 0
    return int(whole) - int(used.aggregate(sum=Sum("amount_micros"))["sum"] or 0)


def settle(payment: Payment, invoices: Iterable[Invoice], at: datetime) -> list[Allocation]:
    """Use what is left of a payment on these invoices, in their order, none beyond its total."""
    made: list[Allocation] = []
    left = left_of(payment)
    for invoice in invoices:
        amount = min(left, open_micros(invoice))
        if amount <= 0:
            continue
        made.append(
            Allocation.objects.create(
                tenant_id=payment.tenant_id,
                payment=payment,
                invoice=invoice,
                amount_micros=amount,
                at=at,
            )
        )
        invoice.paid_micros += amount
        mark_settled(invoice)
        left -= amount
    return made


def give_back(invoice: Invoice, at: datetime) -> list[Allocation]:
    """Money on an invoice that credit notes leave no room for is the customer's credit again.

    The latest payment first, by negative allocations.
    """
    over = invoice.paid_micros + credited_micros(invoice) - invoice.total_micros
    held = invoice.allocations.values("payment").annotate(sum=Sum("amount_micros"))
    made: list[Allocation] = []
    for row in held.order_by("-payment"):
        amount = min(over, int(row["sum"]))
        if amount <= 0:
            continue
        made.append(
            Allocation.objects.create(
                tenant_id=invoice.tenant_id,
                payment_id=row["payment"],
                invoice=invoice,
                amount_micros=-amount,
                at=at,
            )
        )
        invoice.paid_micros -= amount
        over -= amount
    mark_settled(invoice)
    return made


def mark_settled(invoice: Invoice) -> None:
    """Save what is paid; an issued invoice with nothing open is paid."""
    if invoice.status == "finalised" and open_micros(invoice) == 0:
        invoice.status = "paid"
    invoice.save(update_fields=["paid_micros", "status"])


def use_credit(customer: Customer, currency: str, at: datetime) -> list[Allocation]:
    """Settle open invoices with what is left of earlier payments, oldest with oldest."""
    payments = Payment.objects.filter(customer=customer, currency=currency)
    made: list[Allocation] = []
    if credit_of(customer, currency) <= 0:
        return made
    for payment in payments.order_by("received_at", "id"):
        if left_of(payment) > 0:
            made += settle(payment, open_invoices(customer, currency), at)
    return made
