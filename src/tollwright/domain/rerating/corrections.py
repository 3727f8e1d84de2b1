"""Records that correct a call on an issued invoice: a proposal first, the revision with its note.

Until the note is issued the call stands as it was billed: reports, the portal and the invoice
agree. The record waits in quarantine meanwhile, and goes on waiting if the proposal is rejected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, Min

from tollwright.core.document_text import amount_text
from tollwright.data.calls import Charge
from tollwright.data.rerating import (
    RerateProposal,
    RerateProposalCall,
    RerateProposalLine,
    Rerating,
)
from tollwright.data.scope import current_tenant_id
from tollwright.domain.audit.operations import By, record
from tollwright.domain.calls.operations import COUNTS, span_text
from tollwright.domain.calls.queries import explain_charge
from tollwright.domain.database import database_cursor
from tollwright.domain.errors import DomainError, NotFound
from tollwright.domain.rerating.proposals import note, propose
from tollwright.domain.rerating.report import places
from tollwright.domain.tenants.queries import current_tenant
from tollwright.engine.ingest.corrections import (
    FIRST,
    InvoicedCorrection,
    Waiting,
    cost_again,
    find_corrections,
    would_cost,
)
from tollwright.engine.rating import refusals
from tollwright.engine.rating.tariffs import CardRepository
from tollwright.engine.rating.terms import read_book
from tollwright.engine.rerate.invoiced_corrections import reprice_invoiced
from tollwright.engine.rerate.prices import StoredPrices
from tollwright.engine.rerate.reprice import Repriced
from tollwright.engine.rerate.run import RerateTally, outcome_of
from tollwright.engine.resale.batch import BatchContext
from tollwright.store import batches, calls, corrections
from tollwright.store import rerate as store
from tollwright.store.calls import Cursor
from tollwright.store.rerate import Taken

MAX_RECORDS = 65_536


class CostMoved(DomainError):
    """A call's price was made of a cost that is another by now."""

    kind, code = "conflict", "rerate_cost_moved"


@dataclass(frozen=True, slots=True)
class Corrected:
    """What became of quarantined records.

    `proposed` wait for a decision now, in `rerating` (None: nothing new is proposed); `waiting`
    did so before; `same` cost what was billed; `refused` correct no invoiced call, or one that
    cannot be priced, and wait with today's reason; `others` are no late corrections.
    """

    rerating: Rerating | None
    proposed: int
    waiting: int
    same: int
    refused: int
    others: int

    @property
    def sentence(self) -> str:
        """For people."""
        said = f"{self.proposed:,} records are proposed as corrections by credit or debit notes"
        for count, what in (
            (self.waiting, "had been before"),
            (self.same, "cost what was billed: nothing to bill"),
            (self.refused, "cannot be corrected this way; each record says why"),
            (self.others, "wait for another reason"),
        ):
            said += f", {count:,} {what}" if count else ""
        return f"{said}."


@transaction.atomic
def correct(*, ids: Sequence[int], at: datetime, by: By) -> Corrected:
    """Propose for quarantined records what they change of calls on issued invoices.

    Each is priced as it would be if it came in now. What differs is proposed as a re-rating
    proposes: one proposal an invoice, decided by `operations.accept` and `reject`. A record that
    costs what was billed leaves the quarantine; the call stays as it is on paper. The same records
    again propose nothing twice. At most MAX_RECORDS at a time, the rest wait.
    """
    cursor = database_cursor()
    store.lock_rerating(cursor, current_tenant_id())
    book = read_book(cursor, rules_until=at)
    found, told = find_corrections(cursor, list(ids)[:MAX_RECORDS], book)
    found, waiting = _not_waiting(cursor, found, told)
    rerating, same = None, 0
    if found:
        tenant, cards = current_tenant(), CardRepository(cursor, known_at=at)
        cost = would_cost(cursor, BatchContext(tenant.pk, 0, 0, tenant.timezone, at), found)
        priced = reprice_invoiced(found, StoredPrices(cards, book), cost)
        told += _unpriced(found, priced)
        same = _close(cursor, _unchanged(found, priced), at, by)
        rerating = _propose(found, priced, at, by)
    corrections.update_details(cursor, told)
    proposed = 0 if rerating is None else rerating.proposed
    refused = sum(bool(why) for _, why in told)
    result = Corrected(rerating, proposed, waiting, same, refused, len(told) - refused)
    if proposed or same:
        record(
            by=by, at=at, action="quarantine.corrected", subject="quarantine",
            subject_id=span_text(ids), after={"result": result.sentence},
        )  # fmt: skip
    return result


