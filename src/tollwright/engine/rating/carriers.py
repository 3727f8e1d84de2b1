"""Which carrier a call went over, and the buy card that says what it takes.

Trunks, assignments and versions change at known moments; between two of them every call over a
trunk is bought alike. A call then costs one bisection, not a query.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from tollwright.core.instants import micros_of
from tollwright.engine.rating.terms import Card, Version, cards_of
from tollwright.kernel.arrays import Int64
from tollwright.store import carriers as store
from tollwright.store.calls import Cursor

NO_CARD = "no_buy_card"
NO_VERSION = "no_buy_version"


@dataclass(frozen=True, slots=True)
class Trunk:
    """What a switch writes (a `*` at the end: all that begins so), from when to when."""

    value: str
    valid_from: datetime
    valid_to: datetime | None
    carrier_id: int
    carrier: str

    def holds(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True, slots=True)
class Bought:
    """How calls over a trunk are bought within one span of time; `reason` says why they cannot be
    priced."""

    carrier_id: int
    carrier: str
    card: Card | None
    version: Version | None
    reason: str = ""


@dataclass(slots=True)
class _Timeline:
    """One trunk's spans: place i holds from `changes[i - 1]` to before `changes[i]`, micros."""

    changes: list[int]
    found: list[Bought | None]


@dataclass(slots=True)
class Carriers:
    """Everything that decides what calls cost to buy, in memory. Read it once per file."""

    trunks: list[Trunk]
    assigned: dict[int, list[tuple[datetime, int]]]  # by carrier: from when on, which card
    cards: dict[int, Card]
    _timelines: dict[str, _Timeline] = field(default_factory=dict)

    def bought(self, trunk: str, at: datetime) -> Bought | None:
        """How a call answered at `at` over this trunk is bought; None: the trunk is nobody's."""
        timeline = self._timeline(trunk)
        return timeline.found[bisect_right(timeline.changes, micros_of(at))]

    def spans(
        self, trunk: str, answered_us: Int64, places: Int64
    ) -> Iterator[tuple[Bought, Int64]]:
        """`bought` of many calls over one trunk: those of the places that are bought alike."""
        timeline = self._timeline(trunk)
        changes = np.array(timeline.changes, np.int64)
        slots = np.searchsorted(changes, answered_us[places], side="right")
        for slot in np.unique(slots).tolist():
            bought = timeline.found[slot]
            if bought is not None:
                yield bought, places[slots == slot]

    def changes(self, trunk: str) -> list[int]:
        """The moments, in micros, at which it may change how calls over this trunk are bought."""
        return self._timeline(trunk).changes

    def _timeline(self, text: str) -> _Timeline:
        found = self._timelines.get(text)
        if found is None:
            found = self._timelines[text] = self._reckon(text)
        return found

    def _reckon(self, text: str) -> _Timeline:
        fit = self._fitting(text)
        moments = {one.valid_from for one in fit} | {one.valid_to for one in fit if one.valid_to}
        for carrier_id in {one.carrier_id for one in fit}:
            for since, card_id in self.assigned.get(carrier_id, ()):
                versions = self.cards[card_id].versions
                moments |= {since, *(version.effective_from for version in versions)}
        changes = sorted(moments)
        spans = [self._resolve(fit, moment) for moment in changes]
        return _Timeline([micros_of(moment) for moment in changes], [None, *spans])

    def _fitting(self, text: str) -> list[Trunk]:
        """The trunks that may mean this text: itself, then the longest beginning."""
        exact = [one for one in self.trunks if one.value == text]
        begun = [
            one
            for one in self.trunks
            if one.value.endswith("*") and text.startswith(one.value[:-1])
        ]
        return exact + sorted(begun, key=lambda one: -len(one.value))

    def _resolve(self, fit: Iterable[Trunk], at: datetime) -> Bought | None:
        trunk = next((one for one in fit if one.holds(at)), None)
        if trunk is None:
            return None
        assigned = [card for since, card in self.assigned.get(trunk.carrier_id, ()) if since <= at]
        if not assigned:
            return Bought(trunk.carrier_id, trunk.carrier, None, None, NO_CARD)
        card = self.cards[assigned[-1]]
        version = card.at(at)
        reason = "" if version else NO_VERSION
        return Bought(trunk.carrier_id, trunk.carrier, card, version, reason)


def read_carriers(cursor: Cursor) -> Carriers:
    """Everything from the database, as the cursor's tenant."""
    assigned: dict[int, list[tuple[datetime, int]]] = {}
    for row in store.fetch_assigned_cards(cursor):
        assigned.setdefault(row.carrier_id, []).append((row.valid_from, row.card_id))
    trunks = [Trunk(*row) for row in store.fetch_trunks(cursor)]
    return Carriers(trunks, assigned, cards_of(store.fetch_cards(cursor)))
