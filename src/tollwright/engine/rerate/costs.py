"""By which prices calls are bought: the carriers' trunks, assignments and buy cards of now."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from tollwright.core.billing.periods import EVER
from tollwright.core.rating.rate_call import CallInput
from tollwright.core.rating.rate_lookup import CardIndex
from tollwright.engine.rating import terms as t
from tollwright.engine.rating.cards import card_of
from tollwright.engine.rating.carriers import NO_CARD, Carriers
from tollwright.engine.rating.version_change import Line, line_of
from tollwright.engine.rerate import refusals
from tollwright.engine.rerate.prices import Offer, published
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import epoch_us
from tollwright.store.calls import Cursor
from tollwright.store.rerate import Charges

NOBODYS = Offer(None, 0, 0, "", None, refusals.UNKNOWN_TRUNK)


@dataclass(slots=True)
class CarrierPrices:
    """What calls would cost if they came in now, by what is known at `at`.

    `trunks` are the texts of those that are asked for; a call names its own by its place, from 1.
    Allowances of buy cards are not drawn on.
    """

    cursor: Cursor
    carriers: Carriers
    at: datetime
    trunks: list[str] = field(default_factory=list)
    pooled: frozenset[int] = frozenset()
    _known: dict[int, Offer] = field(default_factory=dict)

    def number(self, trunk: str) -> int:
        """The place of a trunk that is not asked for yet."""
        self.trunks.append(trunk)
        return len(self.trunks)

    def whose(self, calls: Charges) -> Int64:
        """The trunks' places."""
        return calls.trunk

    def changes(self, whose: int) -> list[int]:
        """When another carrier, card or version begins to hold."""
        return self.carriers.changes(self.trunks[whose - 1])

    def offer(self, whose: int, moment: datetime) -> Offer:
        """By the buy card that holds, else refused with the reason."""
        bought = self.carriers.bought(self.trunks[whose - 1], moment)
        if bought is None:
            return NOBODYS
        if bought.card is None or bought.version is None:
            refusal = refusals.NO_BUY_CARD if bought.reason == NO_CARD else refusals.NO_BUY_VERSION
            return Offer(None, 0, 0, "", None, refusal, carrier_id=bought.carrier_id)
        found = self._known.get(bought.version.id)
        if found is None:
            found = self._known[bought.version.id] = self._by(bought.card, bought.version)
        return replace(found, carrier_id=bought.carrier_id)

    def _by(self, card: t.Card, version: t.Version) -> Offer:
        """A version of a buy card; a call that meets the next one is priced by both."""
        prices = published(self.cursor, version, None)
        later = card.within(version.effective_from, EVER, self.at)
        offer = Offer(None, version.id, 0, card.currency, prices)
        if not later:
            return offer

        def load(one: t.Version) -> CardIndex:
            found = card_of(self.cursor, one.id, one.content_hash)
            return replace(found, card=replace(found.card, allowances=()))

        def line(call: CallInput) -> Line | None:
            return line_of(card, version, load, call=call, known_at=self.at)

        return replace(offer, meets_us=epoch_us(later[0].effective_from), line=line)
