"""Calls in, charges out: columns of one length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tollwright.core.instants import micros_of
from tollwright.core.rating.rate_call import CallInput
from tollwright.kernel.arrays import NONE, Int8, Int16, Int32, Int64
from tollwright.kernel.numbers import pack_numbers

NO_ZONE = NONE  # stands in `answered_at` for a time without time zone


@dataclass(frozen=True, slots=True)
class Columns:
    """Calls, int64[n] each.

    `called`, `caller`: packed (`numbers.pack_numbers`); `answered_at_us`: microseconds since
    1970-01-01 UTC, NO_ZONE for a time without time zone; `key_rank`: the place of the call key
    among the sorted keys of the batch, needed on cards with allowances only.
    """

    called: Int64
    caller: Int64
    answered_at_us: Int64
    answered_ms: Int64
    key_rank: Int64 | None = None

    def __len__(self) -> int:
        return len(self.called)

    def part(self, first: int, end: int) -> Columns:
        """The calls from `first` up to `end`, without copying."""
        here = slice(first, end)
        rank = None if self.key_rank is None else self.key_rank[here]
        return Columns(
            self.called[here],
            self.caller[here],
            self.answered_at_us[here],
            self.answered_ms[here],
            rank,
        )


class Charges(NamedTuple):
    """What calls cost, one array a field; codes are those of `reasons`.

    `rate_index` is the place in `card.rates`, `band` the place in `card.bands`, -1: none.
    `stopped_s` is the elapsed second at which a call ran out of open rows, for its reason.
    """

    status: Int8
    reason: Int8
    band: Int16
    rate_index: Int32
    billed_s: Int32
    allowance_s: Int32
    stopped_s: Int32
    amount_micros: Int64

    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """The columns, to be treated alike."""
        return tuple(self)

    def part(self, first: int, end: int) -> Charges:
        """The charges from `first` up to `end`, without copying."""
        return Charges(*(array[first:end] for array in self.arrays()))


def new_charges(calls: int) -> Charges:
    """Room for the charges of so many calls, to be used again and again."""
    types = (np.int8, np.int8, np.int16, np.int32, np.int32, np.int32, np.int32, np.int64)
    columns: list[npt.NDArray[Any]] = [np.empty(calls, dtype) for dtype in types]
    return Charges(*columns)


def epoch_us(at: datetime) -> int:
    """Microseconds since 1970-01-01 UTC; NO_ZONE for a naive time."""
    return NO_ZONE if at.tzinfo is None else micros_of(at)


def key_ranks(keys: Sequence[str]) -> Int64:
    """The place of each key among the sorted distinct keys, int64[n]."""
    place = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    return np.fromiter((place[key] for key in keys), np.int64, len(keys))


def columns_of(calls: Sequence[CallInput]) -> Columns:
    """The columns of calls that exist as objects."""
    count = len(calls)
    return Columns(
        called=pack_numbers([call.called for call in calls]),
        caller=pack_numbers([call.caller for call in calls]),
        answered_at_us=np.fromiter((epoch_us(c.answered_at) for c in calls), np.int64, count),
        answered_ms=np.fromiter((call.answered_ms for call in calls), np.int64, count),
        key_rank=key_ranks([call.call_key for call in calls]),
    )
