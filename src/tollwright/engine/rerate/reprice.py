"""A batch of stored charges and what each comes to now: columns in, columns out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tollwright.core.choose import prepare
from tollwright.core.rating import CallInput, rate_call
from tollwright.engine.rate.terms import Terms
from tollwright.engine.rerate import refusals
from tollwright.engine.rerate.numbers import callers, packed
from tollwright.engine.rerate.prices import Offer, Prices, Source
from tollwright.kernel.batch import rate_batch
from tollwright.kernel.columns import Charges as Rated
from tollwright.kernel.columns import Columns, epoch_us, new_charges
from tollwright.kernel.numbers import unpack_number
from tollwright.kernel.reasons import STATUSES
from tollwright.store.rerate import Charges, Int64

Bool = npt.NDArray[np.bool_]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Repriced(NamedTuple):
    """Stored charges and what they come to now, int64[n] each.

    Where `refusal` is not 0 nothing can be said: the new columns repeat the old ones.
    `prefix` is packed.
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

    @property
    def changed(self) -> Bool:
        """Calls that cost another amount now and do not wait in a proposal already."""
        found: Bool = self.amount_micros != self.stored.amount_micros
        found &= (self.refusal == refusals.NONE) & (self.stored.waits == 0)
        return found

    def part(self, here: slice) -> Repriced:
        """The rows `here`, without copying."""
        stored = Charges._make(column[here] for column in self.stored)
        return Repriced(stored, *(column[here] for column in self[1:]))


@dataclass(slots=True)
class Offers:
    """What holds for each campaign and span of time; `known` spans need no database any more."""

    source: Source
    _changes: dict[int, Int64] = field(default_factory=dict)
    _known: dict[tuple[int, int], Offer] = field(default_factory=dict)

    def changes(self, campaign_id: int) -> Int64:
        """The moments at which something may change for the campaign, microseconds since 1970."""
        found = self._changes.get(campaign_id)
        if found is None:
            moments = self.source.book.changes(campaign_id)
            found = np.array([epoch_us(moment) for moment in moments], np.int64)
            self._changes[campaign_id] = found
        return found

    def at(self, campaign_id: int, place: int, answered_us: int) -> Offer:
        """The offer of the campaign's span `place`, in which `answered_us` lies."""
        found = self._known.get((campaign_id, place))
        if found is None:
            found = self.source.offer(campaign_id, moment_of(answered_us))
            self._known[campaign_id, place] = found
        return found

    def learn(self, campaign_id: int, first: datetime, last: datetime) -> None:
        """Make every span of the campaign between two moments known."""
        changes = self.changes(campaign_id)
        begin, end = epoch_us(first), epoch_us(last)
        low, high = np.searchsorted(changes, [begin, end], side="right")
        for place in range(int(low), int(high) + 1):
            within = begin if place == low else int(changes[place - 1])
            self.at(campaign_id, place, within)

    def knows(self, spans: list[Span]) -> bool:
        """Whether a batch of these spans can be priced without the database."""
        return all((span.campaign_id, span.place) in self._known for span in spans)


@dataclass(frozen=True, slots=True)
class Span:
    """The rows [first, end) of a sorted batch: calls of one campaign in one span of time."""

    first: int
    end: int
    campaign_id: int
    place: int


def sorted_spans(stored: Charges, offers: Offers) -> tuple[Charges, list[Span]]:
    """The batch by campaign and time of answer, and its spans; no call is left out."""
    order = np.lexsort((stored.charge_id, stored.answered_us, stored.campaign_id))
    ordered = Charges._make(column[order] for column in stored)
    return ordered, list(_spans(ordered, offers))


def _spans(stored: Charges, offers: Offers) -> Iterator[Span]:
    count = len(stored.charge_id)
    edges = np.flatnonzero(np.diff(stored.campaign_id)) + 1
    bounds = [0, *edges.tolist(), count] if count else []
    for first, end in pairwise(bounds):
        campaign_id = int(stored.campaign_id[first])
        changes = offers.changes(campaign_id)
        cuts = first + np.searchsorted(stored.answered_us[first:end], changes, side="left")
        starts = [first, *cuts.tolist()]
        stops = [*cuts.tolist(), end]
        for place, (begin, stop) in enumerate(zip(starts, stops, strict=True)):
            if begin < stop:
                yield Span(begin, stop, campaign_id, place)


def reprice(
    stored: Charges, spans: list[Span], offers: Offers, causes: tuple[str, ...]
) -> Repriced:
    """What the calls of a sorted batch come to now."""
    called, caller = packed(stored.called), callers(stored.caller)
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
    )
    for span in spans:
        offer = offers.at(span.campaign_id, span.place, int(stored.answered_us[span.first]))
        here = slice(span.first, span.end)
        part = found.part(here)
        if offer.prices is None:
            part.refusal[:] = offer.refusal
            continue
        counted = _counted_ms(part.stored, offer.terms, causes)
        calls = Columns(called[here], caller[here], part.stored.answered_us, counted)
        _put(part, offer, offer.prices, _rate(offer.prices, calls))
    return found


def _put(part: Repriced, offer: Offer, prices: Prices, rated: Rated) -> None:
    """Write what was rated; refused rows stay as they were stored."""
    part.refusal[:] = rated.status
    part.refusal[part.stored.currency != offer.currency.encode()] = refusals.OTHER_CURRENCY
    good = part.refusal == refusals.NONE
    part.amount_micros[good] = rated.amount_micros[good]
    part.billed_s[good] = rated.billed_s[good]
    part.allowance_s[good] = rated.allowance_s[good]
    part.rate_no[good] = rated.rate_index[good]
    part.version_id[good] = offer.version_id
    part.plan_id[good] = offer.plan_id
    part.prefix[good] = prices.compiled.rate_prefixes[rated.rate_index[good]]


def _counted_ms(stored: Charges, terms: Terms, causes: tuple[str, ...]) -> Int64:
    """As `Terms.counted_ms`, for columns."""
    counted = stored.answered_ms
    if terms.plain:
        return counted
    if terms.second_from_ms:
        seconds, fraction = counted // 1000, counted % 1000
        counted = (seconds + (fraction >= terms.second_from_ms)) * 1000
    free = counted < terms.minimum_seconds * 1000
    if terms.billable_causes:
        bills = np.array([False, *(cause in terms.billable_causes for cause in causes)])
        free |= ~(bills[stored.cause] | bills[stored.disposition])
    return np.where(free, 0, counted)


def _rate(prices: Prices, calls: Columns) -> Rated:
    if not prices.card.allowances:
        return rate_batch(prices.compiled, calls).charges
    return _one_by_one(prices, calls)


def _one_by_one(prices: Prices, calls: Columns) -> Rated:
    """On a card with allowances each call is reckoned by itself, as when it came in."""
    index, out = prepare(prices.card), new_charges(len(calls))
    rows = zip(calls.called, calls.caller, calls.answered_at_us, calls.answered_ms, strict=True)
    for place, (called, caller, at_us, ms) in enumerate(rows):
        number = "" if called < 0 else unpack_number(int(called))
        call = CallInput("", moment_of(int(at_us)), int(ms), unpack_number(int(caller)), number)
        charge = rate_call(call, index)
        out.status[place] = STATUSES.index(charge.status)
        out.rate_index[place] = charge.rate_index
        out.billed_s[place] = charge.billed_s
        out.allowance_s[place] = charge.allowance_s
        out.amount_micros[place] = charge.amount_micros
    return out


def moment_of(us: int) -> datetime:
    """The moment so many microseconds after 1970-01-01 UTC."""
    return EPOCH + timedelta(microseconds=us)
