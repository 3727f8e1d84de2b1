"""The kernel: nanoseconds a call on a card of 300 000 prefixes with two bands and 30/6.

    python -m bench.kernel [--prefixes 300000] [--calls 10000000]

Against reading and writing the same columns once (the memory floor), against core in Python, and
on all threads that the kernel takes for a large batch against one; all in one run. The card is
compiled in a process of its own and mapped from disk, as in production, so that the peak memory is
that of rating.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from bench.common import (
    Figure,
    Part,
    best_of,
    by_part,
    calls_to,
    deck,
    peak_mb,
    report,
    say,
    timed,
)
from bench.stages import jitted, stages
from tollwright.core.cards.card import RateCard
from tollwright.core.instants import moment_of
from tollwright.core.rating.rate_call import CallInput, rate_call
from tollwright.core.rating.rate_lookup import prepare
from tollwright.kernel.call_columns import CallColumns, ChargeColumns, new_charges
from tollwright.kernel.numbers import unpack_number
from tollwright.kernel.rating.batch import rate_batch
from tollwright.kernel.rating.compile import compile_card
from tollwright.kernel.rating.layout import CompiledCard
from tollwright.kernel.rating.parallel import LEAST, THREADS
from tollwright.kernel.warm import warm
from tollwright.store import cardcache

BATCH = 8 * LEAST
CORE_CALLS = 10_000
HASH = "bench"


def compile_into(folder: Path, prefixes: int) -> tuple[float, float, float]:
    """Compile the deck and keep it; returns seconds, peak MB, and core's ns a call on the deck."""
    warm(say)
    say(f"building a deck of {prefixes:,} prefixes")
    card = deck(prefixes)
    before = peak_mb()
    with timed() as span:
        compiled = compile_card(card, hash_of_content=HASH)
    grown = peak_mb() - before
    cardcache.save(folder, compiled)
    say(f"rating {CORE_CALLS:,} calls by core")
    return span.seconds, grown, core_ns(card, calls_to(destinations(compiled), CORE_CALLS))


def core_ns(card: RateCard, columns: CallColumns) -> float:
    """Nanoseconds a call of `core.rating.rate_call.rate_call` on the prepared card."""
    index = prepare(card)
    calls = [
        CallInput("", moment_of(at), ms, "", unpack_number(called))
        for at, ms, called in zip(
            columns.answered_us.tolist(),
            columns.counted_ms.tolist(),
            columns.called_packed.tolist(),
            strict=True,
        )
    ]
    seconds = best_of(2, lambda: [rate_call(call, index) for call in calls])
    return seconds / len(calls) * 1e9


def destinations(compiled: CompiledCard) -> Any:
    """The distinct packed prefixes of a card."""
    return np.unique(compiled.rate_prefixes)


def parts_of(calls: CallColumns) -> list[Part]:
    """Batches with room for the charges of all: a floor that stayed in the cache would be none."""
    room = new_charges(len(calls))
    return [
        (calls.part(first, first + BATCH), room.part(first, first + BATCH))
        for first in range(0, len(calls), BATCH)
    ]


@jitted
def _floor(called: Any, caller: Any, at: Any, ms: Any, charges: Any) -> None:
    status, reason, band, row, billed, free, stopped, amount = charges
    for i in range(len(called)):
        mixed = called[i] ^ caller[i] ^ at[i] ^ ms[i]
        status[i], reason[i], band[i], row[i] = mixed, mixed, mixed, mixed
        billed[i], free[i], stopped[i], amount[i] = mixed, mixed, mixed, mixed


def floor(calls: CallColumns, out: ChargeColumns) -> None:
    """Read every column of the calls and write every column of the charges, once."""
    at, ms = calls.answered_us, calls.counted_ms
    _floor(calls.called_packed, calls.caller_packed, at, ms, out.arrays())


def rate(card: CompiledCard, calls: CallColumns, out: ChargeColumns) -> int:
    """Rate a batch on as many threads as help; returns how many calls went the long way."""
    return rate_batch(card, calls, out=out).long_way


def rate_alone(card: CompiledCard, calls: CallColumns, out: ChargeColumns) -> None:
    """Rate a batch on this thread, in parts that are not worth spreading."""
    for first in range(0, len(calls), LEAST):
        rate(card, calls.part(first, first + LEAST), out.part(first, first + LEAST))


def measure(folder: Path, options: argparse.Namespace) -> list[Figure]:
    """All figures of one run."""
    with ProcessPoolExecutor(1, get_context("spawn")) as child:
        prefixes = options.prefixes
        compile_s, compile_mb, python_ns = child.submit(compile_into, folder, prefixes).result()
    with timed() as loading:
        card = cardcache.load(folder, HASH)
    if card is None:
        raise RuntimeError("the compiled card did not reach the disk")
    say(f"rating {options.calls:,} calls")
    calls = calls_to(destinations(card), options.calls)
    parts, count = parts_of(calls), options.calls
    long_way = sum(rate(card, *part) for part in parts)
    one_s, all_s, floor_s = by_part(
        parts, options.rounds, partial(rate_alone, card), partial(rate, card), floor
    )
    one_ns, floor_ns = one_s / count * 1e9, floor_s / count * 1e9
    figures = [
        Figure("kernel: one leg, one thread", one_ns, "ns/call", 60),
        Figure("kernel: memory floor", floor_ns, "ns/call"),
        Figure("kernel: times the memory floor", one_ns / floor_ns, "x", 10),
        Figure(f"kernel: {THREADS} threads", all_s / count * 1e9, "ns/call"),
        Figure(f"kernel: scaling from 1 to {THREADS} threads", one_s / all_s, "x", 1.7, "higher"),
        Figure("kernel: core in Python", python_ns, "ns/call"),
        Figure("kernel: times faster than core", python_ns / one_ns, "x"),
        Figure("kernel: calls on the long way", long_way / count * 100, "%"),
        Figure("kernel: calls outside the kernel", 0, "calls", 0),
        Figure("kernel: compile the card", compile_s, "s", 10),
        Figure("kernel: memory to compile", compile_mb, "MB"),
        Figure("kernel: load the compiled card", loading.seconds * 1e3, "ms"),
        Figure("kernel: peak memory of rating", peak_mb(), "MB"),
    ]
    return figures + stages(card, parts[: options.stage_parts], options.rounds)


def main() -> None:
    """Run it; see the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--prefixes", type=int, default=300_000)
    parser.add_argument("--calls", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--stage-parts", type=int, default=15)
    options = parser.parse_args()
    warm(say)
    with tempfile.TemporaryDirectory(prefix="tollwright-bench-") as folder:
        report(measure(Path(folder), options))
    sys.stderr.flush()


if __name__ == "__main__":
    main()
