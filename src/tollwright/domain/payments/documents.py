"""What a receipt says, as plain texts: values in, a payload for the renderer out."""

from __future__ import annotations

from collections.abc import Sequence

from tollwright.core.billing.periods import day_of
from tollwright.core.document_text import aligned, amount_text, day_text, decimals_of
from tollwright.core.labels import label
from tollwright.data.models import Allocation, Payment, PaymentChange, Receipt
from tollwright.domain.invoices.allocation import open_micros
from tollwright.domain.invoices.documents import Payload, heading


def receipt_document(
    receipt: Receipt, payment: Payment, allocations: Sequence[Allocation], zone: str
) -> Payload:
    """The payload of a receipt: the money, which invoices it settles, what stays as credit."""
    currency = payment.currency
    used = sum(allocation.amount_micros for allocation in allocations)
    credit = payment.amount_micros - used
    amounts = [allocation.amount_micros for allocation in allocations]
    decimals = decimals_of([payment.amount_micros, *amounts], currency)
    totals = [("Received", payment.amount_micros, "strong")]
    if credit:
        totals.append(("Stays as your credit", credit, ""))
    facts = [
        ["Receipt number", receipt.number],
        ["Date", day_text(receipt.issued_on)],
        ["Received on", day_text(day_of(payment.received_at, zone))],
        ["Customer", payment.customer.code],
        ["Method", label("method", payment.method).text],
    ]
    if payment.reference:
        facts.append(["Reference", payment.reference])
    return heading(
        "receipt", receipt.number, receipt.issued_on, receipt.legal_entity, payment.customer
    ) | {
        "facts": facts,
        "currency": currency,
        "received": f"{amount_text(payment.amount_micros, currency)} {currency}",
        "rows": [_row(allocation, decimals) for allocation in allocations],
        "totals": [
            {"label": label, "amount": aligned(micros, currency, decimals), "style": style}
            for label, micros, style in totals
        ],
    }


def change_document(
    change: PaymentChange, payment: Payment, allocations: Sequence[Allocation], zone: str
) -> Payload:
    """The payload of a reversal, with the invoices that are open again, or of a re-allocation,
    with those that the payment settles now."""
    currency, receipt = payment.currency, payment.receipt
    amount = f"{amount_text(payment.amount_micros, currency)} {currency}"
    moved = sum(one.amount_micros for one in allocations)
    decimals = decimals_of(
        [payment.amount_micros, *(one.amount_micros for one in allocations)], currency
    )
    about = f"The payment of {amount} that receipt {receipt.number} confirms"
    if change.kind == "reversal":
        text, column = f"{about} is reversed. What it had settled is open again.", "Taken back"
        totals = [("Reversed", payment.amount_micros, "strong")]
    else:
        text, column = f"{about} settles these invoices instead of those named there.", "Paid"
        totals = [("Settled", moved, "strong")]
        if moved != payment.amount_micros:
            totals.append(("Stays as your credit", payment.amount_micros - moved, ""))
    top = (change.kind, change.number, change.issued_on, change.legal_entity)
    return heading(*top, payment.customer) | {
        "facts": [
            ["Number", change.number],
            ["Date", day_text(change.issued_on)],
            ["Receipt", receipt.number],
            ["Received on", day_text(day_of(payment.received_at, zone))],
            ["Customer", payment.customer.code],
            ["Reason", change.reason],
        ],
        "text": text,
        "currency": currency,
        "column": f"{column} {currency}",
        "rows": [_row(allocation, decimals) for allocation in allocations],
        "totals": [
            {"label": label, "amount": aligned(micros, currency, decimals), "style": style}
            for label, micros, style in totals
        ],
    }  # fmt: skip


def _row(allocation: Allocation, decimals: int) -> Payload:
    invoice = allocation.invoice
    left = open_micros(invoice)
    return {
        "number": str(invoice.number),
        "date": day_text(invoice.issued_on) if invoice.issued_on else "",
        "total": amount_text(invoice.total_micros, invoice.currency),
        "amount": aligned(abs(allocation.amount_micros), invoice.currency, decimals),
        "left": amount_text(left, invoice.currency) if left else "settled",
    }
