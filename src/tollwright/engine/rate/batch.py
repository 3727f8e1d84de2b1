"""What many calls cost: columns in, columns out.

`rate_batch` is the seam. `by_kernel` hands the columns to the compiled twin of the readable rule,
which gives the same answer; a few calls are cheaper walked one by one, `by_core`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from tollwright.core.choose import CardIndex
from tollwright.core.rating import CallInput, Charge, rate_call
from tollwright.engine.rate.cards import CARDS
from tollwright.kernel import batch as kernel
from tollwright.kernel import columns
from tollwright.kernel.layout import CompiledCard
from tollwright.kernel.numbers import pack_numbers
from tollwright.store import cardcache

KERNEL_BATCH = 256  # the fewest calls that are worth the crossing
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_KEPT = 16


@dataclass(slots=True)
class Columns:
    """Answered calls, one place a call: E.164 digits, aware instants, milliseconds."""

    called: list[str] = field(default_factory=list)
    caller: list[str] = field(default_factory=list)
    answered_at: list[datetime] = field(default_factory=list)
    answered_ms: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.called)

    def call(self, place: int) -> CallInput:
        """The call at this place."""
        return CallInput(
            "",
            self.answered_at[place],
            self.answered_ms[place],
            self.caller[place],
            self.called[place],
        )


@dataclass(slots=True)
class Rated:
    """Charges in the order of the calls. `refused` holds (status, reason) by place."""

    rate_no: list[int]
    prefix: list[str]
    billed_s: list[int]
    allowance_s: list[int]
    amount_micros: list[int]
    refused: dict[int, tuple[str, str]]


def rate_batch(card: CardIndex, calls: Columns) -> Rated:
    """The charges of calls on one card, by the way that is quicker for so many."""
    return by_kernel(card, calls) if len(calls) >= KERNEL_BATCH else by_core(card, calls)


def by_core(card: CardIndex, calls: Columns) -> Rated:
    """Each call by `core.rating.rate_call`."""
    charges = [rate_call(calls.call(place), card) for place in range(len(calls))]
    return Rated(
        [charge.rate_index for charge in charges],
        [charge.prefix for charge in charges],
        [charge.billed_s for charge in charges],
        [charge.allowance_s for charge in charges],
        [charge.amount_micros for charge in charges],
        {place: _why(charge) for place, charge in enumerate(charges) if charge.status != "rated"},
    )


def by_kernel(card: CardIndex, calls: Columns) -> Rated:
    """All calls by the compiled twin; the sentence for one that is refused is core's."""
    charges = kernel.rate_batch(
        compiled(card),
        columns.Columns(
            called=pack_numbers(calls.called),
            caller=pack_numbers(calls.caller),
            answered_at_us=_micros(calls.answered_at),
            answered_ms=np.array(calls.answered_ms, np.int64),
        ),
    ).charges
    rate_no: list[int] = charges.rate_index.tolist()
    rates = card.card.rates
    refused = np.flatnonzero(charges.status).tolist()
    return Rated(
        rate_no,
        [rates[row].prefix for row in rate_no],
        charges.billed_s.tolist(),
        charges.allowance_s.tolist(),
        charges.amount_micros.tolist(),
        {place: _why(rate_call(calls.call(place), card)) for place in refused},
    )


def _why(charge: Charge) -> tuple[str, str]:
    return charge.status, charge.reason


def _micros(moments: Sequence[datetime]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    count = len(moments)
    return np.fromiter(((at - EPOCH) // MICROSECOND for at in moments), np.int64, count)


_compiled_cards: dict[int, tuple[CardIndex, CompiledCard]] = {}


def compiled(card: CardIndex) -> CompiledCard:
    """The card's arrays, kept beside the card itself, so that its identity stays its own."""
    found = _compiled_cards.get(id(card))
    if found is None:
        while len(_compiled_cards) >= _KEPT:
            del _compiled_cards[next(iter(_compiled_cards))]
        made = cardcache.compiled(CARDS.name_of(card), lambda: card.card)
        found = _compiled_cards[id(card)] = (card, made)
    return found[1]
