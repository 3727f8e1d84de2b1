"""Batches, the raw pieces of their files, and the quarantine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from tollwright.core.formats.halves import Half
from tollwright.store.calls import CallRef, CampaignDay, Cursor
from tollwright.store.rows import fetch_all, fetch_one, fetch_value, fetch_values
from tollwright.store.sql import statements

SQL = statements("batches.sql")


class SourceRow(NamedTuple):
    """A source with its tenant's zone; `region` is the tenant's where it has none of its own."""

    id: int
    code: str
    format: str
    zone: str
    region: str
    options: str  # JSON
    tenant_zone: str


class DoneBatchRow(NamedTuple):
    """What an earlier batch made of a file."""

    id: int
    records: int
    rated: int
    unanswered: int
    duplicates: int
    ignored: int
    quarantined: int
    filename: str
    received_at: datetime


class BatchRow(NamedTuple):
    """A batch, its source's code and its tenant's zone."""

    id: int
    source_id: int
    filename: str
    status: str
    received_at: datetime
    sha256: str
    source_code: str
    tenant_zone: str


class ChunkRow(NamedTuple):
    """A piece of a file: compressed, from this line on."""

    first_line: int
    content: bytes


class ChunkPlace(NamedTuple):
    """Which piece of a file it is, and its first line."""

    seq: int
    first_line: int


class BatchSpan(NamedTuple):
    """The first and last start of a batch's calls, and how many they are."""

    first: datetime
    last: datetime
    calls: int


class MetHalf(NamedTuple):
    """A call that stands and is none: the other side of its channel is the call."""

    call_id: int
    started_at: datetime
    call_key: str
    batch_id: int
    answered: bool


class Invoiced(NamedTuple):
    """How many charges of a batch stand on invoices, and one of these."""

    charges: int
    invoice: str


class QuarantinedRow(NamedTuple):
    """An open record of the quarantine; `record` is the call as JSON, if it could be parsed."""

    id: int
    batch_id: int
    source_id: int
    line_no: int
    call_key: str
    reason: str
    raw: str
    record: str | None


def set_tenant(cursor: Cursor, tenant_id: int) -> None:
    """Whose rows this transaction sees."""
    cursor.execute(SQL["set_tenant"], {"tenant_id": str(tenant_id)})


def fetch_source(cursor: Cursor, code: str) -> SourceRow | None:
    """The source of this code."""
    return fetch_one(cursor, SourceRow, SQL["fetch_source"], {"code": code})


def fetch_source_codes(cursor: Cursor) -> list[str]:
    """The codes there are."""
    return fetch_values(cursor, str, SQL["fetch_source_codes"])


def fetch_source_code(cursor: Cursor, source_id: int) -> str:
    """The code of a source; empty where there is none."""
    return fetch_value(cursor, str, SQL["fetch_source_code"], {"source_id": source_id}) or ""


def lock_source(cursor: Cursor, source_id: int) -> None:
    """Until the transaction ends, no other file of this source is taken in."""
    cursor.execute(SQL["lock_source"], {"source_id": source_id})


def fetch_done_batch(cursor: Cursor, *, source_id: int, sha256: str) -> DoneBatchRow | None:
    """The batch that brought this file."""
    values = {"source_id": source_id, "sha256": sha256}
    return fetch_one(cursor, DoneBatchRow, SQL["fetch_done_batch"], values)


def insert_batch(cursor: Cursor, values: Mapping[str, object]) -> int:
    """A new batch without counts; its id."""
    batch_id = fetch_value(cursor, int, SQL["insert_batch"], values)
    if batch_id is None:
        raise LookupError("a batch was not written")
    return batch_id


def add_counts(cursor: Cursor, values: Mapping[str, object]) -> None:
    """Add to a batch's counts."""
    cursor.execute(SQL["add_counts"], values)


def update_unused_columns(cursor: Cursor, *, batch_id: int, columns: Sequence[str]) -> None:
    """Keep which columns of a batch's file nobody reads."""
    values = {"batch_id": batch_id, "columns": list(columns)}
    cursor.execute(SQL["update_unused_columns"], values)


def insert_chunk(cursor: Cursor, values: Mapping[str, object]) -> None:
    """Keep a compressed piece of the file."""
    cursor.execute(SQL["insert_chunk"], values)


def fetch_chunks(cursor: Cursor, batch_id: int) -> list[ChunkRow]:
    """A file's pieces in order."""
    return fetch_all(cursor, ChunkRow, SQL["fetch_chunks"], {"batch_id": batch_id})


def fetch_chunk_places(cursor: Cursor, batch_id: int) -> list[ChunkPlace]:
    """Where a file's pieces begin, in order."""
    return fetch_all(cursor, ChunkPlace, SQL["fetch_chunk_places"], {"batch_id": batch_id})


def fetch_chunk(cursor: Cursor, *, batch_id: int, seq: int) -> bytes:
    """A piece of a file, compressed; empty where there is none."""
    values = {"batch_id": batch_id, "seq": seq}
    return bytes(fetch_value(cursor, bytes, SQL["fetch_chunk"], values) or b"")


def fetch_chunks_at_line(cursor: Cursor, *, batch_id: int, line_no: int) -> list[ChunkRow]:
    """The piece with this line, and the one after it."""
    values = {"batch_id": batch_id, "line_no": line_no}
    return fetch_all(cursor, ChunkRow, SQL["fetch_chunks_at_line"], values)


def create_refused(cursor: Cursor) -> None:
    """The temporary table, empty; it goes with the transaction."""
    cursor.execute(SQL["create_refused"])


