"""Re-rating: the difference report, applying it, and deciding about invoiced calls."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect

from tollwright.core.labels.facts import actor_text
from tollwright.domain.entities import RerateProposal, Rerating
from tollwright.domain.lookup import find
from tollwright.domain.rerating import operations, queries, requests
from tollwright.domain.rerating.corrections import proposed_calls
from tollwright.domain.rerating.report import DifferenceReport, Part, Row
from tollwright.domain.rerating.rows import ProposalRow, proposal_rows, rerating_rows
from tollwright.web.office.asking import ask
from tollwright.web.office.callscope import RerateForm, last_month, scope_text
from tollwright.web.office.forms import ConfirmForm, OfficeForm, ReasonForm
from tollwright.web.office.invoices import call_link
from tollwright.web.office.jobs import soon, waiting
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, done, page, show
from tollwright.web.office.whatif import destination_columns, figures_columns
from tollwright.web.shared.formatting import Money, Status, duration, international, number
from tollwright.web.shared.tables import Column, Table, TablePage, short

BOTH = ("GET", "POST")
DESTINATIONS = 25
CALLS = 200  # that a proposal's page lists
CHARGED_NOW, COST_NOW = ("Charged", "Now"), ("Cost", "Now")
PAY_MORE, COST_MORE = "those who would pay more first", "those whose calls cost you more first"


Heads = tuple[str, str]  # over the old and the new amount


class ApplyForm(OfficeForm):
    """Which report is applied; `key` makes the form sent twice one re-rating."""

    fingerprint = forms.CharField(max_length=64, widget=forms.HiddenInput)
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)


@page(needs="what_if")
def index(request: StaffRequest) -> HttpResponse:
    """What waits for a decision, and what was applied."""
    table = Table(
        "Applied re-ratings",
        rerating_rows(),
        [
            Column("no", "Re-rating", lambda one: one.pk, "pk", row("rerating")),
            Column("at", "Applied", lambda one: one.applied_at, "applied_at"),
            Column("by", "By", lambda one: actor_text(one.applied_by), "applied_by"),
            Column("scope", "Which calls", lambda one: scope_text(one.scope)),
            Column("calls", "Looked at", lambda one: one.calls, "calls"),
            Column("revised", "Revised", lambda one: one.revised, "revised"),
            Column("proposed", "Proposed", lambda one: one.proposed, "proposed"),
            Column("refused", "Not priced", lambda one: one.refused, "refused"),
        ],
        order="-no",
        empty="Nothing was re-rated yet. Make a difference report first: it writes nothing.",
        filename="re-ratings",
    )
    open_ones = proposal_rows(status="proposed")[:100]
    return table.respond(request) or show(
        request,
        "reratings.html",
        "Re-rating",
        table=table.page(request),
        proposals=short("Proposals", open_ones, proposal_columns(), "No proposal waits."),
        tools=[("Difference report", to("rerating-report"))],
    )


@page(needs="what_if")
def report(request: StaffRequest) -> HttpResponse:
    """What re-rating would change; the address holds the question."""
    asked = "since" in request.GET
    form = RerateForm(request.GET if asked else None, initial=last_month(request))
    found = None
    crumbs = [("Re-rating", to("reratings"))]
    title = "Difference report"
    if asked and form.is_valid():
        answer = ask(
            request,
            form,
            requests.REPORT,
            requests.question(form.scope()),
            lambda: requests.request_report(scope=form.scope(), at=request.at, by=request.by),
        )
        if isinstance(answer, HttpResponse):
            return answer
        found = None if answer is None else requests.answer_of(answer, DifferenceReport)
    if found is None:
        return show(request, "rerating_report.html", title, form=form, crumbs=crumbs)
    first = COST_MORE if found.of_costs else PAY_MORE
    heads = COST_NOW if found.of_costs else CHARGED_NOW
    table = Table(
        f"Campaigns, {first}",
        found.campaigns,
        [
            Column("customer", "Customer", lambda one: one.customer, "customer"),
            *figures_columns("Campaign", lambda one: one.name, heads, _campaign),
        ],
        order="-difference_micros",
        empty="No calls found. Choose other days.",
        filename="difference-report",
    )
    return table.respond(request) or show(
        request,
        "rerating_report.html",
        title,
        form=form,
        found=found,
        differences=[Money(one.difference_micros, one.currency) for one in found.totals],
        apply=ApplyForm(initial={"fingerprint": found.fingerprint, "key": f"office-{uuid4()}"}),
        query=request.GET.urlencode(),
        means=list(_means(found)),
        table=table.page(request),
        first=first,
        carriers=short("Carriers", found.carriers, _carriers(heads), "No calls found."),
        customers=short("Customers", found.customers, _customers(heads), "No calls found."),
        destinations=_destinations(found, heads),
        crumbs=crumbs,
    )


def _customers(heads: Heads) -> list[Column]:
    def link(one: Row) -> str:
        return to("customer", one.id)

    return figures_columns("Customer", lambda one: one.name, heads, link)


def _carriers(heads: Heads) -> list[Column]:
    def link(one: Row) -> str | None:
        return to("carrier", one.id) if one.id else None

    return figures_columns("Carrier", lambda one: one.name, heads, link)


def _campaign(one: Row) -> str:
    return to("campaign", one.id)


def _destinations(found: DifferenceReport, heads: Heads) -> Any:
    moved = [one for one in found.destinations if one.figures.changed or one.figures.refused]
    return short("Destinations", moved[:DESTINATIONS], destination_columns(heads), "None changes.")


def _means(found: DifferenceReport) -> list[str]:
    """What applying will do, in numbers."""
    if found.of_costs:
        return [
            f"{number(part.calls)} calls get a new cost: {_move(part)}. No document is made; plans"
            " that price from the cost are re-rated by a report of what customers pay, after this."
            for part in found.open
        ]
    told = [
        f"{number(part.calls)} calls on no issued invoice get a new charge: {_move(part)}. Drafts"
        " that hold them have to be drafted again."
        for part in found.open
    ]
    told += [
        f"{number(part.calls)} calls on {_invoices(found.invoices)} are proposed as credit or"
        f" debit notes: {_move(part)} before tax. You decide on each."
        for part in found.invoiced
    ]
    return told


def _invoices(count: int) -> str:
    return f"{number(count)} issued invoice{'' if count == 1 else 's'}"


def _move(part: Part) -> str:
    more = "more" if part.difference_micros > 0 else "less"
    return f"{Money(abs(part.difference_micros), part.currency)} {more}"


@page(needs="rerate", methods=("POST",))
def apply(request: StaffRequest) -> HttpResponse:
    """Write what the report said. The address holds the question, the form names the answer."""
    scope = RerateForm(request.GET)
    form = ApplyForm(request.POST)
    if not scope.is_valid() or not form.is_valid():
        return redirect(to("rerating-report"))
    job = form.attempt(
        requests.request_apply,
        scope=scope.scope(),
        at=request.at,
        by=request.by,
        **form.cleaned_data,
    )
    if job is None:
        return show(
            request,
            "rerating_report.html",
            "Difference report",
            form=scope,
            refused=form,
            crumbs=[("Re-rating", to("reratings"))],
        )
    return redirect(waiting(job))


@page(needs="what_if")
def one(request: StaffRequest, pk: int) -> HttpResponse:
    """A re-rating: what it came to, and its proposals."""
    rerating = find(Rerating, pk)
    proposals = list(proposal_rows(rerating=rerating)[:500])
    return show(
        request,
        "rerating.html",
        f"Re-rating {pk}",
        rerating=rerating,
        scope=scope_text(rerating.scope),
        sums=[
            (Money(one["old"], one["currency"]), Money(one["new"], one["currency"]),
             Money(one["new"] - one["old"], one["currency"]))
            for one in rerating.sums
        ],
        proposals=short("Proposals", proposals, proposal_columns(), "No invoice is touched."),
        crumbs=[("Re-rating", to("reratings"))],
    )  # fmt: skip


@page(needs="what_if")
def proposal(request: StaffRequest, pk: int) -> HttpResponse:
    """A proposal, line by line."""
    found = queries.proposal_by_id(pk)
    currency = found.invoice.currency
    columns = [
        Column("campaign", "Line", lambda line: line.invoice_line.description),
        Column("calls", "Calls changed", lambda line: line.calls),
        Column("old", "Billed", lambda line: Money(line.old_micros, currency)),
        Column("new", "Now", lambda line: Money(line.new_micros, currency)),
        Column("difference", "Difference", lambda line: Money(line.difference_micros, currency)),
    ]
    return show(
        request,
        "proposal.html",
        f"Proposal {pk} for invoice {found.invoice}",
        proposal=found,
        difference=Money(queries.difference_of(found), currency),
        table=short("Lines", list(found.lines.all()), columns, "No lines."),
        calls=_corrected_calls(found),
        crumbs=_crumbs(found),
    )


def _corrected_calls(of: RerateProposal) -> TablePage | None:
    """The calls that records from the quarantine correct; none for a re-rating."""
    if not of.rerating.of_records:
        return None
    currency = of.invoice.currency
    columns = [
        Column("started", "Call", lambda call: call.started_at, "", call_link),
        Column("called", "Billed to", lambda call: international(call.called)),
        Column("talk", "Talk", lambda call: duration(call.answered_ms // 1000), number=True),
        Column("old", "Billed", lambda call: Money(call.old_micros, currency)),
        Column("new_called", "Told now", lambda call: international(call.new_called)),
        Column("new_talk", "Talk", lambda call: duration(call.new_ms // 1000), number=True),
        Column("new", "Now", lambda call: Money(call.new_micros, currency)),
        Column(
            "record", "Record", lambda call: call.record_id, "", row("quarantined", "record_id")
        ),
    ]
    return short("Calls", proposed_calls(of, CALLS), columns, "No calls.")


@page(needs="billing", methods=BOTH)
def accept(request: StaffRequest, pk: int) -> HttpResponse:
    """Issue the notes, after saying what that does."""
    found = queries.proposal_by_id(pk)
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        job = form.attempt(requests.request_accept, proposal=found, at=request.at, by=request.by)
        if job is not None:
            return soon(job)
    difference = queries.difference_of(found)
    amount = Money(abs(difference), found.invoice.currency)
    kind = "debit" if difference > 0 else "credit"
    return show(
        request,
        "form.html",
        f"Accept proposal {pk}",
        form=form,
        lead=f"A {kind} note of {amount} and its tax for invoice {found.invoice} is issued to"
        f" {found.invoice.customer.name}, and"
        f" {number(sum(line.calls for line in found.lines.all()))} calls get their new charge."
        " Issued notes cannot be taken back.",
        button=f"Issue the {kind} note",
        back=to("rerate-proposal", pk),
        crumbs=_crumbs(found),
    )


@page(needs="billing", methods=BOTH)
def reject(request: StaffRequest, pk: int) -> HttpResponse:
    """Leave the invoice as it is."""
    found = queries.proposal_by_id(pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        left = form.attempt(
            operations.reject, proposal=found, at=request.at, by=request.by, **form.cleaned_data
        )
        if left is not None:
            done(request, "The proposal is rejected; invoice and charges stay as they are.")
            return redirect(to("rerate-proposal", pk))
    return show(
        request,
        "form.html",
        f"Reject proposal {pk}",
        form=form,
        lead="Invoice and charges stay as they are. The next difference report shows the calls"
        " again; records from the quarantine wait on there.",
        button="Reject",
        button_tone="danger",
        back=to("rerate-proposal", pk),
        crumbs=_crumbs(found),
    )


def proposal_columns() -> list[Column]:
    """A proposal in a row."""
    return [
        Column("no", "Proposal", lambda one: one.pk, "pk", row("rerate-proposal")),
        Column("invoice", "Invoice", lambda one: one.invoice, "", row("invoice", "invoice_id")),
        Column("customer", "Customer", lambda one: one.customer),
        Column("calls", "Calls", lambda one: one.calls),
        Column("difference", "Before tax", _difference),
        Column("status", "Status", lambda one: Status(one.status)),
    ]


def _difference(one: ProposalRow) -> Money:
    return Money(one.difference_micros, one.currency)


def _crumbs(of: RerateProposal) -> list[tuple[str, str]]:
    rerating = to("rerating", of.rerating_id)
    return [("Re-rating", to("reratings")), (f"Re-rating {of.rerating_id}", rerating)]
