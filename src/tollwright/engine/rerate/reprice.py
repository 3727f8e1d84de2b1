"""A batch of stored charges and what each comes to now: columns in, columns out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tollwright.core.instants import micros_of, moment_of
from tollwright.engine.rating import refusals
from tollwright.engine.rating.pipeline import price
from tollwright.engine.rerate.prices import Offer, PriceSource
from tollwright.kernel.arrays import Flags, Int64
from tollwright.kernel.call_columns import (
    NOT_CHARGED,
    RATED,
    CallColumns,
    ChargeColumns,
)
from tollwright.store.rerate import Stored

COLUMNS = (
    "amount_micros", "billed_s", "allowance_s", "rate_index", "version_id", "plan_id", "prefix",
)  # fmt: skip


class Repriced(NamedTuple):
    """Calls, the charges that stand, and what they come to now, row by row.

    Where the status of `now` is a refusal nothing can be said: it repeats what stands.
    """

    calls: CallColumns
    stood: ChargeColumns
    now: ChargeColumns

    @property
    def changed(self) -> Flags:
        """Calls that cost another amount now and do not wait in a proposal already."""
        found: Flags = self.now.amount_micros != self.stood.amount_micros
        found &= self.now.rated & (self.stood.waits == 0)
        return found

    def only(self, where: Flags) -> Repriced:
        """The rows that are `where`."""
        return Repriced(self.calls.pick(where), self.stood.pick(where), self.now.pick(where))


@dataclass(slots=True)
class Offers:
    """What holds for each campaign (or trunk: see `PriceSource`) and span of time.

    `priced_individually` counts the calls that the readable rule had to price, not the kernel.
    """

    source: PriceSource
    priced_individually: int = 0
    _changes: dict[int, Int64] = field(default_factory=dict)
    _known: dict[tuple[int, int], Offer] = field(default_factory=dict)

    def changes(self, whose: int) -> Int64:
        """The moments at which something may change for it, microseconds since 1970."""
        found = self._changes.get(whose)
        if found is None:
            found = self._changes[whose] = np.array(self.source.changes(whose), np.int64)
        return found

    def at(self, whose: int, place: int, answered_us: int) -> Offer:
        """The offer of its span `place`, in which `answered_us` lies."""
        found = self._known.get((whose, place))
        if found is None:
            found = self._known[whose, place] = self.source.offer(whose, moment_of(answered_us))
            if found.tariff is not None:
                found.tariff.bare  # noqa: B018  # read while the connection is free
        return found

    def learn(self, whose: int, first: datetime, last: datetime) -> None:
        """Make every span of it between two moments known: those need no database any more."""
        changes = self.changes(whose)
        begin, end = micros_of(first), micros_of(last)
        low, high = np.searchsorted(changes, [begin, end], side="right")
        for place in range(int(low), int(high) + 1):
            within = begin if place == low else int(changes[place - 1])
            self.at(whose, place, within)

    def knows(self, calls: CallColumns, spans: list[Span]) -> bool:
        """Whether a sorted batch of these spans can be priced without the database."""
        return all(self._knows(calls, span) for span in spans)

    def _knows(self, calls: CallColumns, span: Span) -> bool:
        offer = self._known.get((span.whose, span.place))
        if offer is None:
            return False
        if offer.tariff is None or not offer.tariff.later:
            return True
        part = calls.part(span.first, span.end)
        counted_ms = part.answered_ms + 1000  # as rounded up to a second
        return not offer.tariff.crosses(part.replaced(counted_ms=counted_ms)).any()


@dataclass(frozen=True, slots=True)
class Span:
    """The rows [first, end) of a sorted batch: calls of one campaign, or over one trunk, in one
    span of time."""

    first: int
    end: int
    whose: int
    place: int


def sorted_spans(stored: Stored, offers: Offers) -> tuple[Stored, list[Span]]:
    """The batch by whose it is and time of answer, and its spans; no call is left out."""
    calls, charges = stored
    order = np.lexsort((charges.charge_id, calls.answered_us, offers.source.whose(calls)))
    calls = calls.pick(order)
    return (calls, charges.pick(order)), list(_spans(calls, offers))


def _spans(calls: CallColumns, offers: Offers) -> Iterator[Span]:
    owners = offers.source.whose(calls)
    count = len(owners)
    edges = np.flatnonzero(np.diff(owners)) + 1
    bounds = [0, *edges.tolist(), count] if count else []
    for first, end in pairwise(bounds):
        whose = int(owners[first])
        changes = offers.changes(whose)
        cuts = first + np.searchsorted(calls.answered_us[first:end], changes, side="left")
        starts = [first, *cuts.tolist()]
        stops = [*cuts.tolist(), end]
        for place, (begin, stop) in enumerate(zip(starts, stops, strict=True)):
            if begin < stop:
                yield Span(begin, stop, whose, place)


def reprice(stored: Stored, spans: list[Span], offers: Offers, causes: tuple[str, ...]) -> Repriced:
    """What the calls of a sorted batch come to now; those that share pools are refused."""
    calls, stood = stored
    pooled = sorted(offers.source.pooled)
    now = as_it_stands(stood)
    for span in spans:
        offer = offers.at(span.whose, span.place, int(calls.answered_us[span.first]))
        here = slice(span.first, span.end)
        now.carrier_id[here] = offer.carrier_id
        if offer.tariff is None:
            now.status[here] = offer.refusal
            continue
        own, before = calls.pick(here), stood.pick(here)
        own.counted_ms = offer.counted_ms(own, causes)
        cost = None if offer.cost_plus is None else cost_of(before)
        charges = price(own, offer.tariff, plan=offer.cost_plus, cost=cost)
        offers.priced_individually += int(charges.individually.sum())
        refuse(charges, before, offer, pooled)
        now.status[here] = charges.status
        charges.plan_id = np.full(len(own), offer.plan_id)
        rated = np.flatnonzero(charges.rated)
        for name in COLUMNS:
            getattr(now, name)[span.first + rated] = getattr(charges, name)[rated]
    return Repriced(calls, stood, now)


def as_it_stands(stood: ChargeColumns) -> ChargeColumns:
    """What charges come to while nothing is known: what they are."""
    none = [np.zeros(len(stood), np.int64) for _ in range(4)]
    return ChargeColumns(
        status=np.zeros(len(stood), np.int8), amount_micros=stood.amount_micros.copy(),
        billed_s=stood.billed_s.copy(), allowance_s=np.zeros(len(stood), np.int32),
        rate_index=np.full(len(stood), -1, np.int32), version_id=stood.version_id.copy(),
        plan_id=stood.plan_id.copy(), prefix=stood.prefix.copy(), outside=none[0], again=none[1],
        rated_us=none[2], carrier_id=none[3],
    )  # fmt: skip


def cost_of(stood: ChargeColumns) -> ChargeColumns:
    """What stands as the calls' cost, as charges of their own."""
    known = stood.cost_currency != 0
    return ChargeColumns(
        status=np.where(known, RATED, NOT_CHARGED).astype(np.int8),
        amount_micros=stood.cost_micros, currency=stood.cost_currency,
    )  # fmt: skip


def refuse(charges: ChargeColumns, stood: ChargeColumns, offer: Offer, pooled: list[int]) -> None:
    """Refuse what comes to another currency, and what shares pools with other calls."""
    status = charges.status
    from_cost = (status == refusals.UNKNOWN_COST) | (status == refusals.COST_OTHER_CURRENCY)
    status[(stood.currency != charges.currency) & ~from_cost] = refusals.OTHER_CURRENCY
    shares = charges.rated
    if not offer.pooled:
        shares &= np.isin(stood.version_id, pooled)
    status[shares] = refusals.ALLOWANCES
