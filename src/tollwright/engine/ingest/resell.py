"""A reseller's calls are calls of its parent's customer: sold there, and a cost here.

The transaction becomes the parent's for the parent's rows, and the reseller's again: nobody sees
more than their own. The parent gets the call with its numbers and times, priced by its own rules,
plan and card for this customer; not whose customer made it, nor what they pay. What it charges is
the reseller's leg `parent`. If the parent has carriers or a parent itself, so on up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from tollwright.engine.ingest.written import Columns, Costed, Leg, Place, in_order
from tollwright.engine.rate.group import BareCards, rate_group
from tollwright.engine.rate.terms import Book, Terms, read_book
from tollwright.store import batches
from tollwright.store import calls as stored
from tollwright.store import resellers as store
from tollwright.store.calls import Cursor

AROUND = timedelta(days=32)  # how far a correction may move a call
LEVEL = 1  # of the cost: the next one up
NULL = "\\N"


class Above(Protocol):
    """The parent's own legs."""

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

    def holds(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


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
    _above: list[Above | None] = field(default_factory=list)

    def sell(self, calls: Columns, places: Sequence[int], reasons: dict[int, str]) -> list[Leg]:
        """Write the calls at these places as calls of the parent's customer; their cost here."""
        told = self._stage(calls, places)
        with store.as_tenant(self.cursor, self.tenant_id, back=self.child.tenant_id):
            known = self._known(calls, places)
            sales = self._sales(calls, places, told, known, reasons)
            self._write(calls, sales, known)
        return [sale.leg for sale in sales]

    def look(self, calls: Columns, places: Sequence[int], reasons: dict[int, str]) -> list[Leg]:
        """As `sell`, but nothing is written."""
        told = self._stage(calls, places)
        with store.as_tenant(self.cursor, self.tenant_id, back=self.child.tenant_id):
            known = self._known(calls, places)
            return [sale.leg for sale in self._sales(calls, places, told, known, reasons)]

    def _stage(self, calls: Columns, places: Sequence[int]) -> dict[int, tuple[str, str]]:
        staged = [(int(calls.call_id[place]), calls.started(place)) for place in places]
        return store.stage(self.cursor, staged)

    def _known(self, calls: Columns, places: Sequence[int]) -> dict[int, tuple[int, bool]]:
        """The revisions that the parent has of the staged calls, and whether they stand."""
        started = [calls.started(place) for place in places]
        return store.known(
            self.cursor, source_id=self.source_id, first=min(started) - AROUND,
            last=max(started) + AROUND,
        )  # fmt: skip

    def _sales(
        self, calls: Columns, places: Sequence[int], told: dict[int, tuple[str, str]],
        known: dict[int, tuple[int, bool]], reasons: dict[int, str],
    ) -> list[Sale]:  # fmt: skip
        late = {place for place in places if known.get(int(calls.call_id[place]), NEW)[1]}
        reasons |= dict.fromkeys(late, "parent_late_correction")
        sales: list[Sale] = []
        for terms, some in self._by_terms(calls, [place for place in places if place not in late]):
            why = _why_not(terms)
            if why:
                reasons |= dict.fromkeys(some, why)
                continue
            sales.append(self._sale(terms, some, calls, told))
            reasons |= sales[-1].leg.refused()
        return sales

    def retire(self, corrected: Sequence[tuple[int, datetime]]) -> None:
        """What was sold of these calls of the child (id, start) stands no longer, nor its legs;
        but for what the parent has issued a document about."""
        cursor = self.cursor
        store.stage(cursor, corrected)
        with store.as_tenant(cursor, self.tenant_id, back=self.child.tenant_id):
            gone = store.retire(cursor, self.source_id)
            above = self._its_legs(NO_BATCH) if gone else None
            if above is not None:
                above.retire(gone)
            days = stored.touched_days(cursor, zone=self.zone, calls=gone)
            stored.sum_again(cursor, tenant_id=self.tenant_id, zone=self.zone, days=days)

    def restore(self, restored: Sequence[tuple[int, datetime]]) -> None:
        """These calls of the child (id, start) stand again: what was sold of them does so too."""
        cursor = self.cursor
        store.stage(cursor, restored)
        with store.as_tenant(cursor, self.tenant_id, back=self.child.tenant_id):
            risen = store.fallen(cursor, self.source_id)
            if risen:
                batches.restore(cursor, risen, stored.id_block(cursor)[1])
                above = self._its_legs(NO_BATCH)
                if above is not None:
                    above.restore(risen)
            days = stored.touched_days(cursor, zone=self.zone, calls=risen)
            stored.sum_again(cursor, tenant_id=self.tenant_id, zone=self.zone, days=days)

    def take_over(self, old_id: int) -> None:
        """What the parent kept of a replayed batch (`old_id`, the child's) is this batch's."""
        with store.as_tenant(self.cursor, self.tenant_id, back=self.child.tenant_id):
            old = store.batch(
                self.cursor, reseller_id=self.child.tenant_id, batch_id=old_id, stands=False
            )
            if old is not None:
                new = self._batch(0)
                batches.hand_over(self.cursor, old, new)
                above = self._its_legs(new)
                if above is not None:
                    above.take_over(old)

    @property
    def source_id(self) -> int:
        """Where the child's calls come from, in the parent's books."""
        return self.links[0].source_id

    def _by_terms(self, calls: Columns, places: Sequence[int]) -> list[tuple[Terms, list[int]]]:
        """The places that the parent sells, those on the same terms together."""
        groups: dict[int, tuple[Terms, list[int]]] = {}
        for place in places:
            answered = calls.answered(place)
            link = next((link for link in self.links if link.holds(answered)), None)
            if link is not None:
                terms = self.book.terms(link.campaign_id, answered)
                groups.setdefault(id(terms), (terms, []))[1].append(place)
        return list(groups.values())

    def _sale(
        self, terms: Terms, places: list[int], calls: Columns, told: dict[int, tuple[str, str]]
    ) -> Sale:
        card, version = terms.card, terms.version
        if card is None or version is None:
            raise ValueError("terms without a card version price nothing")
        counted = [
            terms.counted_ms(int(calls.answered_ms[place]), *told[int(calls.call_id[place])])
            for place in places
        ]
        columns = calls.rated(places, counted)
        rated = rate_group(self.cards, card, version, columns, terms.rounding)
        return Sale(terms, Leg("parent", LEVEL, version.id, card.currency, places, rated))

    def _write(
        self, calls: Columns, sales: Sequence[Sale], known: dict[int, tuple[int, bool]]
    ) -> None:
        """The sales into the parent's books, and what they cost the parent in its turn."""
        first_call, first_charge = stored.id_block(self.cursor)
        lines: list[str] = []
        rows: list[tuple[int, int, int]] = []  # place, customer, campaign
        for sale in sales:
            for at, place in sale.leg.priced():
                number = len(lines)
                call_id = int(calls.call_id[place])
                revision = known.get(call_id, NEW)[0] + 1
                lines.append(
                    f"{call_id}\t{first_call + number}\t{first_charge + number}\t{revision}\t"
                    + _line(sale, at)
                )
                campaign = sale.terms.campaign
                rows.append((place, campaign.customer_id, campaign.id))
        if not lines:
            return
        batch_id = self._batch(len(lines))
        store.sell(self.cursor, lines, {
            "tenant_id": self.tenant_id, "source_id": self.source_id, "batch_id": batch_id,
            "zone": self.zone, "at": self.child.at,
        })  # fmt: skip
        if not self._above:
            self._above.append(self._its_legs(batch_id))
        for above in filter(None, self._above):
            above.write(_sold(calls, rows, first_call))

    def _batch(self, count: int) -> int:
        """The parent's batch of the child's batch, with so many calls more."""
        cursor, child = self.cursor, self.child
        found = self._batch_id or store.batch(
            cursor, reseller_id=child.tenant_id, batch_id=child.batch_id, stands=True
        )
        if found is None:
            found = batches.open_batch(cursor, {
                "tenant_id": self.tenant_id, "source_id": self.source_id,
                "filename": f"batch {child.batch_id} of the reseller", "size": 0,
                "sha256": store.sha256_of(child.batch_id), "at": child.at, "by": "system",
            })  # fmt: skip
        self._batch_id = found
        batches.count_batch(cursor, {
            "batch_id": found, "records": count, "rated": count, "unanswered": 0, "duplicates": 0,
            "ignored": 0, "quarantined": 0,
        })  # fmt: skip
        return found

    def _its_legs(self, batch_id: int) -> Above | None:
        """What the parent pays for a batch's calls; opened while the transaction is its own."""
        place = Place(self.tenant_id, self.source_id, batch_id, self.zone, self.child.at)
        return self.open_above(self.cursor, place)


NEW = (-1, False)  # no revision yet, none stands
NO_BATCH = 0


def read_parent(cursor: Cursor, child: Place, cards: BareCards, open_above: Open) -> Parent | None:
    """Who sells to the child's tenant, if it says so of this one too."""
    tenant_id = store.parent(cursor)
    if tenant_id is None:
        return None
    with store.as_tenant(cursor, tenant_id, back=child.tenant_id):
        rows = store.links(cursor, child.tenant_id)
        book = read_book(cursor) if rows else None
    if book is None:
        return None
    links = [Link(*row[:4]) for row in rows]
    return Parent(cursor, child, tenant_id, rows[0][4], links, book, cards, open_above)


def _why_not(terms: Terms) -> str:
    """Why the parent cannot price a reseller's calls on these terms; '' where it can."""
    if terms.reason:
        return f"parent_{terms.reason}"
    if terms.version is not None and terms.version.has_allowances:
        return "parent_card_has_allowances"
    return ""


def _line(sale: Sale, at: int) -> str:
    """The rest of a row of tw_sold."""
    terms, leg, rated = sale.terms, sale.leg, sale.leg.rated
    campaign = terms.campaign
    plan = NULL if terms.plan_version_id is None else terms.plan_version_id
    return (
        f"{campaign.customer_id}\t{campaign.id}\t{leg.version_id}\t{plan}\t{rated.rate_no[at]}"
        f"\t{rated.billed_s[at]}\t{rated.amount_micros[at]}\t{leg.currency}\t{rated.prefix[at]}\n"
    )


def _sold(calls: Columns, rows: Sequence[tuple[int, int, int]], first_call: int) -> Columns:
    """The parent's calls, as its own legs are priced from them."""
    places, customers, campaigns = in_order(zip(*rows, strict=True))
    (call_id,) = in_order([range(first_call, first_call + len(rows))])
    return Columns(
        call_id, calls.started_us[places], calls.answered_us[places], calls.answered_ms[places],
        customers, campaigns, [calls.caller[place] for place in places],
        [calls.called[place] for place in places], [calls.trunk[place] for place in places],
    )  # fmt: skip
