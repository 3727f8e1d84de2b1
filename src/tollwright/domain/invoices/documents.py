"""What the documents say, as plain texts: values in, a payload for the renderer out.

A payload holds texts, lists and maps only (JSON), every figure already written as it is printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from tollwright.core.billing.periods import moments
from tollwright.core.document_text import (
    aligned,
    amount_text,
    day_text,
    decimals_of,
    duration_text,
    moment_text,
    number_text,
    span_text,
)
from tollwright.core.labels import label
from tollwright.core.money import show
from tollwright.core.tax.totals import CATEGORIES
from tollwright.data.models import Customer, Invoice, InvoiceLine, InvoiceTax, LegalEntity
from tollwright.domain.invoices.fee_lines import interval_of_line
from tollwright.store.billing import CallRow, DestinationSum

Payload: TypeAlias = dict[str, Any]

LONGEST_DESTINATION = 32  # characters on a line of the call list


@dataclass(frozen=True, slots=True)
class UsageDetail:
    """What stands behind a usage line: sums per destination, and the calls if they are listed."""

    line: InvoiceLine
    destinations: Sequence[DestinationSum] = ()
    calls: Sequence[CallRow] = ()
    cut: bool = False  # more calls than are printed


@dataclass(frozen=True, slots=True)
class Facts:
    """All that an invoice's document is made of. Amounts are micros."""

    invoice: Invoice
    lines: Sequence[InvoiceLine]
    taxes: Sequence[InvoiceTax]
    usage: Sequence[UsageDetail]
    prepaid_micros: int
    corrects: str = ""


def invoice_document(facts: Facts) -> Payload:
    """The payload of an invoice, credit note or debit note."""
    invoice = facts.invoice
    issued = _known(invoice.issued_on)
    return heading(
        invoice.document_type, str(invoice.number), issued, invoice.legal_entity, invoice.customer
    ) | {
        "facts": _invoice_facts(facts, issued),
        "currency": invoice.currency,
        "note": invoice.note,
        "table": _table(facts),
        "taxes": _taxes(facts),
        "totals": _totals(facts),
        "tax_notes": _tax_notes(facts.taxes),
        "payment": _payment(facts),
        "usage": [_usage(invoice, detail) for detail in facts.usage],
        "zone": invoice.period_zone,
    }


def heading(
    kind: str, number: str, issued: date, entity: LegalEntity, customer: Customer
) -> Payload:
    """What every document begins with: who, to whom, which and when."""
    return {
        "kind": kind,
        "title": label("document_type", kind).text,
        "number": number,
        "issued": issued.isoformat(),
        "brand": entity.brand_colour,
        "sender": _sender(entity),
        "recipient": {
            "name": customer.name,
            "lines": _lines(customer.address),
            "tax_id": customer.tax_id,
        },
    }


def _sender(entity: LegalEntity) -> Payload:
    return {
        "name": entity.name,
        "lines": _lines(entity.address),
        "tax_id": entity.tax_id,
        "registration": entity.registration,
        "contact": [text for text in (entity.email, entity.phone, entity.website) if text],
        "bank": bank(entity),
    }


def bank(entity: LegalEntity) -> list[list[str]]:
    """[label, value] of the account to pay into; an IBAN in groups of four."""
    iban = " ".join(entity.iban[i : i + 4] for i in range(0, len(entity.iban), 4))
    rows = [["Bank", entity.bank_name], ["IBAN", iban], ["BIC", entity.bic]]
    return [row for row in rows if row[1]]


def _lines(address: str) -> list[str]:
    return [line.strip() for line in address.splitlines() if line.strip()]


def _invoice_facts(facts: Facts, issued: date) -> list[list[str]]:
    invoice = facts.invoice
    title = label("document_type", invoice.document_type).text
    rows = [
        [f"{title} number", str(invoice.number)],
        ["Date", day_text(issued)],
        ["Period", period_text(invoice)],
        ["Customer", invoice.customer.code],
    ]
    if facts.corrects:
        rows.insert(1, ["For invoice", facts.corrects])
    if invoice.document_type != "credit_note":
        rows.append(["Due", day_text(_known(invoice.due_on))])
    return rows


