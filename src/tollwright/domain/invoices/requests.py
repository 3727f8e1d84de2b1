"""Asking for a draft to be issued after the request; what can be refused at once is."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tollwright.data.models import Invoice, Job
from tollwright.domain.audit.operations import By
from tollwright.domain.invoices import operations
from tollwright.domain.invoices.runs import ISSUE
from tollwright.domain.jobs.operations import Work, enqueue


@transaction.atomic
def request_finalise(*, invoice: Invoice, early: bool, at: datetime, by: By) -> Job:
    """Issue a draft after the request. Raises NotADraft, BillingOff, TooEarly.

    It has no lock of the queue: one draft does not wait until a whole run is issued.
    """
    operations.refuse_unready(invoice, at, early=early)
    work = Work(ISSUE, invoice.customer.name, "invoice", invoice.pk, {"early": early})
    return enqueue(work, at=at, by=by)
