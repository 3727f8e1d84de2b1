"""What all benchmarks share: figures in, JSON lines and a table out; the deck and its calls."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tollwright.core.cards.card import Band, Rate, RateCard, Window
from tollwright.kernel.call_columns import CallColumns, ChargeColumns
from tollwright.kernel.numbers import ENDED, TOP_BITS

Part = tuple[CallColumns, ChargeColumns]  # a batch and room for what it costs

SEED = 20_260_101
JULY_US = 1_782_864_000_000_000  # 2026-07-01T00:00:00Z
BANDS = (
    Band("peak", 10, (Window(480, 1080, (1, 2, 3, 4, 5)),)),
    Band("rest", 0),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. A goal without a limit is for comparison only."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    better: Literal["lower", "higher"] = "lower"
    note: str = ""

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value <= self.goal if self.better == "lower" else self.value >= self.goal


def report(figures: list[Figure]) -> None:
    """JSON lines for programs on stdout, a table for people on stderr."""
    for figure in figures:
        line = {
            "name": figure.name,
            "value": round(figure.value, 4),
            "unit": figure.unit,
            "goal": figure.goal,
            "met": figure.met,
        }
        print(json.dumps(line), flush=True)
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        sign = "<=" if figure.better == "lower" else ">="
        goal = "" if figure.goal is None else f"goal {sign} {figure.goal:g}"
        verdict = {None: "", True: "met", False: "MISSED"}[figure.met]
        value = f"{figure.value:>14,.3f} {figure.unit:<12}"
        print(
            f"{figure.name:<{width}} {value} {goal:<14} {verdict:<7} {figure.note}".rstrip(),
            file=sys.stderr,
        )


def say(text: str) -> None:
    """What is being done, for whoever waits."""
    print(f"... {text}", file=sys.stderr, flush=True)


@dataclass(slots=True)
class Span:
    """Seconds of a timed block, known after it."""

    seconds: float = 0.0


@contextmanager
def timed() -> Iterator[Span]:
    span = Span()
    begun = time.perf_counter()
    yield span
    span.seconds = time.perf_counter() - begun


def best_of(times: int, work: Callable[[], Any]) -> float:
    """Seconds of the fastest of several runs: the others waited for someone else's work."""
    seconds = []
    for _ in range(times):
        with timed() as span:
            work()
        seconds.append(span.seconds)
    return min(seconds)


Work = Callable[[CallColumns, ChargeColumns], Any]


def by_part(parts: Sequence[Part], rounds: int, *works: Work) -> list[float]:
    """Seconds of each work over all parts: the sum of the best of each part.

    A part takes milliseconds, so that one of a few rounds is left alone by whatever else runs. A
    work goes over all parts before the next one does: each finds them in memory, not in a cache.
    """
    best = [[float("inf")] * len(parts) for _ in works]
    for _ in range(rounds):
        for own, work in zip(best, works, strict=True):
            for place, (calls, out) in enumerate(parts):
                own[place] = min(own[place], best_of(1, partial(work, calls, out)))
    return [sum(own) for own in best]


def peak_mb() -> float:
    """Most memory this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def prefixes(count: int, seed: int = SEED) -> list[str]:
    """So many distinct prefixes of 1 to 9 digits, long ones below short ones as in real decks."""
    rng = np.random.default_rng(seed)
    found = {str(digit) for digit in range(1, 10)}
    known = sorted(found)
    while len(found) < count:
        parent = known[int(rng.integers(len(known)))]
        if len(parent) < 9:
            longer = parent + str(int(rng.integers(10)))
            if longer not in found:
                found.add(longer)
                known.append(longer)
    return sorted(found)


def deck(count: int, *, banded: bool = True) -> RateCard:
    """A card of so many prefixes, two bands (or none), 30/6, connect fee and minimum charge."""
    rng = np.random.default_rng(SEED)
    names: tuple[str | None, ...] = ("peak", "rest") if banded else (None,)
    rates = []
    for prefix in prefixes(count):
        for band in names:
            price = int(rng.integers(10, 9000)) * 100_000
            rates.append(
                Rate(
                    prefix=prefix,
                    price_nanos=price,
                    band=band,
                    connect_fee_micros=int(rng.integers(0, 3)) * 10_000,
                    first_s=30,
                    next_s=6,
                    min_charge_micros=1_000,
                )
            )
    return RateCard(rates=tuple(rates), bands=BANDS if banded else (), timezone="America/New_York")


def calls_to(packed_prefixes: npt.NDArray[np.int64], count: int, seed: int = SEED) -> CallColumns:
    """So many calls within a month; destinations by Zipf's law, lengths as calls have them.

    Each number is its prefix and random digits up to 12.
    """
    rng = np.random.default_rng(seed)
    ranks = np.arange(1, len(packed_prefixes) + 1)
    shares = np.cumsum(1 / ranks)
    chosen = np.searchsorted(shares, rng.random(count) * shares[-1])
    called = rng.permutation(packed_prefixes)[chosen]
    for place in range(12):
        shift = TOP_BITS - 4 - 4 * place
        open_digit = ((called >> shift) & 15) == ENDED
        digit = rng.integers(0, 10, count)
        called = np.where(open_digit, called & ~(15 << shift) | digit << shift, called)
    ms = np.minimum(rng.exponential(180_000, count), 7_200_000).astype(np.int64)
    return CallColumns(
        called_packed=called,
        caller_packed=called[::-1].copy(),
        answered_us=np.sort(rng.integers(0, 31 * 86_400 * 10**6, count)) + JULY_US,
        counted_ms=ms,
        key_rank=np.arange(count, dtype=np.int64),
    )
