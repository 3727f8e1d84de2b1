"""Let records out of quarantine: after the identifier, the rule or the card is corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, islice
from typing import Any

import msgspec
import psycopg

from tollwright.core.formats.base import Fault, Ignored, Item, Record
from tollwright.engine.ingest import raw
from tollwright.engine.ingest.chunk import Attributed, Refused, chunk_of, clean
from tollwright.engine.ingest.classify import Classifier, Tally
from tollwright.engine.ingest.finish_batch import finish_batch
from tollwright.engine.ingest.held_halves import HeldHalves
from tollwright.engine.ingest.import_file import (
    CHUNK_ROWS,
    CallSource,
    counts,
    open_source,
    read_attributor,
)
from tollwright.engine.ingest.price_chunk import ChunkPricer
from tollwright.engine.ingest.write import BatchWriter, waiting
from tollwright.engine.rating.tariffs import CardRepository
from tollwright.engine.rating.terms import read_book
from tollwright.engine.resale.batch import BatchContext
from tollwright.store import batches
from tollwright.store.batches import QuarantinedRow, RefusedAgain
from tollwright.store.calls import Cursor, cursor_on


@dataclass(frozen=True, slots=True)
class Reentered:
    """What became of quarantined records; `waiting` of them are refused still, see `reasons`."""

    rated: int
    unanswered: int
    duplicates: int
    ignored: int
    waiting: int
    reasons: dict[str, int]

    @property
    def sentence(self) -> str:
        left = self.rated + self.unanswered + self.duplicates + self.ignored
        said = f"{left:,} records left the quarantine: {self.rated:,} rated"
        for count, what in (
            (self.unanswered, "unanswered"),
            (self.duplicates, "known already"),
            (self.ignored, "no call of a customer"),
        ):
            said += f", {count:,} {what}" if count else ""
        if not self.waiting:
            return f"{said}."
        why = ", ".join(f"{reason} {count:,}" for reason, count in sorted(self.reasons.items()))
        return f"{said}. {self.waiting:,} still wait ({why})."


@dataclass(slots=True)
class _Round:
    """The rows of one batch on their way out."""

    by_record: dict[tuple[int, str], int] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    attributed: list[Attributed] = field(default_factory=list)
    refused: list[tuple[int, Refused]] = field(default_factory=list)
    ignored: list[int] = field(default_factory=list)
    twice: int = 0


def reprocess(
    connection: psycopg.Connection[Any],
    *,
    tenant_id: int,
    ids: Sequence[int],
    at: datetime,
    by: str,
) -> Reentered:
    """Try the open quarantine rows of these ids once more, in one transaction.

    What is accepted counts to the batch it came with; what is refused again gets today's reason.
    """
    total = Tally()
    with connection.transaction():
        cursor = cursor_on(connection)
        batches.set_tenant(cursor, tenant_id)
        rows = batches.lock_quarantined(cursor, ids)
        for (batch_id, source_id), group in groupby(
            rows, key=lambda row: (row.batch_id, row.source_id)
        ):
            source = open_source(cursor, batches.fetch_source_code(cursor, source_id))
            batches.lock_source(cursor, source.id)
            batch = BatchContext(tenant_id, source.id, batch_id, source.tenant_zone, at)
            while some := list(islice(group, CHUNK_ROWS)):
                total.add(_batch(cursor, batch, source, some, by))
    return Reentered(
        total.rated, total.unanswered, total.duplicates, total.ignored, total.quarantined,
        dict(total.reasons),
    )  # fmt: skip


def _batch(
    cursor: Cursor, batch: BatchContext, source: CallSource, rows: list[QuarantinedRow], by: str
) -> Tally:
    identifiers = read_attributor(cursor)
    classifier = Classifier(read_book(cursor), identifiers, source.options.region, source.dialling)
    found = _Round()
    for row in rows:
        _classify(cursor, source, classifier, row, found)
    writer = BatchWriter(cursor, batch)
    pricer = ChunkPricer(CardRepository(cursor), writer.cost)
    chunk = chunk_of(found.attributed)
    pricer.price(chunk)
    tally = Tally(ignored=len(found.ignored))
    late = writer.calls(chunk, tally).late
    refused = chunk.refused + [waiting(chunk.record(at), why) for at, why in late.items()]
    corrections = tally.reasons["corrections"] + _meet_halves(cursor, source, writer)
    finish_batch(cursor, batch, pricer.consuming, corrections=corrections)
    tally.reasons.clear()
    back = found.refused + [(found.by_record[row.line, row.call_key], row) for row in refused]
    batches.update_quarantined(cursor, [_kept(row_id, row) for row_id, row in back])
    kept = {row_id for row_id, _ in back}
    gone = [row.id for row in rows if row.id in found.by_record.values() and row.id not in kept]
    batches.resolve_quarantined(
        cursor, gone + found.ignored, status="reentered", at=batch.at, by=by[:200]
    )
    moved = counts(tally) | {"quarantined": -tally.records, "records": 0}
    batches.add_counts(cursor, moved | {"batch_id": batch.batch_id})
    tally.quarantined = len(back) + found.twice
    tally.reasons.update(row.reason for _, row in back)
    return tally


def _meet_halves(cursor: Cursor, source: CallSource, writer: BatchWriter) -> int:
    """Calls that are none, since a row that left the quarantine is; how many."""
    tally = Tally()
    late = HeldHalves(cursor, source.format, source.options).void(writer, [], tally)
    voided = tally.reasons["corrections"]
    if late:
        waiting = Tally()
        writer.refuse(late, waiting)
        batches.add_counts(cursor, counts(waiting) | {"batch_id": writer.batch.batch_id})
    return voided


def _kept(row_id: int, row: Refused) -> RefusedAgain:
    return RefusedAgain(row_id, row.reason, row.detail, row.record.decode() or None, row.call_key)


def _classify(
    cursor: Cursor, source: CallSource, classifier: Classifier, row: QuarantinedRow, found: _Round
) -> None:
    item: Item = (
        msgspec.json.decode(row.record, type=Record) if row.record else _parsed(cursor, source, row)
    )
    if isinstance(item, Fault):
        refused = Refused(row.line_no, "", item.code[:40], item.reason, clean(row.raw))
        found.refused.append((row.id, refused))
        return
    if not isinstance(item, Record) or item.leg != "customer":
        found.ignored.append(row.id)
        return
    call = classifier.attribute(item)
    if isinstance(call, Ignored):
        found.ignored.append(row.id)
        return
    key = (item.line, item.call_key[:200])
    if key in found.by_record or item.call_key in found.keys:
        found.twice += 1  # one key at a time: the other row stays, and meets this one next time
    elif isinstance(call, Refused):
        found.refused.append((row.id, call))
    else:
        found.by_record[key] = row.id
        found.keys.add(item.call_key)
        found.attributed.append(call)


def _parsed(cursor: Cursor, source: CallSource, row: QuarantinedRow) -> Item:
    """The row's line read once more by today's settings of its source, below the file's first."""
    span = row.raw.count("\n") + 1
    head = _lines(cursor, row.batch_id, 1, 1) if row.line_no > 1 else b""
    body = _lines(cursor, row.batch_id, row.line_no, span)
    items = list(source.format.parse([head + body], source.options))
    for item in items[1:] if head else items:
        if isinstance(item, Record):
            return msgspec.structs.replace(item, line=row.line_no)
        if isinstance(item, Fault | Ignored):
            return item
    return Fault(row.line_no, row.reason, "The line holds no record.", row.raw)


def _lines(cursor: Cursor, batch_id: int, line_no: int, count: int) -> bytes:
    pieces = batches.fetch_chunks_at_line(cursor, batch_id=batch_id, line_no=line_no)
    if not pieces:
        return b""
    first = pieces[0].first_line
    data = b"".join(raw.original(bytes(piece.content)) for piece in pieces)
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return b"".join(line + b"\n" for line in lines[line_no - first : line_no - first + count])
