"""`tollwright rate`: a file of calls in, a file of charges out, beside DuckDB and Polars.

    python -m bench.files [--prefixes 300000] [--calls 1000000] [--rounds 3]

Every way is a process of its own, from its start to its end, and what a call takes is the time of
all that by the calls; the start is shown apart, measured with one call. Each goes from the same CSV
to a CSV of charges: longest prefix, 30/6, connect fee, minimum charge, no bands (a script has
none). The sums of money must be equal to the micro. DuckDB and Polars are not installed with the
product: they are measured where they can be imported.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from bench.common import Figure, calls_to, deck, report, say, timed
from tollwright.core.cards.dump import dump_card
from tollwright.kernel.numbers import pack_numbers, unpack_number

PEERS = ("duckdb", "polars")
TIMED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], check=False).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(code)
"""


Way = Callable[[Path, Path], list[str]]  # the command line for a folder and a result


class Run(NamedTuple):
    """What one run took: seconds by the clock and of the processors, and MB at most."""

    clock_s: float
    cpu_s: float
    peak_mb: float


def write_inputs(folder: Path, prefixes: int, calls: int) -> None:
    """card.json and its rows as rates.csv (amounts in nanos and micros), and calls.csv."""
    say(f"writing a card of {prefixes:,} prefixes and {calls:,} calls")
    card = deck(prefixes, banded=False)
    (folder / "card.json").write_text(json.dumps(dump_card(card)))
    with (folder / "rates.csv").open("w", newline="") as file:
        rates = csv.writer(file)
        rates.writerow(("prefix", "price_nanos", "connect_micros"))
        rates.writerows((r.prefix, r.price_nanos, r.connect_fee_micros) for r in card.rates)
    columns = calls_to(np.unique(pack_numbers([rate.prefix for rate in card.rates])), calls)
    with (folder / "calls.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("call_key", "answered_at", "seconds", "caller", "called"))
        for place, (at, ms, caller, called) in enumerate(
            zip(
                columns.answered_us.tolist(), columns.counted_ms.tolist(),
                columns.caller_packed.tolist(), columns.called_packed.tolist(), strict=True,
            )
        ):  # fmt: skip
            moment = datetime.fromtimestamp(at // 10**6, UTC)
            numbers = unpack_number(caller), unpack_number(called)
            rows.writerow((f"17953.{place}", f"{moment:%Y-%m-%dT%H:%M:%SZ}", ms / 1000, *numbers))


def run(command: Sequence[str]) -> Run:
    """Run it to its end. Raises CalledProcessError."""
    with timed() as span:
        done = subprocess.run(
            [sys.executable, "-c", TIMED, *command], check=True, stdout=subprocess.PIPE, text=True
        )
    cpu_s, peak_mb = done.stdout.split()[-2:]
    return Run(span.seconds, float(cpu_s), float(peak_mb))


def tollwright(folder: Path, out: Path) -> list[str]:
    """The command line."""
    code = "from tollwright.cli import main; main()"
    card, calls = folder / "card.json", folder / "calls.csv"
    files = ["--card", str(card), "--calls", str(calls), "--out", str(out)]
    return [sys.executable, "-c", code, "rate", *files]


def peer(name: str) -> Way:
    """The command line of a peer's script, see `bench.peers`."""
    return lambda folder, out: [sys.executable, "-m", "bench.peers", name, str(folder), str(out)]


def one_call(folder: Path) -> Path:
    """A folder with the same card and the first of the calls."""
    alone = folder / "alone"
    alone.mkdir()
    (alone / "card.json").hardlink_to(folder / "card.json")
    with (folder / "calls.csv").open() as calls:
        (alone / "calls.csv").write_text("".join(islice(calls, 2)))
    return alone


def money(out: Path) -> int:
    """The sum of a result's amounts, in micros."""
    with out.open(newline="") as file:
        amounts = (Decimal(row["amount"]) for row in csv.DictReader(file) if row["amount"])
        return int(sum(amounts) * 10**6)


def measure(folder: Path, options: argparse.Namespace) -> list[Figure]:
    """All figures of one run."""
    write_inputs(folder, options.prefixes, options.calls)
    ways: dict[str, Way] = {"tollwright": tollwright}
    for name in PEERS:
        if importlib.util.find_spec(name) is None:
            say(f"{name} is not installed here, so that it is not measured beside")
        else:
            ways[name] = peer(name)
    first = run(tollwright(folder, folder / "tollwright.csv"))  # reads and keeps the card
    runs: dict[str, list[Run]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, way in ways.items():
            say(f"{name}: {options.calls:,} calls")
            runs[name].append(run(way(folder, folder / f"{name}.csv")))
    sums = {name: money(folder / f"{name}.csv") for name in ways}
    if len(set(sums.values())) > 1:
        raise AssertionError(f"the sums of money differ: {sums}")
    start = run(tollwright(one_call(folder), folder / "one.csv"))
    figures = [
        Figure("file: first run, which reads the card", first.clock_s, "s"),
        Figure("file: start, the card known", start.clock_s, "s"),
        Figure("file: start, processors", start.cpu_s, "s"),
    ]
    for name, each in runs.items():
        ours = name == "tollwright"
        per_call = 1e6 / options.calls
        clock, cpu, peak = (median(column) for column in zip(*each, strict=True))
        figures += [
            Figure(f"file: {name}", clock * per_call, "us/call", 1.5 if ours else None),
            Figure(f"file: {name}, processors", cpu * per_call, "us/call"),
            Figure(f"file: {name}, peak memory", peak, "MB", 400 if ours else None),
        ]
    return figures


def main() -> None:
    """Run it; see the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--prefixes", type=int, default=300_000)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["TOLLWRIGHT_HOME"] = name
        report(measure(Path(name), options))


if __name__ == "__main__":
    main()
