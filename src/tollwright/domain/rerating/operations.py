"""Applying a difference report, and deciding what it proposes for invoiced calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from django.db import transaction

from tollwright.data.invoices import Invoice
from tollwright.data.rerating import RerateProposal, RerateProposalLine, Rerating
from tollwright.data.scope import current_tenant_id
from tollwright.domain import validation
from tollwright.domain.audit.operations import By, record
from tollwright.domain.database import database_cursor
from tollwright.domain.errors import DomainError, KeyReused
from tollwright.domain.events.operations import record as tell
from tollwright.domain.invoices.numbering import Render
from tollwright.domain.rerating import corrections, notes, queries
from tollwright.domain.rerating.proposals import note, propose
from tollwright.domain.rerating.scope import CallScope
from tollwright.domain.tenants.queries import current_tenant
from tollwright.engine.rating.propagate_costs import propagate_costs
from tollwright.engine.rating.settle import settle
from tollwright.engine.rerate.run import Outcome
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import ChargeColumns
from tollwright.store import allowances
from tollwright.store import rerate as store

__all__ = ["NothingChanges", "ProposalDecided", "ReportOutdated", "accept", "apply", "reject"]


class ReportOutdated(DomainError):
    """Calls or prices changed since the report was made: it has to be looked at again."""

    kind, code = "conflict", "rerate_report_outdated"


class NothingChanges(DomainError):
    """Every call of the scope costs what it is charged."""

    kind, code = "conflict", "rerate_nothing_changes"


class ProposalDecided(DomainError):
    """The proposal was accepted or rejected before."""

    kind, code = "conflict", "rerate_proposal_decided"


@transaction.atomic
def apply(*, scope: CallScope, fingerprint: str, key: str, at: datetime, by: By) -> Rerating:
    """Write what a difference report said: new revisions, and proposals for invoiced calls.

    Charges that are on no issued invoice get a new revision, the day's sums move along, and drafts
    that they stand on are outdated until billing runs again. For each issued invoice a proposal is
    kept. Calls that cannot be priced keep their charge. So it is with calls outside the scope whose
    share of a pool moves. What carriers take (leg `cost`) is on no invoice. What a reseller pays is
    its cost, which follows. All or nothing.
    The same key, or a report that was applied already, gives the re-rating that it made.
    Raises ReportOutdated, NothingChanges, KeyReused, NotFound.
    """
    key = validation.text("key", key, longest=100)
    tenant_id, cursor = current_tenant_id(), database_cursor()
    store.lock_rerating(cursor, tenant_id)
    before = Rerating.objects.filter(tenant_id=tenant_id, idempotency_key=key).first()
    if before is not None:
        if (before.fingerprint, before.scope) != (fingerprint, scope.told()):
            raise KeyReused(f"Key {key!r} already applied another report, {before}.")
        return before
    outcome, places = queries.reckoned(scope, at=at, holds=True)
    if outcome.fingerprint != fingerprint:
        return _applied_before(scope, fingerprint)
    if not len(outcome.changes.charge_id):
        raise NothingChanges("Every call of the scope costs what it is charged.")
    rerating = note(scope.told(), key, outcome, places, at, by)
    changes, new_id = (
        outcome.changes,
        store.new_charge_ids(cursor, len(outcome.changes.charge_id)),
    )
    unbilled = changes.replaced(new_id=new_id, line_id=np.zeros_like(new_id))
    _revise_open(unbilled.pick(places.line_id == 0), at)
    waiting_in = propose(rerating, changes, places)
    revised = changes.replaced(new_id=new_id, line_id=waiting_in).pick(waiting_in != 0)
    store.insert_waiting(cursor, revised, tenant_id=tenant_id)
    _draw(outcome, new_id)
    record(
        by=by, at=at, action="rerating.applied", subject="rerating", subject_id=rerating.pk,
        after={"scope": rerating.scope, "fingerprint": fingerprint, "revised": rerating.revised,
               "proposed": rerating.proposed, "refused": rerating.refused,
               "sums": rerating.sums},
    )  # fmt: skip
    tell(
        "rerating.applied", object_id=rerating.pk, at=at,
        payload={"id": rerating.pk, "revised": rerating.revised, "proposed": rerating.proposed,
                 "refused": rerating.refused},
    )  # fmt: skip
    return rerating


def _applied_before(scope: CallScope, fingerprint: str) -> Rerating:
    found = queries.reratings().filter(fingerprint=fingerprint, scope=scope.told()).first()
    if found is None:
        raise ReportOutdated(
            "Calls, rules or prices changed since the report was made: make it again and look."
        )
    return found


def _revise_open(revised: ChargeColumns, at: datetime) -> None:
    if not len(revised.charge_id):
        return
    cursor = database_cursor()
    stood = store.insert_revisions(cursor, revised, at=at)
    if stood != len(revised.charge_id) or store.count_issued(cursor, revised):
        raise ReportOutdated("Calls were corrected or invoiced meanwhile: make the report again.")
    span = store.span_of(revised.started_us)
    propagate_costs(cursor, revised.new_id.tolist(), span, tenant_id=current_tenant_id(), at=at)


def _draw(outcome: Outcome, new_id: Int64) -> None:
    """What calls draw on pools, for the charges that they have now or are to have."""
    known = outcome.changes.charge_id  # ascending
    for uses, pools in outcome.draws:
        place = np.searchsorted(known, uses.charge_id)
        changes = np.isin(uses.charge_id, known)
        uses.charge_id[changes] = new_id[place[changes]]
        allowances.write_uses(database_cursor(), uses, tenant_id=current_tenant_id(), pools=pools)


@transaction.atomic
def accept(*, proposal: RerateProposal, at: datetime, by: By, render: Render) -> Sequence[Invoice]:
    """Issue the notes that a proposal asks for, and give its charges their new revision.

    One debit note where lines go up; credit notes where they go down, first against debit notes
    that had raised the line before. A line whose changes cancel out gets both. The charges stand
    on the notes' lines, so that billing does not take them up again. An accepted proposal gives
    its notes again. Raises ProposalDecided, ReportOutdated, and what credit and debit raise.
    """
    locked = _locked(proposal)
    if locked.status == "accepted":
        return tuple(queries.notes_of(locked))
    refuse_rejected(locked)
    lines = list(locked.lines.order_by("id"))
    made = notes.issue(locked, lines, at=at, by=by, render=render)
    for line in lines:
        _take(line, made, locked.rerating, at, by)
    store.close_waiting(database_cursor(), locked.pk)
    _decide(locked, "accepted", at, by, {"notes": [str(note) for note in made.notes]})
    proposal.refresh_from_db()
    return made.notes


def refuse_rejected(proposal: RerateProposal) -> None:
    """Raise ProposalDecided for one that somebody rejected."""
    if proposal.status == "rejected":
        raise ProposalDecided(f"Proposal {proposal.pk} was rejected: re-rate the calls again.")


def _take(
    line: RerateProposalLine, made: notes.Notes, rerating: Rerating, at: datetime, by: By
) -> None:
    """The line's charges onto the notes, rated at the re-rating's moment: replay goes by it."""
    up = made.debit_lines.get(line.invoice_line_id)
    down = made.credit_lines.get(line.invoice_line_id)
    either = up or down
    if either is None:
        raise ValueError(f"proposal line {line.pk} has no note")
    up_line_id, down_line_id = (up or either).pk, (down or either).pk
    if rerating.of_records:
        taken = corrections.take(line, up_line_id=up_line_id, down_line_id=down_line_id,
                                 rated_at=rerating.applied_at, at=at, by=by)  # fmt: skip
    else:
        taken = store.apply_waiting(
            database_cursor(), line_id=line.pk, up_line_id=up_line_id, down_line_id=down_line_id,
            at=rerating.applied_at,
        )  # fmt: skip
        propagate_costs(
            database_cursor(), taken.charges, taken.span, tenant_id=current_tenant_id(), at=at
        )  # fmt: skip
    if (taken.wanted, taken.stood, taken.old_micros) != (line.calls, line.calls, line.old_micros):
        raise ReportOutdated(
            f"Calls behind line {line.invoice_line_id} changed since this was proposed: reject"
            " the proposal and make it again."
        )


@transaction.atomic
def reject(*, proposal: RerateProposal, reason: str, at: datetime, by: By) -> RerateProposal:
    """Leave the invoice and its charges as they are. A rejected one comes back as it is.

    Records that had asked for it wait on, with the reason; calls that share pools with its charges
    draw once more. Raises ProposalDecided for an accepted one.
    """
    reason = validation.text("reason", reason, longest=200)
    locked = _locked(proposal)
    if locked.status == "accepted":
        raise ProposalDecided(f"Proposal {locked.pk} was accepted: its notes are issued.")
    if locked.status == "proposed":
        corrections.wait_again(locked, reason)
        cursor, tenant = database_cursor(), current_tenant()
        touched = store.delete_proposed_uses(cursor, locked.pk)
        store.close_waiting(cursor, locked.pk)
        zone = tenant.timezone
        settle(cursor, tenant_id=tenant.pk, zone=zone, at=at, touched=touched, whole=True)
        _decide(locked, "rejected", at, by, {"reason": reason})
    proposal.refresh_from_db()
    return proposal


def _locked(proposal: RerateProposal) -> RerateProposal:
    found = RerateProposal.objects.select_for_update(of=("self",)).select_related("rerating")
    return found.get(tenant_id=current_tenant_id(), pk=proposal.pk)


def _decide(
    proposal: RerateProposal, status: str, at: datetime, by: By, after: Mapping[str, object]
) -> None:
    proposal.status, proposal.decided_at, proposal.decided_by = status, at, by.actor[:200]
    proposal.save(update_fields=["status", "decided_at", "decided_by"])
    record(
        by=by, at=at, action=f"rerate_proposal.{status}", subject="rerate_proposal",
        subject_id=proposal.pk, after={"invoice": proposal.invoice_id, **after},
    )  # fmt: skip
    told = {"id": proposal.pk, "rerating": proposal.rerating_id, "invoice": proposal.invoice_id}
    tell(f"rerate_proposal.{status}", object_id=proposal.pk, payload=told, at=at)
