"""Calls of one card version as if its pools were empty, by the kernel; those that run into a later
version are priced piece by piece, by core."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from tollwright.core.instants import moment_of
from tollwright.core.money import Rounding
from tollwright.core.rating.rate_call import CallInput, Charge, rate_call
from tollwright.core.rating.rate_lookup import CardIndex
from tollwright.engine.rating.cards import card_of
from tollwright.engine.rating.tariffs import compiled_of
from tollwright.engine.rating.terms import Card, Version
from tollwright.engine.rating.version_change import line_of, meeting
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import Charges, Columns
from tollwright.kernel.numbers import unpack_number
from tollwright.kernel.rating.batch import rate_batch
from tollwright.kernel.rating.layout import SPLIT, CompiledCard
from tollwright.kernel.rating.status import RATED, STATUSES
from tollwright.kernel.text import Text, unpacked
from tollwright.store.calls import Cursor

Key = tuple[int, Rounding | None]


@dataclass(frozen=True, slots=True)
class Rated:
    """Charges of calls on one card; `priced_individually` of them were priced by core."""

    charges: Charges
    card: CompiledCard
    priced_individually: int

    def priced(self) -> Int64:
        """The places that have a price."""
        return np.flatnonzero(self.charges.status == RATED)

    def prefixes(self, priced: Int64) -> Text:
        """The prefixes of some places that have a price."""
        return unpacked(self.card.rate_prefixes[self.charges.rate_index[priced]])


@dataclass(slots=True)
class BareCards:
    """Card versions without their allowances, as this cursor's tenant has them."""

    cursor: Cursor
    _arrays: dict[Key, CompiledCard] = field(default_factory=dict)
    _indexes: dict[Key, CardIndex] = field(default_factory=dict)

    def arrays(self, version: Version, rounding: Rounding | None = None) -> CompiledCard:
        """For the kernel; no row is read where any process has compiled the version."""
        key = version.id, rounding
        if key not in self._arrays:
            self._arrays[key] = compiled_of(self.cursor, version, rounding, bare=True)
        return self._arrays[key]

    def index(self, rounding: Rounding | None, version: Version) -> CardIndex:
        """For core, with all its rows."""
        key = version.id, rounding
        found = self._indexes.get(key)
        if found is None:
            found = card_of(self.cursor, version.id, version.content_hash, rounding)
            if found.card.allowances:
                found = replace(found, card=replace(found.card, allowances=()))
            self._indexes[key] = found
        return found


def rate_group(
    cards: BareCards, card: Card, version: Version, calls: Columns, rounding: Rounding | None = None
) -> Rated:
    """What the calls cost by the version in force at their answer, in their order."""
    arrays = cards.arrays(version, rounding)
    charges = rate_batch(arrays, calls).charges
    priced_individually = 0
    for place in _meeting(card, version, arrays, calls):
        call = call_at(calls, place)
        line = line_of(card, version, partial(cards.index, rounding), call=call)
        if line is not None:
            priced_individually += 1
            put(charges, place, line.named(rate_call(call, line.index)))
    return Rated(charges, arrays, priced_individually)


def _meeting(card: Card, version: Version, arrays: CompiledCard, calls: Columns) -> list[int]:
    """The places of the calls that a later version may price in part."""
    if not arrays.words[SPLIT]:
        return []
    found = meeting(calls.answered_at_us, calls.answered_ms, card.later(version))
    return np.flatnonzero(found & (calls.called >= 0)).tolist()


def call_at(calls: Columns, place: int) -> CallInput:
    """The call at this place, as core takes it; without a number where none can be looked up."""
    called = int(calls.called[place])
    return CallInput(
        "", moment_of(int(calls.answered_at_us[place])), int(calls.answered_ms[place]),
        unpack_number(int(calls.caller[place])), "" if called < 0 else unpack_number(called),
    )  # fmt: skip


def put(charges: Charges, place: int, charge: Charge) -> None:
    """Write what core says of the call at this place."""
    charges.status[place] = STATUSES.index(charge.status)
    charges.rate_index[place] = charge.rate_index
    charges.billed_s[place] = charge.billed_s
    charges.allowance_s[place] = charge.allowance_s
    charges.amount_micros[place] = charge.amount_micros
