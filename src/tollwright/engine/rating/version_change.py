"""A call over a change of card version: priced piece by piece, each at the version in force.

The versions that the call meets become one card (`core.rating.versions`) for its number: a
few rows, so that a deck of 300 000 costs such a call no more than a small one. Rules, allowances
and the row that the charge names are those of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from tollwright.core.cards.card import RateCard
from tollwright.core.cards.read import CardError
from tollwright.core.instants import micros_of
from tollwright.core.rating import versions as core
from tollwright.core.rating.rate_call import CallInput, Charge
from tollwright.core.rating.rate_lookup import CardIndex, prepare
from tollwright.engine.rating.terms import Card, Version
from tollwright.kernel.arrays import Flags, Int64

Load = Callable[[Version], CardIndex]
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class VersionHistory:
    """The card of one call over several versions; `rows[i]` is the number of its row i in the
    version of the answer."""

    index: CardIndex
    rows: tuple[int, ...]
    versions: tuple[Version, ...]

    def named(self, charge: Charge) -> Charge:
        """The charge with its row as the version of the answer numbers it."""
        if charge.rate_index < 0:
            return charge
        return replace(charge, rate_index=self.rows[charge.rate_index])


def crosses(answered_us: Int64, counted_ms: Int64, later: Iterable[Version]) -> Flags:
    """Where one of these versions comes into force during the call."""
    ends = answered_us + counted_ms * 1000
    found = np.zeros(len(ends), np.bool_)
    for moment in {micros_of(version.effective_from) for version in later}:
        found |= (answered_us < moment) & (ends > moment)
    return found


def version_history(
    card: Card,
    version: Version,
    load: Load,
    *,
    call: CallInput,
    known_at: datetime | None = None,
) -> VersionHistory | None:
    """What prices a call that meets later versions of its card; None where it meets none.

    Only versions published by `known_at` count (None: all). Also None where the card prices a
    call whole at its answer (`crossing: at_start`), or the versions differ in a setting that
    cannot change inside a call: then the version of the answer prices it whole.
    """
    end = call.answered_at + call.answered_ms * MILLISECOND
    later = card.within(call.answered_at, end, known_at)
    if not later:
        return None
    first = load(version)
    if first.card.crossing != "split":
        return None
    own = _rows_for(first, call)
    ordered = [core.Version(version.effective_from, _only(first, own))]
    for other in later:
        index = load(other)
        ordered.append(core.Version(other.effective_from, _only(index, _rows_for(index, call))))
    try:
        joined = core.on_one_line(ordered)
    except CardError:
        return None
    index = prepare(replace(joined, allowances=first.card.allowances))
    kept = tuple(row for row in own if _begins(first, row, later[0].effective_from))
    return VersionHistory(index, kept, (version, *later))


def _rows_for(index: CardIndex, call: CallInput) -> list[int]:
    """All rows whose prefix begins the number, in the card's order."""
    tiers = index.of_prefixes(call.called, whole=call.whole)
    return sorted(row for tier in tiers for row in tier.rows)


def _only(index: CardIndex, rows: list[int]) -> RateCard:
    return replace(index.card, rates=tuple(index.card.rates[row] for row in rows))


def _begins(index: CardIndex, row: int, ends: datetime) -> bool:
    """Whether the row is among them: one that begins when its version ends does not."""
    rate = index.card.rates[row]
    return rate.effective_from is None or rate.effective_from < min(rate.effective_to or ends, ends)
