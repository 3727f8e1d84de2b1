"""What a million repriced calls come to, per campaign and destination: exact sums of integers.

Sums are int64[13, n], a column each: the keys (campaign, carrier or 0, packed prefix, currency's
number), then the figures of `run.Figures` in their order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tollwright.engine.rerate.reprice import Repriced
from tollwright.kernel.arrays import Int64
from tollwright.kernel.numbers import unpack_number

KEYS, FIGURES = 4, 9


def sums_of(found: Repriced) -> Int64:
    """The sums of one batch.

    The old and the new micros are of all calls: those that stay (refused, waiting) count alike on
    both sides. Calls outside the scope change with it: calls and changes leave them out, the
    amounts do not.
    """
    stood, now, changed = found.stood, found.now, found.changed
    refused = (~now.rated).astype(np.int64)
    old, inside = stood.amount_micros, 1 - now.outside
    new = np.where(changed, now.amount_micros, old)
    keys = (found.calls.campaign_id, now.carrier_id, now.prefix, stood.currency)
    counts = (inside, changed * inside, refused, refused * old, stood.waits * (1 - refused))
    return grouped(np.stack((*keys, *counts, changed * now.outside, now.again, old, new)))


def grouped(rows: Int64) -> Int64:
    """Rows of one key added up, in the order of the keys."""
    if not rows.shape[1]:
        return rows
    ordered = rows[:, np.lexsort(rows[KEYS - 1 :: -1])]
    keys = ordered[:KEYS]
    starts = np.flatnonzero(np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0)))
    return np.concatenate((keys[:, starts], np.add.reduceat(ordered[KEYS:], starts, axis=1)))


def merged(parts: Sequence[Int64]) -> Int64:
    """The sums of several batches, whatever their order."""
    none = np.zeros((KEYS + FIGURES, 0), np.int64)
    return grouped(np.concatenate((none, *parts), axis=1))


def prefix_text(packed: int) -> str:
    """The digits of a packed prefix; what is none is ''."""
    return "" if packed < 0 else unpack_number(packed)
