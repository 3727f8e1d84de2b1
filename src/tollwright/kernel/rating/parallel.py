"""A large batch on several threads at once: parts, and one pool of threads a process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from itertools import pairwise
from multiprocessing import current_process
from threading import main_thread

from tollwright.kernel.jit import config

THREADS: int = config.NUMBA_NUM_THREADS  # the cores this process may use, or what the setting says
LEAST = 32_768  # calls of a part; to hand one over takes as long as to rate a thousand


def spread(work: Callable[[slice], int], count: int) -> int:
    """The sum of `work` over parts of 0 to `count`, on as many threads as help.

    The caller works too and takes every part that nobody else has begun, so that it never waits for
    a pool that others keep busy. What a part raises reaches the caller once no part is under way.
    """
    parts = count // LEAST
    hands = min(parts, THREADS) if main_thread().is_alive() else 1  # no pool outlives that one
    if hands < 2:
        return work(slice(0, count))
    edges = (count * place // parts for place in range(parts + 1))
    rest = iter([slice(first, end) for first, end in pairwise(edges)])

    def hand() -> int:
        return sum(map(work, rest))

    pool = _pool(current_process().pid)
    others = [pool.submit(hand) for _ in range(hands - 1)]
    try:
        done = hand()
    finally:
        begun = [other for other in others if not other.cancel()]
        wait(begun)
    return done + sum(other.result() for other in begun)


@cache
def _pool(process: int | None) -> ThreadPoolExecutor:
    """A process's own: threads do not live on in what it forks."""
    return ThreadPoolExecutor(THREADS - 1, f"tollwright-rate-{process}")
