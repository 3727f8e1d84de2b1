"""Reading invoices, their lines and the calls behind them."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import QuerySet

from tollwright.data.models import BillingRun, Customer, Document, Invoice, InvoiceLine
from tollwright.domain.invoices import allocation
from tollwright.domain.invoices.checks import Violation, check_sums
from tollwright.domain.invoices.drafting import database
from tollwright.store import billing
from tollwright.store.billing import CallRow, DestinationSum

__all__ = [
    "CallRow",
    "DestinationSum",
    "Violation",
    "charges_behind",
    "check_sums",
    "corrections_of",
    "destinations_behind",
    "document_of",
    "drafts",
    "invoice_lines",
    "invoices",
    "open_micros",
    "overdue",
    "runs",
]


def invoices(customer: Customer | None = None) -> QuerySet[Invoice]:
    """Invoices and notes with their customer, newest first; drafts too."""
    found = Invoice.objects.select_related("customer").order_by("-id")
    return found if customer is None else found.filter(customer=customer)


def runs() -> QuerySet[BillingRun]:
    """Billing runs, newest first."""
    return BillingRun.objects.order_by("-id")


def drafts(run: BillingRun | None = None) -> QuerySet[Invoice]:
    """Drafts that wait to be finalised, by customer and period; of one run or of all."""
    found = Invoice.objects.filter(status="draft").select_related("customer")
    found = found if run is None else found.filter(run=run)
    return found.order_by("customer_id", "period_from", "id")


def invoice_lines(invoice: Invoice) -> QuerySet[InvoiceLine]:
    """The lines in the order of the document."""
    return (
        InvoiceLine.objects.filter(invoice=invoice)
        .select_related("campaign")
        .order_by("position", "id")
    )


def charges_behind(
    line: InvoiceLine, *, limit: int | None = None, offset: int = 0
) -> list[CallRow]:
    """The calls behind a usage line in order of time; its figures are their sums."""
    return billing.calls_behind(
        database(), line_id=line.pk, until=line.invoice.period_to, limit=limit, offset=offset
    )


def destinations_behind(line: InvoiceLine) -> list[DestinationSum]:
    """What a usage line comes to per destination, largest first."""
    return billing.destinations(database(), line_id=line.pk, until=line.invoice.period_to)


def corrections_of(invoice: Invoice) -> QuerySet[Invoice]:
    """The credit and debit notes that correct it, oldest first."""
    return Invoice.objects.filter(corrects=invoice).order_by("id")


def document_of(invoice: Invoice) -> Document | None:
    """The stored bytes that were issued; None for a draft."""
    return Document.objects.filter(invoice=invoice).first()


def open_micros(invoice: Invoice) -> int:
    """What is still to be paid of it, in micros."""
    return allocation.open_micros(invoice)


def overdue(*, on: date | datetime) -> list[Invoice]:
    """Issued invoices that are due before that day and not settled, the longest due first."""
    day = on.date() if isinstance(on, datetime) else on
    found = Invoice.objects.filter(
        status="finalised", document_type__in=["invoice", "debit_note"], due_on__lt=day
    )
    ordered = found.select_related("customer").order_by("due_on", "id")
    return [invoice for invoice in ordered if allocation.open_micros(invoice) > 0]
