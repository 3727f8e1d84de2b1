"""220 drawn cards with 8 250 calls around their edges, and what release 0.1.0 charged for each.

The cards were drawn once by tests/support/cards.py and are kept as card files, so that neither a
strategy nor a library decides what is compared. No rework alters a figure here. One cure did: under
round_total a call within `first_s` is billed just that (10 s on 30/18 are 30, not 36).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from tollwright.core.cards.card import RateCard
from tollwright.core.cards.file import load_card
from tollwright.core.rating.rate_call import CallInput, Charge

FILE = Path(__file__).parent / "golden_charges.jsonl.gz"


class Figures(NamedTuple):
    """What is kept of a charge: all but its wording."""

    status: str
    prefix: str
    rate_index: int
    band: str
    billed_s: int
    allowance_s: int
    amount_micros: int


@dataclass(frozen=True)
class Golden:
    """A card, calls, and what they cost when the first has every allowance to itself."""

    card: RateCard
    calls: list[CallInput]
    figures: list[Figures]


def golden() -> Iterator[Golden]:
    """Each card with its calls."""
    for line in gzip.decompress(FILE.read_bytes()).decode().splitlines():
        kept: dict[str, Any] = json.loads(line)
        calls = [
            CallInput(key, datetime.fromisoformat(at), ms, caller, called)
            for key, at, ms, caller, called, *_ in kept["calls"]
        ]
        figures = [Figures(*row[5:]) for row in kept["calls"]]
        yield Golden(load_card(kept["card"]), calls, figures)


def figures(charge: Charge) -> Figures:
    """A charge's figures."""
    return Figures(*(getattr(charge, name) for name in Figures._fields))