def _not_waiting(
    cursor: Cursor, found: list[InvoicedCorrection], told: list[Waiting]
) -> tuple[list[InvoicedCorrection], int]:
    """Those whose charge is in no open proposal, and how many wait for their own already."""
    held = corrections.fetch_open_proposals(cursor, [one.charged.charge_id for one in found])
    free: list[InvoicedCorrection] = []
    own: list[Waiting] = []
    for one in found:
        waiting = held.get(one.charged.charge_id)
        if waiting is None:
            free.append(one)
        elif waiting.record_id == one.call.row_id:
            own.append((waiting.record_id, waits_text(waiting.proposal_id)))
        else:
            why = f"The call waits in proposal {waiting.proposal_id}: {FIRST}"
            told.append((one.call.row_id, why))
    corrections.update_details(cursor, own)  # letting it in again may have said otherwise
    return free, len(own)


def waits_text(proposal_id: int) -> str:
    """Why a record waits whose correction is proposed."""
    return f"Waits in proposal {proposal_id} for a decision."


def _unpriced(found: Sequence[InvoicedCorrection], priced: Repriced) -> list[Waiting]:
    rows = {one.charged.charge_id: one.call.row_id for one in found}
    codes = zip(priced.stood.charge_id.tolist(), priced.now.status.tolist(), strict=True)
    return [
        (rows[charge_id], f"The corrected call cannot be priced: {why_not(code)}.")
        for charge_id, code in codes
        if code != refusals.NONE
    ]


def why_not(code: int) -> str:
    """A refusal in words."""
    return refusals.SENTENCES[refusals.NAMES[code]]


def _unchanged(found: Sequence[InvoicedCorrection], priced: Repriced) -> list[InvoicedCorrection]:
    same = priced.now.rated & ~priced.changed
    charges = set(priced.stood.charge_id[same].tolist())
    return [one for one in found if one.charged.charge_id in charges]


def _close(cursor: Cursor, found: Sequence[InvoicedCorrection], at: datetime, by: By) -> int:
    """Records that cost what was billed wait no longer; how many."""
    told = [
        (one.call.row_id, f"The call costs what was billed,"
         f" {amount_text(one.charged.amount_micros, one.charged.currency)} {one.charged.currency}:"
         " the invoice stays as it is.")
        for one in found
    ]  # fmt: skip
    corrections.update_details(cursor, told)
    ids = [one.call.row_id for one in found]
    return batches.resolve_quarantined(cursor, ids, status="corrected", at=at, by=by.actor[:200])


def _propose(
    found: Sequence[InvoicedCorrection], priced: Repriced, at: datetime, by: By
) -> Rerating | None:
    """Proposals for the records whose call costs another amount; None without any."""
    tally = RerateTally(keeps=True)
    tally.add(priced)
    outcome = outcome_of(tally)
    changes, cursor = outcome.changes, database_cursor()
    if not len(changes.charge_id):
        return None
    of = {one.charged.charge_id: one for one in found}
    corrects = [of[charge_id] for charge_id in changes.charge_id.tolist()]
    where = places(changes, store.fetch_lines(cursor, sorted(set(changes.line_id.tolist()))))
    ids = sorted(one.call.row_id for one in corrects)
    call_id, charge_id = calls.claim_ids(cursor, len(corrects))
    rerating = note({"records": span_text(ids)}, f"records:{call_id}", outcome, where, at, by)
    waiting_in = propose(rerating, changes, where).tolist()
    RerateProposalCall.objects.bulk_create(
        RerateProposalCall(
            tenant_id=rerating.tenant_id,
            line_id=line_id,
            charge_id=one.charged.charge_id,
            call_id=one.charged.call_id,
            started_at=one.charged.started_at,
            card_version_id=int(changes.version_id[place]),
            plan_version_id=int(changes.plan_id[place]) or None,
            rate_no=int(changes.rate_index[place]),
            billed_s=int(changes.billed_s[place]),
            allowance_s=int(changes.allowance_s[place]),
            amount_micros=int(changes.amount_micros[place]),
            quarantine_id=one.call.row_id,
            record=one.call.columns() | {"id": call_id + place},
            new_id=charge_id + place,
        )
        for place, (line_id, one) in enumerate(zip(waiting_in, corrects, strict=True))
    )
    lines = RerateProposalLine.objects.in_bulk(set(waiting_in))
    corrections.update_details(cursor, [
        (one.call.row_id, waits_text(lines[line_id].proposal_id))
        for line_id, one in zip(waiting_in, corrects, strict=True)
    ])  # fmt: skip
    return rerating


