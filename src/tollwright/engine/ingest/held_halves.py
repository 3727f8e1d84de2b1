"""Channels that lead back into the switch, whose two sides come in different files.

A file's rows are judged together by their format. What they tell of such channels is kept; where
the other side is known already, or comes later, the side that is none stands no longer: charges,
pools, a parent's part and issued invoices follow as for a correction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from tollwright.core.formats.base import Format, Options, Record
from tollwright.core.formats.halves import Half
from tollwright.engine.ingest import raw
from tollwright.engine.ingest.chunk import Refused, Void
from tollwright.engine.ingest.classify import Tally
from tollwright.engine.ingest.held_lines import CONFLICT
from tollwright.engine.ingest.write import BatchWriter
from tollwright.store import batches
from tollwright.store.batches import MetHalf
from tollwright.store.calls import CallRef, Cursor

_UNREADABLE = (
    "The other side of call {key}'s channel is the call, so this one is none; but its row cannot be"
    " read again. Roll its batch back, or credit the call by hand; then dismiss this row."
)


@dataclass(frozen=True, slots=True)
class HeldHalves:
    """The channels of one source."""

    cursor: Cursor
    form: Format
    options: Options

    def void(self, writer: BatchWriter, halves: Sequence[Half], tally: Tally) -> list[Refused]:
        """Keep what a file told of channels, and void the calls that are none by it. What has to
        wait in quarantine is given: calls on issued invoices, and those that cannot be read."""
        batch = writer.batch
        if halves:
            batches.insert_halves(
                self.cursor, halves, tenant_id=batch.tenant_id, source_id=batch.source_id,
                batch_id=batch.batch_id,
            )  # fmt: skip
        elif not batches.check_halves(self.cursor, batch.source_id):
            return []
        met = batches.fetch_met_halves(
            self.cursor, source_id=batch.source_id, batch_id=batch.batch_id
        )
        records = self._records(met)
        voids = [
            Void(CallRef(one.call_id, one.started_at), _nothing(records[one.call_key]))
            for one in met
            if one.call_key in records
        ]
        late = writer.void(voids, tally)
        late += [_unreadable(one) for one in met if one.call_key not in records]
        waiting = {one.call_key for one in late}
        for one in met:
            if one.batch_id == batch.batch_id and one.call_key not in waiting:
                _count_ignored(one, tally)
        return late

    def _records(self, met: Iterable[MetHalf]) -> dict[str, Record]:
        """The rows of these calls, read again from their files."""
        wanted: dict[int, set[str]] = {}
        for one in met:
            wanted.setdefault(one.batch_id, set()).add(one.call_key)
        found: dict[str, Record] = {}
        for batch_id, keys in wanted.items():
            pieces = batches.fetch_chunks(self.cursor, batch_id)
            chunks = (raw.original(bytes(piece.content)) for piece in pieces)
            for item in self.form.parse(chunks, self.options):
                if isinstance(item, Record) and item.call_key in keys:
                    found[item.call_key] = item
        return found


def _nothing(record: Record) -> Record:
    """What a record of the call would tell now."""
    return replace(
        record, own=None, leg="customer", note="", answered=False, answered_at=None,
        answered_ms=0, source_seconds=0,
    )  # fmt: skip


def _unreadable(one: MetHalf) -> Refused:
    return Refused(0, one.call_key[:200], CONFLICT, _UNREADABLE.format(key=one.call_key), "")


def _count_ignored(one: MetHalf, tally: Tally) -> None:
    """A call of this very file is none after all."""
    tally.rated -= one.answered
    tally.unanswered -= not one.answered
    tally.ignored += 1
    tally.reasons["internal leg"] += 1
