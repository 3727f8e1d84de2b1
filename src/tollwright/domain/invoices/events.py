"""What is told of an invoice or note: the same figures whatever happened to it."""

from __future__ import annotations

from datetime import datetime

from tollwright.data.models import Invoice
from tollwright.domain.events.operations import amount, record


def tell(what: str, invoice: Invoice, at: datetime) -> None:
    """Record `<document type>.<what>` of it."""
    record(
        f"{invoice.document_type}.{what}",
        object_id=invoice.pk,
        payload={
            "id": invoice.pk,
            "number": invoice.number,
            "customer": invoice.customer_id,
            "corrects": invoice.corrects_id,
            "currency": invoice.currency,
            "net": amount(invoice.net_micros, invoice.currency),
            "tax": amount(invoice.tax_micros, invoice.currency),
            "total": amount(invoice.total_micros, invoice.currency),
            "paid": amount(invoice.paid_micros, invoice.currency),
        },
        at=at,
    )
