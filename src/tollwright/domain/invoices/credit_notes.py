"""Credit and debit notes: which amounts of which lines, and never more than was billed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet, Sum

from tollwright.core.billing.fees import standing
from tollwright.core.document_text import amount_text
from tollwright.core.money import to_minor_unit
from tollwright.core.tax.totals import tax_micros
from tollwright.data.models import Invoice, InvoiceLine, InvoiceTax
from tollwright.domain.errors import DomainError, KeyReused, NotFound
from tollwright.domain.invoices.drafting import total_up
from tollwright.domain.invoices.fee_lines import fee_entries


class BeyondInvoice(DomainError):
    """More would be credited than the line, or the invoice, has left."""

    kind, code = "conflict", "credit_beyond_invoice"


class NothingToCorrect(DomainError):
    """The correction comes to nothing: no lines, or amounts of zero or less."""

    code = "nothing_to_correct"


@dataclass(frozen=True, slots=True)
class Correction:
    """So many micros, before tax, of one line of the invoice; positive for credit and debit."""

    line: InvoiceLine
    amount_micros: int


def made_by(key: str) -> Invoice | None:
    """The note that this key made."""
    return Invoice.objects.filter(idempotency_key=key).select_related("customer").first()


def refuse_other_payload(
    note: Invoice,
    kind: str,
    original: Invoice,
    reason: str,
    payload: Sequence[Correction] | None,
) -> None:
    """Raise KeyReused unless `note` is what is asked for now."""
    made = {line.corrects_id: abs(line.amount_micros) for line in note.lines.all()}
    wanted = {part.line.pk: part.amount_micros for part in payload or ()}
    same = (note.document_type, note.corrects_id, note.note) == (kind, original.pk, reason)
    if not same or (payload is not None and wanted != made):
        raise KeyReused(f"Key {note.idempotency_key!r} already made {note} with another request.")


def draft_note(
    kind: str,
    original: Invoice,
    reason: str,
    key: str,
    payload: Sequence[Correction] | None,
    at: datetime,
) -> Invoice:
    """The note as a draft with its lines and totals. Raises BeyondInvoice, NothingToCorrect."""
    uncredited = _uncredited(original)
    left = _left(original, uncredited)
    parts = _parts(original, payload, left)
    if kind == "credit_note":
        _refuse_beyond(parts, left)
    sign = -1 if kind == "credit_note" else 1
    note = _note(kind, original, reason, key, at)
    InvoiceLine.objects.bulk_create(
        _line(note, part, place, sign) for place, part in enumerate(parts, start=1)
    )
    total_up(note)
    if kind == "credit_note":
        whole = {part.line.pk: part.amount_micros for part in parts} == uncredited
        _end_on_total(note, original, closes=whole)
    return note


def _uncredited(original: Invoice) -> dict[int, int]:
    """What of each line is not credited yet, by line id; lines with nothing left are absent.

    A line that gave something back (negative) is no longer there to be credited.
    """
    credited = (
        InvoiceLine.objects.filter(corrects__invoice=original, invoice__document_type="credit_note")
        .values("corrects_id")
        .annotate(sum=Sum("amount_micros"))
        .order_by()
    )
    taken = {row["corrects_id"]: int(row["sum"]) for row in credited}
    left = {line.pk: line.amount_micros + taken.get(line.pk, 0) for line in original.lines.all()}
    return {line_id: amount for line_id, amount in left.items() if amount}


def _left(original: Invoice, uncredited: dict[int, int]) -> dict[int, int]:
    """What may still be credited: of a fee never more than what stands of it."""
    plans = {line.subscription_id for line in original.lines.all() if line.subscription_id}
    stands = {
        one.line.id: one.micros
        for entries in fee_entries(plans).values()
        for one in standing(entries)
    }
    left = {
        line: min(most, max(stands.get(line, most), 0)) if most > 0 else most
        for line, most in uncredited.items()
    }
    return {line: amount for line, amount in left.items() if amount}


def _parts(
    original: Invoice, payload: Sequence[Correction] | None, left: dict[int, int]
) -> list[Correction]:
    lines = {line.pk: line for line in original.lines.all()}
    if payload is None:
        parts = [Correction(lines[line_id], amount) for line_id, amount in left.items()]
    else:
        parts = list(payload)
        for part in parts:
            if part.line.pk not in lines:
                raise NotFound(f"Line {part.line.pk} is not on {original}.")
            if part.amount_micros <= 0:
                raise NothingToCorrect("Give each line a positive amount to correct it by.")
    if len({part.line.pk for part in parts}) < len(parts):
        raise NothingToCorrect("A line is named twice: give one amount for it.")
    if not parts:
        raise NothingToCorrect(f"Nothing is left to correct on {original}.")
    return parts


def _refuse_beyond(parts: Sequence[Correction], left: dict[int, int]) -> None:
    for part in parts:
        most = left.get(part.line.pk, 0)
        if abs(part.amount_micros) > abs(most) or part.amount_micros * most < 0:
            currency = part.line.invoice.currency
            raise BeyondInvoice(
                f"Line {part.line.position} has {amount_text(most, currency)} {currency} left to"
                f" credit, not {amount_text(part.amount_micros, currency)}."
            )


def _note(kind: str, original: Invoice, reason: str, key: str, at: datetime) -> Invoice:
    return Invoice.objects.create(
        tenant_id=original.tenant_id,
        legal_entity=original.legal_entity,
        customer=original.customer,
        document_type=kind,
        corrects=original,
        currency=original.currency,
        detail="by_campaign",
        period_from=original.period_from,
        period_to=original.period_to,
        period_zone=original.period_zone,
        period_first=original.period_first,
        period_last=original.period_last,
        note=reason,
        idempotency_key=key,
        created_at=at,
    )


def _line(note: Invoice, part: Correction, place: int, sign: int) -> InvoiceLine:
    return InvoiceLine(
        tenant_id=note.tenant_id,
        invoice=note,
        position=place,
        kind="correction",
        campaign_id=part.line.campaign_id,
        corrects=part.line,
        description=part.line.description,
        period_from=part.line.period_from,
        period_to=part.line.period_to,
        amount_micros=sign * part.amount_micros,
        tax_category=part.line.tax_category,
        tax_rate=part.line.tax_rate,
    )


def _end_on_total(note: Invoice, original: Invoice, *, closes: bool) -> None:
    """Let the notes of an invoice round together, as one note of all of them would.

    So they never drift from its taxes and its total by a cent a note, however many there are; the
    one that takes the last of every line takes the last of the total.
    """
    others = Invoice.objects.filter(corrects=original, document_type="credit_note")
    others = others.exclude(pk=note.pk)
    before = others.aggregate(net=Sum("net_micros"), tax=Sum("tax_micros"), all=Sum("total_micros"))
    net, tax, total = (int(before[name] or 0) for name in ("net", "tax", "all"))
    note.tax_micros = sum(_tax_with(others, one, original.currency) for one in note.taxes.all())
    left = original.total_micros + total
    exact = net + note.net_micros + tax + note.tax_micros
    note.total_micros = -left if closes else to_minor_unit(exact, original.currency) - total
    if -note.total_micros > left:
        most = amount_text(left, original.currency)
        raise BeyondInvoice(
            f"{original} has {most} {original.currency} left to credit, tax included."
        )
    note.rounding_micros = note.total_micros - note.net_micros - note.tax_micros
    note.save(update_fields=["tax_micros", "total_micros", "rounding_micros"])


def _tax_with(others: QuerySet[Invoice], tax: InvoiceTax, currency: str) -> int:
    """The note's tax of a rate: what that of all notes' base comes to, less the others'; saved."""
    same = InvoiceTax.objects.filter(invoice__in=others, category=tax.category, rate=tax.rate)
    before = same.aggregate(base=Sum("base_micros"), tax=Sum("tax_micros"))
    base = int(before["base"] or 0) + tax.base_micros
    tax.tax_micros = tax_micros(base, tax.rate, currency) - int(before["tax"] or 0)
    tax.save(update_fields=["tax_micros"])
    return tax.tax_micros
