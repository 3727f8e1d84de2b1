"""Leaves whose line is known by heart: the same bands and dates in the same order are one shape.

A leaf is plain when its first tier asks nothing of caller or length. Which of the tier's lines
holds then depends on the date interval and the set of bands alone: the context. `choice` holds
the answer for each shape and context. The most frequent shapes get a place; the others, and
leaves with several tiers, go the long way.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tollwright.core.cards.card import MAX_DIGITS
from tollwright.kernel.arrays import Int32, Int64
from tollwright.kernel.numbers import TOP_BITS
from tollwright.kernel.rating import layout as at
from tollwright.kernel.rating.rowtable import RowTable
from tollwright.kernel.rating.tiers import Grouped

MOST_LINES = 64  # of a plain leaf
MOST_DATES = 4096
MOST_CHOICES = 1 << 22

Shape = bytes


@dataclass(frozen=True, slots=True)
class Shapes:
    """`values[leaf]` is what the trie answers; `dates` the instants that divide contexts."""

    values: Int64
    choice: Int32
    dates: Int64
    contexts: int
    dated: bool


def shapes_of(grouped: Grouped, rows: RowTable, masks: Int64) -> Shapes:
    """The shapes of a card, and which leaf has which."""
    row = grouped.order
    table = np.stack((rows.bands[row], rows.valid_from[row], rows.valid_to[row]), axis=1)
    dates = _dates(table, len(masks))
    contexts = (len(dates) + 1) * len(masks)
    tier = grouped.leaf_tiers[:-1]
    first, end = grouped.tiers[tier, at.LINE_FIRST], grouped.tiers[tier, at.LINE_END]
    plain = _plain(grouped.tiers[tier]) & (end - first <= MOST_LINES)
    plain &= _settled_by(table, dates, first, end)
    kind = _kinds(table, first, end, plain)
    seen = Counter(kind[kind >= 0].tolist())
    most = min(at.SHAPES, MOST_CHOICES // contexts) - 1
    kept = [shape for shape, _ in seen.most_common(max(most, 0))]
    values = (np.arange(len(first)) + 1) << at.SHAPE_BITS | at.COMPLEX
    choices = [np.full(contexts, -1)]  # of what is complex
    for place, shape in enumerate(kept, at.COMPLEX + 1):
        having = kind == shape
        values[having] = first[having] << at.SHAPE_BITS | place
        leaf = int(np.flatnonzero(having)[0])
        choices.append(_choice(table[first[leaf] : end[leaf]], dates, masks))
    choice = np.concatenate(choices).astype(np.int32)
    return Shapes(values, choice, dates, contexts, bool(len(dates)))


def _dates(table: Int64, masks: int) -> Int64:
    """Instants at which some row begins or ends; none where they would be too many to tabulate."""
    dates = np.unique(table[:, 1:])
    dates = dates[(dates > at.NO_FROM) & (dates < at.NO_TO)]
    few = len(dates) <= MOST_DATES and 2 * (len(dates) + 1) * masks <= MOST_CHOICES
    return dates if few else np.zeros(0, np.int64)


def _settled_by(table: Int64, dates: Int64, first: Int64, end: Int64) -> npt.NDArray[np.bool_]:
    """Leaves whose lines have no date that is not among `dates`."""
    if len(dates):
        return np.ones(len(first), bool)
    dated = (table[:, 1] != at.NO_FROM) | (table[:, 2] != at.NO_TO)
    before = np.append(0, np.cumsum(dated))
    settled: npt.NDArray[np.bool_] = before[end] == before[first]
    return settled


def _plain(tiers: Int64) -> npt.NDArray[np.bool_]:
    plain: npt.NDArray[np.bool_] = tiers[:, at.ORIGIN_SHIFT] == TOP_BITS
    plain &= (tiers[:, at.LENGTH_MIN] == 0) & (tiers[:, at.LENGTH_MAX] == MAX_DIGITS)
    return plain


def _kinds(table: Int64, first: Int64, end: Int64, plain: npt.NDArray[np.bool_]) -> Int64:
    """A number for each leaf, equal where band and dates of all lines are; -1: not plain."""
    kind = np.full(len(first), -1, np.int64)
    known: dict[tuple[int, ...], int] = {}
    _, line_kind = np.unique(table, axis=0, return_inverse=True)
    line_kind = line_kind.reshape(-1)
    for count in np.unique((end - first)[plain]).tolist():
        leaves = np.flatnonzero(plain & (end - first == count))
        lines = line_kind[first[leaves][:, None] + np.arange(count)]
        distinct, place = np.unique(lines, axis=0, return_inverse=True)
        numbers = [known.setdefault(tuple(shape), len(known)) for shape in distinct.tolist()]
        kind[leaves] = np.array(numbers, np.int64)[place.reshape(-1)]
    return kind


def _choice(lines: Int64, dates: Int64, masks: Int64) -> Int64:
    """For each context: offset of the line that holds << 1 | it always does; -1: none."""
    choice = np.full((len(dates) + 1, len(masks)), -1, np.int64)
    begins = np.append(at.NO_FROM, dates)  # of each interval
    for offset in range(len(lines) - 1, -1, -1):
        band, valid_from, valid_to = lines[offset].tolist()
        dated = (begins >= valid_from) & (begins < valid_to)
        banded = (masks >> band) & 1 == 1 if band >= 0 else np.ones(len(masks), bool)
        timeless = band < 0 and valid_from == at.NO_FROM and valid_to == at.NO_TO
        choice[dated[:, None] & banded] = offset << 1 | (timeless and offset == 0)
    return choice.reshape(-1)
