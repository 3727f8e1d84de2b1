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

from tollwright.core.instants import micros_of, moment_of
from tollwright.engine.rating.cost_plus import PARENTS, unknown_cost
from tollwright.engine.rating.counted_time import counted_ms
from tollwright.engine.rating.pipeline import price
from tollwright.engine.rating.refusals import COST_OTHER_CURRENCY, NAMES, UNKNOWN_COST
from tollwright.engine.rating.tariffs import CardRepository
from tollwright.engine.rating.terms import Book, Terms, read_book
from tollwright.engine.resale.batch import PARENT, BatchContext, put_on_leg, together
from tollwright.kernel.arrays import NONE, Flags, Int64
from tollwright.kernel.call_columns import CallColumns, ChargeColumns, Labels, currency_texts
from tollwright.kernel.text import unpacked
from tollwright.store import batches, binary
from tollwright.store import calls as stored
from tollwright.store import resellers as store
from tollwright.store.calls import Cursor

MAX_MOVE = timedelta(days=32)  # of a call by a correction
Known = dict[int, store.KnownRevision]  # by the child's call


class Above(Protocol):
    """The parent's own legs."""

    def cost(self, calls: CallColumns) -> ChargeColumns: ...
    def write(self, calls: CallColumns) -> object: ...
    @property
    def parent(self) -> Parent | None: ...


Open = Callable[[Cursor, BatchContext], Above | None]


@dataclass(frozen=True, slots=True)
class Link:
    """Which campaign of the parent's a reseller's calls are, from when to when."""

    valid_from: datetime
    valid_to: datetime | None
    campaign_id: int
    source_id: int

    def holds(self, at_us: Int64) -> Flags:
        """At which of these moments."""
        found = at_us >= micros_of(self.valid_from)
        if self.valid_to is not None:
            found &= at_us < micros_of(self.valid_to)
        return found


