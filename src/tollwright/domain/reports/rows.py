"""The rows of the lists that set invoices beside others, and of the calls behind a line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from tollwright.data.models import BillingRun, InvoiceLine
from tollwright.domain.invoices.queries import of_run
from tollwright.domain.invoices.rows import DAYS
from tollwright.domain.listing import Listed, listed
from tollwright.domain.reports.queries import charges_of_line, with_previous


@dataclass(frozen=True, slots=True)
class RunInvoiceRow:
    """What a run drafted for a customer, beside the total of the invoice before it."""

    pk: int
    number: str | None
    customer: str
    customer_status: str
    first_day: date
    last_day: date
    currency: str
    total_micros: int
    previous_micros: int | None
    status: str


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """A charge behind an invoice line, with the numbers of its call."""

    pk: int
    call_id: int
    started_at: datetime
    caller: str
    called: str
    prefix: str
    billed_s: int
    amount_micros: int


def run_invoice_rows(run: BillingRun) -> Listed[RunInvoiceRow]:
    """What the run drafted, newest first."""
    found = with_previous(of_run(run))
    return listed(
        found, RunInvoiceRow, customer="customer__name", customer_status="customer__status", **DAYS
    )


def charge_rows(line: InvoiceLine) -> Listed[ChargeRow]:
    """The charges that a usage line sums."""
    return listed(charges_of_line(line), ChargeRow)
