"""A reseller's calls are calls of its parent's customer: sold there, and a cost here.

The transaction becomes the parent's for the parent's rows, and the reseller's again: nobody sees
more than their own. The parent gets the call with its numbers and times, priced by its own rules,
plan and card for this customer; not whose customer made it, nor what they pay. What it charges is
the reseller's leg `parent`. If the parent has carriers or a parent itself, so on up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tollwright.core.instants import micros_of, moment_of
from tollwright.engine.ingest.cost_columns import (
    Answered,
    Columns,
    Costed,
    Leg,
    Place,
    by_word,
    in_a_row,
)
from tollwright.engine.rating.columns import counted_ms
from tollwright.engine.rating.cost import Cost, Words
from tollwright.engine.rating.cost_plus import PARENTS, price_from_cost
from tollwright.engine.rating.group import BareCards, rate_group
from tollwright.engine.rating.terms import Book, Terms, read_book
from tollwright.kernel.arrays import NONE, Int64
from tollwright.kernel.text import Text, text_of
from tollwright.store import batches, binary
from tollwright.store import calls as stored
from tollwright.store import resellers as store
from tollwright.store.calls import Cursor

AROUND = timedelta(days=32)  # how far a correction may move a call
LEVEL = 1  # of the cost: the next one up
Known = dict[int, store.KnownRevision]  # by the child's call


class Above(Protocol):
    """The parent's own legs."""

    def cost(self, calls: Answered) -> Cost: ...
    def write(self, calls: Columns) -> Costed: ...
    def retire(self, calls: Sequence[tuple[int, datetime]]) -> None: ...
    def restore(self, calls: Sequence[tuple[int, datetime]]) -> None: ...
    def take_over(self, old_id: int) -> None: ...


Open = Callable[[Cursor, Place], Above | None]


@dataclass(frozen=True, slots=True)
class Link:
    """Which campaign of the parent's a reseller's calls are, from when to when."""

    valid_from: datetime
    valid_to: datetime | None
    campaign_id: int
    source_id: int

    def holds(self, at_us: Int64) -> npt.NDArray[np.bool_]:
        """At which of these moments."""
        found = at_us >= micros_of(self.valid_from)
        if self.valid_to is not None:
            found &= at_us < micros_of(self.valid_to)
        return found


@dataclass(slots=True)
class Sale:
    """Calls that the parent sells on the same terms, and what its card makes of them."""

    terms: Terms
    leg: Leg


