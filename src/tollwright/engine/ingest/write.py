"""One portion into the database: stage, compare with what is known, insert, quarantine, sum."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np

from tollwright.core.formats.base import Record
from tollwright.core.instants import moment_of
from tollwright.engine.ingest import legs, stage
from tollwright.engine.ingest.calls import Calls
from tollwright.engine.ingest.classify import Refused, Tally, refusal
from tollwright.engine.ingest.cost_columns import Columns, Place, answered
from tollwright.engine.ingest.price import Priced
from tollwright.engine.rating.cost import Cost
from tollwright.engine.rating.cost_plus import UNKNOWN_COST
from tollwright.engine.rating.terms import Terms
from tollwright.kernel.arrays import NONE, Int64
from tollwright.kernel.text import Text, text_joined, text_of
from tollwright.store import batches, binary, calls
from tollwright.store.calls import CampaignDay, KnownCall

AROUND = timedelta(days=32)  # how far a correction may move a call
Late = dict[int, str]  # places of calls that an issued invoice carries otherwise: which of WAITING
WAITING = {
    "late_correction": "The record changes a call that is on an issued invoice. Propose a note for"
    " the difference; or void the invoice, then reprocess the record.",
    UNKNOWN_COST: "The record changes a call that the parent has already billed. The plan prices"
    " the call from its cost, which is not known before the parent credits it; then let it in"
    " again.",
}


@dataclass(slots=True)
class Writer:
    """Writes portions of one batch on the caller's cursor and transaction."""

    cursor: calls.Cursor
    place: Place
    _months: set[date] = field(default_factory=set)
    _legs: legs.Legs | None = None  # of what calls cost, if anything

    def __post_init__(self) -> None:
        self._legs = legs.opened(self.cursor, self.place)
        calls.create_staged(self.cursor)
        batches.create_refused(self.cursor)

    def write(self, priced: Priced, refused: list[Refused]) -> tuple[Tally, Late]:
        """What became of the portion's calls and refused rows, and the calls that wait."""
        tally = Tally()
        late = self.calls(priced, tally)
        refused = refused + priced.refused
        if refused:
            self.refuse(refused, tally)
        return tally, late

    def refuse(self, refused: list[Refused], tally: Tally) -> None:
        """To quarantine; a row that waits there already is a duplicate."""
        rows = stage.refused_rows(refused)
        place = self.place
        values = {
            "tenant_id": place.tenant_id, "batch_id": place.batch_id,
            "source_id": place.source_id, "at": place.at,
        }  # fmt: skip
        reasons = batches.insert_quarantined(self.cursor, rows, values)
        tally.quarantined += len(reasons)
        tally.duplicates += len(refused) - len(reasons)
        tally.reasons.update(reasons)

    def cost(self, there: Calls, places: Int64) -> Cost:
        """What the calls at these places, none of which is written yet, cost the provider."""
        if self._legs is None:
            return Cost.unknown(len(places))
        return self._legs.cost(answered(there, places))

    def calls(self, priced: Priced, tally: Tally) -> Late:
        """Write the calls; the places of those that must wait come back."""
        there = priced.calls
        if not len(there):
            return {}
        for month in np.unique(there.started_us.astype("M8[us]").astype("M8[M]")).tolist():
            if month not in self._months:
                calls.ensure_month(self.cursor, datetime(month.year, month.month, 1, tzinfo=UTC))
                self._months.add(month)
        call_id, charge_id = calls.claim_ids(self.cursor)
        calls.stage_calls(self.cursor, _rows(priced, call_id, charge_id))
        gone, late, recount = self._meet(there, call_id, tally)
        place = self.place
        if len(gone) < len(there):
            calls.insert_staged(
                self.cursor, tenant_id=place.tenant_id, source_id=place.source_id,
                batch_id=place.batch_id, zone=place.zone, at=place.at,
            )  # fmt: skip
        written = np.ones(len(there), bool)
        written[gone] = False
        tally.unanswered += int((there.counted_ms[written] < 0).sum())
        tally.rated += int((there.counted_ms[written] >= 0).sum())
        calls.sum_days(self.cursor, tenant_id=place.tenant_id, zone=place.zone, days=recount)
        answered = np.flatnonzero(written & (there.counted_ms >= 0))
        if self._legs is not None and len(answered):
            costed = self._legs.write(_columns(there, answered, call_id))
            tally.reasons.update(costed.reasons)
            tally.priced_individually += costed.priced_individually
        return late

    def _meet(
        self, there: Calls, first_id: int, tally: Tally
    ) -> tuple[list[int], Late, list[CampaignDay]]:
        """Compare with the calls there are.

        Gives the places that are not to be written, those of them that must wait, and the
        days whose sums a correction changes.
        """
        first, last = int(there.started_us.min()), int(there.started_us.max())
        known = calls.fetch_known_calls(
            self.cursor, source_id=self.place.source_id, first=moment_of(first) - AROUND,
            last=moment_of(last) + AROUND,
        )  # fmt: skip
        if not known:
            return [], {}, []
        same = [call.staged_id for call in known if call.unchanged]
        told = [call for call in known if not call.unchanged]
        wait = self._waiting(there, first_id, told)
        changed = [call for call in told if call.staged_id not in wait]
        tally.duplicates += len(same)
        if same or wait:
            calls.delete_staged(self.cursor, [*same, *wait])
        days: list[CampaignDay] = []
        if changed:
            tally.reasons["corrections"] += len(changed)
            old = [(call.known_id, call.started_at) for call in changed]
            days = calls.fetch_touched_days(self.cursor, zone=self.place.zone, calls=old)
            calls.revise_staged(self.cursor, changed)
            if self._legs is not None:
                self._legs.retire(old)
        late = {call_id - first_id: why for call_id, why in wait.items()}
        return [*(call_id - first_id for call_id in same), *late], late, days

    def _waiting(self, there: Calls, first_id: int, told: list[KnownCall]) -> Late:
        """The new ids of corrections that must wait: of calls on an issued invoice, and of those
        whose price is made of what a parent has billed otherwise."""
        if not told:
            return {}
        old = [(call.known_id, call.started_at) for call in told]
        issued = calls.fetch_issued_calls(self.cursor, old)
        billed = set[int]()
        if self._legs is not None and any(terms.cost_plus for terms in there.terms):
            billed = self._legs.billed(old)
        wait: Late = {}
        for call in told:
            if call.known_id in issued:
                wait[call.staged_id] = "late_correction"
            elif call.known_id in billed and _from_cost(there, call.staged_id - first_id):
                wait[call.staged_id] = UNKNOWN_COST
        return wait


