"""What a call costs the provider: written with the customer's leg, in its transaction.

A call is bought once: from the carrier whose trunk it went over, else from the parent that sells
to this tenant. It is the call that is bought, not what the customer's rules make of it: a carrier
counts its real answered milliseconds, by its own card and rounding. What cannot be priced is
counted; the customer's leg stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np

from tollwright.engine.ingest.cost_columns import (
    Answered,
    Columns,
    Costed,
    Leg,
    Place,
    Priced,
    by_word,
    columns_of,
    in_a_row,
)
from tollwright.engine.ingest.resell import Parent, read_parent
from tollwright.engine.rating.carriers import Bought, Carriers, read_carriers
from tollwright.engine.rating.cost import Cost, Words
from tollwright.engine.rating.group import BareCards, rate_group
from tollwright.kernel.arrays import Int64
from tollwright.kernel.text import text_of
from tollwright.store import binary
from tollwright.store import legs as store
from tollwright.store.calls import Cursor

NOT_YET = "not_priced_yet"
NOBODY = frozenset[int]()


@dataclass(slots=True)
class Legs:
    """The legs of one batch's calls beside the customer's; see `opened`.

    All of it needs the connection.
    """

    cursor: Cursor
    place: Place
    carriers: Carriers
    cards: BareCards
    parent: Parent | None

    def cost(self, calls: Answered) -> Cost:
        """What the calls cost, or would cost: the carrier's price, else the parent's.

        Nothing is written, and no call needs to be there. What a parent makes of a correction that
        comes too late is told when it is written.
        """
        cost = Cost.unknown(len(calls))
        legs, rest = self._carried(calls, cost.reason)
        if self.parent is not None and len(rest):
            legs += self.parent.price(calls, rest, cost.reason)
        for leg in legs:
            leg.tell(cost)
        return cost

    def write(self, calls: Columns) -> Costed:
        """Charge the provider for the calls."""
        reasons = Words.none(len(calls))
        legs, rest = self._carried(calls.calls, reasons)
        if self.parent is not None and len(rest):
            legs += self.parent.sell(calls, rest, reasons)
        charged = self._charge(legs, calls)
        return Costed(charged, reasons.said(), sum(leg.rated.priced_individually for leg in legs))

    def why(self, calls: Columns) -> Words:
        """Why calls have no cost; nothing is written."""
        cost = Cost.unknown(len(calls))
        legs, rest = self._carried(calls.calls, cost.reason)
        if self.parent is not None and len(rest):
            legs += self.parent.look(calls, rest, cost.reason)
        for leg in legs:
            cost.reason.put(leg.places[leg.rated.priced()], NOT_YET)
        return cost.reason

    def _carried(self, calls: Answered, reasons: Words) -> tuple[list[Leg], Int64]:
        """The legs of the calls that went over a carrier's trunk, and the places of the rest."""
        legs: list[Leg] = []
        rest = np.ones(len(calls), bool)
        for bought, places in self._by_carrier(calls):
            rest[places] = False
            if bought.card is None or bought.version is None:
                reasons.put(places, bought.reason)
                continue
            columns = calls.pick(places).columns()
            rated = rate_group(self.cards, bought.card, bought.version, columns)
            leg = Leg("buy", 0, bought.version.id, bought.card.currency, places, rated)
            leg.refuse(reasons)
            legs.append(leg)
        return legs, np.flatnonzero(rest)

    def billed(self, calls: Sequence[tuple[int, datetime]]) -> set[int]:
        """The ids of those of these calls (id, start) that a parent has issued a document about."""
        return set() if self.parent is None else self.parent.billed(calls)

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

    def _charge(self, legs: Sequence[Leg], calls: Columns) -> int:
        """Write the legs; how many calls have one."""
        there, place = in_a_row(legs), self.place
        if len(there.places):
            rows = _rows(legs, there, calls, store.claim_charge_ids(self.cursor))
            values = {"tenant_id": place.tenant_id, "zone": place.zone, "at": place.at}
            store.insert_legs(self.cursor, rows, values)
        return len(there.places)

    def _by_carrier(self, calls: Answered) -> Iterable[tuple[Bought, Int64]]:
        """The places of the calls over known trunks, those that are bought alike together."""
        found: dict[int | str, tuple[Bought, list[Int64]]] = {}
        for trunk, places in by_word(calls.trunk):
            for bought, some in self.carriers.spans(trunk, calls.answered_us, places):
                key = bought.version.id if bought.version else bought.reason
                found.setdefault(key, (bought, []))[1].append(some)
        return [(bought, np.sort(np.concatenate(some))) for bought, some in found.values()]


def opened(cursor: Cursor, place: Place, below: frozenset[int] = NOBODY) -> Legs | None:
    """What writes the legs of a batch; None: its calls cost the provider nothing that is known.

    `below`: the tenants whose parent, or parent's parent, this one is.
    """
    if not store.check_costs_wanted(cursor):
        return None
    cards = BareCards(cursor)
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
    for rows in store.fetch_calls_without_cost(
        cursor, batch_id=place.batch_id, first=first, last=last
    ):
        found.add(legs.write(columns_of(rows)))
    return found


def _rows(legs: Sequence[Leg], there: Priced, calls: Columns, first_id: int) -> memoryview:
    """The rows of tw_legs."""
    at, which = there.places, there.which
    return binary.rows(
        [
            (np.arange(first_id, first_id + len(at)), 8),
            (calls.call_id[at], 8),
            (binary.instants(calls.started_us[at]), 8),
            (calls.customer_id[at], 8),
            (calls.campaign_id[at], 8),
            (np.array([leg.version_id for leg in legs])[which], 8),
            (there.rate_no, 4),
            (there.billed_s, 4),
            (there.amount_micros, 8),
            (np.array([leg.level for leg in legs])[which], 2),
        ],
        [
            text_of([leg.leg for leg in legs]).pick(which),
            text_of([leg.currency for leg in legs]).pick(which),
            there.prefix,
        ],
    )
