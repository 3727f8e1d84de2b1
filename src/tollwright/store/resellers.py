"""A reseller's calls in its parent's books, in one transaction that is now the one, now the other.

Row-level security is not walked around: the transaction says whose it is, and sees nobody else's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from tollwright.kernel.arrays import Int64
from tollwright.store import binary
from tollwright.store.batches import set_tenant
from tollwright.store.calls import SQL as CALLS
from tollwright.store.calls import Cursor, issued, lock_usage
from tollwright.store.sql import statements

SQL = statements("resellers.sql")
Row = tuple[Any, ...]
Call = tuple[int, datetime]  # id and start


@contextmanager
def as_tenant(cursor: Cursor, tenant_id: int, *, back: int) -> Iterator[None]:
    """The transaction is this tenant's, and `back`'s again at the end; an error ends it all."""
    set_tenant(cursor, tenant_id)
    yield
    set_tenant(cursor, back)


def parent(cursor: Cursor) -> int | None:
    """The child's: the id of the tenant that sells to it."""
    row = cursor.execute(SQL["parent"]).fetchone()
    return row[0] if row else None


def links(cursor: Cursor, reseller_id: int) -> list[Row]:
    """The parent's: (valid_from, valid_to, campaign_id, source_id, the parent's zone)."""
    return cursor.execute(SQL["links"], {"reseller_id": reseller_id}).fetchall()


def stage(cursor: Cursor, call_id: Int64, started_us: Int64) -> None:
    """The child's: keep what its parent needs of some calls (micros since 1970)."""
    for name in ("make_asked", "empty_asked", "make_resold", "empty_resold"):
        cursor.execute(SQL[name])
    rows = binary.rows([(call_id, 8), (binary.instants(started_us), 8)], [])
    binary.copy(cursor, SQL["copy_asked"], rows)
    cursor.execute(SQL["stage_resold"])


def known(
    cursor: Cursor, *, source_id: int, first: datetime, last: datetime
) -> dict[int, tuple[int, bool]]:
    """The parent's: by the child's id of staged calls, the latest revision and if it stands."""
    values = {"source_id": source_id, "first": first, "last": last}
    rows = cursor.execute(SQL["known"], values, prepare=False).fetchall()
    return {call_id: (revision, stands) for call_id, revision, stands in rows}


def standing(cursor: Cursor, source_id: int) -> list[tuple[int, int, datetime]]:
    """The parent's: (the child's id, id, start) of staged calls that stand."""
    return cursor.execute(SQL["standing"], {"source_id": source_id}).fetchall()


def retire(cursor: Cursor, source_id: int) -> list[Call]:
    """The parent's: the staged calls stand no longer, nor do their charges, where no issued
    document carries them; (id, start) of those that went."""
    calls: list[Call] = [(sold, at) for _, sold, at in standing(cursor, source_id)]
    if not calls:
        return []
    carried = issued(cursor, calls)
    gone: list[Call] = [call for call in calls if call[0] not in carried]
    values = {"call_ids": [call[0] for call in gone], "moments": [call[1] for call in gone]}
    cursor.execute(CALLS["retire_charges"], values)
    cursor.execute(CALLS["retire_calls"], values)
    return gone


def fallen(cursor: Cursor, source_id: int) -> list[Call]:
    """The parent's: (id, start) of what it had of the staged calls, if none of theirs stands."""
    return cursor.execute(SQL["fallen"], {"source_id": source_id}).fetchall()


def sell(cursor: Cursor, rows: memoryview, values: Mapping[str, object]) -> None:
    """The parent's: rows of tw_sold, from `binary.rows`, become calls, charges and sums of days.

    `values`: tenant_id, source_id, batch_id, zone, at; all the parent's.
    """
    cursor.execute(SQL["make_sold"])
    cursor.execute(SQL["empty_sold"])
    binary.copy(cursor, SQL["copy_sold"], rows)
    cursor.execute(SQL["insert_calls"], values)
    cursor.execute(SQL["insert_charges"], values)
    lock_usage(cursor, int(str(values["tenant_id"])))
    cursor.execute(SQL["add_usage"], values)


def sha256_of(batch_id: int) -> str:
    """What the parent's batch of a reseller's batch is known by."""
    return hashlib.sha256(f"reseller's batch {batch_id}".encode()).hexdigest()


def batch(cursor: Cursor, *, reseller_id: int, batch_id: int, stands: bool) -> int | None:
    """The parent's: its batch of the calls of a reseller's batch; `stands`: not rolled back."""
    values = {"sha256": sha256_of(batch_id), "reseller_id": reseller_id, "stands": stands}
    row = cursor.execute(SQL["batch"], values).fetchone()
    return row[0] if row else None


def parents_batch(cursor: Cursor, *, tenant_id: int, batch_id: int) -> tuple[int, int] | None:
    """The child's: (tenant, batch) of the parent's batch of these calls, while it stands."""
    above = parent(cursor)
    if above is None:
        return None
    with as_tenant(cursor, above, back=tenant_id):
        found = batch(cursor, reseller_id=tenant_id, batch_id=batch_id, stands=True)
    return None if found is None else (above, found)


def is_resold(cursor: Cursor, source_id: int) -> bool:
    """The parent's: whether the source's calls come from a reseller, and go with theirs."""
    row = cursor.execute(SQL["is_resold"], {"source_id": source_id}).fetchone()
    return bool(row and row[0])
