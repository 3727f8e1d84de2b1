"""Billing as a pipeline: draft → review → finalise → documents."""

from __future__ import annotations

from uuid import uuid4

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from tollwright.core.labels.facts import actor_text
from tollwright.domain.entities import BillingRun, Job
from tollwright.domain.invoices import queries as invoices
from tollwright.domain.invoices import runs
from tollwright.domain.invoices.notices import NOT_ACTIVE, notices_of
from tollwright.domain.invoices.operations import grace_ends
from tollwright.domain.invoices.rows import run_rows
from tollwright.domain.jobs import operations as jobs
from tollwright.domain.lookup import find
from tollwright.domain.reports import queries as reports
from tollwright.domain.reports.rows import RunInvoiceRow, run_invoice_rows
from tollwright.web.office.forms import ConfirmForm, DayField, OfficeForm, posted
from tollwright.web.office.home import about, say
from tollwright.web.office.invoices import period
from tollwright.web.office.jobs import waits_or_failed
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, page, show
from tollwright.web.shared.filters import start_of
from tollwright.web.shared.formatting import Money, Status
from tollwright.web.shared.labels import phrase_of
from tollwright.web.shared.tables import Column, Table

BOTH = ("GET", "POST")


class RunForm(OfficeForm):
    """Up to which day."""

    until = DayField(
        label="Bill periods that ended before",
        help_text="The first day that is not billed, as the 1st of this month.",
    )
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)


class FinaliseForm(ConfirmForm):
    """`key` makes the form sent twice one act."""

    key = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput)


@page()
def index(request: StaffRequest) -> HttpResponse:
    """Where the money stands on its way, and the runs."""
    today = timezone.localdate(request.at)
    currency = request.membership.tenant.currency
    drafted = reports.sums_of(invoices.drafts())
    waiting = reports.waiting_for_money()
    first = {"until": today.replace(day=1), "key": f"office-{uuid4()}"}
    table = Table(
        "Billing runs",
        run_rows(),
        [
            Column("no", "Run", lambda one: one.pk, "pk", row("run")),
            Column("until", "Up to", lambda one: one.until, "until"),
            Column("started", "Started", lambda one: one.started_at, "started_at"),
            Column("by", "By", lambda one: actor_text(one.started_by), "started_by"),
            Column("drafts", "Drafts", lambda one: one.drafts, "drafts"),
            Column("issued", "Issued", lambda one: one.issued, "issued"),
        ],
        order="-no",
        empty="No run yet. Choose the first day that is not billed, and draft.",
        filename="billing-runs",
    )
    return table.respond(request) or show(
        request,
        "billing.html",
        "Billing",
        table=table.page(request),
        form=RunForm(initial=first),
        unbilled=about(reports.unbilled(at=request.at), currency),
        drafts=sum(one.count for one in drafted),
        drafted=say(drafted, currency),
        waiting=say(waiting, currency),
        issued=sum(one.count for one in waiting),
    )


@page(needs="billing", methods=("POST",))
def start(request: StaffRequest) -> HttpResponse:
    """Draft what has ended; the same form sent twice is one run."""
    form = RunForm(request.POST)
    if form.is_valid():
        run = form.attempt(
            runs.start_run,
            until=start_of(form.cleaned_data["until"]),
            key=form.cleaned_data["key"],
            at=request.at,
            by=request.by,
        )
        if run is not None:
            return redirect(to("run", run.pk))
    return show(
        request,
        "form.html",
        "Run billing",
        form=form,
        button="Draft",
        back=to("billing"),
        crumbs=[("Billing", to("billing"))],
    )


