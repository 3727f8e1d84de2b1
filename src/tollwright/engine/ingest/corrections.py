"""Quarantined records that change a call on an issued invoice, beside what the call cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from tollwright.core.formats.base import Ignored, Record
from tollwright.core.instants import micros_of
from tollwright.engine.ingest.chunk import Refused
from tollwright.engine.ingest.classify import Classifier
from tollwright.engine.ingest.import_file import open_source, read_attributor
from tollwright.engine.rating.cost_plus import unknown_cost
from tollwright.engine.rating.terms import Book, Campaign
from tollwright.engine.resale import legs
from tollwright.engine.resale.batch import BatchContext
from tollwright.engine.resale.legs import stored_calls
from tollwright.kernel.call_columns import ChargeColumns
from tollwright.store import batches, corrections
from tollwright.store.calls import Cursor
from tollwright.store.corrections import Charged, UnchangedCorrection
from tollwright.store.legs import AnsweredCall
from tollwright.store.resellers import add_staged_usage


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A call as its quarantined record tells it; numbers are E.164 digits where they can be."""

    row_id: int
    source_id: int
    record: Record
    campaign: Campaign
    caller: str
    called: str
    answered_at: datetime | None

    @property
    def started_at(self) -> datetime:
        """When the record says that it started."""
        if self.record.started_at is None:
            raise ValueError("a call without a start has no place here")
        return self.record.started_at

    @property
    def began_at(self) -> datetime:
        """When it was answered; of a call that was not, when it started."""
        return self.answered_at or self.started_at

    @property
    def trunk(self) -> str:
        """Over which it went."""
        return self.record.trunk_out or self.record.trunk_in

    def columns(self) -> dict[str, object]:
        """The call's columns that a record decides; instants as text."""
        record = self.record
        return {
            "started_at": _text(record.started_at), "answered_at": _text(self.answered_at),
            "ended_at": _text(record.ended_at), "answered_ms": record.answered_ms,
            "group_key": record.group_key, "direction": record.direction, "caller": self.caller,
            "called": self.called, "dialled": record.dialled, "cause": record.cause,
            "disposition": record.disposition, "trunk": self.trunk,
            "agent": record.agent,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class InvoicedCorrection:
    """A call as its record has it now, and the charge that stands."""

    call: RecordedCall
    charged: Charged


Waiting = tuple[int, str]  # a record that cannot be corrected so, and why; "": as it said before


def find_corrections(
    cursor: Cursor, ids: Sequence[int], book: Book
) -> tuple[list[InvoicedCorrection], list[Waiting]]:
    """The open records of these ids that correct a call on issued paper, and why others do not.

    Records and charges are held until the transaction ends.
    """
    calls, told = _calls(cursor, ids, book)
    if not calls:
        return [], told
    keys = [(call.source_id, call.record.call_key) for call in calls]
    charged = corrections.lock_charged_calls(cursor, keys, [call.started_at for call in calls])
    found: list[InvoicedCorrection] = []
    seen: set[int] = set()
    for row, call in enumerate(calls):
        stands = charged.get(row)
        if stands is None:
            told.append((call.row_id, NOT_LATE))
        elif why := _why_not(call, stands, seen):
            told.append((call.row_id, why))
        else:
            seen.add(stands.charge_id)
            found.append(InvoicedCorrection(call, stands))
    return found, told


LATE = "late_correction"
NOT_LATE = "No issued invoice carries the call now: reprocess the record."

FIRST = "decide about that one first, then correct it again."


def _why_not(call: RecordedCall, stands: Charged, seen: set[int]) -> str:
    if stands.charge_id in seen:
        return f"Another record corrects the same call: {FIRST}"
    if call.campaign.id != stands.campaign_id:
        return (
            f"The record now belongs to campaign {call.campaign.code} of customer"
            f" {call.campaign.customer_code}, the invoice bills it to campaign {stands.campaign}: a"
            " note cannot move it. Credit the call there, and bill it here by a debit note."
        )
    return ""


def _calls(
    cursor: Cursor, ids: Sequence[int], book: Book
) -> tuple[list[RecordedCall], list[Waiting]]:
    """The records that wait as late and can be attributed today."""
    classifiers: dict[int, Classifier] = {}
    found: list[RecordedCall] = []
    told: list[Waiting] = []
    for row in batches.lock_quarantined(cursor, ids):
        if row.reason != LATE or not row.record:
            told.append((row.id, ""))  # it has a reason of its own, and waits for that
            continue
        if row.source_id not in classifiers:
            source = open_source(cursor, batches.fetch_source_code(cursor, row.source_id))
            batches.lock_source(cursor, row.source_id)
            identifiers = read_attributor(cursor)
            classifiers[row.source_id] = Classifier(
                book, identifiers, source.options.region, source.dialling
            )
        call = classifiers[row.source_id].attribute(msgspec.json.decode(row.record, type=Record))
        if isinstance(call, Refused):
            told.append((row.id, call.detail))
        elif isinstance(call, Ignored):
            told.append((row.id, "The call never left the switch: it is nobody's to pay."))
        else:
            told_now = call.caller, call.called, call.answered_at
            campaign = call.terms.campaign
            found.append(RecordedCall(row.id, row.source_id, call.record, campaign, *told_now))
    return found, told


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def would_cost(
    cursor: Cursor, batch: BatchContext, found: Sequence[InvoicedCorrection]
) -> ChargeColumns:
    """What the calls cost the provider as their records have them now; nothing is written."""
    costs = legs.opened(cursor, batch)
    if costs is None:
        return unknown_cost(len(found))
    rows = [
        AnsweredCall(0, 0, micros_of(one.call.began_at), one.call.record.answered_ms, 0, 0,
                     one.call.caller, one.call.called, one.call.trunk, one.call.record.cause,
                     one.call.record.disposition)
        for one in found
    ]  # fmt: skip
    return costs.cost(stored_calls(rows))


def cost_again(cursor: Cursor, batch: BatchContext, found: Sequence[UnchangedCorrection]) -> None:
    """Charge the provider for corrected calls of one batch, after their revisions are written."""
    costs = legs.opened(cursor, batch)
    if costs is None:
        return
    if costs.parent is not None:
        costs.parent.retire([(one.call_id, one.started_at) for one in found])
    rows = corrections.fetch_answered_calls(cursor, [(one.new_id, one.new_start) for one in found])
    if rows:
        costs.write(stored_calls(rows))
        add_staged_usage(cursor, batch.tenant_id)
