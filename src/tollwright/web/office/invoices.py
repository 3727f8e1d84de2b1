"""Invoices and credit notes: the list, and one with its lines and the calls behind each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect

from tollwright.domain.entities import Document, Invoice, InvoiceLine
from tollwright.domain.errors import NotFound
from tollwright.domain.invoices import operations, queries, requests
from tollwright.domain.invoices.allocation import open_micros
from tollwright.domain.invoices.notices import notice_of
from tollwright.domain.invoices.operations import Correction
from tollwright.domain.invoices.rows import InvoiceRow, invoice_rows
from tollwright.domain.listing import Rows, narrow
from tollwright.domain.lookup import find
from tollwright.domain.reports.rows import RunInvoiceRow, charge_rows
from tollwright.gateways.typst import render
from tollwright.web.office.forms import AmountField, ConfirmForm, ReasonForm, posted
from tollwright.web.office.jobs import soon
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, done, listing, page, show
from tollwright.web.office.pickers import picked
from tollwright.web.shared.filters import since, until
from tollwright.web.shared.formatting import Money, Phone, Seconds, Status, day, month_key, number
from tollwright.web.shared.labels import label_of, options
from tollwright.web.shared.tables import Column, Filter, Table, field_has, field_is

TYPES = ("invoice", "credit_note", "debit_note")
STATES = ("draft", "finalised", "overdue", "paid", "void", "written_off")


class EarlyForm(ConfirmForm):
    """For a draft that still waits for late calls."""

    early = forms.BooleanField(
        label="Issue it now",
        help_text="The draft still waits for late calls; those that come go on the next invoice.",
        required=False,
    )


@page()
def index(request: StaffRequest) -> HttpResponse:
    """Every document, newest first."""
    table = Table(
        "Invoices",
        invoice_rows(),
        [*COLUMNS],
        [
            Filter("number", "Number", field_has("number")),
            picked("customer", "Customer", "customer", "customer_id"),
            Filter(
                "type", "Type", field_is("document_type"), choices=options("document_type", TYPES)
            ),
            Filter("state", "Status", _in_state(request.at), choices=options("status", STATES)),
            Filter("run", "Billing run", field_is("run_id"), kind="number"),
        ],
        order="",
        empty="No invoices yet. Run billing when a period has ended.",
        filename="invoices",
    )
    return listing(request, "Invoices", table)


def period(one: InvoiceRow | RunInvoiceRow) -> str:
    """The period's days, both inclusive, in its own zone."""
    return _span(one.first_day, one.last_day)


def _span(first: date, last: date) -> str:
    return f"{day(first)} – {day(last)}"


def days(first: datetime, end: datetime, zone: str) -> str:
    """From a moment to before another, as the days in the zone that they bound."""
    last = end.astimezone(ZoneInfo(zone)) - timedelta(microseconds=1)
    return f"{day(first.astimezone(ZoneInfo(zone)).date())} – {day(last.date())}"


def _type(invoice: Invoice | InvoiceRow) -> str:
    return label_of("document_type", invoice.document_type)


COLUMNS = [
    Column("number", "Number", lambda one: one.title, "number", row("invoice")),
    Column(
        "customer",
        "Customer",
        lambda one: one.customer,
        "customer__name",
        row("customer", "customer_id"),
    ),
    Column("type", "Type", _type, "document_type"),
    Column("period", "Period", period, "period_from"),
    Column("issued", "Issued", lambda one: one.issued_on, "issued_on"),
    Column("due", "Due", lambda one: one.due_on, "due_on"),
    Column(
        "total",
        "Total",
        lambda one: Money(one.total_micros, one.currency),
        "total_micros",
        number=True,
    ),
    Column("open", "Open", lambda one: Money(one.open_micros, one.currency), number=True),
    Column("status", "Status", lambda one: Status(one.status), "status"),
]


def _lines(invoice: Invoice) -> list[Any]:
    lines: list[Any] = list(queries.invoice_lines(invoice))
    for line in lines:
        bounded = line.period_from is not None and line.period_to is not None
        line.days = days(line.period_from, line.period_to, invoice.period_zone) if bounded else ""
    return lines


