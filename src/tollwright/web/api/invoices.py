"""Invoices and credit notes: read, issue, and fetch the document."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from tollwright.domain.entities import BillingRun, Document, Invoice, InvoiceLine, Job
from tollwright.domain.errors import KeyReused, NotFound
from tollwright.domain.invoices import operations, queries, requests, runs, write_offs
from tollwright.domain.invoices.notices import notice_of, notices_of
from tollwright.domain.jobs import queries as jobs
from tollwright.gateways.typst import render
from tollwright.web.api.customers import customer_of
from tollwright.web.api.idempotency import once
from tollwright.web.api.jobs import JobOut, accepted, prefers_async, waited_for
from tollwright.web.api.keys import by, require
from tollwright.web.api.paging import Page, PagingQuery, page
from tollwright.web.api.shapes import Decimal, Id, Instant, Money, money

router = Router(tags=["invoices"])

State = Literal["", "draft", "finalised", "overdue", "paid", "void", "written_off"]


class TaxOut(Schema):
    """Tax of one category and rate, computed once on the sum of its lines."""

    category: str
    rate_percent: Decimal
    base: Money
    tax: Money


class LineOut(Schema):
    """A line. A usage line is the exact sum of the calls behind it."""

    position: int
    kind: str
    description: str
    campaign: int | None
    period_from: Instant | None
    period_to: Instant | None
    calls: int | None
    billed_s: int | None
    amount: Money
    tax_category: str
    tax_rate_percent: Decimal


class InvoiceOut(Schema):
    """An invoice, credit note or debit note. total = net + tax + rounding."""

    id: int
    number: str | None
    document_type: str
    corrects: int | None
    customer: int
    run: int | None
    status: str
    period_from: Instant
    period_to: Instant
    issued_on: date | None
    due_on: date | None
    net: Money
    tax: Money
    rounding: Money
    total: Money
    paid: Money
    finalised_at: Instant | None


class InvoiceDetail(InvoiceOut):
    """With what is still open, lines and taxes."""

    open: Money
    lines: list[LineOut]
    taxes: list[TaxOut]
    notice: Annotated[
        str, Field(description="of a draft: who is billed although suspended or closed; else ''")
    ]


class WriteOffIn(Schema):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=200)]


class RunIn(Schema):
    """Draft invoices for all periods that ended by `until`."""

    model_config = ConfigDict(extra="forbid")

    until: Instant


class NotBilled(Schema):
    """A customer of a run for whom nothing was drafted, and why."""

    customer: int
    sentence: str


class RunOut(Schema):
    """A billing run and the drafts it made."""

    id: int
    until: Instant
    started_at: Instant
    started_by: str
    drafts: list[int]
    notices: Annotated[
        list[str], Field(description="a sentence for each customer drafted although not active")
    ]
    job: Annotated[int | None, Field(description="a part a customer: try again what failed")]
    failed: list[NotBilled]


@router.get("/invoices", response=Page[InvoiceOut], summary="List invoices, newest first")
def list_invoices(
    request: HttpRequest,
    paging: PagingQuery,
    customer: Annotated[Id | None, Query(description="a customer's id")] = None,
    status: State = "",
    number: Annotated[str, Query(description="exact")] = "",
) -> object:
    """Credit and debit notes, and drafts, too."""
    require(request, "read")
    whose = None if customer is None else customer_of(customer)
    rows = queries.invoices(whose, number=number)
    return page(queries.in_state(rows, status, at=timezone.now()) if status else rows, paging, _out)


@router.get("/invoices/{int:invoice_id}", response=InvoiceDetail, summary="Get an invoice")
def get_invoice(request: HttpRequest, invoice_id: int) -> InvoiceDetail:
    """With lines and taxes."""
    require(request, "read")
    return _detail(invoice_of(invoice_id))


@router.get(
    "/invoices/{int:invoice_id}/lines", response=list[LineOut], summary="Get an invoice's lines"
)
def list_lines(request: HttpRequest, invoice_id: int) -> list[LineOut]:
    """In the order of the document."""
    require(request, "read")
    invoice = invoice_of(invoice_id)
    return [_line(line, invoice) for line in queries.invoice_lines(invoice)]


@router.get("/invoices/{int:invoice_id}/pdf", summary="Get the issued document")
def get_pdf(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """The bytes as they were issued. A draft has none: 404."""
    require(request, "read")
    return download(queries.document_of(invoice_of(invoice_id)))


@router.post(
    "/invoices/{int:invoice_id}/finalise",
    response={200: InvoiceDetail, 202: JobOut},
    summary="Issue a draft",
)
def finalise_invoice(
    request: HttpRequest, invoice_id: int, early: bool = False
) -> InvoiceDetail | HttpResponse:
    """Number, ledger entry and document, all or nothing. An issued invoice comes back as it is.

    `early=true` issues a draft that still waits for late calls (409 `invoice_in_grace` without).
    With `Prefer: respond-async` it answers 202 with a job.
    """
    require(request, "billing")
    if prefers_async(request):
        return accepted(
            request,
            lambda _key: requests.request_finalise(
                invoice=invoice_of(invoice_id), early=early, at=timezone.now(), by=by(request)
            ),
            required=False,
        )
    issued = operations.finalise(
        invoice=invoice_of(invoice_id), at=timezone.now(), by=by(request), render=render,
        early=early,
    )  # fmt: skip
    return _detail(issued)


@router.post(
    "/invoices/{int:invoice_id}/write-off",
    response={201: InvoiceDetail},
    summary="Write off what is open of an invoice",
)
def write_off_invoice(request: HttpRequest, invoice_id: int, payload: WriteOffIn) -> HttpResponse:
    """The customer owes it no more. Needs an Idempotency-Key."""
    require(request, "billing")
    invoice = invoice_of(invoice_id)

    def work(key: str) -> InvoiceDetail:
        write_offs.write_off(
            invoice=invoice, reason=payload.reason, key=key, at=timezone.now(), by=by(request)
        )
        return _detail(invoice_of(invoice_id))

    return once(request, work, required=True)


@router.post(
    "/invoices/{int:invoice_id}/write-off/undo",
    response={201: InvoiceDetail},
    summary="Take a write-off back",
)
def undo_write_off(request: HttpRequest, invoice_id: int, payload: WriteOffIn) -> HttpResponse:
    """The invoice is open again. Needs an Idempotency-Key."""
    require(request, "billing")
    invoice = invoice_of(invoice_id)

    def work(key: str) -> InvoiceDetail:
        write_offs.undo_write_off(
            invoice=invoice, reason=payload.reason, key=key, at=timezone.now(), by=by(request)
        )
        return _detail(invoice_of(invoice_id))

    return once(request, work, required=True)


@router.post("/billing-runs", response={201: RunOut, 202: JobOut}, summary="Draft invoices")
def run_billing(request: HttpRequest, payload: RunIn) -> HttpResponse:
    """Needs an Idempotency-Key. A job a customer, so that one who cannot be billed holds up nobody.

    201 with the run when all of them end within 20 seconds (`Prefer: wait=5`: within 5); else, and
    at once with `Prefer: respond-async`, 202 with the job, whose `subject_id` is the run.
    """
    require(request, "billing")
    return waited_for(request, lambda key: _start(request, payload, key), _run_of_job)


def _start(request: HttpRequest, payload: RunIn, key: str) -> Job:
    run = runs.start_run(until=payload.until, key=key, at=timezone.now(), by=by(request))
    job = runs.job_of(run)
    if job is None:
        raise KeyReused(f"Key {key!r} made a billing run that was not asked for as a job.")
    return job


@router.get("/billing-runs/{int:run_id}", response=RunOut, summary="Get a billing run")
def get_run(request: HttpRequest, run_id: int) -> RunOut:
    """With the ids of the drafts that still wait."""
    require(request, "read")
    return _run(queries.run_by_id(run_id))


def invoice_of(invoice_id: int) -> Invoice:
    """Raises NotFound."""
    return queries.invoice_by_id(invoice_id)


def download(document: Document | None) -> HttpResponse:
    """The stored bytes. Raises NotFound where there are none."""
    if document is None:
        raise NotFound("There is no document: it is made when the thing is issued.")
    response = HttpResponse(bytes(document.content), content_type=document.media_type)
    response["Content-Disposition"] = f'attachment; filename="{document.filename}"'
    response["ETag"] = f'"{document.sha256}"'
    return response


_SUMS = ("net", "tax", "rounding", "total", "paid")
_PLAIN = (
    "id", "number", "document_type", "status", "period_from", "period_to", "issued_on",
    "due_on", "finalised_at",
)  # fmt: skip


def _fields(invoice: Invoice) -> dict[str, Any]:
    sums = {name: money(getattr(invoice, f"{name}_micros"), invoice.currency) for name in _SUMS}
    return {name: getattr(invoice, name) for name in _PLAIN} | sums | {
        "corrects": invoice.corrects_id, "customer": invoice.customer_id, "run": invoice.run_id,
    }  # fmt: skip


def _out(invoice: Invoice) -> InvoiceOut:
    return InvoiceOut(**_fields(invoice))


def _detail(invoice: Invoice) -> InvoiceDetail:
    return InvoiceDetail(
        **_fields(invoice),
        open=money(queries.open_micros(invoice), invoice.currency),
        lines=[_line(line, invoice) for line in queries.invoice_lines(invoice)],
        taxes=[
            TaxOut(
                category=tax.category, rate_percent=_percent(tax.rate),
                base=money(tax.base_micros, invoice.currency),
                tax=money(tax.tax_micros, invoice.currency),
            )
            for tax in queries.taxes_of(invoice)
        ],
        notice=notice_of(invoice),
    )  # fmt: skip


def _line(line: InvoiceLine, invoice: Invoice) -> LineOut:
    return LineOut(
        position=line.position, kind=line.kind, description=line.description,
        campaign=line.campaign_id, period_from=line.period_from, period_to=line.period_to,
        calls=line.calls, billed_s=line.billed_s,
        amount=money(line.amount_micros, invoice.currency),
        tax_category=line.tax_category, tax_rate_percent=_percent(line.tax_rate),
    )  # fmt: skip


def _percent(rate: object) -> str:
    return format(rate, "f").rstrip("0").rstrip(".") or "0"


def _run_of_job(job_id: int) -> RunOut:
    return _run(queries.run_by_id(int(jobs.job_by_id(job_id).subject_id or 0)))


def _run(run: BillingRun) -> RunOut:
    job = runs.job_of(run)
    return RunOut(
        id=run.pk, until=run.until, started_at=run.started_at, started_by=run.started_by,
        drafts=queries.draft_ids(run), notices=notices_of(run),
        job=None if job is None else job.pk,
        failed=[
            NotBilled(customer=int(one.subject_id or 0), sentence=one.sentence)
            for one in (() if job is None else jobs.parts_failed(job))
        ],
    )  # fmt: skip
