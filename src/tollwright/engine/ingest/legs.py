"""What a call costs the provider: written with the customer's leg, in its transaction.

A call is bought once: from the carrier whose trunk it went over, else from the parent that sells
to this tenant. It is the call that is bought, not what the customer's rules make of it: a carrier
counts its real answered milliseconds, by its own card and rounding. What cannot be priced is
counted; the customer's leg stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from tollwright.core.choose import CardIndex
from tollwright.core.money import Rounding
from tollwright.engine.ingest.resell import Parent, read_parent
from tollwright.engine.ingest.written import Columns, Costed, Leg, Place, in_order
from tollwright.engine.rate.cards import card_of
from tollwright.engine.rate.carriers import Bought, Carriers, read_carriers
from tollwright.engine.rate.group import BareCards, rate_group
from tollwright.engine.rate.terms import Version
from tollwright.store import legs as store
from tollwright.store.calls import Cursor

NOT_YET = "not_priced_yet"
NOBODY = frozenset[int]()


@dataclass(slots=True)
class Legs:
    """The legs of one batch's calls beside the customer's; see `opened`."""

    cursor: Cursor
    place: Place
    carriers: Carriers
    cards: BareCards
    parent: Parent | None

    def write(self, calls: Columns) -> Costed:
        """Charge the provider for the calls."""
        reasons: dict[int, str] = {}
        legs, rest = self._carried(calls, reasons)
        if self.parent is not None and rest:
            legs += self.parent.sell(calls, rest, reasons)
        lines = [line for leg in legs for line in leg.lines(calls)]
        self._charge(lines)
        return Costed(len(lines), Counter(reasons.values()))

    def why(self, calls: Columns) -> dict[int, str]:
        """By place, why calls have no cost, nobody's trunks apart; nothing is written."""
        reasons: dict[int, str] = {}
        legs, rest = self._carried(calls, reasons)
        if self.parent is not None and rest:
            legs += self.parent.look(calls, rest, reasons)
        return reasons | {place: NOT_YET for leg in legs for _, place in leg.priced()}

    def _carried(self, calls: Columns, reasons: dict[int, str]) -> tuple[list[Leg], list[int]]:
        """The legs of the calls that went over a carrier's trunk, and the places of the rest."""
        legs: list[Leg] = []
        carried: set[int] = set()
        for bought, places in self._by_carrier(calls):
            carried.update(places)
            if bought.card is None or bought.version is None:
                reasons |= dict.fromkeys(places, bought.reason)
                continue
            rated = rate_group(self.cards, bought.card, bought.version, calls.rated(places))
            leg = Leg("buy", 0, bought.version.id, bought.card.currency, places, rated)
            reasons |= leg.refused()
            legs.append(leg)
        return legs, [place for place in range(len(calls)) if place not in carried]

    def retire(self, calls: Sequence[tuple[int, datetime]]) -> None:
        """These calls (id, start) were corrected: what the parent sold stands no longer either."""
        if self.parent is not None:
            self.parent.retire(calls)

    def restore(self, calls: Sequence[tuple[int, datetime]]) -> None:
        """These calls (id, start) stand again, their legs with them: so at the parent."""
        if self.parent is not None:
            self.parent.restore(calls)

    def take_over(self, old_id: int) -> None:
        """This batch is batch `old_id` replayed: what the parent kept of that one is this one's."""
        if self.parent is not None:
            self.parent.take_over(old_id)

    def _charge(self, lines: Sequence[str]) -> None:
        if not lines:
            return
        first, place = store.charge_ids(self.cursor), self.place
        values = {"tenant_id": place.tenant_id, "zone": place.zone, "at": place.at}
        numbered = [f"{charge_id}\t{line}" for charge_id, line in enumerate(lines, first)]
        store.write(self.cursor, numbered, values)

    def _by_carrier(self, calls: Columns) -> list[tuple[Bought, list[int]]]:
        """The places of the calls over known trunks, those that are bought alike together."""
        by_trunk: dict[str, list[int]] = {}
        for place, trunk in enumerate(calls.trunk):
            by_trunk.setdefault(trunk, []).append(place)
        found: dict[int | str, tuple[Bought, list[int]]] = {}
        for trunk, places in by_trunk.items():
            for bought, some in self.carriers.spans(trunk, calls.answered_us, places):
                key = bought.version.id if bought.version else bought.reason
                found.setdefault(key, (bought, []))[1].extend(some)
        return list(found.values())


def opened(cursor: Cursor, place: Place, below: frozenset[int] = NOBODY) -> Legs | None:
    """What writes the legs of a batch; None: its calls cost the provider nothing that is known.

    `below`: the tenants whose parent, or parent's parent, this one is.
    """
    if not store.wanted(cursor):
        return None
    cards = BareCards(partial(_card, cursor))
    parent = read_parent(cursor, place, cards, partial(opened, below=below | {place.tenant_id}))
    if parent is not None and parent.tenant_id in below:
        raise ValueError(f"tenant {parent.tenant_id} sells to itself by way of {sorted(below)}")
    return Legs(cursor, place, read_carriers(cursor), cards, parent)


def fill(cursor: Cursor, place: Place, *, first: datetime, last: datetime) -> Costed:
    """Charge the provider for the calls of `place`'s batch started in [first, last) that cost
    nothing yet."""
    found = Costed()
    legs = opened(cursor, place)
    if legs is None:
        return found
    for rows in store.without_cost(cursor, batch_id=place.batch_id, first=first, last=last):
        more = legs.write(columns(rows))
        found.charged += more.charged
        found.reasons += more.reasons
    return found


def columns(rows: Sequence[store.Row]) -> Columns:
    """Columns of rows as `store.legs.without_cost` gives them."""
    *numbers, caller, called, trunk = zip(*rows, strict=True)
    call, started, answered, lasted, customer, campaign = in_order(numbers)
    return Columns(call, started, answered, lasted, customer, campaign, caller, called, trunk)


def _card(cursor: Cursor, version: Version, rounding: Rounding | None) -> CardIndex:
    return card_of(cursor, version.id, version.content_hash, rounding)
