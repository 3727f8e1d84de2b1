"""A reseller's calls in its parent's books, in one transaction that is now the one, now the other.

Row-level security is not walked around: the transaction says whose it is, and sees nobody else's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from tollwright.kernel.arrays import Int64
from tollwright.store import binary
from tollwright.store.batches import set_tenant
from tollwright.store.calls import SQL as CALLS
from tollwright.store.calls import CallRef, Cursor, fetch_issued_calls
from tollwright.store.rows import fetch_all, fetch_value
from tollwright.store.sql import statements
from tollwright.store.usage import add_own_usage, fetch_usage_tenants, stage_usage

SQL = statements("resellers.sql")


class ResellerLink(NamedTuple):
    """What a reseller's calls are at its parent, from when to when; `zone` is the parent's."""

    valid_from: datetime
    valid_to: datetime | None
    campaign_id: int
    source_id: int
    zone: str


class KnownRevision(NamedTuple):
    """The latest revision that the parent has of a staged call of its child, and if it stands."""

    child_id: int
    revision: int
    is_current: bool


class CurrentCall(NamedTuple):
    """The parent's call that stands for a staged call of its child."""

    child_id: int
    call_id: int
    started_at: datetime


class ParentBatch(NamedTuple):
    """The parent's batch of a reseller's batch."""

    tenant_id: int
    batch_id: int


@contextmanager
def as_tenant(cursor: Cursor, tenant_id: int, *, back: int) -> Iterator[None]:
    """The transaction is this tenant's, and `back`'s again at the end; an error ends it all."""
    set_tenant(cursor, tenant_id)
    yield
    set_tenant(cursor, back)


def fetch_parent(cursor: Cursor) -> int | None:
    """The child's: the id of the tenant that sells to it."""
    return fetch_value(cursor, int, SQL["fetch_parent"])


def fetch_links(cursor: Cursor, reseller_id: int) -> list[ResellerLink]:
    """The parent's: what this reseller's calls are."""
    return fetch_all(cursor, ResellerLink, SQL["fetch_links"], {"reseller_id": reseller_id})


def stage_resold(cursor: Cursor, call_id: Int64, started_us: Int64) -> None:
    """The child's: keep what its parent needs of some calls (micros since 1970)."""
    for name in ("create_asked", "clear_asked", "create_resold", "clear_resold"):
        cursor.execute(SQL[name])
    rows = binary.rows([(call_id, 8), (binary.instants(started_us), 8)], [])
    binary.copy(cursor, SQL["copy_asked"], rows)
    cursor.execute(SQL["stage_resold"])


def fetch_known_revisions(
    cursor: Cursor, *, source_id: int, first: datetime, last: datetime
) -> dict[int, KnownRevision]:
    """The parent's: by the child's id, those of the staged calls that it has."""
    values = {"source_id": source_id, "first": first, "last": last}
    rows = fetch_all(cursor, KnownRevision, SQL["fetch_known_revisions"], values, prepare=False)
    return {row.child_id: row for row in rows}


def fetch_current_calls(cursor: Cursor, source_id: int) -> list[CurrentCall]:
    """The parent's: those of the staged calls that stand."""
    return fetch_all(cursor, CurrentCall, SQL["fetch_current_calls"], {"source_id": source_id})


def retire_calls(cursor: Cursor, source_id: int) -> list[CallRef]:
    """The parent's: the staged calls stand no longer, nor do their charges, where no issued
    document carries them; those that went."""
    current = fetch_current_calls(cursor, source_id)
    calls = [CallRef(call.call_id, call.started_at) for call in current]
    if not calls:
        return []
    carried = fetch_issued_calls(cursor, calls)
    gone = [call for call in calls if call.call_id not in carried]
    values = {
        "call_ids": [call.call_id for call in gone],
        "moments": [call.started_at for call in gone],
    }
    cursor.execute(CALLS["retire_charges"], values)
    cursor.execute(CALLS["retire_calls"], values)
    return gone


def fetch_withdrawn_calls(cursor: Cursor, source_id: int) -> list[CallRef]:
    """The parent's: what it had of the staged calls, if none of theirs stands."""
    return fetch_all(cursor, CallRef, SQL["fetch_withdrawn_calls"], {"source_id": source_id})


def insert_sold(cursor: Cursor, rows: memoryview, values: Mapping[str, object]) -> None:
    """The parent's: rows of tw_sold, from `binary.rows`, become calls, charges, and sums of days
    once those are folded. `values`: tenant_id, source_id, batch_id, zone, at; all the parent's.
    """
    cursor.execute(SQL["create_sold"])
    cursor.execute(SQL["clear_sold"])
    binary.copy(cursor, SQL["copy_sold"], rows)
    cursor.execute(SQL["insert_calls"], values)
    cursor.execute(SQL["insert_charges"], values)
    stage_usage(cursor, SQL["add_usage"], values)


def add_staged_usage(cursor: Cursor, tenant_id: int) -> None:
    """Add the differences kept aside to the days of the tenant and of those above it.

    Upwards, as every transaction locks the sums of several tenants.
    """
    left, whose = fetch_usage_tenants(cursor), tenant_id
    while left:
        with as_tenant(cursor, whose, back=tenant_id):
            if whose in left:
                add_own_usage(cursor, whose)
                left.remove(whose)
            above = fetch_parent(cursor)
        if left and above is None:
            raise LookupError(f"sums of days of tenants {sorted(left)}, who do not sell to {whose}")
        whose = above or whose


def sha256_of(batch_id: int) -> str:
    """What the parent's batch of a reseller's batch is known by."""
    return hashlib.sha256(f"reseller's batch {batch_id}".encode()).hexdigest()


def fetch_batch(cursor: Cursor, *, reseller_id: int, batch_id: int, stands: bool) -> int | None:
    """The parent's: its batch of the calls of a reseller's batch; `stands`: not rolled back."""
    values = {"sha256": sha256_of(batch_id), "reseller_id": reseller_id, "stands": stands}
    return fetch_value(cursor, int, SQL["fetch_batch"], values)


def fetch_parent_batch(cursor: Cursor, *, tenant_id: int, batch_id: int) -> ParentBatch | None:
    """The child's: the parent's batch of these calls, while it stands."""
    above = fetch_parent(cursor)
    if above is None:
        return None
    with as_tenant(cursor, above, back=tenant_id):
        found = fetch_batch(cursor, reseller_id=tenant_id, batch_id=batch_id, stands=True)
    return None if found is None else ParentBatch(above, found)


def check_resold(cursor: Cursor, source_id: int) -> bool:
    """The parent's: whether the source's calls come from a reseller, and go with theirs."""
    return bool(fetch_value(cursor, bool, SQL["check_resold"], {"source_id": source_id}))