@page()
def one(request: StaffRequest, pk: int) -> HttpResponse:
    """A run: its drafts against the invoice before, and what is issued."""
    run = find(BillingRun, pk)
    progress = _progress(request, run)
    table = Table(
        f"Invoices of run {pk}",
        run_invoice_rows(run),
        [
            Column(
                "customer",
                "Customer",
                lambda one: one.customer,
                "customer__name",
                row("invoice"),
            ),
            Column("number", "Number", lambda one: one.number, "number", row("invoice")),
            Column("period", "Period", period, "period_from"),
            Column(
                "total",
                "Total",
                lambda one: Money(one.total_micros, one.currency),
                "total_micros",
                number=True,
            ),
            Column("before", "Period before", _before, number=True),
            Column("note", "Look at", _look_at),
            Column("status", "Status", lambda one: Status(one.status), "status"),
        ],
        order="customer",
        empty="Nothing is drafted yet."
        if progress is not None and progress.is_open
        else "This run found nothing to bill: no period had ended, or nothing was used.",
        filename=f"run-{pk}",
    )
    counts = invoices.counts_of(run)
    return table.respond(request) or show(
        request,
        "run.html",
        f"Billing run {pk}",
        run=run,
        progress=progress,
        failed=None if progress is None else waits_or_failed(progress),
        table=table.page(request),
        notices=notices_of(run),
        drafts=counts.drafts,
        issued=counts.issued,
        documents=counts.documents,
        drafted=say(reports.sums_of(invoices.drafts(run)), request.membership.tenant.currency),
        crumbs=[("Billing", to("billing"))],
    )


@page(needs="billing", methods=BOTH)
def finalise(request: StaffRequest, pk: int) -> HttpResponse:
    """Issue the run's drafts, after saying how many and how much."""
    run = find(BillingRun, pk)
    form = FinaliseForm(posted(request), initial={"key": f"office-{uuid4()}"})
    if request.method == "POST" and form.is_valid():
        key = form.cleaned_data["key"] or None
        runs.start_finalising(run=run, key=key, at=request.at, by=request.by)
        return redirect(to("run", pk))
    drafts = list(invoices.drafts(run))
    ready = [draft for draft in drafts if grace_ends(draft, request.at) <= request.at]
    sums = say(reports.total_of(ready), request.membership.tenant.currency)
    return show(
        request,
        "form.html",
        f"Finalise run {pk}",
        form=form,
        lead=f"{len(ready)} of {len(drafts)} drafts, in all {sums}, take their numbers, move the"
        " customers' balances and get their PDF documents. The others still wait for late calls."
        " Issued invoices cannot be changed, only voided or credited.",
        button=f"Finalise {len(ready)} invoices",
        back=to("run", pk),
        crumbs=[("Billing", to("billing")), (f"Run {pk}", to("run", pk))],
    )


def _progress(request: StaffRequest, run: BillingRun) -> Job | None:
    """How far the run is: its drafts, or issuing them, whichever was asked for last."""
    found = [job for kind in (runs.RUN, runs.ISSUE_RUN) if (job := runs.job_of(run, kind))]
    newest = max(found, key=lambda job: job.pk, default=None)
    if newest is not None and not newest.is_open and newest.asked_by == request.by.actor:
        jobs.told([newest], at=request.at)
    return newest


def _before(one: RunInvoiceRow) -> Money | None:
    return None if one.previous_micros is None else Money(one.previous_micros, one.currency)


def _look_at(one: RunInvoiceRow) -> str | None:
    """What a reviewer should look at: who is billed although not active, and odd sums."""
    found = [_not_active(one), _anomaly(one)]
    return "; ".join(filter(None, found)) or None


def _not_active(one: RunInvoiceRow) -> str | None:
    idle = one.status == "draft" and one.customer_status in NOT_ACTIVE
    return f"customer is {phrase_of('status', one.customer_status)}" if idle else None


def _anomaly(one: RunInvoiceRow) -> str | None:
    """Nothing at all, or half or twice the period before."""
    if one.total_micros == 0:
        return "comes to nothing"
    if one.previous_micros is None:
        return "first invoice"
    if one.total_micros > 2 * one.previous_micros:
        return "more than twice the period before"
    less = 2 * one.total_micros < one.previous_micros
    return "less than half the period before" if less else None