def insert_quarantined(cursor: Cursor, rows: bytes, values: Mapping[str, object]) -> list[str]:
    """Put rows (COPY's text format) into quarantine; the reasons of those not there already."""
    cursor.execute(SQL["clear_refused"])
    with cursor.copy(SQL["copy_refused"]) as copy:
        copy.write(rows)
    return fetch_values(cursor, str, SQL["insert_quarantined"], values)


def lock_batch(cursor: Cursor, batch_id: int) -> BatchRow | None:
    """A batch; nobody else replays it or rolls it back until the transaction ends."""
    return fetch_one(cursor, BatchRow, SQL["lock_batch"], {"batch_id": batch_id})


def fetch_batch_span(cursor: Cursor, batch_id: int) -> BatchSpan | None:
    """Where a batch's calls lie in time; None: it brought none, or is another tenant's."""
    return fetch_one(cursor, BatchSpan, SQL["fetch_batch_span"], {"batch_id": batch_id})


def count_invoiced(cursor: Cursor, values: Mapping[str, object]) -> Invoiced:
    """What of a batch stands on invoices."""
    return fetch_one(cursor, Invoiced, SQL["count_invoiced"], values) or Invoiced(0, "")


def fetch_batch_days(cursor: Cursor, values: Mapping[str, object]) -> list[CampaignDay]:
    """The days whose sums a batch is part of."""
    return fetch_all(cursor, CampaignDay, SQL["fetch_batch_days"], values)


def fetch_corrected_calls(cursor: Cursor, values: Mapping[str, object]) -> list[CallRef]:
    """The calls that a batch's standing calls took the place of."""
    return fetch_all(cursor, CallRef, SQL["fetch_corrected_calls"], values)


def delete_calls(cursor: Cursor, values: Mapping[str, object], *, keep: bool) -> None:
    """Take a batch's charges and calls away; `keep`: but those that other batches corrected."""
    cursor.execute(SQL["delete_charges"], {**values, "keep": keep})
    cursor.execute(SQL["delete_calls"], {**values, "keep": keep})


def move_calls(cursor: Cursor, old_id: int, batch_id: int) -> None:
    """The calls of a batch that are left are another's."""
    cursor.execute(SQL["move_calls"], {"old_id": old_id, "batch_id": batch_id})


def restore_calls(cursor: Cursor, calls: Sequence[tuple[int, datetime]]) -> None:
    """Calls that had been corrected stand again, with charges of their own."""
    values = {"call_ids": [call[0] for call in calls], "moments": [call[1] for call in calls]}
    cursor.execute(SQL["restore_calls"], values)
    cursor.execute(SQL["restore_charges"], values)


def mark_rolled_back(cursor: Cursor, values: Mapping[str, object]) -> None:
    """Mark the batch; nothing of it waits any longer."""
    cursor.execute(SQL["close_quarantine"], values)
    cursor.execute(SQL["mark_rolled_back"], values)


def lock_quarantined(cursor: Cursor, ids: Sequence[int]) -> list[QuarantinedRow]:
    """Open records of these ids, batch by batch; nobody else lets them out meanwhile."""
    return fetch_all(cursor, QuarantinedRow, SQL["lock_quarantined"], {"ids": list(ids)})


def resolve_quarantined(
    cursor: Cursor, ids: Sequence[int], *, status: str, at: datetime, by: str
) -> int:
    """Open rows leave the quarantine; how many did."""
    values = {"ids": list(ids), "status": status, "at": at, "by": by}
    return cursor.execute(SQL["resolve_quarantined"], values).rowcount


class RefusedAgain(NamedTuple):
    """Why a record stays in quarantine, and what it was read as."""

    id: int
    reason: str
    detail: str
    record: str | None
    call_key: str


def update_quarantined(cursor: Cursor, rows: Sequence[RefusedAgain]) -> None:
    """Records stay in quarantine, by today's reasons."""
    values = {
        "ids": [row.id for row in rows], "reasons": [row.reason for row in rows],
        "details": [row.detail for row in rows], "records": [row.record for row in rows],
        "keys": [row.call_key for row in rows],
    }  # fmt: skip
    cursor.execute(SQL["update_quarantined"], values)


def insert_halves(
    cursor: Cursor, halves: Sequence[Half], *, tenant_id: int, source_id: int, batch_id: int
) -> None:
    """Keep what rows of a file told of channels with two halves; told again, the later word."""
    once = list({(one.meet, one.far, one.call_key): one for one in halves}.values())
    cursor.execute(
        SQL["insert_halves"],
        {
            "tenant_id": tenant_id, "source_id": source_id, "batch_id": batch_id,
            "meets": [one.meet for one in once], "fars": [one.far for one in once],
            "keys": [one.call_key for one in once], "stays": [one.stays for one in once],
            "moments": [one.at for one in once],
        },
    )  # fmt: skip


def check_halves(cursor: Cursor, source_id: int) -> bool:
    """Whether a source has told of channels with two halves."""
    return bool(fetch_value(cursor, bool, SQL["check_halves"], {"source_id": source_id}))


def delete_halves(cursor: Cursor, batch_id: int) -> None:
    """What a file told of channels goes with its calls."""
    cursor.execute(SQL["delete_halves"], {"batch_id": batch_id})


def fetch_met_halves(cursor: Cursor, *, source_id: int, batch_id: int) -> list[MetHalf]:
    """Calls that are none by what a file told or brought, see `core.formats.halves`."""
    values = {"source_id": source_id, "batch_id": batch_id}
    return fetch_all(cursor, MetHalf, SQL["fetch_met_halves"], values)