def take(
    line: RerateProposalLine,
    *,
    up_line_id: int,
    down_line_id: int,
    rated_at: datetime,
    at: datetime,
    by: By,
) -> Taken:
    """Give the calls of a proposal's line their revision, and its charges, on the notes' lines.

    Nothing is written unless all calls, charges and records are as they were. Raises CostMoved.
    """
    cursor, tenant = database_cursor(), current_tenant()
    waiting = RerateProposalCall.objects.filter(line=line, pending=True)
    span = waiting.aggregate(wanted=Count("id"), first=Min("started_at"), last=Max("started_at"))
    found = corrections.fetch_unchanged(
        cursor, line_id=line.pk, first=span["first"], last=span["last"]
    )
    taken = Taken(span["wanted"], len(found), sum(one.amount_micros for one in found))
    if taken.wanted != taken.stood:
        return taken
    corrections.apply_corrections(
        cursor, found, up_line_id=up_line_id, down_line_id=down_line_id, at=rated_at,
        tenant_id=tenant.pk, zone=tenant.timezone,
    )  # fmt: skip
    batches.resolve_quarantined(
        cursor, [one.record_id for one in found], status="corrected", at=at, by=by.actor[:200]
    )
    for source_id, batch_id in sorted({(one.source_id, one.batch_id) for one in found}):
        brought = [one for one in found if one.batch_id == batch_id]
        answered = sum(one.answered for one in brought)
        moved = {"quarantined": -len(brought), "rated": answered,
                 "unanswered": len(brought) - answered, "batch_id": batch_id}  # fmt: skip
        batches.add_counts(cursor, dict.fromkeys(COUNTS, 0) | moved)
        cost_again(
            cursor, BatchContext(tenant.pk, source_id, batch_id, tenant.timezone, at), brought
        )
    _check_costs(found)
    return taken


def _check_costs(found: Sequence[corrections.UnchangedCorrection]) -> None:
    """What is made of the cost is made of the one that was just written."""
    charges = Charge.objects.filter(
        call_id__in=[one.new_id for one in found], leg="sell",
        started_at__in=[one.new_start for one in found], plan_version__pricing="cost_plus",
    ).select_related("call")  # fmt: skip
    for charge in charges.order_by("id"):
        try:
            same = explain_charge(charge.pk, charge.started_at).equal
        except NotFound:
            same = False
        if not same:
            raise CostMoved(
                f"What call {charge.call.call_key} costs is not what the proposal prices it from:"
                " reject the proposal, and correct the record again."
            )


@dataclass(frozen=True, slots=True)
class ProposedCall:
    """A call as it was billed and as its record tells it; `new_ms` 0: it was not answered."""

    call_id: int
    started_at: datetime
    record_id: int
    called: str
    new_called: str
    answered_ms: int
    new_ms: int
    old_micros: int
    new_micros: int


def proposed_calls(proposal: RerateProposal, most: int) -> list[ProposedCall]:
    """The calls that a proposal corrects, the first so many; [] for one of a re-rating."""
    waiting = RerateProposalCall.objects.filter(
        line__proposal=proposal, quarantine__isnull=False
    ).order_by("id")[:most]
    ids = [(one.charge_id, one.started_at) for one in waiting]
    charges = {
        charge.pk: charge
        for charge in Charge.objects.filter(
            pk__in=[pk for pk, _ in ids], started_at__in=[start for _, start in ids]
        ).select_related("call")
    }
    return [_proposed(one, charges[one.charge_id]) for one in waiting]


def _proposed(one: RerateProposalCall, charge: Charge) -> ProposedCall:
    told, call = one.record or {}, charge.call
    return ProposedCall(
        call.pk, call.started_at, one.quarantine_id or 0, call.called, told["called"],
        call.answered_ms, told["answered_ms"], charge.amount_micros, one.amount_micros,
    )  # fmt: skip


def wait_again(proposal: RerateProposal, reason: str) -> None:
    """The records that asked for a rejected proposal wait on."""
    waiting = RerateProposalCall.objects.filter(
        line__proposal=proposal, pending=True, quarantine__isnull=False
    )
    text = f"Proposal {proposal.pk} was rejected: {reason}. {AGAIN}"
    ids = waiting.order_by("id").values_list("quarantine_id", flat=True)
    corrections.update_details(database_cursor(), [(row_id or 0, text) for row_id in ids])


AGAIN = "The call stays as billed. Correct it again, or dismiss the record."
