"""Reading invoices, their lines and the calls behind them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Count,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest

from tollwright.data.models import (
    Allocation,
    BillingRun,
    Charge,
    Customer,
    Document,
    Event,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    WriteOff,
)
from tollwright.data.scope import current_tenant_id
from tollwright.domain.database import database
from tollwright.domain.errors import DomainError
from tollwright.domain.invoices import allocation
from tollwright.domain.invoices.checks import Violation, check_sums
from tollwright.domain.invoices.numbering import issue_day
from tollwright.domain.lookup import by_id
from tollwright.store import billing
from tollwright.store.billing import CallRow, DestinationSum

__all__ = [
    "STATES",
    "CallRow",
    "DestinationSum",
    "RunCounts",
    "StateUnknown",
    "Violation",
    "allocations_of",
    "charges_behind",
    "check_sums",
    "corrections_of",
    "counts_of",
    "destinations_behind",
    "document_by_invoice",
    "document_of",
    "documents_to_have",
    "draft_ids",
    "drafts",
    "head_of_document",
    "in_state",
    "invoice_by_id",
    "invoice_lines",
    "invoices",
    "issued",
    "issued_by_id",
    "issued_line_of",
    "last_period",
    "next_due",
    "of_run",
    "open_micros",
    "overdue",
    "overdue_untold",
    "run_by_id",
    "runs",
    "runs_with_counts",
    "taxes_of",
    "with_open",
    "with_state",
    "write_offs",
]

STATES = ("draft", "finalised", "overdue", "paid", "void", "written_off")

FEW_DOCUMENTS = 20  # held at once


class StateUnknown(DomainError):
    """An invoice is searched for by a status that there is not."""

    code = "invoice_state_unknown"


def invoices(customer: Customer | None = None, *, number: str = "") -> QuerySet[Invoice]:
    """Invoices and notes with their customer, newest first; drafts too. `number` is exact."""
    found = Invoice.objects.select_related("customer").order_by("-id")
    if customer is not None:
        found = found.filter(customer=customer)
    return found.filter(number=number) if number else found


def invoice_by_id(pk: int) -> Invoice:
    """With its customer. Raises NotFound."""
    return by_id(invoices(), pk, "invoice")


def issued(customer: Customer) -> QuerySet[Invoice]:
    """The customer's invoices and notes that have a number, newest first; voided ones too."""
    return invoices(customer).exclude(status="draft")


def issued_by_id(customer: Customer, pk: int, *, at: datetime) -> Invoice:
    """One of the customer's issued invoices or notes, as `with_state`. Raises NotFound."""
    return by_id(with_state(issued(customer), at=at), pk, "invoice")


def last_period(customer: Customer) -> Invoice | None:
    """The issued invoice whose period ends last; None before the first."""
    found = issued(customer).filter(document_type="invoice", at_start=False)
    return found.order_by("-period_to", "-id").first()


def taxes_of(invoice: Invoice) -> QuerySet[InvoiceTax]:
    """The taxes of the document, by category and rate."""
    return invoice.taxes.order_by("category", "rate")


def allocations_of(invoice: Invoice) -> QuerySet[Allocation]:
    """What was paid on it, in order, each with its payment and receipt or the credit it is from."""
    found = invoice.allocations.select_related("payment__receipt", "credit")
    return found.order_by("id")


def runs() -> QuerySet[BillingRun]:
    """Billing runs, newest first."""
    return BillingRun.objects.order_by("-id")


def run_by_id(pk: int) -> BillingRun:
    """Raises NotFound."""
    return by_id(runs(), pk, "billing run")


def draft_ids(run: BillingRun) -> list[int]:
    """The ids of the run's drafts that still wait, by customer and period."""
    return list(drafts(run).values_list("id", flat=True))


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
    return billing.fetch_calls(
        database(), line_id=line.pk, until=line.invoice.period_to, limit=limit, offset=offset
    )


def destinations_behind(line: InvoiceLine) -> list[DestinationSum]:
    """What a usage line comes to per destination, largest first."""
    return billing.sum_destinations(database(), line_id=line.pk, until=line.invoice.period_to)


def corrections_of(invoice: Invoice) -> QuerySet[Invoice]:
    """The credit and debit notes that correct it, oldest first."""
    return Invoice.objects.filter(corrects=invoice).order_by("id")


def document_of(invoice: Invoice) -> Document | None:
    """The stored bytes that were issued; None for a draft."""
    return Document.objects.filter(invoice=invoice).first()


def documents_to_have(run: BillingRun) -> Iterator[Document]:
    """Of the invoices issued of the run, of others up to its moment, and of the one that the same
    person started before it: what a person who starts it again expects in the folder."""
    same = BillingRun.objects.filter(started_by=run.started_by, started_at__lt=run.started_at)
    before = same.order_by("-started_at").values_list("pk", flat=True)[:1]
    runs = BillingRun.objects.filter(Q(until=run.until) | Q(pk__in=list(before)))
    found = Document.objects.filter(invoice__run__in=runs).order_by("id")
    return found.iterator(chunk_size=FEW_DOCUMENTS)


def write_offs(invoice: Invoice) -> QuerySet[WriteOff]:
    """What was written off of it and taken back, oldest first."""
    return WriteOff.objects.filter(invoice=invoice).order_by("id")