def _in_state(at: datetime) -> Any:
    def apply(rows: Rows, value: str) -> Rows:
        return narrow(rows, lambda found: queries.in_state(found, value, at=at))

    return apply


@page()
def one(request: StaffRequest, pk: int) -> HttpResponse:
    """An invoice: its lines and the calls behind them, tax, payments, and what can be done."""
    invoice = find(Invoice, pk, "customer", "legal_entity", "corrects", "run")
    return show(
        request,
        "invoice.html",
        _title(invoice),
        invoice=invoice,
        period=_span(invoice.days.first, invoice.days.last),
        lines=_lines(invoice),
        taxes=queries.taxes_of(invoice),
        allocations=queries.allocations_of(invoice),
        corrections=queries.corrections_of(invoice),
        document=queries.head_of_document(invoice),
        still_open=open_micros(invoice),
        notice=notice_of(invoice),
        crumbs=[("Invoices", to("invoices"))],
    )


@page()
def pdf(_request: StaffRequest, pk: int) -> HttpResponse:
    """The stored document, as it was issued."""
    return document(queries.document_by_invoice(pk))


def document(found: Document | None) -> HttpResponse:
    """The bytes as a download; NotFound when none is stored."""
    if found is None:
        raise NotFound("There is no document: a draft has none until it is finalised.")
    response = HttpResponse(bytes(found.content), content_type=found.media_type)
    response["Content-Disposition"] = f'attachment; filename="{found.filename}"'
    return response


@page(needs="billing", methods=("GET", "POST"))
def finalise(request: StaffRequest, pk: int) -> HttpResponse:
    """Issue a draft, after saying what that does."""
    invoice = find(Invoice, pk, "customer")
    ready = operations.grace_ends(invoice, request.at)
    form = (EarlyForm if request.at < ready else ConfirmForm)(posted(request))
    if request.method == "POST" and form.is_valid():
        early = form.cleaned_data.get("early", False)
        job = form.attempt(
            requests.request_finalise, invoice=invoice, at=request.at, by=request.by, early=early
        )
        if job is not None:
            return soon(job)
    total = Money(invoice.total_micros, invoice.currency)
    return show(
        request,
        "form.html",
        f"Finalise the draft for {invoice.customer.name}",
        form=form,
        lead=f"It takes the next number, {invoice.customer.name} owes {total} more, and the PDF is"
        " stored for good. It cannot be changed afterwards, only voided or credited.",
        button="Finalise",
        back=to("invoice", pk),
        crumbs=_crumbs(invoice),
    )


@page(needs="billing", methods=("GET", "POST"))
def drop(request: StaffRequest, pk: int) -> HttpResponse:
    """Delete a draft."""
    invoice = find(Invoice, pk, "customer")
    form = ConfirmForm(posted(request))
    if request.method == "POST" and form.is_valid():
        operations.drop_draft(invoice=invoice, at=request.at, by=request.by)
        done(request, "The draft is deleted; its calls and fees are unbilled again.")
        return redirect(to("billing"))
    lines = queries.invoice_lines(invoice)
    calls = sum(line.calls or 0 for line in lines)
    return show(
        request,
        "form.html",
        f"Delete the draft for {invoice.customer.name}",
        form=form,
        lead=f"{number(calls)} calls and the fees of {len(lines)} lines, in all"
        f" {Money(invoice.net_micros, invoice.currency)} before tax, become unbilled again."
        " The next billing run drafts them again.",
        button="Delete the draft",
        button_tone="danger",
        back=to("invoice", pk),
        crumbs=_crumbs(invoice),
    )


@page(needs="billing", methods=("GET", "POST"))
def void(request: StaffRequest, pk: int) -> HttpResponse:
    """Void an unpaid invoice."""
    invoice = find(Invoice, pk, "customer")
    form = ReasonForm(posted(request))
    if form.is_valid() and form.succeeds(
        operations.void, invoice=invoice, at=request.at, by=request.by, **form.cleaned_data
    ):
        done(request, f"{invoice.number} is void; its number stays taken.")
        return redirect(to("invoice", pk))
    calls = sum(line.calls or 0 for line in queries.invoice_lines(invoice))
    return show(
        request,
        "form.html",
        f"Void {invoice}",
        form=form,
        lead=f"{invoice.customer.name} will owe {Money(invoice.total_micros, invoice.currency)}"
        f" less, and {number(calls)} calls become unbilled again. The number stays taken.",
        button="Void the invoice",
        button_tone="danger",
        back=to("invoice", pk),
        crumbs=_crumbs(invoice),
    )


