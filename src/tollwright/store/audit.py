"""Writing a link of a tenant's audit chain, in the caller's transaction."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import class_row

from tollwright.core.audit import START, AuditRow, Plain, plain, row_hash
from tollwright.store.sql import statements

SQL = statements("audit.sql")


class LastLink(NamedTuple):
    """Where a chain ends."""

    seq: int
    hash: str


def append(
    connection: psycopg.Connection[Any],
    *,
    tenant_id: int,
    at: datetime,
    actor: str,
    address: str,
    action: str,
    subject: str,
    subject_id: str,
    before: object = None,
    after: object = None,
) -> int:
    """Append one row to the tenant's chain; its seq. The tenant must be set on the connection.

    Other writers of this tenant's chain wait until the caller's transaction ends: do it last.
    """
    with connection.cursor(row_factory=class_row(LastLink)) as cursor:
        cursor.execute(SQL["lock_chain"], {"tenant_id": str(tenant_id)})
        cursor.execute(SQL["fetch_last_link"], {"tenant_id": tenant_id})
        last = cursor.fetchone()
        seq, previous = (1, START) if last is None else (last.seq + 1, last.hash)
        row = AuditRow(
            tenant_id=tenant_id,
            seq=seq,
            at=at,
            actor=_column(actor, 200),
            address=_column(address, 45),
            action=action,
            subject=subject,
            subject_id=subject_id,
            before=plain(before),
            after=plain(after),
        )
        cursor.execute(SQL["insert_link"], _values(row, previous))
    return seq


def _column(text: str, length: int) -> str:
    """What the column holds of a name from outside: as much as fits, and storable."""
    return str(plain(text))[:length]


def _values(row: AuditRow, previous: str) -> dict[str, object]:
    names = ("tenant_id", "seq", "at", "actor", "address", "action", "subject", "subject_id")
    return {name: getattr(row, name) for name in names} | {
        "before": _json(row.before),
        "after": _json(row.after),
        "previous_hash": previous,
        "hash": row_hash(previous, row),
    }


def _json(value: Plain) -> str | None:
    return None if value is None else json.dumps(value)
