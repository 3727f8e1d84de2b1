"""Billing runs and the life of an invoice: draft → finalised → paid | void, and its corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from tollwright.core.labels import label, rule_name
from tollwright.core.postings import invoice_postings, reversal
from tollwright.core.rules import RuleRow
from tollwright.data.models import BillingRun, Customer, Invoice
from tollwright.data.scope import current_tenant_id
from tollwright.domain import validation
from tollwright.domain.audit.operations import By, record
from tollwright.domain.database import database, database_cursor
from tollwright.domain.errors import DomainError, KeyReused
from tollwright.domain.invoices import allocation, credit_notes, document_payload
from tollwright.domain.invoices.credit_notes import Correction
from tollwright.domain.invoices.drafting import draft_customer, drop
from tollwright.domain.invoices.events import tell
from tollwright.domain.invoices.numbering import (
    Render,
    issue_day,
    lock_numbers,
    store_document,
    take_number,
)
from tollwright.domain.invoices.terms import (
    billed,
    held_campaigns,
    is_billed,
    keep_anchor,
    terms_at,
)
from tollwright.domain.ledger.operations import post
from tollwright.domain.rules.queries import rules_of
from tollwright.engine.rating.settle import settle
from tollwright.store import allowances, billing

__all__ = [
    "AlreadyPaid",
    "BillingOff",
    "Correction",
    "DraftOutdated",
    "Issued",
    "Left",
    "NotADraft",
    "NotIssued",
    "NotReady",
    "StandsForCalls",
    "TooEarly",
    "UntilInFuture",
    "credit",
    "debit",
    "drop_draft",
    "finalise",
    "finalise_run",
    "run_billing",
    "void",
]


class UntilInFuture(DomainError):
    """A period that has not ended cannot be billed."""

    code = "until_in_future"


class NotADraft(DomainError):
    """The invoice was issued or voided; what was asked is possible for a draft only."""

    kind, code = "conflict", "invoice_not_a_draft"


class NotIssued(DomainError):
    """The invoice has no number yet (or is void); what was asked needs an issued one."""

    kind, code = "conflict", "invoice_not_issued"


class NotReady(DomainError):
    """The draft stays a draft for now. Which of its kinds it is says what it waits for."""

    kind, code = "conflict", "invoice_not_ready"


class DraftOutdated(NotReady):
    """Calls behind the draft were re-rated or withdrawn since it was made."""

    code = "draft_outdated"


class TooEarly(NotReady):
    """The draft still waits for late calls (rule finalise_grace_days)."""

    code = "invoice_in_grace"


class BillingOff(NotReady):
    """Billing was switched off since the draft was made (rule billing_enabled)."""

    code = "billing_off"


class AlreadyPaid(DomainError):
    """Money or a credit note stands against the invoice: credit it, it cannot be voided."""

    kind, code = "conflict", "invoice_already_paid"


class WrittenOff(DomainError):
    """The invoice is written off: take that back first."""

    kind, code = "conflict", "invoice_written_off"


class StandsForCalls(DomainError):
    """A re-rating put calls on the note: void, it would leave them neither billed nor to bill."""

    kind, code = "conflict", "note_stands_for_calls"


@dataclass(frozen=True, slots=True)
class Left:
    """A draft of a run that was not issued, and the sentence why."""

    draft: Invoice
    why: NotReady


@dataclass(frozen=True, slots=True)
class Issued:
    """What became of a run's drafts: the invoices that have a number now, and what waits."""

    invoices: tuple[Invoice, ...]
    left: tuple[Left, ...]


@transaction.atomic
def run_billing(*, until: datetime, key: str, at: datetime, by: By) -> BillingRun:
    """Draft an invoice for each customer, currency and period that ended by `until`.

    Customers with billing off are passed over. Drafts that were there are brought up to date, so a
    second run (another key) makes the same drafts plus what has arrived since. The same key again
    is the same run and does nothing. Raises UntilInFuture, KeyReused.
    """
    run, is_new = open_run(until=until, key=key, at=at, by=by)
    if not is_new:
        return run
    customers = billed(Customer.objects.order_by("id"), until, at)
    drafts = [draft for customer in customers for draft in draft_customer(run, customer, at)]
    record(
        by=by,
        at=at,
        action="billing.run",
        subject="billing_run",
        subject_id=run.pk,
        after={"until": until, "customers": len(customers), "drafts": len(drafts), "key": key},
    )
    return run


