"""One portion into the database: stage, compare with what is known, insert, quarantine, sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np

from tollwright.core.formats.base import Record
from tollwright.core.instants import moment_of
from tollwright.engine.ingest import stage
from tollwright.engine.ingest.chunk import Chunk, Refused, Void, refusal
from tollwright.engine.ingest.classify import Tally
from tollwright.engine.rating.cost_plus import unknown_cost
from tollwright.engine.rating.refusals import NAMES, UNKNOWN_COST
from tollwright.engine.resale import legs
from tollwright.engine.resale.batch import BatchContext
from tollwright.engine.resale.parent import Parent
from tollwright.kernel.arrays import NONE
from tollwright.kernel.call_columns import CallColumns, ChargeColumns
from tollwright.kernel.text import text_of, unpacked
from tollwright.store import batches, binary, calls
from tollwright.store.calls import CampaignDay, KnownCall
from tollwright.store.rerate import lock_usage

MAX_MOVE = timedelta(days=32)  # of a call by a correction
Late = dict[int, str]  # rows of calls that an issued invoice carries otherwise: which of WAITING
WAITING = {
    "late_correction": "The record changes a call that is on an issued invoice. Propose a note for"
    " the difference; or void the invoice, then reprocess the record.",
    NAMES[UNKNOWN_COST]: "The record changes a call that the parent has already billed. The plan"
    " prices the call from its cost, which is not known before the parent credits it; then let it"
    " in again.",
}


@dataclass(frozen=True, slots=True)
class Aside:
    """Rows of a chunk that were not written: `late` ones wait, `met` ones are of lines of which the
    source holds other calls, and have to be judged with these."""

    late: Late = field(default_factory=dict)
    met: list[int] = field(default_factory=list)


@dataclass(slots=True)
class BatchWriter:
    """Writes chunks of one batch on the caller's cursor and transaction. `by_line`: rows of one
    line tell of each other."""

    cursor: calls.Cursor
    batch: BatchContext
    by_line: bool = False
    _months: set[date] = field(default_factory=set)
    _legs: legs.Legs | None = None  # of what calls cost, if anything

    def __post_init__(self) -> None:
        self._legs = legs.opened(self.cursor, self.batch)
        calls.create_staged(self.cursor)
        batches.create_refused(self.cursor)

    @property
    def _parent(self) -> Parent | None:
        return None if self._legs is None else self._legs.parent

    def write(self, chunk: Chunk) -> tuple[Tally, Aside]:
        """What became of the chunk's calls and refused rows, and the calls left out."""
        tally = Tally()
        aside = self.calls(chunk, tally)
        refused = chunk.refused + self.void(chunk.voids, tally)
        if refused:
            self.refuse(refused, tally)
        return tally, aside

    def void(self, voids: Sequence[Void], tally: Tally) -> list[Refused]:
        """Calls that are part of others stand no longer; those on an issued invoice, here or at the
        parent, wait as a record that would take their money back."""
        if not voids:
            return []
        lock_usage(self.cursor)
        refs = [(void.call.call_id, void.call.started_at) for void in voids]
        kept = calls.fetch_issued_calls(self.cursor, refs)
        if self._parent is not None:
            kept |= self._parent.billed(refs)
        gone = [void.call for void in voids if void.call.call_id not in kept]
        if gone:
            days = calls.fetch_touched_days(self.cursor, zone=self.batch.zone, calls=gone)
            calls.void_calls(self.cursor, gone, batch_id=self.batch.batch_id)
            if self._parent is not None:
                self._parent.retire(gone)
            calls.sum_days(
                self.cursor, tenant_id=self.batch.tenant_id, zone=self.batch.zone, days=days
            )
            tally.reasons["corrections"] += len(gone)
        return [waiting(v.record, "late_correction") for v in voids if v.call.call_id in kept]

    def refuse(self, refused: list[Refused], tally: Tally) -> None:
        """To quarantine; a row that waits there already is a duplicate."""
        rows = stage.refused_rows(refused)
        batch = self.batch
        values = {
            "tenant_id": batch.tenant_id, "batch_id": batch.batch_id,
            "source_id": batch.source_id, "at": batch.at,
        }  # fmt: skip
        reasons = batches.insert_quarantined(self.cursor, rows, values)
        tally.quarantined += len(reasons)
        tally.duplicates += len(refused) - len(reasons)
        tally.reasons.update(reasons)

    def cost(self, told: CallColumns) -> ChargeColumns:
        """What these calls, none of which is written yet, cost the provider."""
        return unknown_cost(len(told)) if self._legs is None else self._legs.cost(told)

    def calls(self, chunk: Chunk, tally: Tally) -> Aside:
        """Write the calls; the rows of those that were left out come back."""
        there = chunk.calls
        if not len(there):
            return Aside()
        for month in np.unique(there.started_us.astype("M8[us]").astype("M8[M]")).tolist():
            if month not in self._months:
                calls.ensure_month(self.cursor, datetime(month.year, month.month, 1, tzinfo=UTC))
                self._months.add(month)
        call_id, charge_id = calls.claim_ids(self.cursor, len(there))
        calls.stage_calls(self.cursor, _rows(chunk, call_id, charge_id))
        gone, aside, recount = self._compare(chunk, call_id, tally)
        batch = self.batch
        if len(gone) < len(there):
            calls.insert_staged(
                self.cursor, tenant_id=batch.tenant_id, source_id=batch.source_id,
                batch_id=batch.batch_id, zone=batch.zone, at=batch.at,
            )  # fmt: skip
        written = np.ones(len(there), bool)
        written[gone] = False
        tally.unanswered += int((there.counted_ms[written] < 0).sum())
        tally.rated += int((there.counted_ms[written] >= 0).sum())
        calls.sum_days(self.cursor, tenant_id=batch.tenant_id, zone=batch.zone, days=recount)
        answered = np.flatnonzero(written & (there.counted_ms >= 0))
        if self._legs is not None and len(answered):
            costed = self._legs.write(_of_terms(chunk, call_id).pick(answered))
            tally.reasons.update(costed.reasons)
            tally.priced_individually += costed.priced_individually
        return aside

    def _compare(
        self, chunk: Chunk, first_id: int, tally: Tally
    ) -> tuple[list[int], Aside, list[CampaignDay]]:
        """Compare with the calls there are.

        Gives the rows that are not to be written, those of them that come back, and the
        days whose sums a correction changes.
        """
        first, last = int(chunk.calls.started_us.min()), int(chunk.calls.started_us.max())
        span = {"first": moment_of(first) - MAX_MOVE, "last": moment_of(last) + MAX_MOVE}
        met = set[int]()
        if self.by_line:
            lines = calls.fetch_line_rows(self.cursor, source_id=self.batch.source_id, **span)
            if not lines:
                return [], Aside(), []
            if not chunk.judged:
                met = {row.staged_id for row in lines if row.is_other}
        known = calls.fetch_known_calls(self.cursor, source_id=self.batch.source_id, **span)
        same = [call.staged_id for call in known if call.unchanged]
        told = [call for call in known if not call.unchanged]
        if self.by_line and not chunk.judged:
            met |= {call.staged_id for call in told}
        met -= set(same)
        told = [call for call in told if call.staged_id not in met]
        wait = self._waiting(chunk, first_id, told)
        changed = [call for call in told if call.staged_id not in wait]
        tally.duplicates += len(same)
        left_out = [*same, *wait, *met]
        if left_out:
            calls.delete_staged(self.cursor, left_out)
        days: list[CampaignDay] = []
        if changed:
            tally.reasons["corrections"] += len(changed)
            old = [(call.known_id, call.started_at) for call in changed]
            days = calls.fetch_touched_days(self.cursor, zone=self.batch.zone, calls=old)
            calls.revise_staged(self.cursor, changed)
            if self._parent is not None:
                self._parent.retire(old)
        late = {call_id - first_id: why for call_id, why in wait.items()}
        aside = Aside(late, sorted(call_id - first_id for call_id in met))
        return [call_id - first_id for call_id in left_out], aside, days

    def _waiting(self, chunk: Chunk, first_id: int, told: list[KnownCall]) -> Late:
        """The new ids of corrections that must wait: of calls on an issued invoice, and of those
        whose price is made of what a parent has billed otherwise."""
        if not told:
            return {}
        lock_usage(self.cursor)  # before charges and resellers first, as re-rating does
        old = [(call.known_id, call.started_at) for call in told]
        issued = calls.fetch_issued_calls(self.cursor, old)
        billed = set[int]()
        if self._parent is not None and any(terms.cost_plus for terms in chunk.terms):
            billed = self._parent.billed(old)
        wait: Late = {}
        for call in told:
            if call.known_id in issued:
                wait[call.staged_id] = "late_correction"
            elif call.known_id in billed and _from_cost(chunk, call.staged_id - first_id):
                wait[call.staged_id] = NAMES[UNKNOWN_COST]
        return wait


