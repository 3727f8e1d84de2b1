"""Document numbers and the storing of documents, each in the transaction of its document."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeAlias

from tollwright.core.billing.periods import day_of
from tollwright.data.models import Document, Invoice, LegalEntity, PaymentChange, Receipt
from tollwright.data.scope import current_tenant_id
from tollwright.domain.database import database
from tollwright.domain.errors import DomainError
from tollwright.domain.tenants.queries import current_tenant
from tollwright.store import billing

# kind of document, what it says -> its bytes (PDF). Local work: no network in a transaction.
Render: TypeAlias = Callable[[str, dict[str, Any]], bytes]

CODES = {
    "invoice": "INV",
    "credit_note": "CN",
    "debit_note": "DN",
    "receipt": "RCT",
    "reversal": "REV",
    "reallocation": "ALC",
}


def lock_numbers() -> None:
    """Let nobody else issue documents of this tenant until the transaction ends."""
    billing.lock_numbers(database(), current_tenant_id())


def issue_day(at: datetime) -> date:
    """The day printed on a document issued at `at`: the issuer's, who counts by their years."""
    return day_of(at, current_tenant().timezone)


class SeriesAhead(DomainError):
    """A document of a later day has its number already."""

    kind, code = "conflict", "number_series_ahead"


def take_number(entity: LegalEntity, kind: str, on: date) -> str:
    """`NC-INV-2026-000001`: the next of the entity, kind and year; gapless, by day.

    Raises SeriesAhead for a day before that of the last: the clock went back. Others who number
    wait (`lock_numbers`), so that no later day slips in between.
    """
    last = billing.fetch_last_day(database(), legal_entity_id=entity.pk, document_type=kind)
    if last is not None and on < last:
        raise SeriesAhead(
            f"The last number of {entity.number_prefix}-{CODES[kind]} is of {last:%Y-%m-%d}, so"
            f" none of {on:%Y-%m-%d} can follow it. Set the server's clock right, or wait until"
            " that day."
        )
    count = billing.take_number(
        database(),
        tenant_id=entity.tenant_id,
        legal_entity_id=entity.pk,
        document_type=kind,
        day=on,
    )
    return f"{entity.number_prefix}-{CODES[kind]}-{on.year}-{count:06}"


def store_document(
    thing: Invoice | Receipt | PaymentChange, content: bytes, at: datetime
) -> Document:
    """Keep the bytes that were issued, with their hash."""
    return Document.objects.create(
        tenant_id=thing.tenant_id,
        invoice=thing if isinstance(thing, Invoice) else None,
        receipt=thing if isinstance(thing, Receipt) else None,
        payment_change=thing if isinstance(thing, PaymentChange) else None,
        filename=f"{thing.number}.pdf",
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        created_at=at,
    )
