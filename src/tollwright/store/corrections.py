"""Corrections of calls on issued invoices: what stands, and the revision that a note brings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tollwright.store import calls
from tollwright.store.calls import Cursor
from tollwright.store.legs import AnsweredCall
from tollwright.store.rows import fetch_all
from tollwright.store.sql import statements

SQL = statements("corrections.sql")
MAX_MOVE = timedelta(days=32)  # how far a correction may move a call


class Charged(NamedTuple):
    """A call's latest revision and its sell charge, which stands on an issued invoice or note."""

    place: int  # of its record among those asked for
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


def lock_charged_calls(
    cursor: Cursor, records: Sequence[tuple[int, str]], moments: Sequence[datetime]
) -> dict[int, Charged]:
    """By place in `records`, (source, call key), those that are on issued paper; held from here on.

    `moments` are when the records say that the calls started.
    """
    values = {
        "places": list(range(len(records))),
        "sources": [source for source, _ in records], "keys": [key for _, key in records],
        "first": min(moments) - MAX_MOVE, "last": max(moments) + MAX_MOVE,
    }  # fmt: skip
    rows = fetch_all(cursor, Charged, SQL["lock_charged_calls"], values)
    return {row.place: row for row in rows}


class OpenProposal(NamedTuple):
    """A charge that waits in an open proposal, and the record that asks for it (0: none)."""

    charge_id: int
    proposal_id: int
    record_id: int


def fetch_open_proposals(cursor: Cursor, charges: Sequence[int]) -> dict[int, OpenProposal]:
    """By charge, those that wait in an open proposal."""
    values = {"charges": list(charges)}
    rows = fetch_all(cursor, OpenProposal, SQL["fetch_open_proposals"], values)
    return {row.charge_id: row for row in rows}


def update_details(cursor: Cursor, details: Sequence[tuple[int, str]]) -> None:
    """(open quarantined record, why it waits); what is empty is left as it is."""
    told = [(record_id, why) for record_id, why in details if why]
    values = {"ids": [record_id for record_id, _ in told], "details": [why for _, why in told]}
    cursor.execute(SQL["update_details"], values)


class UnchangedCorrection(NamedTuple):
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


def fetch_unchanged(
    cursor: Cursor, *, line_id: int, first: datetime, last: datetime
) -> list[UnchangedCorrection]:
    """A proposal line's corrections that are as proposed; `first`, `last` bound their charges."""
    values = {"line_id": line_id, "first": first, "last": last}
    return fetch_all(cursor, UnchangedCorrection, SQL["fetch_unchanged"], values)


def apply_corrections(
    cursor: Cursor,
    found: Sequence[UnchangedCorrection],
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
    days = calls.fetch_touched_days(cursor, zone=zone, calls=both)
    calls.sum_days(cursor, tenant_id=tenant_id, zone=zone, days=days)


def fetch_answered_calls(
    cursor: Cursor, calls: Sequence[tuple[int, datetime]]
) -> list[AnsweredCall]:
    """Those of the calls (id, start) that were answered."""
    values = {"calls": [call[0] for call in calls], "moments": [call[1] for call in calls]}
    return fetch_all(cursor, AnsweredCall, SQL["fetch_answered_calls"], values)