def _from_cost(chunk: Chunk, row: int) -> bool:
    calls = chunk.calls
    return calls.counted_ms[row] >= 0 and chunk.terms[calls.terms_no[row]].cost_plus is not None


def waiting(record: Record, reason: str) -> Refused:
    """A correction that comes too late, on its way to quarantine."""
    return refusal(record, reason, WAITING[reason])


def _rows(chunk: Chunk, call_id: int, charge_id: int) -> memoryview:
    """The rows of tw_staged."""
    calls, charges, known = chunk.calls, chunk.charges, _of_terms(chunk, call_id)
    count, charged = len(calls), charges.rated
    answered = calls.counted_ms >= 0
    currencies = [terms.currency for terms in chunk.terms]
    currencies += [terms.campaign.currency for terms in chunk.terms]  # of unanswered calls
    currency = np.where(answered, calls.terms_no, calls.terms_no + len(chunk.terms))
    version = np.array([terms.version.id if terms.version else NONE for terms in chunk.terms])
    return binary.rows(
        [
            (known.call_id, 8),
            (binary.instants(calls.started_us), 8),
            (binary.instants(calls.answered_us), 8),
            (binary.instants(calls.ended_us), 8),
            (calls.answered_ms, 8),
            (calls.line, 8),
            (known.customer_id, 8),
            (known.campaign_id, 8),
            (np.where(answered, version[calls.terms_no], NONE), 8),
            (np.where(answered, known.plan_id, NONE), 8),
            (np.where(charged, np.arange(charge_id, charge_id + count), NONE), 8),
            (np.where(charged, charges.rate_index, NONE), 4),
            (np.where(charged, charges.billed_s, NONE), 4),
            (np.where(charged, charges.allowance_s, NONE), 4),
            (np.where(charged, charges.amount_micros, NONE), 8),
        ],
        [
            calls.key, calls.group, calls.direction, calls.caller, calls.called, calls.dialled,
            calls.cause, calls.disposition, calls.trunk, calls.agent,
            text_of(currencies).pick(currency), unpacked(charges.prefix),
        ],
    )  # fmt: skip


def _of_terms(chunk: Chunk, call_id: int) -> CallColumns:
    """The calls with their ids, and whose they are by their terms."""
    numbers = [
        (terms.campaign.customer_id, terms.campaign.id, terms.plan_version_id or NONE)
        for terms in chunk.terms
    ]
    customer, campaign, plan = np.array(numbers, np.int64)[chunk.calls.terms_no].T
    ids = np.arange(call_id, call_id + len(chunk.calls))
    return chunk.calls.replaced(
        call_id=ids, customer_id=customer, campaign_id=campaign, plan_id=plan
    )