def open_run(*, until: datetime, key: str, at: datetime, by: By) -> tuple[BillingRun, bool]:
    """The run's row, and whether it is a new one. Raises UntilInFuture, KeyReused."""
    validation.aware("until", until)
    if until > at:
        raise UntilInFuture(f"{until:%Y-%m-%d %H:%M} is yet to come: bill up to now at most.")
    run, is_new = BillingRun.objects.get_or_create(
        tenant_id=current_tenant_id(),
        idempotency_key=key,
        defaults={"until": until, "started_at": at, "started_by": by.actor[:200]},
    )
    if run.until != until:
        raise KeyReused(f"Key {key!r} already made the billing run up to {run.until}.")
    return run, is_new


@transaction.atomic
def finalise(
    *, invoice: Invoice, at: datetime, by: By, render: Render, early: bool = False
) -> Invoice:
    """Issue a draft: number, ledger entry and document, all or nothing.

    Credit that the customer has is used on their open invoices first, so the document says what
    is left to pay. An issued invoice comes back as it is. Raises NotADraft for a void one,
    BillingOff, TooEarly while it waits for late calls (unless `early`: somebody was asked), and
    DraftOutdated when calls changed since it was drafted (run billing again).
    """
    lock_numbers()
    locked = _locked(invoice)
    if locked.status in {"finalised", "paid", "written_off"}:
        return locked
    rules = rules_of(locked.customer)
    refuse_unready(locked, at, early=early, rules=rules)
    _refuse_outdated(locked)
    keep_anchor(locked, rules)
    due_days = terms_at(locked.customer, at, rules).due_days
    return _issue(locked, due_days=due_days, at=at, by=by, render=render)


@transaction.atomic
def finalise_run(*, run: BillingRun, at: datetime, by: By, render: Render) -> Issued:
    """Finalise the run's drafts that are ready, by customer and period; the others stay drafts.

    One that waits (for late calls, for billing to be run again, for billing to be switched on)
    holds up nobody else's; the answer names it.
    """
    lock_numbers()
    drafts = Invoice.objects.filter(run=run, status="draft").select_related("customer")
    ordered = list(drafts.order_by("customer_id", "period_from", "id"))
    wanted = sorted({draft.customer_id for draft in ordered})
    list(Customer.objects.select_for_update().filter(pk__in=wanted).order_by("id"))
    issued: list[Invoice] = []
    left: list[Left] = []
    for draft in ordered:
        try:
            issued.append(finalise(invoice=draft, at=at, by=by, render=render))
        except NotReady as why:
            left.append(Left(draft, why))
    return Issued(tuple(issued), tuple(left))


def refuse_unready(
    draft: Invoice, at: datetime, *, early: bool, rules: Sequence[RuleRow] | None = None
) -> None:
    """Raise NotADraft, BillingOff, or TooEarly unless it may be issued `early`; `rules`: those
    that reach the customer, where they are read already."""
    if draft.status != "draft":
        raise NotADraft(f"{draft} is {draft.status}: it cannot be finalised.")
    rules = rules_of(draft.customer) if rules is None else rules
    _refuse_unbilled(draft, at, rules)
    if not early:
        _refuse_early(draft, at, rules)


def grace_ends(draft: Invoice, at: datetime, rules: Sequence[RuleRow] | None = None) -> datetime:
    """From when on the draft may be finalised without waiting for late calls any longer."""
    if draft.at_start:  # it has no calls
        return draft.period_to
    return draft.period_to + timedelta(days=terms_at(draft.customer, at, rules).grace_days)


@transaction.atomic
def drop_draft(*, invoice: Invoice, at: datetime, by: By) -> None:
    """Delete a draft; its calls and fees are unbilled again. Raises NotADraft."""
    locked = _locked(invoice)
    if locked.status != "draft":
        raise NotADraft(f"{locked} is {locked.status}: only a draft can be deleted.")
    before = {"customer": locked.customer.code, "total_micros": locked.total_micros}
    number = locked.pk
    tell("deleted", locked, at)
    drop(locked)
    record(by=by, at=at, action="invoice.drop", subject="invoice", subject_id=number, before=before)


