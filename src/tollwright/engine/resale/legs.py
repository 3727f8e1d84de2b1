"""What a call costs the provider: written with the customer's leg, in its transaction.

A call is bought once: from the carrier whose trunk it went over, else from the parent that sells
to this tenant. It is the call that is bought, not what the customer's rules make of it: a carrier
counts its real answered milliseconds, by its own card and rounding. What cannot be priced is
counted; the customer's leg stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import numpy as np

from tollwright.engine.rating.carriers import Bought, Carriers, read_carriers
from tollwright.engine.rating.cost_plus import unknown_cost
from tollwright.engine.rating.counted_time import by_word
from tollwright.engine.rating.pipeline import price
from tollwright.engine.rating.tariffs import CardRepository
from tollwright.engine.resale.batch import BUY, LEGS, BatchContext, put_on_leg, together
from tollwright.engine.resale.parent import Parent, read_parent
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import (
    RATED,
    CallColumns,
    ChargeColumns,
    Labels,
    currency_texts,
)
from tollwright.kernel.numbers import pack_numbers
from tollwright.kernel.text import callers, text_of, unpacked
from tollwright.store import binary
from tollwright.store import legs as store
from tollwright.store.calls import Cursor, claim_charge_ids
from tollwright.store.resellers import add_staged_usage

NOT_YET = "not_priced_yet"
NO_TENANT = frozenset[int]()
OfParent = Callable[[Parent, CallColumns, Int64, Labels], list[ChargeColumns]]


@dataclass(slots=True)
class Costed:
    """How many calls were charged to the provider; why others are known to cost, but not what; how
    many legs core priced_individually, the kernel apart."""

    charged: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    priced_individually: int = 0

    def add(self, more: Costed) -> None:
        """Add `more` to this."""
        self.charged += more.charged
        self.reasons += more.reasons
        self.priced_individually += more.priced_individually


@dataclass(slots=True)
class Legs:
    """The legs of one batch's calls beside the customer's; see `opened`.

    All of it needs the connection.
    """

    cursor: Cursor
    batch: BatchContext
    carriers: Carriers
    cards: CardRepository
    parent: Parent | None

    def cost(self, calls: CallColumns) -> ChargeColumns:
        """What the calls cost, or would cost, row by row: the carrier's price, else the parent's.

        Nothing is written, and no call needs to be there. What a parent makes of a correction that
        comes too late is told when it is written.
        """
        cost = unknown_cost(len(calls))
        priced = together(self._legs(calls, cost.why, Parent.price))
        rows = priced.call_no
        cost.status[rows] = RATED
        cost.amount_micros[rows], cost.currency[rows] = priced.amount_micros, priced.currency
        cost.why.put(rows, "")
        return cost

    def write(self, calls: CallColumns) -> Costed:
        """Charge the provider for the calls."""
        reasons = Labels.none(len(calls))
        legs = self._legs(calls, reasons, Parent.sell)
        charges = together(legs)
        if len(charges):
            first_id = claim_charge_ids(self.cursor, len(charges))
            rows = _rows(charges, calls.pick(charges.call_no), first_id)
            batch = self.batch
            values = {"tenant_id": batch.tenant_id, "zone": batch.zone, "at": batch.at}
            store.insert_legs(self.cursor, rows, values)
        individually = sum(int(leg.individually.sum()) for leg in legs)
        return Costed(len(charges), reasons.counted(), individually)

    def why(self, calls: CallColumns) -> Labels:
        """Why calls have no cost; nothing is written."""
        why = unknown_cost(len(calls)).why
        why.put(together(self._legs(calls, why, Parent.look)).call_no, NOT_YET)
        return why

    def _legs(
        self, calls: CallColumns, reasons: Labels, of_parent: OfParent
    ) -> list[ChargeColumns]:
        """The carriers' legs; of calls that went over nobody's trunk the parent's."""
        legs: list[ChargeColumns] = []
        rest = np.ones(len(calls), bool)
        for bought, rows in self._by_carrier(calls):
            rest[rows] = False
            if bought.card is None or bought.version is None:
                reasons.put(rows, bought.reason)
                continue
            own = calls.pick(rows)
            own.counted_ms = own.answered_ms
            charges = price(own, self.cards.tariff(bought.card, bought.version))
            put_on_leg(charges, BUY, rows, reasons)
            legs.append(charges)
        if self.parent is not None and rest.any():
            legs += of_parent(self.parent, calls, np.flatnonzero(rest), reasons)
        return legs

    def _by_carrier(self, calls: CallColumns) -> Iterable[tuple[Bought, Int64]]:
        """The places of the calls over known trunks, those that are bought alike together."""
        found: dict[int | str, tuple[Bought, list[Int64]]] = {}
        for trunk, places in by_word(calls.trunk):
            for bought, some in self.carriers.spans(trunk, calls.answered_us, places):
                key = bought.version.id if bought.version else bought.reason
                found.setdefault(key, (bought, []))[1].append(some)
        return [(bought, np.sort(np.concatenate(some))) for bought, some in found.values()]