def _from_cost(there: Calls, place: int) -> bool:
    return there.counted_ms[place] >= 0 and there.terms[there.which[place]].cost_plus is not None


def waiting(record: Record, reason: str) -> Refused:
    """A correction that comes too late, on its way to quarantine."""
    return refusal(record, reason, WAITING[reason])


def _columns(there: Calls, places: Int64, call_id: int) -> Columns:
    """What the calls at some places cost is priced from this."""
    customer, campaign, *_ = _of_terms(there)
    return Columns(
        call_id + places, there.started_us[places], customer[places], campaign[places],
        answered(there, places),
    )  # fmt: skip


def _rows(priced: Priced, call_id: int, charge_id: int) -> memoryview:
    """The rows of tw_staged."""
    there, prices = priced.calls, priced.prices
    count, charged = len(there), prices.charged
    customer, campaign, version, plan, currency = _of_terms(there)
    answered = there.counted_ms >= 0
    return binary.rows(
        [
            (np.arange(call_id, call_id + count), 8),
            (binary.instants(there.started_us), 8),
            (binary.instants(there.answered_us), 8),
            (binary.instants(there.ended_us), 8),
            (there.answered_ms, 8),
            (there.line, 8),
            (customer, 8),
            (campaign, 8),
            (np.where(answered, version, NONE), 8),
            (np.where(answered, plan, NONE), 8),
            (np.where(charged, np.arange(charge_id, charge_id + count), NONE), 8),
            (np.where(charged, prices.rate_no, NONE), 4),
            (np.where(charged, prices.billed_s, NONE), 4),
            (np.where(charged, prices.allowance_s, NONE), 4),
            (np.where(charged, prices.amount_micros, NONE), 8),
        ],
        [
            there.key, there.group, there.direction, there.caller, there.called, there.dialled,
            there.cause, there.disposition, there.trunk, there.agent, currency, prices.prefix,
        ],
    )  # fmt: skip


def _of_terms(there: Calls) -> tuple[Int64, Int64, Int64, Int64, Text]:
    """Customer, campaign, card version, plan version (NONE: none) and currency of each call."""
    table = np.array([_numbers(terms) for terms in there.terms], np.int64)
    answered = text_of([terms.currency for terms in there.terms])
    unanswered = text_of([terms.campaign.currency for terms in there.terms])
    currency = text_joined((answered, unanswered))
    which = np.where(there.counted_ms < 0, there.which + len(there.terms), there.which)
    customer, campaign, version, plan = table[there.which].T
    return customer, campaign, version, plan, currency.pick(which)


def _numbers(terms: Terms) -> tuple[int, int, int, int]:
    version = NONE if terms.version is None else terms.version.id
    return terms.campaign.customer_id, terms.campaign.id, version, terms.plan_version_id or NONE
