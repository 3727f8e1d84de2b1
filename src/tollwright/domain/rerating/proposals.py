"""What was reckoned anew, and what is proposed for the calls of it that are on issued invoices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np

from tollwright.data.rerating import RerateProposal, RerateProposalLine, Rerating
from tollwright.data.scope import current_tenant_id
from tollwright.domain.audit.operations import By
from tollwright.domain.rerating.report import Places, parts
from tollwright.engine.rerate.run import Outcome
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import ChargeColumns


def note(
    told: Mapping[str, object], key: str, outcome: Outcome, places: Places, at: datetime, by: By
) -> Rerating:
    """The row of a re-rating that is applied; `told` says of which calls."""
    on_paper = places.line_id != 0
    every = np.arange(len(on_paper))
    return Rerating.objects.create(
        tenant_id=current_tenant_id(),
        idempotency_key=key,
        scope=told,
        fingerprint=outcome.fingerprint,
        sums=[
            {"currency": part.currency, "old": part.old_micros, "new": part.new_micros}
            for part in parts(outcome.changes, every)
        ],
        calls=sum(group.figures.calls for group in outcome.groups),
        revised=int((~on_paper).sum()),
        proposed=int(on_paper.sum()),
        refused=sum(outcome.refused.values()),
        applied_at=at,
        applied_by=by.actor[:200],
    )


def propose(rerating: Rerating, changes: ChargeColumns, places: Places) -> Int64:
    """A proposal for each issued invoice, a line for each of its usage lines.

    Of each change the proposal's line in which its charge has to wait; 0 for what is open.
    """
    waiting_in = np.zeros_like(changes.line_id)
    for invoice_id in np.unique(places.invoice_id[places.invoice_id != 0]).tolist():
        proposal = RerateProposal.objects.create(
            tenant_id=rerating.tenant_id, rerating=rerating, invoice_id=invoice_id
        )
        of_invoice = places.line_id[places.invoice_id == invoice_id]
        for line_id in np.unique(of_invoice).tolist():
            here = places.line_id == line_id
            line = _line(proposal, line_id, changes, here)
            waiting_in[here] = line.pk
    return waiting_in


def _line(
    proposal: RerateProposal, line_id: int, changes: ChargeColumns, here: Int64
) -> RerateProposalLine:
    old, new = changes.old_micros[here], changes.amount_micros[here]
    moves = new - old
    return RerateProposalLine.objects.create(
        tenant_id=proposal.tenant_id,
        proposal=proposal,
        invoice_line_id=line_id,
        calls=len(old),
        old_micros=int(old.sum()),
        new_micros=int(new.sum()),
        up_micros=int(moves[moves > 0].sum()),
        down_micros=-int(moves[moves < 0].sum()),
    )
