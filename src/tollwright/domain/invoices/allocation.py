"""Money against invoices: what is open, and what settles it, oldest first.

Invoices are settled by payments, and by what an invoice with a negative total gives back (fees
that had been paid in advance): its `paid_micros` is negative, by so much as was used of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from django.db.models import F, Sum

from tollwright.data.models import Allocation, Customer, Invoice, Payment
from tollwright.domain.invoices.events import tell

Money: TypeAlias = Payment | Invoice  # what can settle an invoice


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


def left_of(money: Money) -> int:
    """What of a payment, or of what an invoice gives back, settles nothing yet."""
    if isinstance(money, Invoice):
        return max(0, money.paid_micros + credited_micros(money) - money.total_micros)
    if is_reversed(money):
        return 0
    used = money.allocations.aggregate(sum=Sum("amount_micros"))["sum"] or 0
    return money.amount_micros - int(used)


def is_reversed(payment: Payment) -> bool:
    """Whether the money was taken back."""
    return payment.changes.filter(kind="reversal").exists()


def credit_of(customer: Customer, currency: str) -> int:
    """The customer's money that settles nothing yet."""
    return sum(left_of(money) for money in money_of(customer, currency))


def money_of(customer: Customer, currency: str) -> list[Money]:
    """What can settle the customer's invoices and has something left, oldest first."""
    payments = Payment.objects.filter(customer=customer, currency=currency)
    payments = payments.exclude(changes__kind="reversal")
    used = payments.annotate(used=Sum("allocations__amount_micros", default=0))
    found: list[tuple[datetime, int, Money]] = [
        (payment.received_at, payment.pk, payment)
        for payment in used.filter(amount_micros__gt=F("used"))
    ]
    giving = Invoice.objects.filter(
        customer=customer,
        currency=currency,
        status__in=["finalised", "paid"],
        document_type__in=["invoice", "debit_note"],
        total_micros__lt=0,
    ).filter(total_micros__lt=F("paid_micros"))
    found += [(one.finalised_at, one.pk, one) for one in giving if one.finalised_at]
    ordered = sorted(found, key=lambda row: row[:2])
    return [money for _, _, money in ordered if left_of(money) > 0]


def settle(
    money: Money, invoices: Iterable[Invoice], at: datetime, *, most_micros: int | None = None
) -> list[Allocation]:
    """Use what is left of it, or so much, on these invoices, in order, none beyond its total."""
    made: list[Allocation] = []
    left = left_of(money) if most_micros is None else min(most_micros, left_of(money))
    for invoice in invoices:
        amount = min(left, open_micros(invoice))
        if amount <= 0:
            continue
        credit = money if isinstance(money, Invoice) else None
        payment = money if isinstance(money, Payment) else None
        made.append(_allocate(payment, credit, invoice, amount, at))
        mark_settled(invoice, at)
        left -= amount
    return made


def _allocate(
    payment: Payment | None, credit: Invoice | None, invoice: Invoice, amount: int, at: datetime
) -> Allocation:
    """So much of the one or the other onto the invoice; its row is saved by the caller."""
    invoice.paid_micros += amount
    if credit is not None:
        credit.paid_micros -= amount
        credit.save(update_fields=["paid_micros"])
    return Allocation.objects.create(
        tenant_id=invoice.tenant_id,
        payment=payment,
        credit=credit,
        invoice=invoice,
        amount_micros=amount,
        at=at,
    )


def give_back(invoice: Invoice, at: datetime) -> list[Allocation]:
    """Money on an invoice that credit notes leave no room for is the customer's credit again.

    The latest payment first, by negative allocations.
    """
    over = invoice.paid_micros + credited_micros(invoice) - invoice.total_micros
    if invoice.total_micros < 0:
        return []
    held = invoice.allocations.values("payment", "credit").annotate(sum=Sum("amount_micros"))
    made: list[Allocation] = []
    for row in held.order_by(F("payment").desc(nulls_last=True), "-credit"):
        amount = min(over, int(row["sum"]))
        if amount <= 0:
            continue
        payment = Payment.objects.filter(pk=row["payment"]).first()
        credit = Invoice.objects.filter(pk=row["credit"]).first()
        made.append(_allocate(payment, credit, invoice, -amount, at))
        over -= amount
    mark_settled(invoice, at)
    return made


def take_back(payment: Payment, at: datetime) -> list[Allocation]:
    """What the payment settles it settles no longer, by negative allocations; those invoices, which
    are locked, are open again."""
    held = payment.allocations.values("invoice").annotate(sum=Sum("amount_micros")).order_by()
    sums = {row["invoice"]: int(row["sum"]) for row in held if row["sum"]}
    made: list[Allocation] = []
    for invoice in Invoice.objects.select_for_update().filter(pk__in=sums).order_by("pk"):
        made.append(_allocate(payment, None, invoice, -sums[invoice.pk], at))
        mark_settled(invoice, at)
    return made


def mark_settled(invoice: Invoice, at: datetime) -> None:
    """Save what is paid; an issued invoice with nothing open is paid, another waits for money."""
    before = invoice.status
    if before in {"finalised", "paid"}:
        invoice.status = "finalised" if open_micros(invoice) else "paid"
    invoice.save(update_fields=["paid_micros", "status"])
    if invoice.status != before:
        tell("paid" if invoice.status == "paid" else "reopened", invoice, at)


def use_credit(customer: Customer, currency: str, at: datetime) -> list[Allocation]:
    """Settle open invoices with what is left of earlier money, oldest with oldest."""
    made: list[Allocation] = []
    for money in money_of(customer, currency):
        made += settle(money, open_invoices(customer, currency), at)
    return made
