"""By which prices calls are sold: what the rules say today, one card, or a plan's card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from tollwright.core.billing.periods import EVER
from tollwright.core.cards.card import RateCard
from tollwright.core.money import Rounding
from tollwright.core.rating.legs import CostPlus
from tollwright.core.rating.rate_call import CallInput
from tollwright.core.rating.rate_lookup import CardIndex, prepare
from tollwright.engine.rating import terms as t
from tollwright.engine.rating.cards import card_of
from tollwright.engine.rating.columns import counted_ms
from tollwright.engine.rating.tariffs import Tariff, compiled_of
from tollwright.engine.rating.version_change import Line, line_of
from tollwright.engine.rerate import refusals
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import epoch_us
from tollwright.kernel.rating.compile import compile_card
from tollwright.kernel.rating.layout import CompiledCard
from tollwright.store.calls import Cursor
from tollwright.store.rerate import Charges

NEVER_US = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Prices:
    """A card ready for columns, without its allowances."""

    compiled: CompiledCard


@dataclass(frozen=True, slots=True)
class Offer:
    """What holds for a campaign's calls, or those over a trunk, within one span of time.

    `terms` None: what is paid to the carrier `carrier_id`. `refusal` is a code of `refusals`:
    nothing can be priced; `prices` is then None. A call that lasts beyond `meets_us` (microseconds
    since 1970) meets another version of the card; `line` gives what prices it, and reads the
    database. `pooled`: what a call costs depends on the calls before it; `prices` are those of
    empty pools, and `tariff` gives the card of none published. With `cost_plus` amounts are made
    of what the calls cost.
    """

    terms: t.Terms | None
    version_id: int
    plan_id: int
    currency: str
    prices: Prices | None
    refusal: int = refusals.NONE
    meets_us: int = NEVER_US
    line: Callable[[CallInput], Line | None] | None = None
    pooled: bool = False
    tariff: Callable[[], Tariff] | None = None
    carrier_id: int = 0
    cost_plus: CostPlus | None = None

    @property
    def rounding(self) -> Rounding | None:
        """How a rule rounds amounts; None: as the card does."""
        return None if self.terms is None else self.terms.rounding

    def counted_ms(self, calls: Charges, causes: tuple[str, ...]) -> Int64:
        """The milliseconds that count: carriers take the real ones."""
        if self.terms is None:
            return calls.answered_ms
        return counted_ms(
            self.terms, calls.answered_ms, calls.cause, calls.disposition, causes
        )  # fmt: skip


class Source(Protocol):
    """Where offers come from, by whose the calls are: a campaign's, or a trunk's.

    `offer` may read the database.
    """

    @property
    def pooled(self) -> frozenset[int]:
        """Versions whose charges drew on pools, on which other calls drew too."""
        ...

    def whose(self, calls: Charges) -> Int64:
        """Whose each call is, int64[n]."""
        ...

    def changes(self, whose: int) -> list[int]:
        """The moments at which its offer may change, microseconds since 1970, ascending."""
        ...

    def offer(self, whose: int, moment: datetime) -> Offer:
        """What holds for its calls answered at `moment`."""
        ...


class Sells(Source, Protocol):
    """Prices for customers."""

    @property
    def book(self) -> t.Book:
        """The rules, plans and cards of the tenant."""
        ...

    @property
    def from_cost(self) -> bool:
        """Whether some prices may be made of what calls cost."""
        ...


class _Campaigns:
    """What is offered to campaigns, by the book."""

    __slots__ = ()
    book: t.Book

    @property
    def from_cost(self) -> bool:
        return any(held.cost_plus is not None for held in self.book.subscriptions)

    def whose(self, calls: Charges) -> Int64:
        return calls.campaign_id

    def changes(self, whose: int) -> list[int]:
        return [epoch_us(moment) for moment in self.book.changes(whose)]


def published(cursor: Cursor, version: t.Version, rounding: Rounding | None) -> Prices:
    """The prices of a published version, its amounts rounded as a rule says (None: as it says).

    Allowances are left out.
    """
    return Prices(compiled_of(cursor, version, rounding, bare=True))


@dataclass(frozen=True, slots=True)
class StoredPrices(_Campaigns):
    """What a call would cost if it came in now: the rules, plans and versions known at `at`."""

    cursor: Cursor
    book: t.Book
    at: datetime

    @property
    def pooled(self) -> frozenset[int]:
        """The versions with allowances."""
        cards = self.book.cards.values()
        return frozenset(one.id for card in cards for one in card.versions if one.has_allowances)

    def offer(self, whose: int, moment: datetime) -> Offer:
        """By the version that holds, else refused with the reason."""
        terms = self.book.terms(whose, moment)
        plan = terms.plan_version_id or 0, terms.cost_plus
        return _by_version(self.cursor, terms, terms.card, terms.version, plan, self.at)


Plan = tuple[int, CostPlus | None]  # its version's id, 0: none, and how it prices from the cost


def _by_version(
    cursor: Cursor,
    terms: t.Terms,
    card: t.Card | None,
    version: t.Version | None,
    plan: Plan,
    at: datetime,
) -> Offer:
    """A published version of a card; a call that meets the next one is priced by both."""
    plan_id, cost_plus = plan
    currency = terms.currency if card is None else card.currency
    if card is None or version is None:
        refusal = refusals.NO_CARD if card is None else refusals.NO_VERSION
        return Offer(terms, 0, plan_id, currency, None, refusal)
    if version.has_allowances and cost_plus is not None:
        return Offer(terms, 0, plan_id, currency, None, refusals.COST_PLUS_ALLOWANCES)
    prices = published(cursor, version, terms.rounding)
    offer = Offer(
        terms, version.id, plan_id, currency, prices, pooled=version.has_allowances,
        cost_plus=cost_plus,
    )  # fmt: skip
    later = card.within(version.effective_from, EVER, at)
    if not later:
        return offer

    def load(one: t.Version) -> CardIndex:
        return card_of(cursor, one.id, one.content_hash, terms.rounding)

    def line(call: CallInput) -> Line | None:
        return line_of(card, version, load, call=call, known_at=at)

    return replace(offer, meets_us=epoch_us(later[0].effective_from), line=line)


@dataclass(slots=True)
class GivenCard(_Campaigns):
    """One card for every call, whatever its customer has: a draft, a version, a file.

    Rules (seconds, causes, rounding) hold as they do for the calls. With the card named whose
    version it is (`card_id`), so does a plan of this card that prices from the cost.
    """

    book: t.Book
    card: RateCard
    card_id: int = 0
    _made: dict[Rounding | None, tuple[Prices, Tariff]] = field(default_factory=dict)
    pooled: frozenset[int] = frozenset()

    def offer(self, whose: int, moment: datetime) -> Offer:
        """The card."""
        terms = self.book.terms(whose, moment)
        plan_id, currency, pooled = (
            terms.plan_version_id or 0, self.card.currency, bool(self.card.allowances)
        )  # fmt: skip
        own = terms.card is not None and terms.card.id == self.card_id
        cost_plus = terms.cost_plus if own else None
        if cost_plus is not None and pooled:
            return Offer(terms, 0, plan_id, currency, None, refusals.COST_PLUS_ALLOWANCES)
        prices, tariff = self._made.get(terms.rounding) or self._make(terms.rounding)
        return Offer(
            terms, 0, plan_id, currency, prices, pooled=pooled, tariff=lambda: tariff,
            cost_plus=cost_plus,
        )  # fmt: skip

    def _make(self, rounding: Rounding | None) -> tuple[Prices, Tariff]:
        card = replace(self.card, rounding=rounding) if rounding else self.card
        bare = compile_card(replace(card, allowances=()))
        whole = compile_card(card) if card.allowances else bare
        self._made[rounding] = Prices(bare), Tariff(0, prepare(card), whole)
        return self._made[rounding]


@dataclass(frozen=True, slots=True)
class GivenPlan(_Campaigns):
    """A plan's card for every call: its version that held then; before the first, the first.

    With `cost_plus` the plan prices from what the calls cost.
    """

    cursor: Cursor
    book: t.Book
    card_id: int
    plan_id: int
    at: datetime
    cost_plus: CostPlus | None = None
    pooled: frozenset[int] = frozenset()

    @property
    def from_cost(self) -> bool:
        return self.cost_plus is not None

    def offer(self, whose: int, moment: datetime) -> Offer:
        """The plan's card, else refused because it has no published version."""
        terms = self.book.terms(whose, moment)
        card = self.book.cards.get(self.card_id)
        first = card.versions[0] if card is not None and card.versions else None
        version = (card.at(moment) if card is not None else None) or first
        plan = self.plan_id, self.cost_plus
        return _by_version(self.cursor, terms, card, version, plan, self.at)
