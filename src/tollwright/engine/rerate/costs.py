"""By which prices calls are bought: the carriers' trunks, assignments and buy cards of now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tollwright.engine.rating import refusals
from tollwright.engine.rating.carriers import NO_CARD, Carriers
from tollwright.engine.rating.tariffs import CardRepository
from tollwright.engine.rerate.prices import Offer, PriceSource
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import CallColumns

NO_CARRIER = Offer(None, None, refusal=refusals.UNKNOWN_TRUNK)


@dataclass(slots=True)
class CarrierPrices(PriceSource):
    """What calls would cost if they came in now, by the versions that `cards` know.

    `trunks` are the texts of those that are asked for; a call names its own by its place, from 1.
    Allowances of buy cards are not drawn on.
    """

    cards: CardRepository
    carriers: Carriers
    trunks: list[str] = field(default_factory=list)

    def number(self, trunk: str) -> int:
        """The place of a trunk that is not asked for yet."""
        self.trunks.append(trunk)
        return len(self.trunks)

    def whose(self, calls: CallColumns) -> Int64:
        """The trunks' places."""
        return calls.trunk_no

    def changes(self, whose: int) -> list[int]:
        """When another carrier, card or version begins to hold."""
        return self.carriers.changes(self.trunks[whose - 1])

    def offer(self, whose: int, moment: datetime) -> Offer:
        """By the buy card that holds, else refused with the reason."""
        bought = self.carriers.bought(self.trunks[whose - 1], moment)
        if bought is None:
            return NO_CARRIER
        if bought.card is None or bought.version is None:
            refusal = refusals.NO_BUY_CARD if bought.reason == NO_CARD else refusals.NO_BUY_VERSION
            return Offer(None, None, refusal=refusal, carrier_id=bought.carrier_id)
        tariff = self.cards.tariff(bought.card, bought.version)
        return Offer(None, tariff, carrier_id=bought.carrier_id)
