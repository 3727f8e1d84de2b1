"""The credit and debit notes that a proposal asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from tollwright.data.invoices import Invoice, InvoiceLine
from tollwright.data.rerating import RerateProposal, RerateProposalLine
from tollwright.domain.audit.operations import By
from tollwright.domain.invoices import operations as invoices
from tollwright.domain.invoices.credit_notes import Correction
from tollwright.domain.invoices.numbering import Render


@dataclass(frozen=True, slots=True)
class Notes:
    """Issued notes, and the line of each usage line on them."""

    notes: tuple[Invoice, ...]
    debit_lines: dict[int, InvoiceLine]
    credit_lines: dict[int, InvoiceLine]


def issue(
    proposal: RerateProposal,
    lines: Sequence[RerateProposalLine],
    *,
    at: datetime,
    by: By,
    render: Render,
) -> Notes:
    """Issue them. The same proposal gives the same notes, by their keys."""
    reason = f"Re-rating {proposal.rerating_id} of the calls billed on {proposal.invoice}"
    if proposal.rerating.of_records:
        reason = f"Corrected records of calls billed on {proposal.invoice} ({proposal.rerating})"
    notes: list[Invoice] = []
    debit_lines: dict[int, InvoiceLine] = {}
    credit_lines: dict[int, InvoiceLine] = {}
    up = [Correction(line.invoice_line, most) for line in lines if (most := ups(line))]
    if up:
        note = invoices.debit(
            invoice=proposal.invoice, reason=reason[:200], key=_key(proposal, "debit", 0),
            lines=up, at=at, by=by, render=render,
        )  # fmt: skip
        notes.append(note)
        debit_lines = {line.corrects_id or 0: line for line in note.lines.all()}
    for document, payload in _credits(lines):
        note = invoices.credit(
            invoice=document, reason=reason[:200], key=_key(proposal, "credit", document.pk),
            lines=[correction for _, correction in payload], at=at, by=by, render=render,
        )  # fmt: skip
        notes.append(note)
        made = {line.corrects_id: line for line in note.lines.all()}
        for usage_line, correction in payload:
            credit_lines[usage_line] = made[correction.line.pk]
    return Notes(tuple(notes), debit_lines, credit_lines)


def ups(line: RerateProposalLine) -> int:
    """What the line is to be debited; changes that cancel out are debited and credited."""
    net = line.difference_micros
    return line.up_micros if net == 0 else max(net, 0)


def downs(line: RerateProposalLine) -> int:
    """What the line is to be credited."""
    net = line.difference_micros
    return line.down_micros if net == 0 else max(-net, 0)


def _credits(
    lines: Sequence[RerateProposalLine],
) -> Iterator[tuple[Invoice, list[tuple[int, Correction]]]]:
    """(document, its (usage line, correction)): debit notes, latest first, then the invoice."""
    payloads: dict[int, list[tuple[int, Correction]]] = {}
    documents: dict[int, Invoice] = {}
    for line in lines:
        for part in _spread(line.invoice_line, downs(line)):
            documents[part.line.invoice_id] = part.line.invoice
            payloads.setdefault(part.line.invoice_id, []).append((line.invoice_line_id, part))
    for document_id in sorted(payloads, reverse=True):
        yield documents[document_id], payloads[document_id]


def _spread(usage_line: InvoiceLine, amount: int) -> Iterator[Correction]:
    """An amount to credit, over the debit lines that raised the usage line and the line itself."""
    raised = InvoiceLine.objects.filter(corrects=usage_line, invoice__document_type="debit_note")
    raised = raised.exclude(invoice__status="draft").select_related("invoice").order_by("-id")
    for line in raised:
        part = min(amount, max(_left(line), 0))
        if part:
            amount -= part
            yield Correction(line, part)
    if amount:
        yield Correction(usage_line, amount)


def _left(line: InvoiceLine) -> int:
    """What of a line is not credited yet."""
    credited = InvoiceLine.objects.filter(corrects=line, invoice__document_type="credit_note")
    return line.amount_micros + int(credited.aggregate(sum=Sum("amount_micros"))["sum"] or 0)


def _key(proposal: RerateProposal, kind: str, document_id: int) -> str:
    return f"rerate:{proposal.pk}:{kind}:{document_id}"