@transaction.atomic
def void(*, invoice: Invoice, reason: str, at: datetime, by: By) -> Invoice:
    """Void an unpaid invoice: its number stays taken, its entry is undone, its calls are unbilled.

    Those that had drawn on allowances, and others of their period, do so in their turn again.
    A void invoice comes back as it is. Raises AlreadyPaid when money or a credit note stands
    against it, WrittenOff, StandsForCalls for a note of a re-rating, NotIssued for a draft or a
    credit note.
    """
    reason = validation.text("reason", reason, longest=200)
    lock_numbers()
    locked = _locked(invoice)
    if locked.status == "void":
        return locked
    if locked.status == "draft" or locked.document_type == "credit_note":
        raise NotIssued(f"{locked} is not an issued invoice: delete a draft, debit a credit note.")
    _refuse_written_off(locked)
    if locked.paid_micros < 0:
        raise AlreadyPaid(f"What {locked} gives back has settled other invoices: debit it instead.")
    if locked.paid_micros or allocation.credited_micros(locked) or locked.corrections.exists():
        raise AlreadyPaid(f"{locked} has money or corrections against it: credit it instead.")
    calls = billing.count_rerated(database(), invoice_id=locked.pk, until=locked.period_to)
    if calls:
        raise StandsForCalls(
            f"{locked} bills {calls:,} calls that were re-rated, which nothing else would bill: "
            "credit it, or re-rate the calls again."
        )
    locked.status, locked.void_reason = "void", reason
    locked.save(update_fields=["status", "void_reason"])
    cursor, zone = database_cursor(), locked.tenant.timezone
    touched = allowances.fetch_invoice_draws(cursor, invoice_id=locked.pk, until=locked.period_to)
    billing.release_charges(database(), invoice_id=locked.pk, until=locked.period_to)
    settle(cursor, tenant_id=locked.tenant_id, zone=zone, at=at, touched=touched, whole=True)
    _post(locked, f"void:{locked.pk}", f"Void {locked.number}", at)
    tell("voided", locked, at)
    record(
        by=by,
        at=at,
        action="invoice.void",
        subject="invoice",
        subject_id=locked.pk,
        after={"number": locked.number, "reason": reason},
    )
    return locked


def _refuse_written_off(invoice: Invoice) -> None:
    if invoice.status == "written_off":
        raise WrittenOff(f"{invoice} is written off: take the write-off back first.")


@transaction.atomic
def credit(
    *,
    invoice: Invoice,
    reason: str,
    key: str,
    lines: Sequence[Correction] | None = None,
    at: datetime,
    by: By,
    render: Render,
) -> Invoice:
    """Issue a credit note for an issued invoice: for these lines, or for all that is left of it.

    Amounts are positive micros of each line, tax comes on top. Together the notes never exceed a
    line or the invoice. The same key with the same request is the same note. Raises NotIssued,
    credit_notes.BeyondInvoice, KeyReused, WrittenOff, and AlreadyPaid for one that gives money back
    which is used already.
    """
    return _correct("credit_note", invoice, reason, key, lines, at, by, render)


@transaction.atomic
def debit(
    *,
    invoice: Invoice,
    reason: str,
    key: str,
    lines: Sequence[Correction],
    at: datetime,
    by: By,
    render: Render,
) -> Invoice:
    """Issue a debit note: so much more on these lines of an issued invoice, tax on top.

    The same key with the same request is the same note. Raises NotIssued, KeyReused.
    """
    return _correct("debit_note", invoice, reason, key, lines, at, by, render)


def _correct(
    kind: str,
    invoice: Invoice,
    reason: str,
    key: str,
    lines: Sequence[Correction] | None,
    at: datetime,
    by: By,
    render: Render,
) -> Invoice:
    reason = validation.text("reason", reason, longest=200)
    key = validation.text("key", key, longest=100)
    lock_numbers()
    original = _locked(invoice)
    before = credit_notes.made_by(key)
    if before is not None:
        credit_notes.refuse_other_payload(before, kind, original, reason, lines)
        return before
    if original.status in {"draft", "void"} or original.document_type == "credit_note":
        raise NotIssued(f"{original} is not an issued invoice: there is nothing to correct.")
    _refuse_written_off(original)
    if kind == "credit_note" and original.total_micros < 0 and original.paid_micros:
        raise AlreadyPaid(
            f"What {original} gives back has settled other invoices: debit it instead."
        )
    note = credit_notes.draft_note(kind, original, reason, key, lines, at)
    due_days = terms_at(original.customer, at).due_days if kind == "debit_note" else 0
    issued = _issue(note, due_days=due_days, at=at, by=by, render=render)
    original.refresh_from_db(fields=["paid_micros", "status"])
    if allocation.give_back(original, at):
        allocation.use_credit(original.customer, original.currency, at)
    return issued


