"""A batch of stored charges and what each comes to now: columns in, columns out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tollwright.core.instants import moment_of
from tollwright.core.rating.rate_call import rate_call
from tollwright.engine.rating.group import call_at, put
from tollwright.engine.rating.packed import callers, packed
from tollwright.engine.rating.pools import none_left
from tollwright.engine.rerate import refusals
from tollwright.engine.rerate.cost_plus import from_cost
from tollwright.engine.rerate.prices import Offer, Prices, Source
from tollwright.kernel.arrays import Flags, Int64
from tollwright.kernel.call_columns import Charges as Rated
from tollwright.kernel.call_columns import Columns, epoch_us
from tollwright.kernel.rating.batch import rate_batch
from tollwright.store.rerate import Charges


class Repriced(NamedTuple):
    """Stored charges and what they come to now, int64[n] each.

    Where `refusal` is not 0 nothing can be said: the new columns repeat the old ones.
    `prefix` is packed. `outside` 1: calls that are no part of the scope, but share pools with it;
    `anew` 1: calls that cost the same by other terms, which count when calls share pools;
    `rated_us`: the moment by whose rules they are rated, 0: now; `carrier_id`: whose they are now.
    """

    stored: Charges
    refusal: Int64
    amount_micros: Int64
    billed_s: Int64
    allowance_s: Int64
    rate_no: Int64
    version_id: Int64
    plan_id: Int64
    prefix: Int64
    outside: Int64
    anew: Int64
    rated_us: Int64
    carrier_id: Int64

    @property
    def changed(self) -> Flags:
        """Calls that cost another amount now and do not wait in a proposal already."""
        found: Flags = self.amount_micros != self.stored.amount_micros
        found &= (self.refusal == refusals.NONE) & (self.stored.waits == 0)
        return found

    def part(self, here: slice) -> Repriced:
        """The rows `here`, without copying."""
        stored = Charges._make(column[here] for column in self.stored)
        return Repriced(stored, *(column[here] for column in self[1:]))

    def only(self, where: Flags) -> Repriced:
        """The rows that are `where`."""
        stored = Charges._make(column[where] for column in self.stored)
        return Repriced(stored, *(column[where] for column in self[1:]))


@dataclass(slots=True)
class Offers:
    """What holds for each campaign (or trunk: see `Source`) and span of time.

    `priced_individually` counts the calls that the readable rule had to price, not the kernel.
    """

    source: Source
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
        return found

    def learn(self, whose: int, first: datetime, last: datetime) -> None:
        """Make every span of it between two moments known: those need no database any more."""
        changes = self.changes(whose)
        begin, end = epoch_us(first), epoch_us(last)
        low, high = np.searchsorted(changes, [begin, end], side="right")
        for place in range(int(low), int(high) + 1):
            within = begin if place == low else int(changes[place - 1])
            self.at(whose, place, within)

    def knows(self, stored: Charges, spans: list[Span]) -> bool:
        """Whether a sorted batch of these spans can be priced without the database."""
        return all(self._knows(stored, span) for span in spans)

    def _knows(self, stored: Charges, span: Span) -> bool:
        offer = self._known.get((span.whose, span.place))
        if offer is None:
            return False
        here = slice(span.first, span.end)
        counted_ms = stored.answered_ms[here] + 1000  # as rounded up to a second
        return not _meet(offer, stored.answered_us[here], counted_ms).any()


@dataclass(frozen=True, slots=True)
class Span:
    """The rows [first, end) of a sorted batch: calls of one campaign, or over one trunk, in one
    span of time."""

    first: int
    end: int
    whose: int
    place: int


def sorted_spans(stored: Charges, offers: Offers) -> tuple[Charges, list[Span]]:
    """The batch by whose it is and time of answer, and its spans; no call is left out."""
    order = np.lexsort((stored.charge_id, stored.answered_us, offers.source.whose(stored)))
    ordered = Charges._make(column[order] for column in stored)
    return ordered, list(_spans(ordered, offers))


def _spans(stored: Charges, offers: Offers) -> Iterator[Span]:
    owners = offers.source.whose(stored)
    count = len(owners)
    edges = np.flatnonzero(np.diff(owners)) + 1
    bounds = [0, *edges.tolist(), count] if count else []
    for first, end in pairwise(bounds):
        whose = int(owners[first])
        changes = offers.changes(whose)
        cuts = first + np.searchsorted(stored.answered_us[first:end], changes, side="left")
        starts = [first, *cuts.tolist()]
        stops = [*cuts.tolist(), end]
        for place, (begin, stop) in enumerate(zip(starts, stops, strict=True)):
            if begin < stop:
                yield Span(begin, stop, whose, place)


def reprice(
    stored: Charges, spans: list[Span], offers: Offers, causes: tuple[str, ...]
) -> Repriced:
    """What the calls of a sorted batch come to now; those that share pools are refused."""
    called, caller = packed(stored.called), callers(stored.caller)
    pooled = sorted(offers.source.pooled)
    found = Repriced(
        stored,
        np.zeros(len(called), np.int64),
        stored.amount_micros.copy(),
        stored.billed_s.copy(),
        np.zeros(len(called), np.int64),
        np.full(len(called), -1, np.int64),
        stored.version_id.copy(),
        stored.plan_id.copy(),
        packed(stored.prefix),
        *(np.zeros(len(called), np.int64) for _ in range(4)),
    )
    for span in spans:
        offer = offers.at(span.whose, span.place, int(stored.answered_us[span.first]))
        here = slice(span.first, span.end)
        part = found.part(here)
        part.carrier_id[:] = offer.carrier_id
        if offer.prices is None:
            part.refusal[:] = offer.refusal
            continue
        counted = offer.counted_ms(part.stored, causes)
        calls = Columns(called[here], caller[here], part.stored.answered_us, counted)
        rated = rate_batch(offer.prices.compiled, calls).charges
        offers.priced_individually += _over_versions(offer, calls, rated)
        unknown = None
        if offer.cost_plus is not None:
            unknown = from_cost(part.stored, rated, offer.cost_plus, offer.prices.compiled)
        _put(part, offer, offer.prices, rated, pooled)
        if unknown is not None:
            np.copyto(part.refusal, unknown, where=unknown != refusals.NONE)
    return found


def _meet(offer: Offer, answered_us: Int64, counted_ms: Int64) -> Flags:
    """Calls that last into the next version of their card."""
    found: Flags = answered_us + counted_ms * 1000 > offer.meets_us
    return found


def _over_versions(offer: Offer, calls: Columns, rated: Rated) -> int:
    """Price the calls that meet another version of the card by core, piece by piece; how many."""
    if offer.line is None:
        return 0
    meeting = np.flatnonzero(_meet(offer, calls.answered_at_us, calls.answered_ms)).tolist()
    for place in meeting:
        call = call_at(calls, place)
        line = offer.line(call)
        if line is not None:
            empty = none_left(line.index.card.allowances)
            put(rated, place, line.named(rate_call(call, line.index, remaining=empty)))
    return len(meeting)


def _put(part: Repriced, offer: Offer, prices: Prices, rated: Rated, pooled: list[int]) -> None:
    """Write what was rated; refused rows stay as they were stored."""
    part.refusal[:] = rated.status
    part.refusal[part.stored.currency != offer.currency.encode()] = refusals.OTHER_CURRENCY
    good = part.refusal == refusals.NONE
    shares = good if offer.pooled else good & np.isin(part.stored.version_id, pooled)
    part.refusal[shares] = refusals.ALLOWANCES
    good &= ~shares
    part.amount_micros[good] = rated.amount_micros[good]
    part.billed_s[good] = rated.billed_s[good]
    part.allowance_s[good] = rated.allowance_s[good]
    part.rate_no[good] = rated.rate_index[good]
    part.version_id[good] = offer.version_id
    part.plan_id[good] = offer.plan_id
    part.prefix[good] = prices.compiled.rate_prefixes[rated.rate_index[good]]