def open_micros(invoice: Invoice) -> int:
    """What is still to be paid of it, in micros."""
    return allocation.open_micros(invoice)


def with_open(rows: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """The invoices, each with `open_micros`: what is still to be paid of it (see `allocation`)."""
    notes = (
        Invoice.objects.filter(corrects_id=OuterRef("pk"), document_type="credit_note")
        .exclude(status__in=["draft", "void"])
        .order_by()
        .values("corrects_id")
        .annotate(sum=Sum("total_micros"))
        .values("sum")
    )
    credited = Coalesce(Subquery(notes, output_field=BigIntegerField()), 0)
    left = Greatest(F("total_micros") - F("paid_micros") + credited, 0)
    waiting = Q(status__in=["finalised", "paid"], total_micros__gte=0)
    return rows.annotate(
        open_micros=Case(When(waiting, then=left), default=0, output_field=BigIntegerField())
    )


def overdue(*, at: datetime, customer: Customer | None = None) -> QuerySet[Invoice]:
    """Issued invoices and debit notes whose due day is over and that still wait for money.

    A day is the provider's, as the days on documents are. Each with `open_micros` and its
    customer, the longest due first.
    """
    late: QuerySet[Any] = with_open(Invoice.objects.filter(_is_overdue(issue_day(at))))
    late = late.filter(open_micros__gt=0).select_related("customer").order_by("due_on", "id")
    return late if customer is None else late.filter(customer=customer)


def overdue_untold(*, at: datetime) -> QuerySet[Invoice]:
    """Those of whom no event says so, or none since they were opened again."""
    told = Event.objects.filter(
        object_kind=OuterRef("document_type"), object_id=OuterRef("pk"),
        type__regex=r"\.(overdue|reopened)$",
    )  # fmt: skip
    last = Subquery(told.order_by("-sequence").values("type")[:1])
    return (
        overdue(at=at).annotate(told=Coalesce(last, Value(""))).exclude(told__endswith=".overdue")
    )


def next_due(*, at: datetime, customer: Customer) -> Invoice | None:
    """Of what the customer still has to pay and is not overdue, what is due first."""
    waiting: QuerySet[Any] = with_open(
        Invoice.objects.filter(customer=customer, status="finalised")
    )
    found = waiting.filter(due_on__gte=issue_day(at), open_micros__gt=0).order_by("due_on", "id")
    first: Invoice | None = found.first()
    return first


def in_state(rows: QuerySet[Invoice], state: str, *, at: datetime) -> QuerySet[Invoice]:
    """Those of the rows with the status, or `overdue`. Raises StateUnknown."""
    if state == "overdue":
        return rows.filter(pk__in=overdue(at=at).order_by().values("pk"))
    if state not in STATES:
        raise StateUnknown(f"{state!r} is not a status of invoices: {', '.join(STATES)} are.")
    return rows.filter(status=state)


def with_state(rows: QuerySet[Invoice], *, at: datetime) -> QuerySet[Invoice]:
    """The invoices, each with `open_micros` and `is_overdue`."""
    late = _is_overdue(issue_day(at)) & Q(open_micros__gt=0)
    return with_open(rows).annotate(
        is_overdue=Case(When(late, then=True), default=False, output_field=BooleanField())
    )


def _is_overdue(today: date) -> Q:
    return Q(status="finalised", document_type__in=["invoice", "debit_note"], due_on__lt=today)


def head_of_document(invoice: Invoice) -> Document | None:
    """Name and hash of the stored document, without its bytes."""
    return Document.objects.filter(invoice=invoice).only("filename", "sha256").first()


def document_by_invoice(pk: int) -> Document | None:
    """The stored document of the invoice of that id; None for a draft."""
    return Document.objects.filter(tenant_id=current_tenant_id(), invoice_id=pk).first()


def runs_with_counts() -> QuerySet[BillingRun]:
    """Billing runs, newest first, each with its numbers of `drafts` and `issued`."""
    return runs().annotate(
        drafts=Count("invoices", filter=Q(invoices__status="draft")),
        issued=Count("invoices", filter=~Q(invoices__status="draft")),
    )


def of_run(run: BillingRun) -> QuerySet[Invoice]:
    """What a run drafted, with its customer, newest first."""
    return invoices().filter(run=run)


@dataclass(frozen=True, slots=True)
class RunCounts:
    """How many invoices of a run are drafts, are issued, and have their document."""

    drafts: int
    issued: int
    documents: int


def counts_of(run: BillingRun) -> RunCounts:
    """How far a run's invoices are. One query."""
    found = Invoice.objects.filter(run=run).aggregate(
        drafts=Count("id", filter=Q(status="draft")),
        issued=Count("id", filter=~Q(status="draft")),
        documents=Count("document"),
    )
    return RunCounts(**found)


def issued_line_of(charge: Charge) -> InvoiceLine | None:
    """The line of an issued invoice that bills the charge, with its invoice; None before that."""
    if charge.invoice_line_id is None:
        return None
    lines = InvoiceLine.objects.select_related("invoice").exclude(invoice__status="draft")
    return lines.filter(pk=charge.invoice_line_id).first()
