"""Writing calls, charges and rollups: rows go by COPY to a temporary table, then in one statement
a table, because PostgreSQL refuses COPY where row-level security holds."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import psycopg

from tollwright.store import binary, rows
from tollwright.store.rows import fetch_all, fetch_one, fetch_value, fetch_values
from tollwright.store.sql import statements
from tollwright.store.usage import delete_staged_usage, lock_usage, stage_usage

SQL = statements("calls.sql")
COSTS = statements("legs.sql")
Cursor = rows.Cursor
_BOUNDS = 16  # times that a bound is told, for the planner


def cursor_on(connection: psycopg.Connection[Any]) -> Cursor:
    """A plain cursor of tuples whatever the connection's own kind is."""
    return psycopg.Cursor(connection, row_factory=psycopg.rows.tuple_row)


class IdBlock(NamedTuple):
    """The first of some new ids of calls, and of charges; the others follow it."""

    call_id: int
    charge_id: int


class KnownCall(NamedTuple):
    """A staged call whose key is known: `known_id`, its start and revision are the latest that is.

    `unchanged`: the staged one says nothing new.
    """

    staged_id: int
    known_id: int
    started_at: datetime
    revision: int
    unchanged: bool


class LineRow(NamedTuple):
    """A staged call whose line is known; `is_other`: by a standing call of another key."""

    staged_id: int
    is_other: bool


class LineCall(NamedTuple):
    """A call that stands on a line, and the line of the file that it came with."""

    call_id: int
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    answered_ms: int
    call_key: str
    batch_id: int
    line_no: int
    revision: int


class CallRef(NamedTuple):
    """How a call is named: its id, and the start that says in which month it lies."""

    call_id: int
    started_at: datetime


class CampaignDay(NamedTuple):
    """A campaign's day in the tenant's zone, whose sums are one row."""

    campaign_id: int
    day: date


def create_staged(cursor: Cursor) -> None:
    """The temporary table, empty; it goes with the transaction."""
    cursor.execute(SQL["create_staged"])
    cursor.execute(SQL["clear_staged"])


def claim_ids(cursor: Cursor, count: int) -> IdBlock:
    """So many ids (one or more) of calls, and as many of charges, that nobody else gets."""
    block = fetch_one(cursor, IdBlock, SQL["claim_ids"], {"count": count})
    if block is None:
        raise LookupError("a sequence gave no number")
    return block


def claim_charge_ids(cursor: Cursor, count: int) -> int:
    """The first of so many ids (one or more) of charges that nobody else gets."""
    first = fetch_value(cursor, int, SQL["claim_charge_ids"], {"count": count})
    if first is None:
        raise LookupError("a sequence gave no number")
    return first


def ensure_month(cursor: Cursor, month: datetime) -> None:
    """Make the partitions that hold this month, where they are missing.

    In a transaction of its own, over a connection of its own: in the caller's, which may be that
    of a long file, whoever needs the month too would wait for its end. Where that cannot be had
    (no connection is free, or the caller itself has just made months), in the caller's.
    """
    if fetch_value(cursor, bool, SQL["check_month"], {"first": month}):
        return
    info = cursor.connection.info
    values = {"first": month, "last": month}
    with (
        suppress(psycopg.OperationalError),  # LockNotAvailable is one; what follows does the same
        psycopg.connect(info.dsn, password=info.password or None) as aside,
    ):
        aside.execute(SQL["set_lock_timeout"])
        aside.execute(SQL["ensure_months"], values)
    cursor.execute(SQL["ensure_months"], values)


def ensure_months(cursor: Cursor, *, first: datetime, last: datetime) -> None:
    """Make the partitions of the months of two moments and of those between, where missing."""
    cursor.execute(SQL["ensure_months"], {"first": first, "last": last})


def stage_calls(cursor: Cursor, rows: memoryview) -> None:
    """Rows of tw_staged, from `binary.rows`; what was staged before is gone."""
    cursor.execute(SQL["clear_staged"])
    binary.copy(cursor, SQL["copy_staged"], rows)


def fetch_known_calls(
    cursor: Cursor, *, source_id: int, first: datetime, last: datetime
) -> list[KnownCall]:
    """The staged calls that are known already; a whole portion, where a file comes again."""
    values = {"source_id": source_id, "first": first, "last": last}
    # planned for today's size; `_make`, because there may be as many as the file has rows
    rows = cursor.execute(SQL["fetch_known_calls"], values, prepare=False)
    return [KnownCall._make(row) for row in rows]


