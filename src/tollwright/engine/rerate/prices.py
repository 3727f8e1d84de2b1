"""By which prices calls are sold: what the rules say today, one card, or a plan's card."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from datetime import datetime

from tollwright.core.cards.card import RateCard
from tollwright.core.instants import micros_of
from tollwright.core.money import Rounding
from tollwright.core.rating.legs import CostPlus
from tollwright.engine.rating import refusals
from tollwright.engine.rating import terms as t
from tollwright.engine.rating.counted_time import counted_ms
from tollwright.engine.rating.tariffs import CardRepository, Tariff, unpublished
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import CallColumns


@dataclass(frozen=True, slots=True)
class Offer:
    """What holds for a campaign's calls, or those over a trunk, within one span of time.

    `terms` None: what is paid to the carrier `carrier_id`. `refusal` is a code of `refusals`:
    nothing can be priced; `tariff` is then None. `pooled`: what a call costs depends on the calls
    before it. With `cost_plus` amounts are made of what the calls cost.
    """

    terms: t.Terms | None
    tariff: Tariff | None
    plan_id: int = 0
    refusal: int = refusals.NONE
    pooled: bool = False
    carrier_id: int = 0
    cost_plus: CostPlus | None = None

    def counted_ms(self, calls: CallColumns, causes: tuple[str, ...]) -> Int64:
        """The milliseconds that count: carriers take the real ones."""
        return calls.answered_ms if self.terms is None else counted_ms(self.terms, calls, causes)


class PriceSource(ABC):
    """Where offers come from, by whose the calls are: a campaign's, or a trunk's."""

    __slots__ = ()

    @property
    def pooled(self) -> frozenset[int]:
        """Versions whose charges drew on pools, on which other calls drew too."""
        return frozenset()

    @abstractmethod
    def whose(self, calls: CallColumns) -> Int64:
        """Whose each call is, int64[n]."""

    @abstractmethod
    def changes(self, whose: int) -> list[int]:
        """The moments at which its offer may change, microseconds since 1970, ascending."""

    @abstractmethod
    def offer(self, whose: int, moment: datetime) -> Offer:
        """What holds for its calls answered at `moment`; it may read the database."""


class SellPrices(PriceSource):
    """What is offered to campaigns, by the rules, plans and cards of the tenant."""

    __slots__ = ()
    book: t.Book

    @property
    def from_cost(self) -> bool:
        """Whether some prices may be made of what calls cost."""
        return any(held.cost_plus is not None for held in self.book.subscriptions)

    def whose(self, calls: CallColumns) -> Int64:
        """Their campaigns."""
        return calls.campaign_id

    def changes(self, whose: int) -> list[int]:
        """When a campaign's terms may change."""
        return [micros_of(moment) for moment in self.book.changes(whose)]


@dataclass(frozen=True, slots=True)
class StoredPrices(SellPrices):
    """What a call would cost if it came in now: the rules and plans of `book`, and the versions
    that `cards` know."""

    cards: CardRepository
    book: t.Book

    @property
    def pooled(self) -> frozenset[int]:
        """The versions with allowances."""
        cards = self.book.cards.values()
        return frozenset(one.id for card in cards for one in card.versions if one.has_allowances)

    def offer(self, whose: int, moment: datetime) -> Offer:
        """By the version that holds, else refused with the reason."""
        terms = self.book.terms(whose, moment)
        offer = Offer(terms, None, terms.plan_version_id or 0, cost_plus=terms.cost_plus)
        return _by_version(self.cards, offer, terms.card, terms.version)


def _by_version(
    cards: CardRepository, offer: Offer, card: t.Card | None, version: t.Version | None
) -> Offer:
    """The offer by a published version of a card."""
    if card is None or version is None:
        return replace(offer, refusal=refusals.NO_CARD if card is None else refusals.NO_VERSION)
    if version.has_allowances and offer.cost_plus is not None:
        return replace(offer, refusal=refusals.COST_PLUS_ALLOWANCES)
    rounding = None if offer.terms is None else offer.terms.rounding
    return replace(
        offer, tariff=cards.tariff(card, version, rounding), pooled=version.has_allowances
    )


@dataclass(slots=True)
class GivenCard(SellPrices):
    """One card for every call, whatever its customer has: a draft, a version, a file.

    Rules (seconds, causes, rounding) hold as they do for the calls. With the card named whose
    version it is (`card_id`), so does a plan of this card that prices from the cost.
    """

    book: t.Book
    card: RateCard
    card_id: int = 0
    _tariffs: dict[Rounding | None, Tariff] = field(default_factory=dict)

    def offer(self, whose: int, moment: datetime) -> Offer:
        """The card."""
        terms = self.book.terms(whose, moment)
        plan_id, pooled = terms.plan_version_id or 0, bool(self.card.allowances)
        own = terms.card is not None and terms.card.id == self.card_id
        cost_plus = terms.cost_plus if own else None
        if cost_plus is not None and pooled:
            return Offer(terms, None, plan_id, refusals.COST_PLUS_ALLOWANCES)
        rounding = terms.rounding
        if rounding not in self._tariffs:
            self._tariffs[rounding] = unpublished(self.card, rounding)
        return Offer(terms, self._tariffs[rounding], plan_id, pooled=pooled, cost_plus=cost_plus)


@dataclass(frozen=True, slots=True)
class GivenPlan(SellPrices):
    """A plan's card for every call: its version that held then; before the first, the first.

    With `cost_plus` the plan prices from what the calls cost.
    """

    cards: CardRepository
    book: t.Book
    card_id: int
    plan_id: int
    cost_plus: CostPlus | None = None

    @property
    def from_cost(self) -> bool:
        return self.cost_plus is not None

    def offer(self, whose: int, moment: datetime) -> Offer:
        """The plan's card, else refused because it has no published version."""
        terms = self.book.terms(whose, moment)
        card = self.book.cards.get(self.card_id)
        first = card.versions[0] if card is not None and card.versions else None
        version = (card.at(moment) if card is not None else None) or first
        offer = Offer(terms, None, self.plan_id, cost_plus=self.cost_plus)
        return _by_version(self.cards, offer, card, version)