def period_text(invoice: Invoice) -> str:
    """The days of the invoice's period on its own calendar."""
    return span_text(invoice.days.first, invoice.days.last)


def _table(facts: Facts) -> Payload:
    """Fees line by line; usage as one row, or a row a campaign, by the customer's payload."""
    rows = [_fee_row(facts.invoice, line) for line in facts.lines if line.kind != "usage"]
    used = [line for line in facts.lines if line.kind == "usage"]
    if facts.invoice.detail == "summary":
        rows += _usage_summary(used)
    else:
        rows += [_usage_row(line.description, [line]) for line in used]
    if not used and facts.invoice.document_type == "invoice" and not facts.invoice.at_start:
        rows.append({"text": "Calls", "detail": "none in this period", "calls": "0"} | _no_time(0))
    decimals = decimals_of([row["micros"] for row in rows], facts.invoice.currency)
    for row in rows:
        row["amount"] = aligned(row.pop("micros"), facts.invoice.currency, decimals)
    return {"rows": rows, "has_calls": any(row["calls"] for row in rows)}


def _no_time(micros: int) -> Payload:
    return {"duration": duration_text(0), "micros": micros}


def _seconds(line: InvoiceLine, zone: str) -> list[str]:
    """Of a fee by seconds: how much of its interval a part is."""
    interval = interval_of_line(line)
    if interval is None or line.period_from is None or line.period_to is None:
        return []
    since, until = moments(interval, zone)
    part, whole = (line.period_to - line.period_from), (until - since)
    seconds = [f"{int(one.total_seconds()):,}" for one in (part, whole)]
    return [f"{seconds[0]} of {seconds[1]} seconds"] if part != whole else []


def _fee_row(invoice: Invoice, line: InvoiceLine) -> Payload:
    detail = []
    if line.period_from is not None and line.period_to is not None:
        zone = ZoneInfo(invoice.period_zone)
        last = line.period_to.astimezone(zone) - timedelta(microseconds=1)
        detail.append(span_text(line.period_from.astimezone(zone).date(), last.date()))
    if line.days is not None and line.days != line.of_days:
        detail.append(f"{line.days} of {line.of_days} days")
    elif line.days is None and line.interval_first is not None:
        detail += _seconds(line, invoice.period_zone)
    if line.kind == "correction" and line.fee_id is not None:
        detail.append("given back" if line.amount_micros < 0 else "no longer given back")
    return {
        "text": line.description,
        "detail": ", ".join(detail),
        "calls": "",
        "duration": "",
        "micros": line.amount_micros,
    }


def _usage_summary(used: Sequence[InvoiceLine]) -> list[Payload]:
    if not used:
        return []
    count = len(used)
    text = f"Calls of {count} campaigns" if count > 1 else f"Calls: {used[0].description}"
    return [_usage_row(text, used)]


def _usage_row(text: str, lines: Sequence[InvoiceLine]) -> Payload:
    return {
        "text": text,
        "detail": "",
        "calls": f"{sum(line.calls or 0 for line in lines):,}",
        "duration": duration_text(sum(line.billed_s or 0 for line in lines)),
        "micros": sum(line.amount_micros for line in lines),
    }


def _taxes(facts: Facts) -> list[Payload]:
    currency = facts.invoice.currency
    bases = decimals_of([tax.base_micros for tax in facts.taxes], currency)
    return [
        {
            "rate": f"{show(int(tax.rate * 10**6))} %",
            "category": tax.category,
            "base": aligned(tax.base_micros, currency, bases),
            "tax": amount_text(tax.tax_micros, currency),
        }
        for tax in facts.taxes
    ]


def _tax_notes(taxes: Iterable[InvoiceTax]) -> list[str]:
    found = {tax.category: CATEGORIES.get(tax.category, "") for tax in taxes}
    return [note for note in found.values() if note]