def opened(cursor: Cursor, batch: BatchContext, below: frozenset[int] = NO_TENANT) -> Legs | None:
    """What writes the legs of a batch; None: its calls cost the provider nothing that is known.

    `below`: the tenants whose parent, or parent's parent, this one is.
    """
    if not store.check_costs_wanted(cursor):
        return None
    cards = CardRepository(cursor)
    parent = read_parent(cursor, batch, cards, partial(opened, below=below | {batch.tenant_id}))
    if parent is not None and parent.tenant_id in below:
        raise ValueError(f"tenant {parent.tenant_id} sells to itself by way of {sorted(below)}")
    return Legs(cursor, batch, read_carriers(cursor), cards, parent)


def open_parent(cursor: Cursor, batch: BatchContext) -> Parent | None:
    """Who sells the batch's calls to this tenant."""
    legs = opened(cursor, batch)
    return None if legs is None else legs.parent


def fill(cursor: Cursor, batch: BatchContext, *, first: datetime, last: datetime) -> Costed:
    """Charge the provider for the calls of `batch`'s batch started in [first, last) that cost
    nothing yet."""
    found = Costed()
    legs = opened(cursor, batch)
    if legs is None:
        return found
    for rows in store.fetch_calls_without_cost(
        cursor, batch_id=batch.batch_id, first=first, last=last
    ):
        found.add(legs.write(stored_calls(rows)))
    add_staged_usage(cursor, batch.tenant_id)
    return found


def stored_calls(rows: Sequence[store.AnsweredCall]) -> CallColumns:
    """Answered calls in columns."""
    *numbers, caller, called, trunk, cause, disposition = zip(*rows, strict=True)
    call, started, at, lasted, customer, campaign = (np.array(one, np.int64) for one in numbers)
    return CallColumns(
        called_packed=pack_numbers(called), caller_packed=callers(text_of(caller)),
        answered_us=at, answered_ms=lasted, started_us=started, call_id=call,
        customer_id=customer, campaign_id=campaign, trunk=text_of(trunk), cause=text_of(cause),
        disposition=text_of(disposition),
    )  # fmt: skip


def _rows(charges: ChargeColumns, calls: CallColumns, first_id: int) -> memoryview:
    """The rows of tw_legs."""
    return binary.rows(
        [
            (np.arange(first_id, first_id + len(charges)), 8),
            (calls.call_id, 8),
            (binary.instants(calls.started_us), 8),
            (calls.customer_id, 8),
            (calls.campaign_id, 8),
            (charges.version_id, 8),
            (charges.rate_index, 4),
            (charges.billed_s, 4),
            (charges.amount_micros, 8),
            (charges.leg_no, 2),
        ],
        [
            text_of(LEGS).pick(charges.leg_no),
            currency_texts(charges.currency),
            unpacked(charges.prefix),
        ],
    )
