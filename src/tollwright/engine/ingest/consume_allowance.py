"""When a file is whole, its calls draw on the pools of their cards, and later ones after them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tollwright.engine.ingest.cost_columns import Place
from tollwright.engine.rating.settle import settle
from tollwright.store import allowances, batches
from tollwright.store.calls import Cursor


def draw(
    cursor: Cursor, place: Place, drawn: Sequence[tuple[int, datetime]], *, corrections: int
) -> int:
    """Charge the calls of a batch that draw on pools (`Pricer.drawn`), all of which are written.

    Where the batch corrects calls (`corrections` of them), what those had taken is free again.
    Returns how many of the calls that were gone through the kernel left to core.
    """
    touched = list(drawn)
    if corrections and allowances.check_any_use(cursor):
        span = batches.fetch_batch_span(cursor, place.batch_id)
        if span is not None:
            values = {"batch_id": place.batch_id, "first": span.first, "last": span.last}
            touched += allowances.fetch_corrected_draws(cursor, values)
    settled = settle(
        cursor, tenant_id=place.tenant_id, zone=place.zone, at=place.at, touched=touched
    )
    return settled.priced_individually