@dataclass(slots=True)
class Parent:
    """Who sells to the tenant of `child`."""

    cursor: Cursor
    child: Place
    tenant_id: int
    zone: str
    links: list[Link]
    book: Book
    cards: BareCards
    open_above: Open
    _batch_id: int | None = None
    _above: dict[int, Above | None] = field(default_factory=dict)  # by the parent's batch

    def price(self, calls: Answered, places: Int64, reasons: Words) -> list[Leg]:
        """What the parent would sell the calls at these places for; nothing is written."""
        with store.as_tenant(self.cursor, self.tenant_id, back=self.child.tenant_id):
            return [sale.leg for sale in self._sales(calls, places, reasons)]

    def sell(self, calls: Columns, places: Int64, reasons: Words) -> list[Leg]:
        """Write the calls at these places as calls of the parent's customer; their cost here."""
        store.stage_resold(self.cursor, calls.call_id[places], calls.started_us[places])
        with store.as_tenant(self.cursor, self.tenant_id, back=self.child.tenant_id):
            known = self._known(calls, places)
            sales = self._sales(calls.calls, _in_time(calls, places, known, reasons), reasons)
            self._write(calls, sales, known)
        return [sale.leg for sale in sales]

    def look(self, calls: Columns, places: Int64, reasons: Words) -> list[Leg]:
        """As `sell`, but nothing is written."""
        store.stage_resold(self.cursor, calls.call_id[places], calls.started_us[places])
        with store.as_tenant(self.cursor, self.tenant_id, back=self.child.tenant_id):
            known = self._known(calls, places)
            some = _in_time(calls, places, known, reasons)
            return [sale.leg for sale in self._sales(calls.calls, some, reasons)]

    def _known(self, calls: Columns, places: Int64) -> Known:
        """The revisions that the parent has of the staged calls, and whether they stand."""
        started = calls.started_us[places]
        return store.fetch_known_revisions(
            self.cursor, source_id=self.source_id, first=moment_of(int(started.min())) - AROUND,
            last=moment_of(int(started.max())) + AROUND,
        )  # fmt: skip

    def _sales(self, calls: Answered, places: Int64, reasons: Words) -> list[Sale]:
        sales: list[Sale] = []
        for terms, some in self._by_terms(calls, places):
            why = _why_not(terms)
            if why:
                reasons.put(some, why)
            else:
                sales.append(self._sale(terms, some, calls, reasons))
        return sales

    def billed(self, told: Sequence[tuple[int, datetime]]) -> set[int]:
        """Those of these calls of the child (id, start) that a document is issued about."""
        store.stage_resold(self.cursor, *_columns(told))
        with store.as_tenant(self.cursor, self.tenant_id, back=self.child.tenant_id):
            current = store.fetch_current_calls(self.cursor, self.source_id)
            carried = stored.fetch_issued_calls(
                self.cursor, [(call.call_id, call.started_at) for call in current]
            )
        return {call.child_id for call in current if call.call_id in carried}

    def retire(self, corrected: Sequence[tuple[int, datetime]]) -> None:
        """What was sold of these calls of the child (id, start) stands no longer, nor its legs;
        but for what the parent has issued a document about."""
        cursor = self.cursor
        store.stage_resold(cursor, *_columns(corrected))
        with store.as_tenant(cursor, self.tenant_id, back=self.child.tenant_id):
            gone = store.retire_calls(cursor, self.source_id)
            above = self._its_legs(NO_BATCH) if gone else None
            if above is not None:
                above.retire(gone)
            days = stored.fetch_touched_days(cursor, zone=self.zone, calls=gone)
            stored.sum_days(cursor, tenant_id=self.tenant_id, zone=self.zone, days=days)

    def restore(self, restored: Sequence[tuple[int, datetime]]) -> None:
        """These calls of the child (id, start) stand again: what was sold of them does so too."""
        cursor = self.cursor
        store.stage_resold(cursor, *_columns(restored))
        with store.as_tenant(cursor, self.tenant_id, back=self.child.tenant_id):
            risen = store.fetch_withdrawn_calls(cursor, self.source_id)
            if risen:
                batches.restore_calls(cursor, risen, stored.claim_ids(cursor).charge_id)
                above = self._its_legs(NO_BATCH)
                if above is not None:
                    above.restore(risen)
            days = stored.fetch_touched_days(cursor, zone=self.zone, calls=risen)
            stored.sum_days(cursor, tenant_id=self.tenant_id, zone=self.zone, days=days)

    def take_over(self, old_id: int) -> None:
        """What the parent kept of a replayed batch (`old_id`, the child's) is this batch's."""
        with store.as_tenant(self.cursor, self.tenant_id, back=self.child.tenant_id):
            old = store.fetch_batch(
                self.cursor, reseller_id=self.child.tenant_id, batch_id=old_id, stands=False
            )
            if old is not None:
                new = self._batch(0)
                batches.move_calls(self.cursor, old, new)
                above = self._its_legs(new)
                if above is not None:
                    above.take_over(old)

    @property
    def source_id(self) -> int:
        """Where the child's calls come from, in the parent's books."""
        return self.links[0].source_id

    def _by_terms(self, calls: Answered, places: Int64) -> Iterator[tuple[Terms, Int64]]:
        """The places that the parent sells, those on the same terms together."""
        for link in self.links:
            held = link.holds(calls.answered_us[places])
            its, places = places[held], places[~held]
            changes = [micros_of(moment) for moment in self.book.changes(link.campaign_id)]
            spans = np.searchsorted(np.array(changes, np.int64), calls.answered_us[its], "right")
            for span in np.unique(spans).tolist():
                some = its[spans == span]
                moment = moment_of(int(calls.answered_us[some[0]]))
                yield self.book.terms(link.campaign_id, moment), some

    def _sale(self, terms: Terms, places: Int64, calls: Answered, reasons: Words) -> Sale:
        card, version = terms.card, terms.version
        if card is None or version is None:
            raise ValueError("terms without a card version price nothing")
        some = calls.pick(places)
        columns = some.columns(_counted(terms, some))
        rated = rate_group(self.cards, card, version, columns, terms.rounding)
        leg = Leg("parent", LEVEL, version.id, card.currency, places, rated)
        leg.refuse(reasons)
        if terms.cost_plus is not None:
            above = self._its_legs(NO_BATCH)
            cost = above.cost(some) if above else Cost.unknown(len(some))
            unpriced = price_from_cost(rated.charges, cost, terms.cost_plus, rated.card)
            for why in unpriced.said():
                reasons.put(places[unpriced.are(why)], PARENTS + why)
        return Sale(terms, leg)

    def _write(self, calls: Columns, sales: Sequence[Sale], known: Known) -> None:
        """The sales into the parent's books, and what they cost the parent in its turn."""
        there = in_a_row([sale.leg for sale in sales])
        count, at = len(there.places), there.places
        if not count:
            return
        call_id, charge_id = stored.claim_ids(self.cursor)
        sold_id = np.arange(call_id, call_id + count)
        customer, campaign, version, plan = np.array(
            [_numbers(sale) for sale in sales], np.int64
        )[there.which].T  # fmt: skip
        batch_id = self._batch(count)
        rows = binary.rows(
            [
                (calls.call_id[at], 8), (sold_id, 8), (np.arange(charge_id, charge_id + count), 8),
                (_revisions(calls.call_id[at], known), 2), (customer, 8), (campaign, 8),
                (version, 8), (plan, 8), (there.rate_no, 4), (there.billed_s, 4),
                (there.amount_micros, 8),
            ],
            [text_of([sale.leg.currency for sale in sales]).pick(there.which), there.prefix],
        )  # fmt: skip
        store.insert_sold(self.cursor, rows, {
            "tenant_id": self.tenant_id, "source_id": self.source_id, "batch_id": batch_id,
            "zone": self.zone, "at": self.child.at,
        })  # fmt: skip
        above = self._its_legs(batch_id)
        if above is not None:
            sold = calls.calls.pick(at)
            above.write(Columns(sold_id, calls.started_us[at], customer, campaign, sold))

    def _batch(self, count: int) -> int:
        """The parent's batch of the child's batch, with so many calls more."""
        cursor, child = self.cursor, self.child
        found = self._batch_id or store.fetch_batch(
            cursor, reseller_id=child.tenant_id, batch_id=child.batch_id, stands=True
        )
        if found is None:
            found = batches.insert_batch(cursor, {
                "tenant_id": self.tenant_id, "source_id": self.source_id,
                "filename": f"batch {child.batch_id} of the reseller", "size": 0,
                "sha256": store.sha256_of(child.batch_id), "at": child.at, "by": "system",
            })  # fmt: skip
        self._batch_id = found
        batches.add_counts(cursor, {
            "batch_id": found, "records": count, "rated": count, "unanswered": 0, "duplicates": 0,
            "ignored": 0, "quarantined": 0,
        })  # fmt: skip
        return found

    def _its_legs(self, batch_id: int) -> Above | None:
        """What the parent pays for a batch's calls; opened while the transaction is its own."""
        if batch_id not in self._above:
            place = Place(self.tenant_id, self.source_id, batch_id, self.zone, self.child.at)
            self._above[batch_id] = self.open_above(self.cursor, place)
        return self._above[batch_id]


