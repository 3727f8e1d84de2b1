"""Load the kernel before the first call needs it, and say so: the first time takes a while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tollwright.core.cards.card import Allowance, Rate, RateCard
from tollwright.core.formats.asterisk import ASTERISK_CSV
from tollwright.core.formats.base import Options
from tollwright.core.rating.rate_call import CallInput
from tollwright.kernel import numbers, text_bytes
from tollwright.kernel.call_columns import columns_of
from tollwright.kernel.call_file import lines
from tollwright.kernel.call_file.rate import CSV, rate_file
from tollwright.kernel.cdr import dialled, fields
from tollwright.kernel.cdr.columns import ColumnReader
from tollwright.kernel.rating import batch, legs, trie
from tollwright.kernel.rating.batch import rate_batch
from tollwright.kernel.rating.compile import compile_card
from tollwright.kernel.rating.legs import price_from_cost

CALL = CallInput("warm", datetime(2026, 1, 1, tzinfo=UTC), 1000, "", "1")
ROW = b'"1","0111111111","1","","","","","","","2026-01-01 00:00:00","","","0","0","","","1.1",""\n'
CALLS = b"call_key,answered_at,seconds,called\nwarm,2026-01-01T00:00:00Z,1,1\n"
FREE = Allowance("one free call", "calls", 1)


def warm(say: Callable[[str], None]) -> int:
    """Have every compiled function ready; returns how many had to be compiled.

    They are kept in `NUMBA_CACHE_DIR`, one set for each type of processor; whoever starts a
    process points it at a folder that can be written.
    """
    say("Loading the rating kernel; it is compiled on its first use on a machine, be patient.")
    calls = columns_of([CALL])
    for allowances in ((), (FREE,)):
        card = RateCard(rates=(Rate("1", 0),), allowances=allowances)
        charges = rate_batch(compile_card(card), calls).charges
    list(rate_file([CALLS], compile_card(card), CSV))
    price_from_cost(charges, charges, None, compile_card(card))
    list(ColumnReader(ASTERISK_CSV, Options(), 1).read([ROW]))
    new = sum(bool(function.stats.cache_misses) for function in _entries())
    say(f"The rating kernel is ready: {new} of {len(_entries())} functions were compiled.")
    return new


def _entries() -> tuple[Any, ...]:
    return (
        batch.ENTRIES
        + fields.ENTRIES
        + dialled.ENTRIES
        + text_bytes.ENTRIES
        + legs.ENTRIES
        + numbers.ENTRIES
        + trie.ENTRIES
        + lines.ENTRIES
    )
