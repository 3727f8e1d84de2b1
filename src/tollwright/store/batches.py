"""Batches, the raw pieces of their files, and the quarantine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from tollwright.store.calls import Cursor
from tollwright.store.sql import statements

SQL = statements("batches.sql")
Row = tuple[Any, ...]


def set_tenant(cursor: Cursor, tenant_id: int) -> None:
    """Whose rows this transaction sees."""
    cursor.execute(SQL["set_tenant"], {"tenant_id": str(tenant_id)})


def source(cursor: Cursor, code: str) -> Row | None:
    """(id, code, format, zone, region, options as JSON text, the tenant's zone)."""
    return cursor.execute(SQL["source"], {"code": code}).fetchone()


def source_codes(cursor: Cursor) -> list[str]:
    """The codes there are."""
    return [row[0] for row in cursor.execute(SQL["source_codes"]).fetchall()]


def source_code(cursor: Cursor, source_id: int) -> str:
    """The code of a source."""
    row = cursor.execute(SQL["source_code"], {"source_id": source_id}).fetchone()
    return str(row[0]) if row else ""


def lock_source(cursor: Cursor, source_id: int) -> None:
    """Until the transaction ends, no other file of this source is taken in."""
    cursor.execute(SQL["lock_source"], {"source_id": source_id})


def done_batch(cursor: Cursor, *, source_id: int, sha256: str) -> Row | None:
    """(id, the six counts, filename, received_at) of the batch that brought this file."""
    values = {"source_id": source_id, "sha256": sha256}
    return cursor.execute(SQL["done_batch"], values).fetchone()


def open_batch(cursor: Cursor, values: Mapping[str, object]) -> int:
    """A new batch without counts; its id."""
    row = cursor.execute(SQL["open_batch"], values).fetchone()
    if row is None:
        raise LookupError("a batch was not written")
    return int(row[0])


def count_batch(cursor: Cursor, values: Mapping[str, object]) -> None:
    """Add to a batch's counts."""
    cursor.execute(SQL["count_batch"], values)


def keep_chunk(cursor: Cursor, values: Mapping[str, object]) -> None:
    """Keep a compressed piece of the file."""
    cursor.execute(SQL["keep_chunk"], values)


def chunks(cursor: Cursor, batch_id: int) -> list[Row]:
    """(seq, first line, compressed content) in order."""
    return cursor.execute(SQL["chunks"], {"batch_id": batch_id}).fetchall()


def chunk_with_line(cursor: Cursor, *, batch_id: int, line_no: int) -> list[Row]:
    """(first line, compressed content) of the piece with this line and the one after it."""
    values = {"batch_id": batch_id, "line_no": line_no}
    return cursor.execute(SQL["chunk_with_line"], values).fetchall()


def make_refused(cursor: Cursor) -> None:
    """The temporary table, empty; it goes with the transaction."""
    cursor.execute(SQL["make_refused"])


def quarantine(cursor: Cursor, rows: bytes, values: Mapping[str, object]) -> list[str]:
    """Put rows (COPY's text format) into quarantine; the reasons of those not there already."""
    cursor.execute(SQL["empty_refused"])
    with cursor.copy(SQL["copy_refused"]) as copy:
        copy.write(rows)
    return [row[0] for row in cursor.execute(SQL["quarantine"], values).fetchall()]


def batch(cursor: Cursor, batch_id: int) -> Row | None:
    """(id, source_id, filename, status, received_at, sha256, source code, zone), locked."""
    return cursor.execute(SQL["batch"], {"batch_id": batch_id}).fetchone()


def batch_span(cursor: Cursor, batch_id: int) -> tuple[datetime, datetime, int] | None:
    """The first and last start of a batch's calls and their number; None without calls."""
    row = cursor.execute(SQL["batch_span"], {"batch_id": batch_id}).fetchone()
    return None if row is None or row[0] is None else (row[0], row[1], row[2])


def invoiced(cursor: Cursor, values: Mapping[str, object]) -> tuple[int, str]:
    """How many charges of a batch stand on an invoice, and one such invoice's number."""
    row = cursor.execute(SQL["invoiced"], values).fetchone()
    return (0, "") if row is None else (row[0], row[1] or "a draft")


def batch_days(cursor: Cursor, values: Mapping[str, object]) -> list[tuple[int, date]]:
    """(campaign, day) whose sums a batch is part of."""
    return cursor.execute(SQL["batch_days"], values).fetchall()


def corrected_by(cursor: Cursor, values: Mapping[str, object]) -> list[tuple[int, datetime]]:
    """(id, start) of the calls that a batch's standing calls took the place of."""
    return cursor.execute(SQL["corrected_by"], values).fetchall()


def delete_calls(cursor: Cursor, values: Mapping[str, object], *, keep: bool) -> None:
    """Take a batch's charges and calls away; `keep`: but those that other batches corrected."""
    cursor.execute(SQL["delete_charges"], {**values, "keep": keep})
    cursor.execute(SQL["delete_calls"], {**values, "keep": keep})


def hand_over(cursor: Cursor, old_id: int, batch_id: int) -> None:
    """The calls of a batch that are left are another's."""
    cursor.execute(SQL["hand_over"], {"old_id": old_id, "batch_id": batch_id})


def restore(cursor: Cursor, calls: Sequence[tuple[int, datetime]], first_id: int) -> None:
    """Calls that had been corrected stand again, with charges numbered from `first_id`."""
    values = {
        "call_ids": [call[0] for call in calls], "moments": [call[1] for call in calls],
        "first_id": first_id,
    }  # fmt: skip
    cursor.execute(SQL["restore_calls"], values)
    cursor.execute(SQL["restore_charges"], values)


def roll_back(cursor: Cursor, values: Mapping[str, object]) -> None:
    """Mark the batch; nothing of it waits any longer."""
    cursor.execute(SQL["close_quarantine"], values)
    cursor.execute(SQL["roll_back_batch"], values)


def waiting(cursor: Cursor, ids: Sequence[int]) -> list[Row]:
    """(id, batch_id, source_id, line_no, call_key, reason, raw, record as JSON text), locked."""
    return cursor.execute(SQL["waiting"], {"ids": list(ids)}).fetchall()


def resolve(cursor: Cursor, ids: Sequence[int], *, status: str, at: datetime, by: str) -> int:
    """Open rows leave the quarantine; how many did."""
    values = {"ids": list(ids), "status": status, "at": at, "by": by}
    return cursor.execute(SQL["resolve"], values).rowcount


def still_waiting(cursor: Cursor, rows: Sequence[tuple[int, str, str, str | None, str]]) -> None:
    """(id, reason, detail, record, call key) of rows that were refused again."""
    names = ("ids", "reasons", "details", "records", "keys")
    values = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    cursor.execute(SQL["still_waiting"], values)
