"""Asking for a document to be issued after the request; what can be refused at once is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from tollwright.data.models import Invoice, InvoiceLine, Job
from tollwright.domain.audit.operations import By
from tollwright.domain.invoices import operations
from tollwright.domain.invoices.operations import Correction
from tollwright.domain.invoices.rehearsal import rehearse
from tollwright.domain.invoices.runs import ISSUE, NUMBERS
from tollwright.domain.jobs.operations import Work, enqueue

CREDIT = "billing.credit"


@transaction.atomic
def request_finalise(*, invoice: Invoice, early: bool, at: datetime, by: By) -> Job:
    """Issue a draft after the request. Raises NotADraft, BillingOff, TooEarly."""
    operations.refuse_unready(invoice, at, early=early)
    work = Work(
        ISSUE, f"Finalise the draft for {invoice.customer.name}", "invoice", invoice.pk,
        {"early": early}, NUMBERS,
    )  # fmt: skip
    return enqueue(work, at=at, by=by)


@transaction.atomic
def request_credit(
    *,
    invoice: Invoice,
    reason: str,
    key: str,
    lines: Sequence[Correction] | None,
    at: datetime,
    by: By,
) -> Job:
    """Issue a credit note after the request; the same key asks once. Raises as `credit` does."""
    rehearse(
        lambda render: operations.credit(
            invoice=invoice, reason=reason, key=key, lines=lines, at=at, by=by, render=render
        )
    )
    arguments = {
        "invoice": invoice.pk,
        "reason": reason,
        "key": key,
        "lines": None if lines is None else [[one.line.pk, one.amount_micros] for one in lines],
    }
    work = Work(CREDIT, f"Credit {invoice}", "invoice", invoice.pk, arguments, NUMBERS)
    return enqueue(work, at=at, by=by, key=f"credit:{key}"[:100])


def corrections_of(told: Sequence[Sequence[int]] | None) -> list[Correction] | None:
    """The lines in a job's arguments."""
    if told is None:
        return None
    lines = InvoiceLine.objects.in_bulk([line for line, _ in told])
    return [Correction(lines[line], micros) for line, micros in told]
