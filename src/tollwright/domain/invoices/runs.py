"""Billing runs as jobs: one a customer, so that one who cannot be billed holds up nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from tollwright.data.models import BillingRun, Customer, Invoice, Job
from tollwright.domain.audit.operations import By, record
from tollwright.domain.invoices.drafting import draft_customer
from tollwright.domain.invoices.operations import open_run
from tollwright.domain.invoices.terms import billed
from tollwright.domain.jobs.operations import Work, enqueue_group
from tollwright.domain.jobs.queries import job_about

RUN, DRAFT = "billing.run", "billing.draft_customer"
ISSUE_RUN, ISSUE = "billing.finalise_run", "billing.finalise"
SUBJECT = "billing_run"


@transaction.atomic
def start_run(
    *,
    until: datetime,
    key: str,
    at: datetime,
    by: By,
    customers: Sequence[Customer] | None = None,
) -> BillingRun:
    """Ask for a draft of each customer, currency and period that ended by `until`.

    Each customer is a job of its own; `job_of` the run is how far they are. Customers with billing
    off are passed over; `customers` None: all. The same key again is the same run and asks for
    nothing. Raises UntilInFuture, KeyReused.
    """
    run, is_new = open_run(until=until, key=key, at=at, by=by)
    if not is_new:
        return run
    wanted = Customer.objects.order_by("id") if customers is None else customers
    customers = billed(wanted, until, at)
    enqueue_group(
        Work(RUN, str(run.pk), SUBJECT, run.pk),
        [Work(DRAFT, one.name, "customer", one.pk, {"run": run.pk}) for one in customers],
        at=at,
        by=by,
    )
    after = {"until": until, "customers": len(customers), "key": key}
    record(
        by=by, at=at, action="billing.run", subject="billing_run", subject_id=run.pk, after=after
    )
    return run


def job_of(run: BillingRun, kind: str = RUN) -> Job | None:
    """The newest group of jobs of the run: of its drafts, or of issuing them (ISSUE_RUN)."""
    return job_about(kind, SUBJECT, run.pk)


@transaction.atomic
def draft_for(*, run_id: int, customer_id: int) -> list[Invoice]:
    """The run's drafts for one customer, as of the moment at which the run was started."""
    run = BillingRun.objects.get(pk=run_id)
    return draft_customer(run, Customer.objects.get(pk=customer_id), run.started_at)


@transaction.atomic
def start_finalising(*, run: BillingRun, key: str | None, at: datetime, by: By) -> Job:
    """Ask for the run's drafts to be issued, by customer and period, one after the other.

    Those that wait (for late calls, for billing to be run again or switched on) stay drafts and
    say why. The same key again asks for nothing.
    """
    drafts = Invoice.objects.filter(run=run, status="draft").select_related("customer")
    parts = [
        Work(ISSUE, one.customer.name, "invoice", one.pk, lock="numbers")
        for one in drafts.order_by("customer_id", "period_from", "id")
    ]
    group = Work(ISSUE_RUN, str(run.pk), SUBJECT, run.pk)
    return enqueue_group(group, parts, at=at, by=by, key=key)
