"""Rows in the order in which they compete: by prefix, then tier, then precedence.

The twin of `core.rating.rate_lookup`, for all rows at once: one sort, no dictionary of lists.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tollwright.core.cards.card import MAX_DIGITS, RateCard
from tollwright.kernel.arrays import Int32, Int64
from tollwright.kernel.numbers import EMPTY, TOP_BITS
from tollwright.kernel.rating import layout as at
from tollwright.kernel.rating.rowtable import RowTable


@dataclass(frozen=True, slots=True)
class Grouped:
    """Leaves (distinct prefixes, by ascending length), their tiers, the lines of these.

    `order[line]` is the row of a line. Tiers of a leaf, and lines of a tier, stand side by side.
    """

    order: Int64
    leaf_of_line: Int64
    prefixes: Int64  # of the leaves
    prefix_digits: Int64
    leaf_tiers: Int64  # leaves + 1: where the tiers of each begin
    tiers: Int64  # (tiers, TIER_WORDS), those of the last resort at the end
    last_leaf: int

    def leaves(self, parents: Int32) -> Int32:
        """Records of the leaves, that of the last resort after them."""
        first, end = self.leaf_tiers[:-1], self.leaf_tiers[1:]
        records = np.stack((first, end, parents), axis=1)
        if self.last_leaf >= 0:
            resort = [[self.leaf_tiers[-1], len(self.tiers), -1]]
            records = np.concatenate((records, resort))
        return records.astype(np.int32).reshape(-1)


def group_rows(card: RateCard, rows: RowTable) -> Grouped:
    """Sort the rows of a card into leaves and tiers."""
    order = _order(rows)
    keys = (rows.prefixes, rows.origins, rows.length_min, rows.length_max)
    new_tier = _changes(*(key[order] for key in keys))
    new_leaf = _changes(rows.prefixes[order])
    tier_starts, leaf_starts = np.flatnonzero(new_tier), np.flatnonzero(new_leaf)
    tiers = _tier_records(rows, order, tier_starts)
    tier_of_line = np.cumsum(new_tier) - 1
    leaf_tiers = np.append(tier_of_line[leaf_starts], len(tier_starts))
    prefixes = rows.prefixes[order[leaf_starts]]
    last_leaf = -1
    if card.unmatched == "default" and len(prefixes) and prefixes[0] == EMPTY:
        last_leaf = len(prefixes)
        tiers = np.concatenate((tiers, _last_resort(tiers[: leaf_tiers[1]])))
    return Grouped(
        order=order,
        leaf_of_line=np.cumsum(new_leaf) - 1,
        prefixes=prefixes,
        prefix_digits=rows.prefix_digits[order[leaf_starts]],
        leaf_tiers=leaf_tiers,
        tiers=tiers,
        last_leaf=last_leaf,
    )


def _order(rows: RowTable) -> Int64:
    """Rows by prefix (short ones first), tier rank, precedence, place in the card."""
    keys = [
        ~rows.valid_from,  # the latest start first, without the overflow of a minus
        -rows.weights,
        rows.origins,
        -rows.length_min,
        rows.length_max - rows.length_min,
        -rows.origin_digits,
        rows.prefixes,
        rows.prefix_digits,
    ]
    telling = [key for key in keys if len(key) and (key != key[0]).any()]
    return np.lexsort(telling) if telling else np.arange(len(rows.prefixes))


def _changes(*keys: Int64) -> npt.NDArray[np.bool_]:
    """Where a sorted record differs from the one before it; the first one does."""
    new = np.ones(len(keys[0]), bool)
    new[1:] = False
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    return new


def _tier_records(rows: RowTable, order: Int64, starts: Int64) -> Int64:
    row = order[starts]
    records = np.empty((len(starts), at.TIER_WORDS), np.int64)
    records[:, at.ORIGIN] = rows.origins[row]
    records[:, at.ORIGIN_SHIFT] = TOP_BITS - 4 * rows.origin_digits[row]
    records[:, at.LENGTH_MIN] = rows.length_min[row]
    records[:, at.LENGTH_MAX] = rows.length_max[row]
    records[:, at.LINE_FIRST] = starts
    records[:, at.LINE_END] = np.append(starts[1:], len(order))
    return records


def _last_resort(tiers: Int64) -> Int64:
    """The tiers of the prefix '' without their conditions, the least particular first."""
    origin_digits = (TOP_BITS - tiers[:, at.ORIGIN_SHIFT]) // 4
    width = tiers[:, at.LENGTH_MAX] - tiers[:, at.LENGTH_MIN]
    resort = tiers[np.lexsort((-width, origin_digits))].copy()
    resort[:, at.ORIGIN] = EMPTY
    resort[:, at.ORIGIN_SHIFT] = TOP_BITS
    resort[:, at.LENGTH_MIN] = 0
    resort[:, at.LENGTH_MAX] = MAX_DIGITS
    return resort
