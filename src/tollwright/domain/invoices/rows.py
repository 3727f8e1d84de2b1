"""The rows of the lists of invoices and billing runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from tollwright.data.models import Customer
from tollwright.domain.invoices import queries
from tollwright.domain.listing import Listed, listed


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice or note; `title` is its number, or what a draft is called; both days count."""

    pk: int
    title: str
    number: str | None
    customer_id: int
    customer: str
    document_type: str
    first_day: date
    last_day: date
    issued_on: date | None
    due_on: date | None
    currency: str
    total_micros: int
    open_micros: int
    status: str


@dataclass(frozen=True, slots=True)
class IssuedRow:
    """An issued invoice or note, as its customer sees it."""

    pk: int
    number: str
    document_type: str
    issued_on: date
    due_on: date | None
    currency: str
    total_micros: int
    open_micros: int
    status: str
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class RunRow:
    """A billing run with its numbers of drafts and of issued documents."""

    pk: int
    until: datetime
    started_at: datetime
    started_by: str
    drafts: int
    issued: int


DAYS = {"first_day": "days__first", "last_day": "days__last"}


def invoice_rows(customer: Customer | None = None) -> Listed[InvoiceRow]:
    """Every document, newest first; drafts too."""
    found = queries.with_open(queries.invoices(customer))
    return listed(found, InvoiceRow, title=str, customer="customer__name", **DAYS)


def issued_rows(customer: Customer, *, at: datetime) -> Listed[IssuedRow]:
    """The documents issued to the customer, newest first."""
    return listed(queries.with_state(queries.issued(customer), at=at), IssuedRow)


def run_rows() -> Listed[RunRow]:
    """Billing runs, newest first."""
    return listed(queries.runs_with_counts(), RunRow)
