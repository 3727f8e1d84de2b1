"""Undo a batch: its calls and charges go, what it corrected stands again, its file is kept.

What its calls had taken from pools is free again: later calls of the period draw on it. Where a
parent sells to the tenant, its batch of the same calls goes along.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from tollwright.engine.ingest.errors import NotPossible
from tollwright.engine.rating.settle import settle
from tollwright.engine.resale import legs
from tollwright.engine.resale.batch import BatchContext
from tollwright.store import allowances, batches, calls, resellers
from tollwright.store.rerate import DrawMoment


@dataclass(frozen=True, slots=True)
class RolledBack:
    """How many calls went, and how many that the batch had corrected stand again."""

    batch_id: int
    calls: int
    restored: int
    sentence: str


def roll_back(
    connection: psycopg.Connection[Any],
    *,
    tenant_id: int,
    batch_id: int,
    at: datetime,
    by: str,
    keep: bool = False,
    with_resellers: bool = False,
) -> RolledBack:
    """Roll a batch back, in one transaction (a savepoint inside one).

    `keep` leaves its calls that other batches corrected: a replay must know them as the older word.
    Raises NotPossible: no such batch, rolled back already, a charge of it is on an invoice, here
    or at the parent; or it holds a reseller's calls and does not go `with_resellers` own.
    """
    with connection.transaction():
        cursor = calls.cursor_on(connection)
        batches.set_tenant(cursor, tenant_id)
        batch = batches.lock_batch(cursor, batch_id)
        if batch is None:
            raise NotPossible(f"There is no batch {batch_id}.")
        filename = batch.filename
        batches.lock_source(cursor, batch.source_id)
        if batch.status != "done":
            raise NotPossible(f"Batch {batch_id} ({filename}) is rolled back already.")
        if not with_resellers and resellers.check_resold(cursor, batch.source_id):
            raise NotPossible(
                f"Batch {batch_id} ({filename}) holds calls that a reseller imported: they are"
                " removed when the reseller rolls its own batch back."
            )
        span = batches.fetch_batch_span(cursor, batch_id)
        restored: list[calls.CallRef] = []
        batches.delete_halves(cursor, batch_id)
        context = BatchContext(tenant_id, batch.source_id, batch_id, batch.tenant_zone, at)
        if span is not None:
            restored = _delete(cursor, context, filename, span, keep=keep)
        above = resellers.fetch_parent_batch(cursor, tenant_id=tenant_id, batch_id=batch_id)
        if above is not None:
            roll_back(
                connection, tenant_id=above.tenant_id, batch_id=above.batch_id, at=at,
                by="system", keep=keep, with_resellers=True,
            )  # fmt: skip
            batches.set_tenant(cursor, tenant_id)
        parent = legs.open_parent(cursor, context) if restored else None
        if parent is not None:
            parent.restore(restored)
        batches.mark_rolled_back(cursor, {"batch_id": batch_id, "at": at, "by": by[:200]})
    gone = span.calls if span else 0
    sentence = f"Batch {batch_id} ({filename}) is rolled back: {gone:,} calls are gone"
    sentence += f", {len(restored):,} it had corrected are current again." if restored else "."
    return RolledBack(batch_id, gone, len(restored), sentence)


def _delete(
    cursor: calls.Cursor, batch: BatchContext, filename: str, span: batches.BatchSpan, *, keep: bool
) -> list[calls.CallRef]:
    batch_id, zone = batch.batch_id, batch.zone
    values: dict[str, object] = {"first": span.first, "last": span.last}
    values |= {"batch_id": batch_id, "zone": zone}
    count, number = batches.count_invoiced(cursor, values)
    if count:
        raise NotPossible(
            f"Batch {batch_id} ({filename}) stays: {count:,} of its charges are on an invoice"
            f" ({number}). Delete the draft or void the invoice first."
        )
    days = set(batches.fetch_batch_days(cursor, values))
    restored = batches.fetch_corrected_calls(cursor, values)
    if restored:
        days |= set(calls.fetch_touched_days(cursor, zone=zone, calls=restored))
    touched = _free(cursor, values)
    batches.delete_calls(cursor, values, keep=keep)
    if restored:
        batches.restore_calls(cursor, restored)
    calls.sum_days(cursor, tenant_id=batch.tenant_id, zone=zone, days=sorted(days))
    settle(cursor, tenant_id=batch.tenant_id, zone=zone, at=batch.at, touched=touched)
    return restored


def _free(cursor: calls.Cursor, values: dict[str, object]) -> list[DrawMoment]:
    """What the batch's calls took is free again; whose it was, and from when on."""
    if not allowances.check_any_use(cursor):
        return []
    touched = allowances.fetch_batch_draws(cursor, values)
    touched += allowances.fetch_corrected_draws(cursor, values)
    allowances.delete_batch_uses(cursor, values)
    return touched