NEW = store.KnownRevision(0, -1, False)  # none yet
NO_BATCH = 0


def read_parent(cursor: Cursor, child: Place, cards: BareCards, open_above: Open) -> Parent | None:
    """Who sells to the child's tenant, if it says so of this one too."""
    tenant_id = store.fetch_parent(cursor)
    if tenant_id is None:
        return None
    with store.as_tenant(cursor, tenant_id, back=child.tenant_id):
        rows = store.fetch_links(cursor, child.tenant_id)
        book = read_book(cursor) if rows else None
    if book is None:
        return None
    links = [Link(*row[:-1]) for row in rows]
    return Parent(cursor, child, tenant_id, rows[0].zone, links, book, cards, open_above)


def _why_not(terms: Terms) -> str:
    """Why the parent cannot price a reseller's calls on these terms; '' where it can."""
    if terms.reason:
        return f"parent_{terms.reason}"
    if terms.version is not None and terms.version.has_allowances:
        return "parent_card_has_allowances"
    return ""


def _in_time(calls: Columns, places: Int64, known: Known, reasons: Words) -> Int64:
    """The places of the calls that the parent has not issued as they were before."""
    stands = [call_id for call_id, one in known.items() if one.is_current]
    late = np.isin(calls.call_id[places], np.array(stands, np.int64))
    reasons.put(places[late], "parent_late_correction")
    return places[~late]


def _columns(calls: Sequence[tuple[int, datetime]]) -> tuple[Int64, Int64]:
    """Ids and starts."""
    ids = np.array([call_id for call_id, _ in calls], np.int64)
    return ids, np.array([micros_of(start) for _, start in calls], np.int64)


def _counted(terms: Terms, calls: Answered) -> Int64:
    """The milliseconds that the card is asked for."""
    causes = tuple(sorted(terms.billable_causes))
    cause, disposition = (_codes(told, causes) for told in (calls.cause, calls.disposition))
    return counted_ms(terms, calls.answered_ms, cause, disposition, causes)


def _codes(told: Text, causes: tuple[str, ...]) -> Int64:
    """The place of each text among the causes, from 1; 0: it is none of them."""
    found = np.zeros(len(told.first), np.int64)
    for word, places in by_word(told) if causes else ():
        if word.upper() in causes:
            found[places] = causes.index(word.upper()) + 1
    return found


def _numbers(sale: Sale) -> tuple[int, int, int, int]:
    terms = sale.terms
    plan = terms.plan_version_id or NONE
    return terms.campaign.customer_id, terms.campaign.id, sale.leg.version_id, plan


def _revisions(call_id: Int64, known: Known) -> Int64:
    """Which revision of the parent's call each call is."""
    if not known:
        return np.zeros(len(call_id), np.int64)
    return np.array([known.get(one, NEW).revision + 1 for one in call_id.tolist()], np.int64)
