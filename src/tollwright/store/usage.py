"""Sums of days: what a file adds is kept aside and folded in at its end, under a lock held briefly.

Whoever writes the row of a day holds it until the commit. Were the days' rows written with each
portion, all other files of the tenant would wait from the first portion of one to its commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import LiteralString

from tollwright.store.rows import Cursor, fetch_values
from tollwright.store.sql import statements

SQL = statements("usage.sql")


def lock_usage(cursor: Cursor, tenant_id: int) -> None:
    """Wait until no other transaction moves the tenant's sums of days; hold that until ours ends.

    Days come in any order: two files would wait for each other's rows.
    """
    cursor.execute(SQL["lock_usage"], {"tenant_id": str(tenant_id)})


def stage_usage(cursor: Cursor, insert: LiteralString, values: Mapping[str, object]) -> None:
    """Keep differences aside by a statement that inserts into tw_usage.

    `resellers.add_staged_usage` must follow in the same transaction: nothing else adds them to
    the days.
    """
    cursor.execute(SQL["create_usage"])
    cursor.execute(insert, values)


def delete_staged_usage(cursor: Cursor, campaigns: list[int], days: list[date]) -> None:
    """Drop what is kept aside for some campaigns' days: they are summed from their rows."""
    cursor.execute(SQL["create_usage"])
    cursor.execute(SQL["delete_staged_usage"], {"campaigns": campaigns, "days": days})


def fetch_usage_tenants(cursor: Cursor) -> set[int]:
    """Whose differences are kept aside."""
    cursor.execute(SQL["create_usage"])
    return set(fetch_values(cursor, int, SQL["fetch_usage_tenants"]))


def add_own_usage(cursor: Cursor, tenant_id: int) -> None:
    """Add what is kept aside for this tenant, whose transaction it is now, to its days."""
    lock_usage(cursor, tenant_id)
    cursor.execute(SQL["add_staged_usage"], {"tenant_id": tenant_id})
    cursor.execute(SQL["clear_usage"], {"tenant_id": tenant_id})
