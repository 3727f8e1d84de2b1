"""Reading what a document says, in the transaction that issues it."""

from __future__ import annotations

from typing import Any

from tollwright.data.models import Invoice, InvoiceLine
from tollwright.domain.database import database
from tollwright.domain.invoices.documents import Facts, UsageDetail, invoice_document
from tollwright.store import billing

MOST_CALLS = 10_000  # 40 kB of memory a call while it is set; the paper says what it leaves out


def invoice_payload(invoice: Invoice) -> dict[str, Any]:
    """What the document of an invoice (or note) says; see `documents.invoice_document`."""
    lines = list(InvoiceLine.objects.filter(invoice=invoice).order_by("position"))
    used = [line for line in lines if line.kind == "usage"]
    facts = Facts(
        invoice=invoice,
        lines=lines,
        taxes=list(invoice.taxes.order_by("category", "rate")),
        usage=_usage(invoice, used),
        prepaid_micros=invoice.paid_micros,
        corrects=str(invoice.corrects.number) if invoice.corrects else "",
    )
    return invoice_document(facts)


def _usage(invoice: Invoice, used: list[InvoiceLine]) -> list[UsageDetail]:
    if invoice.detail == "summary":
        return []
    found: list[UsageDetail] = []
    room = MOST_CALLS if invoice.detail == "itemised" else 0
    for line in used:
        sums = billing.sum_destinations(database(), line_id=line.pk, until=invoice.period_to)
        calls = _calls(invoice, line, room)
        room -= len(calls)
        cut = invoice.detail == "itemised" and len(calls) < (line.calls or 0)
        found.append(UsageDetail(line, sums, calls, cut))
    return found


def _calls(invoice: Invoice, line: InvoiceLine, room: int) -> list[billing.CallRow]:
    if room <= 0:
        return []
    return billing.fetch_calls(database(), line_id=line.pk, until=invoice.period_to, limit=room)
