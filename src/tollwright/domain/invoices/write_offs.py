"""Writing off what will not be paid any more, and taking that back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from tollwright.core.postings import reversal, write_off_postings
from tollwright.data.models import Invoice, WriteOff
from tollwright.domain import validation
from tollwright.domain.audit.operations import By, record
from tollwright.domain.errors import DomainError, KeyReused
from tollwright.domain.invoices import allocation
from tollwright.domain.invoices.events import tell
from tollwright.domain.invoices.numbering import lock_numbers
from tollwright.domain.ledger.operations import post


class NothingOpen(DomainError):
    """Only an issued invoice with something open is written off."""

    kind, code = "conflict", "invoice_nothing_open"


class NotWrittenOff(DomainError):
    """There is no write-off to take back."""

    kind, code = "conflict", "invoice_not_written_off"


@transaction.atomic
def write_off(*, invoice: Invoice, reason: str, key: str, at: datetime, by: By) -> WriteOff:
    """Give up what is open of an issued invoice: the customer owes it no more, at your loss.

    Its tax stays as invoiced; a credit note gives tax back. The same key with the same request is
    the same write-off. Raises NothingOpen, KeyReused.
    """
    wanted, before = _asked(invoice, reason, key)
    if before is not None:
        if before.amount_micros < 0:
            raise KeyReused(f"Key {key!r} was used to take a write-off back.")
        return before
    locked = wanted.invoice
    open_micros = allocation.open_micros(locked)
    if locked.status != "finalised" or not open_micros:
        raise NothingOpen(f"{locked} has nothing open that could be written off.")
    wanted.amount_micros = open_micros
    return _moved(wanted, "written_off", "Write-off of", at, by)


@transaction.atomic
def undo_write_off(*, invoice: Invoice, reason: str, key: str, at: datetime, by: By) -> WriteOff:
    """Take a write-off back: the invoice is open again, by as much.

    The same key with the same request is the same act. Raises NotWrittenOff, KeyReused.
    """
    wanted, before = _asked(invoice, reason, key)
    if before is not None:
        if before.amount_micros > 0:
            raise KeyReused(f"Key {key!r} was used to write the invoice off.")
        return before
    locked = wanted.invoice
    if locked.status != "written_off":
        raise NotWrittenOff(f"{locked} is not written off.")
    wanted.amount_micros = -written_off_micros(locked)
    return _moved(wanted, "finalised", "Write-off undone:", at, by)


def written_off_micros(invoice: Invoice) -> int:
    """What of the invoice is written off, in micros."""
    return int(invoice.write_offs.aggregate(sum=Sum("amount_micros"))["sum"] or 0)


def _asked(invoice: Invoice, reason: str, key: str) -> tuple[WriteOff, WriteOff | None]:
    """The row, not saved, of the locked invoice; and what the key made. Raises KeyReused."""
    said = validation.text("reason", reason, longest=200)
    name = validation.text("key", key, longest=90)
    lock_numbers()
    before = WriteOff.objects.filter(idempotency_key=name).first()
    if before is not None and (before.invoice_id, before.reason) != (invoice.pk, said):
        raise KeyReused(f"Key {name!r} was used for another request.")
    locked = Invoice.objects.select_for_update().get(pk=invoice.pk)
    row = WriteOff(
        tenant_id=invoice.tenant_id, invoice=locked, reason=said, idempotency_key=name
    )  # fmt: skip
    return row, before


def _moved(row: WriteOff, status: str, words: str, at: datetime, by: By) -> WriteOff:
    invoice, micros = row.invoice, abs(row.amount_micros)
    postings = write_off_postings(micros)
    entry = post(
        kind="write_off", memo=f"{words} {invoice.number}: {row.reason}",
        key=f"write-off:{row.idempotency_key}", customer=invoice.customer,
        currency=invoice.currency, at=at,
        postings=postings if row.amount_micros > 0 else reversal(postings),
    )  # fmt: skip
    if entry is None:
        raise ValueError("what is written off is above zero")
    row.entry, row.at, row.recorded_by = entry, at, by.actor[:200]
    row.save()
    was, invoice.status = invoice.status, status
    invoice.save(update_fields=["status"])
    what = "written_off" if row.amount_micros > 0 else "write_off_undone"
    record(
        by=by, at=at, action=f"invoice.{what}", subject="invoice", subject_id=invoice.pk,
        before={"status": was},
        after={
            "status": status, "number": str(invoice.number), "amount_micros": micros,
            "currency": invoice.currency, "reason": row.reason,
        },
    )  # fmt: skip
    tell(what, invoice, at)
    return row
