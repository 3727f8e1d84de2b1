"""Corrections of calls on issued invoices: what stands, and the revision that a note brings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tollwright.store import calls
from tollwright.store.batches import Row
from tollwright.store.calls import Cursor
from tollwright.store.sql import statements

SQL = statements("corrections.sql")
AROUND = timedelta(days=32)  # how far a correction may move a call


class Charged(NamedTuple):
    """A call's latest revision and its sell charge, which stands on an issued invoice or note."""

    call_id: int
    started_at: datetime
    revision: int
    campaign_id: int
    charge_id: int
    amount_micros: int
    billed_s: int
    version_id: int
    plan_id: int
    line_id: int
    currency: str
    prefix: str
    campaign: str


def charged(
    cursor: Cursor, records: Sequence[tuple[int, str]], moments: Sequence[datetime]
) -> dict[int, Charged]:
    """By place in `records`, (source, call key), those that are on issued paper; held from here on.

    `moments` are when the records say that the calls started.
    """
    values = {
        "places": list(range(len(records))),
        "sources": [source for source, _ in records], "keys": [key for _, key in records],
        "first": min(moments) - AROUND, "last": max(moments) + AROUND,
    }  # fmt: skip
    rows = cursor.execute(SQL["charged"], values).fetchall()
    return {row[0]: Charged(*row[1:]) for row in rows}


def waits_in(cursor: Cursor, charges: Sequence[int]) -> dict[int, tuple[int, int]]:
    """(open proposal, quarantined record or 0) of the charges that wait in one."""
    rows = cursor.execute(SQL["waits_in"], {"charges": list(charges)}).fetchall()
    return {row[0]: (row[1], row[2]) for row in rows}


def tell(cursor: Cursor, details: Sequence[tuple[int, str]]) -> None:
    """(open quarantined record, why it waits); what is empty is not told."""
    told = [row for row in details if row[1]]
    values = {"ids": [row[0] for row in told], "details": [row[1] for row in told]}
    cursor.execute(SQL["tell"], values)


class Standing(NamedTuple):
    """A proposed correction; `new_id` and `new_start` are those of the revision it brings."""

    waiting_id: int
    record_id: int
    source_id: int
    batch_id: int
    amount_micros: int
    call_id: int
    started_at: datetime
    new_id: int
    new_start: datetime
    answered: bool


def standing(
    cursor: Cursor, *, line_id: int, first: datetime, last: datetime
) -> tuple[Standing, ...]:
    """A proposal line's corrections that are as proposed; `first`, `last` bound their charges."""
    values = {"line_id": line_id, "first": first, "last": last}
    return tuple(Standing(*row) for row in cursor.execute(SQL["standing"], values).fetchall())


def take(
    cursor: Cursor,
    found: Sequence[Standing],
    *,
    up_line_id: int,
    down_line_id: int,
    at: datetime,
    tenant_id: int,
    zone: str,
) -> None:
    """Write the calls' next revisions, their charges on the notes' lines, and the days' sums.

    `zone` is the tenant's.
    """
    starts = [one.started_at for one in found]
    values: dict[str, object] = {
        "waiting": [one.waiting_id for one in found], "at": at,
        "calls": [one.call_id for one in found],
        "first": min(starts), "last": max(starts),
        "up_line_id": up_line_id, "down_line_id": down_line_id,
    }  # fmt: skip
    for month in {one.new_start.replace(day=1) for one in found}:
        calls.ensure_month(cursor, month)
    for name in ("retire_charges", "insert_calls", "retire_calls", "insert_charges"):
        cursor.execute(SQL[name], values)
    both = [(one.call_id, one.started_at) for one in found]
    both += [(one.new_id, one.new_start) for one in found]
    days = calls.touched_days(cursor, zone=zone, calls=both)
    calls.sum_again(cursor, tenant_id=tenant_id, zone=zone, days=days)


def answered_calls(cursor: Cursor, calls: Sequence[tuple[int, datetime]]) -> list[Row]:
    """Those of the calls (id, start) that were answered, as `legs.columns` takes them."""
    values = {"calls": [call[0] for call in calls], "moments": [call[1] for call in calls]}
    return cursor.execute(SQL["answered_calls"], values).fetchall()
