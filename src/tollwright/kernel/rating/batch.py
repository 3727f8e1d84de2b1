"""Rate a batch of calls on a compiled card: `rate_batch`, the door of the kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import CallColumns, ChargeColumns, new_charges
from tollwright.kernel.jit import entry, stamp
from tollwright.kernel.numbers import text_order
from tollwright.kernel.rating import fast_path
from tollwright.kernel.rating.allowances import USE_WORDS
from tollwright.kernel.rating.instant import MEMO_SIZE
from tollwright.kernel.rating.layout import ALLOWANCES_COUNT, CompiledCard
from tollwright.kernel.rating.parallel import spread
from tollwright.kernel.rating.slow_path import CHARGE_WORDS, rate_with_allowances
from tollwright.kernel.rating.trie import find

NO_USES = np.empty((0, USE_WORDS), np.int64)


@dataclass(frozen=True, slots=True)
class Rated:
    """The charges of a batch.

    `uses`, int64[u, 4]: call (its place in the batch), allowance, amount taken, seconds covered,
    in the order of consumption. `long_way` counts the calls that the short way did not fit; they
    are rated all the same, at several times the cost. No call ever leaves the kernel.
    """

    charges: ChargeColumns
    uses: Int64
    long_way: int


def _make(mark: int) -> Callable[..., tuple[int, int]]:
    @entry
    def in_turn(
        words: Any, cells: Any, turns: Any, first: int, calls: Any, out: Any, pools: Any,
        uses: Any, used: int,
    ) -> tuple[int, int]:  # fmt: skip
        called, caller, at_us, ms = calls
        allowances = words[ALLOWANCES_COUNT]
        order = np.empty(allowances, np.int64)
        fits = np.empty(allowances, np.int64)
        memo = np.zeros(MEMO_SIZE, np.int64)
        room = len(uses) // USE_WORDS - allowances
        while first < len(turns) and used <= room and mark:
            i = turns[first]
            used = rate_with_allowances(
                words,
                cells,
                find(words, cells, max(called[i], 0)),
                called[i],
                caller[i],
                at_us[i],
                ms[i],
                memo,
                out[i],
                i,
                pools,
                uses,
                used,
                order,
                fits,
            )
            first += 1
        return first, used

    return in_turn


# Rates calls in the order of `turns` from place `first` until `uses` might overflow; returns the
# place it came to and how many uses there are.
_in_turn = _make(stamp(__name__))
ENTRIES: tuple[Any, ...] = (*fast_path.ENTRIES, _in_turn)


def rate_batch(
    compiled_card: CompiledCard,
    calls: CallColumns,
    *,
    out: ChargeColumns | None = None,
    pools: Int64 | None = None,
) -> Rated:
    """The charge of each call on one card: what `core.rating.rate_call.rate_calls` gives.

    `out` (of the same length) is written instead of new arrays. `pools` is what each allowance
    pool has left, in the order of `compiled_card.pool_names`; it is updated in place, without it
    every pool is full. A large batch is rated on several threads (see `spread`), without the
    interpreter's lock; on a card with allowances one call goes after the other.
    Raises ValueError for columns of unequal length.
    """
    charges = new_charges(len(calls)) if out is None else out
    fields = tuple(
        _read_only(column)
        for column in (
            calls.called_packed,
            calls.caller_packed,
            calls.answered_us,
            calls.counted_ms,
        )
    )
    if {len(column) for column in (*fields, *charges.arrays())} != {len(calls)}:
        raise ValueError("the columns of a batch are not of one length")
    if not compiled_card.pool_names:
        return Rated(charges, NO_USES, _rate_apart(compiled_card, fields, charges.arrays()))
    left = compiled_card.full_pools() if pools is None else pools
    return _rate_in_turn(compiled_card, calls, fields, charges, left)


def _rate_apart(
    compiled_card: CompiledCard, fields: tuple[Int64, ...], arrays: tuple[npt.NDArray[Any], ...]
) -> int:
    """Without allowances no call knows of another; returns how many went the long way."""

    def rate(here: slice) -> int:
        calls, out = (tuple(column[here] for column in columns) for columns in (fields, arrays))
        return int(fast_path.rate_columns(compiled_card.words, compiled_card.cells, calls, out))

    return spread(rate, len(arrays[0]))


def _rate_in_turn(
    compiled_card: CompiledCard,
    calls: CallColumns,
    fields: tuple[Int64, ...],
    charges: ChargeColumns,
    left: Int64,
) -> Rated:
    """Allowances are consumed by answer time, then call key, whatever the order of the input."""
    turns = _read_only(consumption_order(calls))
    most = len(compiled_card.allowance_names)
    uses = np.empty((2 * len(calls) + most) * USE_WORDS, np.int64)
    out = np.empty((len(calls), CHARGE_WORDS), np.int64)
    words, cells = compiled_card.words, compiled_card.cells
    done, used = 0, 0
    while done < len(calls):
        done, used = _in_turn(words, cells, turns, done, fields, out, left, uses, used)
        if done < len(calls):
            uses = np.concatenate((uses, np.empty_like(uses)))
    for place, column in enumerate(charges.arrays()):
        column[:] = out[:, place]
    return Rated(charges, uses[: used * USE_WORDS].reshape(-1, USE_WORDS), len(calls))


def consumption_order(calls: CallColumns) -> Int64:
    """Places of the calls as `core.rating.rate_call.consumption_order` gives them, int64[n]."""
    rank = calls.key_rank if len(calls.key_rank) else np.zeros(len(calls), np.int64)
    caller, called = text_order(calls.caller_packed), text_order(calls.called_packed)
    return np.lexsort((calls.counted_ms, caller, called, rank, calls.answered_us))


def _read_only(array: Int64) -> Int64:
    """One signature for all: int64, contiguous, read-only."""
    view = np.ascontiguousarray(array, np.int64).view()
    view.flags.writeable = False
    return view
