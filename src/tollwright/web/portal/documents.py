"""Invoices, payments and receipts, and the stored bytes of each document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from tollwright.domain.entities import Document
from tollwright.domain.invoices import queries
from tollwright.domain.invoices.rows import IssuedRow, issued_rows
from tollwright.domain.listing import Rows, narrow
from tollwright.domain.payments import queries as received
from tollwright.domain.payments.rows import PaymentRow, payment_rows
from tollwright.web.portal.decorators import Visit, money_page, show
from tollwright.web.shared.formatting import Money, Status
from tollwright.web.shared.labels import label_of, options
from tollwright.web.shared.tables import Column, Filter, Table, field_has

INVOICE_STATES = ("overdue", "paid", "void", "written_off")


@money_page
def invoices(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Every invoice and credit note issued to the customer; drafts are not theirs to see."""
    table = Table(
        caption=str(_("Invoices and credit notes")),
        rows=issued_rows(visit.customer, at=visit.now),
        columns=[
            Column("number", str(_("Number")), lambda row: row.number, "number", _invoice_link),
            Column("kind", str(_("Document")), _type),
            Column("issued", str(_("Issued")), lambda row: row.issued_on, "issued_on"),
            Column("due", str(_("Due")), lambda row: row.due_on, "due_on"),
            Column("status", str(_("Status")), state_of, "status"),
            Column("total", str(_("Total")), _total, "total_micros", number=True),
            Column("open", str(_("Still open")), _still_open, number=True),
            Column("pdf", str(_("File")), lambda _row: "PDF", link=_pdf_link),
        ],
        filters=[
            Filter("number", str(_("Number")), field_has("number")),
            Filter(
                "status", str(_("Status")), _in_state(visit),
                [("finalised", label_of("status", "open")), *options("status", INVOICE_STATES)],
            ),
        ],
        order="-issued",
        empty=str(_("No invoice yet. The first one appears here when it is issued.")),
        per_page=25,
        filename="invoices",
    )  # fmt: skip
    return table.respond(request) or show(
        request, visit, "invoices.html", "invoices", table=table.page(request)
    )


@money_page
def invoice(request: HttpRequest, visit: Visit, invoice_id: int) -> HttpResponse:
    """One invoice: its lines, tax, what is paid, and its document."""
    found: Any = queries.issued_by_id(visit.customer, invoice_id, at=visit.now)
    return show(
        request, visit, "invoice.html", "invoices",
        invoice=found,
        first_day=found.days.first,
        last_day=found.days.last,
        status=state_of(found),
        lines=queries.invoice_lines(found),
        taxes=queries.taxes_of(found),
        allocations=queries.allocations_of(found),
        has_document=queries.document_of(found) is not None,
        open_micros=found.open_micros,
    )  # fmt: skip


@money_page
def invoice_pdf(_request: HttpRequest, visit: Visit, invoice_id: int) -> HttpResponse:
    """The bytes that were issued."""
    found = queries.issued_by_id(visit.customer, invoice_id, at=visit.now)
    return _download(queries.document_of(found))


@money_page
def payments(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Every payment received from the customer, with its receipt."""
    table = Table(
        caption=str(_("Payments received")),
        rows=payment_rows(visit.customer),
        columns=[
            Column("received", str(_("Received")), lambda row: row.received_at, "received_at"),
            Column("method", str(_("Method")), _method, "method"),
            Column("reference", str(_("Reference")), lambda row: row.reference or None),
            Column("amount", str(_("Amount")), _amount, "amount_micros", number=True),
            Column("receipt", str(_("Receipt")), _receipt_number, link=_receipt_link),
            Column("state", str(_("Status")), _reversed, link=_reversal_link),
        ],
        filters=[Filter("reference", str(_("Reference")), field_has("reference"))],
        order="-received",
        empty=str(_("No payment yet. When money arrives, it and its receipt appear here.")),
        per_page=25,
        filename="payments",
    )
    return table.respond(request) or show(
        request, visit, "payments.html", "payments", table=table.page(request)
    )


@money_page
def receipt_pdf(_request: HttpRequest, visit: Visit, receipt_id: int) -> HttpResponse:
    """The bytes that were issued."""
    return _download(received.receipt_of(visit.customer, receipt_id))


@money_page
def change_pdf(_request: HttpRequest, visit: Visit, change_id: int) -> HttpResponse:
    """The bytes of a reversal or re-allocation."""
    return _download(received.change_of(visit.customer, change_id))


def state_of(invoice: Any) -> Status:
    """The status of a row of `queries.with_state`, in the customer's words."""
    if invoice.status != "finalised":
        return Status(invoice.status)
    if invoice.document_type == "credit_note":
        return Status("issued")
    return Status("overdue" if invoice.is_overdue else "open")


def _in_state(visit: Visit) -> Callable[[Rows, str], Rows]:
    def apply(rows: Rows, value: str) -> Rows:
        return narrow(rows, lambda found: queries.in_state(found, value, at=visit.now))

    return apply


def _download(document: Document | None) -> HttpResponse:
    if document is None:
        raise Http404
    response = HttpResponse(bytes(document.content), content_type=document.media_type)
    response["Content-Disposition"] = f'attachment; filename="{document.filename}"'
    return response


def _invoice_link(row: IssuedRow) -> str:
    return f"/invoices/{row.pk}/"


def _pdf_link(row: IssuedRow) -> str:
    return f"/invoices/{row.pk}/pdf/"


def _type(row: IssuedRow) -> str:
    return label_of("document_type", row.document_type)


def _method(row: PaymentRow) -> str:
    return label_of("method", row.method)


def _total(row: IssuedRow) -> Money:
    return Money(row.total_micros, row.currency)


def _still_open(row: IssuedRow) -> Money | None:
    if row.status != "finalised" or row.document_type == "credit_note":
        return None
    return Money(row.open_micros, row.currency)


def _amount(row: PaymentRow) -> Money:
    return Money(row.amount_micros, row.currency)


def _receipt_number(row: PaymentRow) -> str | None:
    return row.receipt


def _receipt_link(row: PaymentRow) -> str | None:
    return f"/receipts/{row.receipt_id}/pdf/" if row.receipt_id else None


def _reversed(row: PaymentRow) -> str | None:
    return str(_("reversed: %(number)s") % {"number": row.reversal}) if row.reversal else None


def _reversal_link(row: PaymentRow) -> str | None:
    return f"/payment-changes/{row.reversal_id}/pdf/" if row.reversal_id else None
