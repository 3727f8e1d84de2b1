"""Quarantined records that change a call on an issued invoice, beside what the call cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from tollwright.core.formats.base import Record
from tollwright.core.instants import micros_of
from tollwright.engine.ingest import legs
from tollwright.engine.ingest.classify import Refused, Sorter
from tollwright.engine.ingest.cost_columns import Place, columns_of
from tollwright.engine.ingest.import_file import open_source, read_attributor
from tollwright.engine.rating.cost import Cost
from tollwright.engine.rating.terms import Book, Campaign
from tollwright.store import batches, corrections
from tollwright.store.calls import Cursor
from tollwright.store.corrections import Charged, UnchangedCorrection
from tollwright.store.legs import AnsweredCall


@dataclass(frozen=True, slots=True)
class Call:
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
class Late:
    """A call as it is told now, and the charge that stands."""

    call: Call
    charged: Charged


Told = tuple[int, str]  # a record that cannot be corrected so, and why; "": as it said before


def late(cursor: Cursor, ids: Sequence[int], book: Book) -> tuple[list[Late], list[Told]]:
    """The open records of these ids that correct a call on issued paper, and why others do not.

    Records and charges are held until the transaction ends.
    """
    placed, told = _calls(cursor, ids, book)
    if not placed:
        return [], told
    keys = [(call.source_id, call.record.call_key) for call in placed]
    charged = corrections.lock_charged_calls(cursor, keys, [call.started_at for call in placed])
    found: list[Late] = []
    seen: set[int] = set()
    for place, call in enumerate(placed):
        stands = charged.get(place)
        if stands is None:
            told.append((call.row_id, NOT_LATE))
        elif why := _why_not(call, stands, seen):
            told.append((call.row_id, why))
        else:
            seen.add(stands.charge_id)
            found.append(Late(call, stands))
    return found, told


LATE = "late_correction"
NOT_LATE = "No issued invoice carries the call now: reprocess the record."

FIRST = "decide about that one first, then correct it again."


def _why_not(call: Call, stands: Charged, seen: set[int]) -> str:
    if stands.charge_id in seen:
        return f"Another record corrects the same call: {FIRST}"
    if call.campaign.id != stands.campaign_id:
        return (
            f"The record now belongs to campaign {call.campaign.code} of customer"
            f" {call.campaign.customer_code}, the invoice bills it to campaign {stands.campaign}: a"
            " note cannot move it. Credit the call there, and bill it here by a debit note."
        )
    return ""


def _calls(cursor: Cursor, ids: Sequence[int], book: Book) -> tuple[list[Call], list[Told]]:
    """The records that wait as late and can be attributed today."""
    sorters: dict[int, Sorter] = {}
    found: list[Call] = []
    told: list[Told] = []
    for row in batches.lock_quarantined(cursor, ids):
        if row.reason != LATE or not row.record:
            told.append((row.id, ""))  # it has a reason of its own, and waits for that
            continue
        if row.source_id not in sorters:
            source = open_source(cursor, batches.fetch_source_code(cursor, row.source_id))
            batches.lock_source(cursor, row.source_id)
            sorters[row.source_id] = Sorter(book, read_attributor(cursor), source.options.region)
        call = sorters[row.source_id].place(msgspec.json.decode(row.record, type=Record))
        if isinstance(call, Refused):
            told.append((row.id, call.detail))
        else:
            found.append(Call(row.id, row.source_id, call.record, call.terms.campaign, call.caller,
                              call.called, call.answered_at))  # fmt: skip
    return found, told


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def would_cost(cursor: Cursor, place: Place, found: Sequence[Late]) -> Cost:
    """What the calls cost the provider as they are told now; nothing is written."""
    costs = legs.opened(cursor, place)
    if costs is None:
        return Cost.unknown(len(found))
    rows = [
        AnsweredCall(0, 0, micros_of(one.call.answered_at or one.call.started_at),
                     one.call.record.answered_ms, 0, 0, one.call.caller, one.call.called,
                     one.call.trunk, one.call.record.cause, one.call.record.disposition)
        for one in found
    ]  # fmt: skip
    return costs.cost(columns_of(rows).calls)


def cost_again(cursor: Cursor, place: Place, found: Sequence[UnchangedCorrection]) -> None:
    """Charge the provider for corrected calls of one batch, after their revisions are written."""
    costs = legs.opened(cursor, place)
    if costs is None:
        return
    costs.retire([(one.call_id, one.started_at) for one in found])
    rows = corrections.fetch_answered_calls(cursor, [(one.new_id, one.new_start) for one in found])
    if rows:
        costs.write(columns_of(rows))
