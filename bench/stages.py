"""Where the kernel's time goes: the short way up to each of its stages, in nanoseconds a call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import numba
import numpy as np

from bench.common import Figure, Part, by_part
from tollwright.kernel.call_columns import CallColumns, ChargeColumns
from tollwright.kernel.rating.fast_path import LANES, choose_lines, sound_seconds
from tollwright.kernel.rating.instant import MEMO_SIZE
from tollwright.kernel.rating.layout import CompiledCard
from tollwright.kernel.rating.trie import descend

TRIE, SECONDS, LINE = 1, 2, 3
NAMES = {
    TRIE: "down the trie",
    SECONDS: "... and look at the fields",
    LINE: "... and choose the line (the rest prices and writes)",
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
    path = np.empty(LANES, np.int64)
    line = np.empty(LANES, np.int64)
    found = np.empty(LANES, np.int32)
    lane = np.empty(LANES, np.int32)
    seconds = np.empty(LANES, np.int32)
    memo = np.zeros(MEMO_SIZE, np.int64)
    touched = 0
    for first in range(0, len(called), LANES):
        lanes = min(LANES, len(called) - first)
        descend(words, cells, called, first, lanes, path, found, lane)
        touched |= found[0]
        if stage >= SECONDS:
            sound_seconds(words, caller, at_us, ms, first, lanes, seconds)
            touched |= seconds[0]
        if stage >= LINE:
            choose_lines(words, cells, at_us, first, lanes, found, seconds, memo, line)
            touched |= line[0]
    return touched


def stages(card: CompiledCard, parts: Sequence[Part], rounds: int) -> list[Figure]:
    """Each stage with those before it."""
    count = sum(len(calls) for calls, _ in parts)

    def up_to(stage: int) -> Callable[[CallColumns, ChargeColumns], int]:
        def work(calls: CallColumns, _: ChargeColumns) -> int:
            times = calls.answered_us, calls.counted_ms
            return _up_to(
                stage, card.words, card.cells, calls.called_packed, calls.caller_packed, *times
            )

        return work

    works = [up_to(stage) for stage in NAMES]
    for work in works:
        work(*parts[0])
    return [
        Figure(f"kernel: {name}", seconds / count * 1e9, "ns/call")
        for name, seconds in zip(NAMES.values(), by_part(parts, rounds, *works), strict=True)
    ]
