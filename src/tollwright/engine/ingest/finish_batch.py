"""When a file is whole, its sums go to their days, and its calls draw on their cards' pools."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tollwright.engine.rating.settle import settle
from tollwright.engine.resale.batch import BatchContext
from tollwright.store import allowances, batches
from tollwright.store.calls import Cursor
from tollwright.store.rerate import lock_usage
from tollwright.store.resellers import add_staged_usage


def finish_batch(
    cursor: Cursor,
    batch: BatchContext,
    consuming: Sequence[tuple[int, datetime]],
    *,
    corrections: int,
) -> int:
    """Fold the sums of days of a batch whose calls are all written, and charge those of them that
    draw on pools (`ChunkPricer.consuming`).

    Where the batch corrects calls (`corrections` of them), what those had taken is free again.
    Returns how many of the calls that were gone through the kernel left to core.
    """
    touched = list(consuming)
    if corrections and allowances.check_any_use(cursor):
        span = batches.fetch_batch_span(cursor, batch.batch_id)
        if span is not None:
            values = {"batch_id": batch.batch_id, "first": span.first, "last": span.last}
            touched += allowances.fetch_corrected_draws(cursor, values)
    if touched:
        lock_usage(cursor)  # of resellers too, and before ours
    add_staged_usage(cursor, batch.tenant_id)
    return settle(cursor, tenant_id=batch.tenant_id, zone=batch.zone, at=batch.at, touched=touched)