def _locked(invoice: Invoice) -> Invoice:
    """The invoice as it is now; its customer and it are locked until the transaction ends."""
    Customer.objects.select_for_update().get(pk=invoice.customer_id)
    return (
        Invoice.objects.select_for_update(of=("self",))
        .select_related("customer", "legal_entity", "corrects")
        .get(pk=invoice.pk)
    )


def _refuse_unbilled(draft: Invoice, at: datetime, rules: Sequence[RuleRow]) -> None:
    if not is_billed(draft.customer, at, rules=rules):
        raise BillingOff(
            f"Billing is off for {draft.customer.name} ({rule_name('billing_enabled')}): "
            "switch it on, or delete the draft."
        )
    waiting = held_campaigns(draft.customer, at, rules=rules)
    held = draft.lines.filter(campaign_id__in=waiting)
    names = sorted(
        {line.campaign.name for line in held.select_related("campaign") if line.campaign}
    )
    if names:
        raise BillingOff(
            f"Billing is off for {', '.join(names)} of {draft.customer.name} "
            f"({rule_name('billing_enabled')}): run billing again, which leaves that out, then"
            " finalise."
        )


def _refuse_early(draft: Invoice, at: datetime, rules: Sequence[RuleRow]) -> None:
    ready = grace_ends(draft, at, rules)
    if at < ready:
        raise TooEarly(
            f"The draft for {draft.customer.name} waits for late calls until "
            f"{ready.astimezone(ZoneInfo(draft.period_zone)):%Y-%m-%d %H:%M} "
            f"({rule_name('finalise_grace_days')})."
        )


def _refuse_outdated(draft: Invoice) -> None:
    lines = billing.lock_outdated_lines(database(), invoice_id=draft.pk, until=draft.period_to)
    if lines or not draft.lines.exists():
        where = ", ".join(map(str, lines)) or "all"
        raise DraftOutdated(
            f"Calls behind {draft} (lines: {where}) changed since it was drafted: "
            "run billing again, then finalise."
        )


def _issue(draft: Invoice, *, due_days: int, at: datetime, by: By, render: Render) -> Invoice:
    draft.issued_on = issue_day(at)
    draft.due_on = draft.issued_on + timedelta(days=due_days)
    draft.finalised_at = at
    draft.number = take_number(draft.legal_entity, draft.document_type, draft.issued_on)
    draft.status = "finalised"
    draft.save()
    _post(
        draft,
        f"invoice:{draft.pk}",
        f"{label('document_type', draft.document_type).text} {draft.number}",
        at,
    )
    tell("finalised", draft, at)
    if draft.document_type != "credit_note":
        allocation.use_credit(draft.customer, draft.currency, at)
        draft.refresh_from_db(fields=["paid_micros", "status"])
        allocation.mark_settled(draft, at)
    content = render(draft.document_type, document_payload.invoice_payload(draft))
    document = store_document(draft, content, at)
    record(
        by=by,
        at=at,
        action=f"{draft.document_type}.finalise",
        subject="invoice",
        subject_id=draft.pk,
        after={
            "number": draft.number,
            "total_micros": draft.total_micros,
            "currency": draft.currency,
            "document_sha256": document.sha256,
        },
    )
    return draft


def _post(invoice: Invoice, key: str, memo: str, at: datetime) -> None:
    postings = invoice_postings(
        net_micros=invoice.net_micros,
        tax_micros=invoice.tax_micros,
        rounding_micros=invoice.rounding_micros,
    )
    voids = key.startswith("void:")
    post(
        kind="void" if voids else invoice.document_type,
        memo=memo,
        key=key,
        customer=invoice.customer,
        currency=invoice.currency,
        postings=reversal(postings) if voids else postings,
        at=at,
    )