def _totals(facts: Facts) -> list[Payload]:
    """Net, a line a tax, rounding only where there is any, the total, and what is left to pay."""
    invoice = facts.invoice
    rows = [("Net", invoice.net_micros, "")]
    for tax in facts.taxes:
        rate = show(int(tax.rate * 10**6))
        label = f"Tax {rate} %" if tax.rate else f"Tax 0 % ({tax.category})"
        rows.append((label, tax.tax_micros, ""))
    if invoice.rounding_micros:
        rows.append(("Rounding", invoice.rounding_micros, ""))
    rows.append(("Total", invoice.total_micros, "strong"))
    if facts.prepaid_micros < 0:  # of what it gives back, so much settled other invoices
        rows.append(("Set off against open invoices", -facts.prepaid_micros, ""))
        rows.append(("Credited", invoice.total_micros - facts.prepaid_micros, "strong"))
    if facts.prepaid_micros > 0:
        rows.append(("Paid from your credit", -facts.prepaid_micros, ""))
        rows.append(("To pay", invoice.total_micros - facts.prepaid_micros, "strong"))
    decimals = decimals_of([micros for _, micros, _ in rows], invoice.currency)
    return [
        {"label": label, "amount": aligned(micros, invoice.currency, decimals), "style": style}
        for label, micros, style in rows
    ]


def _payment(facts: Facts) -> Payload:
    invoice = facts.invoice
    due = invoice.total_micros - facts.prepaid_micros
    if invoice.document_type == "credit_note":
        terms = f"This amount is credited to your account against invoice {facts.corrects}."
    elif due < 0:
        terms = (
            f"Nothing is to be paid. {amount_text(-due, invoice.currency)} {invoice.currency} "
            "are credited to your account and settle your next invoice."
        )
    elif due == 0:
        terms = "Nothing is to be paid."
    else:
        terms = (
            f"Please pay {amount_text(due, invoice.currency)} {invoice.currency} "
            f"by {day_text(_known(invoice.due_on))}, quoting {invoice.number}."
        )
    wanted = due > 0 and invoice.document_type != "credit_note"
    return {"terms": terms, "bank": bank(invoice.legal_entity) if wanted else []}


def _usage(invoice: Invoice, detail: UsageDetail) -> Payload:
    line, currency = detail.line, invoice.currency
    sums = decimals_of([row.amount_micros for row in detail.destinations], currency)
    return {
        "title": line.description,
        "calls": f"{line.calls or 0:,}",
        "duration": duration_text(line.billed_s or 0),
        "amount": amount_text(line.amount_micros, currency),
        "destinations": [
            {
                "name": row.destination or "Other",
                "calls": f"{row.calls:,}",
                "duration": duration_text(row.billed_s),
                "amount": aligned(row.amount_micros, currency, sums),
            }
            for row in detail.destinations
        ],
        "list": _call_list(detail.calls, currency, ZoneInfo(invoice.period_zone)),
        "cut": _cut(detail) if detail.cut else "",
    }


def _cut(detail: UsageDetail) -> str:
    """What a list that is too long for paper says."""
    shown = f"The first {len(detail.calls):,} of {detail.line.calls or 0:,} calls. "
    return f"{shown if detail.calls else ''}All calls are in your portal, also as a file."


def _call_list(calls: Sequence[CallRow], currency: str, zone: ZoneInfo) -> list[list[str]]:
    """[time, number, destination, duration, billed, amount] a call; one fineness for all."""
    decimals = decimals_of((call.amount_micros for call in calls), currency)
    return [
        [
            moment_text(call.started_at, zone),
            number_text(call.called),
            _short(call.destination),
            duration_text(-(-call.answered_ms // 1000)),
            duration_text(call.billed_s),
            amount_text(call.amount_micros, currency, decimals),
        ]
        for call in calls
    ]


def _short(text: str) -> str:
    """As much of a destination's name as one line of the call list holds."""
    return text if len(text) <= LONGEST_DESTINATION else f"{text[: LONGEST_DESTINATION - 1]}…"


def _known(day: date | None) -> date:
    if day is None:
        raise ValueError("a document is made after its number and its days are set")
    return day
