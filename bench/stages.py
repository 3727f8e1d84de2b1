"""Where the kernel's time goes: the short way up to each of its stages, in nanoseconds a call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar, cast

import numba
import numpy as np

from bench.common import Figure, best_of
from tollwright.kernel.columns import Charges, Columns
from tollwright.kernel.layout import CompiledCard
from tollwright.kernel.short import LANES, MEMO, _fetch, _lines
from tollwright.kernel.trie import descend

TRIE, LINE, FETCH = 1, 2, 3
NAMES = {
    TRIE: "down the trie",
    LINE: "... and choose the line",
    FETCH: "... and fetch it (the rest prices and writes)",
}
F = TypeVar("F", bound=Callable[..., Any])
_njit: Any = numba.njit  # its annotations hide those of the function


def jitted(function: F) -> F:
    """Compiled for this run only."""
    return cast(F, _njit(nogil=True, error_model="numpy")(function))


@jitted
def _up_to(
    stage: int, words: Any, cells: Any, called: Any, caller: Any, at_us: Any, ms: Any
) -> int:
    value = np.empty(LANES, np.int64)
    lane = np.empty(LANES, np.int64)
    node = np.empty(LANES, np.int64)
    line = np.empty(LANES, np.int64)
    room = np.empty(LANES, np.int64)
    memo = np.zeros(MEMO, np.int64)
    touched = 0
    for first in range(0, len(called), LANES):
        count = min(LANES, len(called) - first)
        descend(words, cells, called, first, count, value, lane, node)
        touched |= value[0]
        if stage >= LINE:
            _lines(words, cells, called, caller, at_us, ms, value, line, room, memo, first, count)
            touched |= line[0]
        if stage >= FETCH:
            touched |= _fetch(words, line, count)
    return touched


def stages(card: CompiledCard, parts: Sequence[tuple[Columns, Charges]]) -> list[Figure]:
    """Each stage with those before it."""
    count = sum(len(calls) for calls, _ in parts)

    def work(stage: int) -> None:
        for c, _ in parts:
            times = c.answered_at_us, c.answered_ms
            _up_to(stage, card.words, card.cells, c.called, c.caller, *times)

    work(FETCH)
    return [
        Figure(f"kernel: {name}", best_of(5, partial(work, stage)) / count * 1e9, "ns/call")
        for stage, name in NAMES.items()
    ]