def fetch_line_rows(
    cursor: Cursor, *, source_id: int, first: datetime, last: datetime
) -> list[LineRow]:
    """The staged calls of whose lines any call is known: rows of one channel have keys that begin
    alike."""
    values = {"source_id": source_id, **_bounds(first, last)}
    rows = cursor.execute(SQL["fetch_line_rows"], values, prepare=False)
    return [LineRow._make(row) for row in rows]


def fetch_line_calls(
    cursor: Cursor, lines: Sequence[str], *, source_id: int, first: datetime, last: datetime
) -> list[LineCall]:
    """The calls that stand on these lines (call_refs), in their order."""
    values = {"lines": list(lines), "source_id": source_id, **_bounds(first, last)}
    return fetch_all(cursor, LineCall, SQL["fetch_line_calls"], values, prepare=False)


def _bounds(first: datetime, last: datetime) -> dict[str, list[datetime]]:
    return {"firsts": [first] * _BOUNDS, "lasts": [last] * _BOUNDS}


def void_calls(cursor: Cursor, found: Sequence[CallRef], *, batch_id: int) -> None:
    """Calls (id, start) that are part of others stand no longer: their next revision, of this
    batch, is nothing. In their own batches they count as ignored."""
    values = {
        "call_ids": [call.call_id for call in found],
        "moments": [call.started_at for call in found],
    }
    first_id = claim_ids(cursor, len(found)).call_id
    cursor.execute(SQL["void_calls"], values | {"batch_id": batch_id, "first_id": first_id})
    cursor.execute(SQL["count_ignored"], values)
    cursor.execute(SQL["retire_charges"], values)
    cursor.execute(SQL["retire_calls"], values)


def fetch_issued_calls(cursor: Cursor, calls: Sequence[tuple[int, datetime]]) -> set[int]:
    """Which of these calls (id, start) are on an issued invoice or note.

    Their charges are locked, so that the answer holds until the caller's transaction ends.
    """
    values = {"call_ids": [call[0] for call in calls], "moments": [call[1] for call in calls]}
    cursor.execute(SQL["lock_charges"], values)
    return set(fetch_values(cursor, int, SQL["fetch_issued_calls"], values))


def delete_staged(cursor: Cursor, call_ids: list[int]) -> None:
    """Leave staged calls out."""
    cursor.execute(SQL["delete_staged"], {"call_ids": call_ids})


def revise_staged(cursor: Cursor, changed: Sequence[KnownCall]) -> None:
    """Make staged calls the next revision of those known, which stand no longer."""
    revised = {
        "call_ids": [call.staged_id for call in changed],
        "revisions": [call.revision + 1 for call in changed],
    }
    cursor.execute(SQL["revise_staged"], revised)
    retired = {
        "call_ids": [call.known_id for call in changed],
        "moments": [call.started_at for call in changed],
    }
    cursor.execute(SQL["retire_charges"], retired)
    cursor.execute(SQL["retire_calls"], retired)


def insert_staged(
    cursor: Cursor, *, tenant_id: int, source_id: int, batch_id: int, zone: str, at: datetime
) -> None:
    """Everything staged becomes calls, charges, and sums of days once those are folded."""
    values = {
        "tenant_id": tenant_id, "source_id": source_id, "batch_id": batch_id, "zone": zone,
        "at": at,
    }  # fmt: skip
    cursor.execute(SQL["insert_calls"], values)
    cursor.execute(SQL["insert_charges"], values)
    stage_usage(cursor, SQL["add_usage"], values)


def fetch_touched_days(
    cursor: Cursor, *, zone: str, calls: Sequence[tuple[int, datetime]]
) -> list[CampaignDay]:
    """On which days these calls (id, start) lie."""
    values = {"zone": zone, "call_ids": [c[0] for c in calls], "moments": [c[1] for c in calls]}
    return fetch_all(cursor, CampaignDay, SQL["fetch_touched_days"], values)


def sum_days(cursor: Cursor, *, tenant_id: int, zone: str, days: Sequence[CampaignDay]) -> None:
    """Make the sums of some campaigns' days again, from the rows that stand.

    What is kept aside for these days is among those rows, and forgotten.
    """
    if not days:
        return
    moments = [datetime.combine(one.day, time(), UTC) for one in days]
    values = {
        "tenant_id": tenant_id, "zone": zone,
        "campaigns": [one.campaign_id for one in days], "days": [one.day for one in days],
        "first": min(moments) - timedelta(days=2), "last": max(moments) + timedelta(days=3),
    }  # fmt: skip
    lock_usage(cursor, tenant_id)
    delete_staged_usage(cursor, [one.campaign_id for one in days], [one.day for one in days])
    cursor.execute(SQL["delete_usage"], values)
    cursor.execute(SQL["sum_usage"], values)
    cursor.execute(COSTS["sum_costs"], values)