@page(needs="billing", methods=("GET", "POST"))
def credit(request: StaffRequest, pk: int) -> HttpResponse:
    """Issue a credit note for some lines, or for all that is left."""
    invoice = find(Invoice, pk, "customer")
    form = CreditForm(posted(request), initial={"key": f"office-{uuid4()}"})
    lines = _lines(invoice)
    form.draw(lines, invoice.currency)
    if form.is_valid():
        note = form.attempt(
            operations.credit,
            invoice=invoice,
            reason=form.cleaned_data["reason"],
            key=form.cleaned_data["key"],
            lines=form.payload(lines),
            at=request.at,
            by=request.by,
            render=render,
        )
        if note is not None:
            done(request, f"Credit note {note.number} is issued.")
            return redirect(to("invoice", note.pk))
    return show(
        request,
        "form.html",
        f"Credit {invoice}",
        form=form,
        lead=f"{invoice.customer.name} will owe less by the credited amounts and their tax."
        " Leave every line empty to credit all that is left of the invoice.",
        button="Issue the credit note",
        back=to("invoice", pk),
        crumbs=_crumbs(invoice),
    )


class CreditForm(ReasonForm):
    """A reason, and so much of each line."""

    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def draw(self, lines: Sequence[InvoiceLine], currency: str) -> None:
        """A field a line."""
        for line in lines:
            self.fields[f"line{line.pk}"] = AmountField(
                required=False,
                label=f"{line.description} {getattr(line, 'days', '')}".strip(),
                help_text=f"of {Money(line.amount_micros, currency)} before tax",
            )

    def payload(self, lines: Sequence[InvoiceLine]) -> list[Correction] | None:
        """The corrections that were filled in; None: all that is left."""
        data = self.cleaned_data
        amounts = [(line, data[f"line{line.pk}"]) for line in lines]
        return [Correction(line, amount) for line, amount in amounts if amount] or None


def _title(invoice: Invoice) -> str:
    kind = _type(invoice)
    return f"{kind} {invoice.number}" if invoice.number else f"Draft for {invoice.customer.name}"


def _crumbs(invoice: Invoice) -> list[tuple[str, str]]:
    return [("Invoices", to("invoices")), (str(invoice), to("invoice", invoice.pk))]


@page()
def calls_behind(request: StaffRequest, pk: int) -> HttpResponse:
    """The charges that make a usage line, and their sum beside the line's amount."""
    line = find(InvoiceLine, pk, "invoice", "campaign")
    currency = line.invoice.currency
    table = Table(
        line.description,
        charge_rows(line),
        [
            Column("started", "Started", lambda one: one.started_at, "started_at", call_link),
            Column("caller", "From", lambda one: Phone(one.caller)),
            Column("called", "To", lambda one: Phone(one.called)),
            Column("prefix", "Prefix", lambda one: one.prefix, "prefix"),
            Column("billed", "Billed", lambda one: Seconds(one.billed_s), "billed_s", number=True),
            Column(
                "amount",
                "Charge",
                lambda one: Money(one.amount_micros, currency),
                "amount_micros",
                number=True,
            ),
        ],
        [
            Filter("from", "From", since("started_at"), kind="date"),
            Filter("to", "To", until("started_at"), kind="date"),
            Filter("prefix", "Prefix", field_is("prefix")),
        ],
        order="started",
        empty="A fee: no calls are behind this line.",
        filename=f"calls-of-line-{pk}",
        large=True,
    )
    return listing(
        request,
        f"Calls behind: {line.description}",
        table,
        lead=f"The line's amount is {Money(line.amount_micros, currency)},"
        f" for {number(line.calls or 0)} calls.",
        crumbs=_crumbs(line.invoice),
    )


def call_link(charge: Any) -> str:
    """The page of the call behind a charge."""
    return to("call", month_key(charge.started_at), charge.call_id)
