"""Calls of one card version as if its pools were empty; those that run into a later version are
priced piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from tollwright.core.card import MAX_CALL_MS
from tollwright.core.choose import CardIndex
from tollwright.core.money import Rounding
from tollwright.core.rating import Charge, rate_call
from tollwright.engine.rate.batch import Columns, Rated, rate_batch
from tollwright.engine.rate.crossing import line_of
from tollwright.engine.rate.terms import Card, Version

LONGEST = timedelta(milliseconds=MAX_CALL_MS)


@dataclass(slots=True)
class BareCards:
    """Prepared cards without their allowances; `load` gives a version's whole one."""

    load: Callable[[Version, Rounding | None], CardIndex]
    _kept: dict[tuple[int, Rounding | None], CardIndex] = field(default_factory=dict)

    def get(self, rounding: Rounding | None, version: Version) -> CardIndex:
        key = version.id, rounding
        found = self._kept.get(key)
        if found is None:
            found = self.load(version, rounding)
            if found.card.allowances:
                found = replace(found, card=replace(found.card, allowances=()))
            self._kept[key] = found
        return found


def rate_group(
    cards: BareCards, card: Card, version: Version, calls: Columns, rounding: Rounding | None = None
) -> Rated:
    """What the calls cost by the version in force at their answer, in their order."""
    load = partial(cards.get, rounding)
    rated = rate_batch(load(version), calls)
    later = card.later(version)
    near = [
        place
        for place, moment in enumerate(calls.answered_at)
        if later and moment > later[0].effective_from - LONGEST
    ]
    for place in near:
        call = calls.call(place)
        line = line_of(card, version, load, call=call)
        if line is not None:
            _put(rated, place, line.named(rate_call(call, line.index)))
    return rated


def _put(rated: Rated, place: int, charge: Charge) -> None:
    rated.rate_no[place], rated.prefix[place] = charge.rate_index, charge.prefix
    rated.billed_s[place], rated.allowance_s[place] = charge.billed_s, charge.allowance_s
    rated.amount_micros[place] = charge.amount_micros
    rated.refused.pop(place, None)
    if charge.status != "rated":
        rated.refused[place] = charge.status, charge.reason