@dataclass(slots=True)
class Parent:
    """Who sells to the tenant of `child`."""

    cursor: Cursor
    child: BatchContext
    tenant_id: int
    zone: str
    links: list[Link]
    book: Book
    cards: CardRepository
    open_above: Open
    _batch_id: int | None = None
    _above: dict[int, Above | None] = field(default_factory=dict)  # by the parent's batch

    def price(self, calls: CallColumns, places: Int64, reasons: Labels) -> list[ChargeColumns]:
        """What the parent would sell the calls at these places for; nothing is written."""
        with store.as_tenant(self.cursor, self.tenant_id, back=self.child.tenant_id):
            return self._sales(calls, places, reasons)

    def sell(self, calls: CallColumns, places: Int64, reasons: Labels) -> list[ChargeColumns]:
        """Write the calls at these places as calls of the parent's customer; their cost here."""
        store.stage_resold(self.cursor, calls.call_id[places], calls.started_us[places])
        with store.as_tenant(self.cursor, self.tenant_id, back=self.child.tenant_id):
            known = self._known(calls, places)
            sales = self._sales(calls, _in_time(calls, places, known, reasons), reasons)
            self._write(calls, together(sales), known)
        return sales

    def look(self, calls: CallColumns, places: Int64, reasons: Labels) -> list[ChargeColumns]:
        """As `sell`, but nothing is written."""
        store.stage_resold(self.cursor, calls.call_id[places], calls.started_us[places])
        with store.as_tenant(self.cursor, self.tenant_id, back=self.child.tenant_id):
            known = self._known(calls, places)
            return self._sales(calls, _in_time(calls, places, known, reasons), reasons)

    def _known(self, calls: CallColumns, places: Int64) -> Known:
        """The revisions that the parent has of the staged calls, and whether they stand."""
        started = calls.started_us[places]
        return store.fetch_known_revisions(
            self.cursor, source_id=self.source_id, first=moment_of(int(started.min())) - MAX_MOVE,
            last=moment_of(int(started.max())) + MAX_MOVE,
        )  # fmt: skip

    def _sales(self, calls: CallColumns, places: Int64, reasons: Labels) -> list[ChargeColumns]:
        sales: list[ChargeColumns] = []
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
        store.stage_resold(self.cursor, *_columns(corrected))
        with store.as_tenant(self.cursor, self.tenant_id, back=self.child.tenant_id):
            retired = store.retire_calls(self.cursor, self.source_id)
            above = self._its_legs(NO_BATCH) if retired else None
            if above is not None and above.parent is not None:
                above.parent.retire(retired)
            self._sum_again(retired)

    def restore(self, restored: Sequence[tuple[int, datetime]]) -> None:
        """These calls of the child (id, start) stand again: what was sold of them does so too."""
        store.stage_resold(self.cursor, *_columns(restored))
        with store.as_tenant(self.cursor, self.tenant_id, back=self.child.tenant_id):
            sold = store.fetch_withdrawn_calls(self.cursor, self.source_id)
            if sold:
                batches.restore_calls(self.cursor, sold)
            above = self._its_legs(NO_BATCH) if sold else None
            if above is not None and above.parent is not None:
                above.parent.restore(sold)
            self._sum_again(sold)

    def _sum_again(self, calls: Sequence[tuple[int, datetime]]) -> None:
        days = stored.fetch_touched_days(self.cursor, zone=self.zone, calls=calls)
        stored.sum_days(self.cursor, tenant_id=self.tenant_id, zone=self.zone, days=days)

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
                if above is not None and above.parent is not None:
                    above.parent.take_over(old)

    @property
    def source_id(self) -> int:
        """Where the child's calls come from, in the parent's books."""
        return self.links[0].source_id

    def _by_terms(self, calls: CallColumns, places: Int64) -> Iterator[tuple[Terms, Int64]]:
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

    def _sale(
        self, terms: Terms, rows: Int64, calls: CallColumns, reasons: Labels
    ) -> ChargeColumns:
        """Calls that the parent sells on the same terms, and what its card makes of them."""
        card, version = terms.card, terms.version
        if card is None or version is None:
            raise ValueError("terms without a card version price nothing")
        own, cost = calls.pick(rows), None
        own.counted_ms = counted_ms(terms, own)
        if terms.cost_plus is not None:
            above = self._its_legs(NO_BATCH)
            cost = above.cost(own) if above else unknown_cost(len(own))
        tariff = self.cards.tariff(card, version, terms.rounding)
        charges = price(own, tariff, plan=terms.cost_plus, cost=cost)
        put_on_leg(charges, PARENT, rows, reasons)
        for status in (UNKNOWN_COST, COST_OTHER_CURRENCY):
            reasons.put(rows[charges.status == status], PARENTS + NAMES[status])
        charges.customer_id = np.full(len(rows), terms.campaign.customer_id)
        charges.campaign_id = np.full(len(rows), terms.campaign.id)
        charges.plan_id = np.full(len(rows), terms.plan_version_id or NONE)
        return charges

    def _write(self, calls: CallColumns, sold: ChargeColumns, known: Known) -> None:
        """The sales into the parent's books, and what they cost the parent in its turn."""
        count = len(sold)
        if not count:
            return
        calls = calls.pick(sold.call_no)
        call_id, charge_id = stored.claim_ids(self.cursor, count)
        sold_id = np.arange(call_id, call_id + count)
        batch_id = self._batch(count)
        rows = binary.rows(
            [
                (calls.call_id, 8), (sold_id, 8), (np.arange(charge_id, charge_id + count), 8),
                (_revisions(calls.call_id, known), 2), (sold.customer_id, 8),
                (sold.campaign_id, 8), (sold.version_id, 8), (sold.plan_id, 8),
                (sold.rate_index, 4), (sold.billed_s, 4), (sold.amount_micros, 8),
            ],
            [currency_texts(sold.currency), unpacked(sold.prefix)],
        )  # fmt: skip
        store.insert_sold(self.cursor, rows, {
            "tenant_id": self.tenant_id, "source_id": self.source_id, "batch_id": batch_id,
            "zone": self.zone, "at": self.child.at,
        })  # fmt: skip
        above = self._its_legs(batch_id)
        if above is not None:
            whose = {"customer_id": sold.customer_id, "campaign_id": sold.campaign_id}
            above.write(calls.replaced(call_id=sold_id, **whose))

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
            place = BatchContext(self.tenant_id, self.source_id, batch_id, self.zone, self.child.at)
            self._above[batch_id] = self.open_above(self.cursor, place)
        return self._above[batch_id]


NEW = store.KnownRevision(0, -1, False)  # none yet
NO_BATCH = 0


def read_parent(
    cursor: Cursor, child: BatchContext, cards: CardRepository, open_above: Open
) -> Parent | None:
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


def _in_time(calls: CallColumns, places: Int64, known: Known, reasons: Labels) -> Int64:
    """The places of the calls that the parent has not issued as they were before."""
    stands = [call_id for call_id, one in known.items() if one.is_current]
    late = np.isin(calls.call_id[places], np.array(stands, np.int64))
    reasons.put(places[late], "parent_late_correction")
    return places[~late]


def _columns(calls: Sequence[tuple[int, datetime]]) -> tuple[Int64, Int64]:
    """Ids and starts."""
    ids = np.array([call_id for call_id, _ in calls], np.int64)
    return ids, np.array([micros_of(start) for _, start in calls], np.int64)


def _revisions(call_id: Int64, known: Known) -> Int64:
    """Which revision of the parent's call each call is."""
    if not known:
        return np.zeros(len(call_id), np.int64)
    return np.array([known.get(one, NEW).revision + 1 for one in call_id.tolist()], np.int64)
