"""Writing calls, charges and rollups: rows go by COPY to a temporary table, then in one statement
a table, because PostgreSQL refuses COPY where row-level security holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg

from tollwright.store import binary
from tollwright.store.sql import statements

SQL = statements("calls.sql")
COSTS = statements("legs.sql")
Cursor = psycopg.Cursor[tuple[Any, ...]]
ID_BLOCK = 65_536


def cursor_on(connection: psycopg.Connection[Any]) -> Cursor:
    """A plain cursor of tuples whatever the connection's own kind is."""
    return psycopg.Cursor(connection, row_factory=psycopg.rows.tuple_row)


def make_staged(cursor: Cursor) -> None:
    """The temporary table, empty; it goes with the transaction."""
    cursor.execute(SQL["make_staged"])
    cursor.execute(SQL["empty_staged"])


def id_block(cursor: Cursor) -> tuple[int, int]:
    """The first of ID_BLOCK new ids of calls, and of charges."""
    row = cursor.execute(SQL["id_block"]).fetchone()
    if row is None:
        raise LookupError("a sequence gave no number")
    return row[0], row[1]


def ensure_month(cursor: Cursor, month: datetime) -> None:
    """Make the partitions that hold this month."""
    cursor.execute(SQL["ensure_months"], {"first": month})


def stage(cursor: Cursor, rows: memoryview) -> None:
    """Rows of tw_staged, from `binary.rows`; what was staged before is gone."""
    cursor.execute(SQL["empty_staged"])
    binary.copy(cursor, SQL["copy_staged"], rows)


# staged call id, known call id, its start, its revision, whether it says nothing new
Met = tuple[int, int, datetime, int, bool]


def meet(cursor: Cursor, *, source_id: int, first: datetime, last: datetime) -> list[Met]:
    """The staged calls that are known already."""
    values = {"source_id": source_id, "first": first, "last": last}
    return cursor.execute(SQL["meet"], values, prepare=False).fetchall()  # planned for today's size


def issued(cursor: Cursor, calls: Sequence[tuple[int, datetime]]) -> set[int]:
    """Which of these calls (id, start) are on an issued invoice or note.

    Their charges are locked, so that the answer holds until the caller's transaction ends.
    """
    values = {"call_ids": [call[0] for call in calls], "moments": [call[1] for call in calls]}
    cursor.execute(SQL["hold_charges"], values)
    return {row[0] for row in cursor.execute(SQL["issued"], values).fetchall()}


def unstage(cursor: Cursor, call_ids: list[int]) -> None:
    """Leave staged calls out."""
    cursor.execute(SQL["unstage"], {"call_ids": call_ids})


def revise(cursor: Cursor, call_ids: list[int], old: Sequence[tuple[int, datetime, int]]) -> None:
    """Make staged calls the next revision of `old` (id, start, revision), which stand no longer."""
    revisions = [revision + 1 for _, _, revision in old]
    cursor.execute(SQL["revise"], {"call_ids": call_ids, "revisions": revisions})
    retired = {"call_ids": [row[0] for row in old], "moments": [row[1] for row in old]}
    cursor.execute(SQL["retire_charges"], retired)
    cursor.execute(SQL["retire_calls"], retired)


def insert(
    cursor: Cursor, *, tenant_id: int, source_id: int, batch_id: int, zone: str, at: datetime
) -> None:
    """Everything staged becomes calls, charges and sums of the day."""
    values = {
        "tenant_id": tenant_id, "source_id": source_id, "batch_id": batch_id, "zone": zone,
        "at": at,
    }  # fmt: skip
    cursor.execute(SQL["insert_calls"], values)
    cursor.execute(SQL["insert_charges"], values)
    lock_usage(cursor, tenant_id)
    cursor.execute(SQL["add_usage"], values)


def lock_usage(cursor: Cursor, tenant_id: int) -> None:
    """Wait until no other transaction moves the tenant's sums of days; hold that until ours ends.

    Portions come in any order of days: two files would wait for each other's rows.
    """
    cursor.execute(SQL["lock_usage"], {"tenant_id": str(tenant_id)})


def touched_days(
    cursor: Cursor, *, zone: str, calls: Sequence[tuple[int, datetime]]
) -> list[tuple[int, date]]:
    """(campaign, day) on which these calls (id, start) lie."""
    values = {"zone": zone, "call_ids": [c[0] for c in calls], "moments": [c[1] for c in calls]}
    return cursor.execute(SQL["touched_days"], values).fetchall()


def sum_again(
    cursor: Cursor, *, tenant_id: int, zone: str, days: Sequence[tuple[int, date]]
) -> None:
    """Make the sums of some campaigns' days again, from the rows that stand."""
    if not days:
        return
    moments = [datetime.combine(day, time(), UTC) for _, day in days]
    values = {
        "tenant_id": tenant_id, "zone": zone,
        "campaigns": [campaign for campaign, _ in days], "days": [day for _, day in days],
        "first": min(moments) - timedelta(days=2), "last": max(moments) + timedelta(days=3),
    }  # fmt: skip
    lock_usage(cursor, tenant_id)
    cursor.execute(SQL["forget_usage"], values)
    cursor.execute(SQL["sum_usage"], values)
    cursor.execute(COSTS["sum_costs"], values)
