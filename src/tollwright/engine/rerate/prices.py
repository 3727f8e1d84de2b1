"""By which prices calls are reckoned: what the rules say today, one card, or a plan's card."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Protocol

from tollwright.core.card import RateCard
from tollwright.core.choose import CardIndex
from tollwright.core.money import Rounding
from tollwright.core.rating import CallInput
from tollwright.engine.rate import terms as t
from tollwright.engine.rate.cards import card_of, name
from tollwright.engine.rate.crossing import Line, line_of
from tollwright.engine.rerate import refusals
from tollwright.kernel.columns import epoch_us
from tollwright.kernel.compile import compile_card
from tollwright.kernel.layout import CompiledCard
from tollwright.store.calls import Cursor
from tollwright.store.cardcache import compiled

KEPT = 6
NEVER_US = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Prices:
    """A card ready for columns; `card` is kept for what the kernel's columns do not tell."""

    card: RateCard
    compiled: CompiledCard


@dataclass(frozen=True, slots=True)
class Offer:
    """What holds for a campaign's calls within one span of time.

    `refusal` is a code of `refusals`: nothing can be priced; `prices` is then None. A call that
    lasts beyond `meets_us` (microseconds since 1970) meets another version of the card; `line`
    gives what prices it, and reads the database.
    """

    terms: t.Terms
    version_id: int
    plan_id: int
    currency: str
    prices: Prices | None
    refusal: int = refusals.NONE
    meets_us: int = NEVER_US
    line: Callable[[CallInput], Line | None] | None = None


class Source(Protocol):
    """Where offers come from. `offer` may read the database."""

    @property
    def book(self) -> t.Book:
        """The rules, plans and cards of the tenant."""
        ...

    @property
    def pooled(self) -> frozenset[int]:
        """Versions whose charges are left alone, since they drew on allowances."""
        ...

    def offer(self, campaign_id: int, moment: datetime) -> Offer:
        """What holds for the campaign's calls answered at `moment`."""
        ...


class PriceStore:
    """The compiled cards of this process, the last ones used."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], Prices] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[object, ...], load: Callable[[], Prices]) -> Prices:
        """The prices of this key; `load` makes them where they are not here yet."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        found = load()
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found


STORE = PriceStore()


def published(cursor: Cursor, version: t.Version, rounding: Rounding | None) -> Prices:
    """The prices of a published version, its amounts rounded as a rule says (None: as it says).

    Allowances are left out.
    """
    database = cursor.connection.info.dbname
    key = (database, version.id, version.content_hash, rounding)

    def load() -> Prices:
        card = card_of(cursor, version.id, version.content_hash, rounding).card
        card = replace(card, allowances=())  # what they cover is not a matter of one call
        return Prices(card, compiled(name(version.content_hash, rounding, "bare"), lambda: card))

    return STORE.get(key, load)


@dataclass(frozen=True, slots=True)
class StoredPrices:
    """What a call would cost if it came in now: the rules, plans and versions known at `at`."""

    cursor: Cursor
    book: t.Book
    at: datetime

    @property
    def pooled(self) -> frozenset[int]:
        """The versions with allowances."""
        cards = self.book.cards.values()
        return frozenset(one.id for card in cards for one in card.versions if one.has_allowances)

    def offer(self, campaign_id: int, moment: datetime) -> Offer:
        """By the version that holds, else refused with the reason."""
        terms = self.book.terms(campaign_id, moment)
        return _by_version(
            self.cursor, terms, terms.card, terms.version, terms.plan_version_id or 0, self.at
        )


def _by_version(
    cursor: Cursor,
    terms: t.Terms,
    card: t.Card | None,
    version: t.Version | None,
    plan_id: int,
    at: datetime,
    *,
    bare: bool = False,
) -> Offer:
    """A published version of a card; a call that meets the next one is priced by both.

    `bare` prices as if every allowance were used up; without it a card that has some is refused.
    """
    currency = terms.currency if card is None else card.currency
    if card is None or version is None:
        refusal = refusals.NO_CARD if card is None else refusals.NO_VERSION
        return Offer(terms, 0, plan_id, currency, None, refusal)
    if version.has_allowances and not bare:
        return Offer(terms, version.id, plan_id, currency, None, refusals.ALLOWANCES)
    prices = published(cursor, version, terms.rounding)
    later = card.within(version.effective_from, t.EVER, at)
    if not later:
        return Offer(terms, version.id, plan_id, currency, prices)

    def load(one: t.Version) -> CardIndex:
        return card_of(cursor, one.id, one.content_hash, terms.rounding)

    def line(call: CallInput) -> Line | None:
        return line_of(card, version, load, call=call, known_at=at)

    meets = epoch_us(later[0].effective_from)
    return Offer(terms, version.id, plan_id, currency, prices, meets_us=meets, line=line)


@dataclass(slots=True)
class GivenCard:
    """One card for every call, whatever its customer has: a draft, a version, a file.

    Rules (seconds, causes, rounding) hold as they do for the calls. Give it without allowances.
    """

    book: t.Book
    card: RateCard
    _made: dict[Rounding | None, Prices] = field(default_factory=dict)
    pooled: frozenset[int] = frozenset()

    def offer(self, campaign_id: int, moment: datetime) -> Offer:
        """The card."""
        terms = self.book.terms(campaign_id, moment)
        prices = self._made.get(terms.rounding)
        if prices is None:
            card = replace(self.card, rounding=terms.rounding) if terms.rounding else self.card
            prices = self._made[terms.rounding] = Prices(card, compile_card(card))
        return Offer(terms, 0, terms.plan_version_id or 0, self.card.currency, prices)


@dataclass(frozen=True, slots=True)
class GivenPlan:
    """A plan's card for every call: its version that held then; before the first, the first."""

    cursor: Cursor
    book: t.Book
    card_id: int
    plan_id: int
    at: datetime
    pooled: frozenset[int] = frozenset()

    def offer(self, campaign_id: int, moment: datetime) -> Offer:
        """The plan's card, else refused because it has no published version."""
        terms = self.book.terms(campaign_id, moment)
        card = self.book.cards.get(self.card_id)
        first = card.versions[0] if card is not None and card.versions else None
        version = (card.at(moment) if card is not None else None) or first
        return _by_version(self.cursor, terms, card, version, self.plan_id, self.at, bare=True)
