"""Card versions ready to price calls: one repository, the last ones used kept by the process.

A published version never changes, so what was prepared of its content stays right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from threading import Lock

import numpy as np
from cachetools import LRUCache, cached

from tollwright.core.billing.periods import BEFORE
from tollwright.core.cards.card import RateCard
from tollwright.core.money import Rounding
from tollwright.core.rating.rate_call import CallInput, Charge, rate_call
from tollwright.core.rating.rate_lookup import CardIndex, prepare
from tollwright.engine.rating.pools import none_left
from tollwright.engine.rating.terms import Card, Version
from tollwright.engine.rating.version_change import VersionHistory, crosses, version_history
from tollwright.kernel.arrays import Flags
from tollwright.kernel.call_columns import CallColumns
from tollwright.kernel.rating.compile import compile_card
from tollwright.kernel.rating.layout import SPLIT, CompiledCard
from tollwright.store import cardcache
from tollwright.store import terms as store
from tollwright.store.bulk import collector_paused
from tollwright.store.calls import Cursor
from tollwright.store.rates import read_card, read_frame

Key = tuple[object, ...]


@dataclass(eq=False)
class Tariff:
    """A card version with a rule's rounding; read when it is first asked for, and then kept."""

    source: CardRepository | UnpublishedCard
    card: Card
    version: Version
    rounding: Rounding | None = None
    known_at: datetime | None = None  # None: every version that there is

    @cached_property
    def index(self) -> CardIndex:
        """The card for core."""
        return self.source.index(self.version, self.rounding)

    @cached_property
    def compiled(self) -> CompiledCard:
        """The card for the kernel."""
        if not self.version.has_allowances:
            return self.bare
        return self.source.compiled(self.version, self.rounding)

    @cached_property
    def bare(self) -> CompiledCard:
        """The card for the kernel without its allowances: as when the pools are empty."""
        return self.source.compiled(self.version, self.rounding, bare=True)

    @cached_property
    def later(self) -> list[Version]:
        """The versions of the card that come into force after this one."""
        return self.card.later(self.version)

    def crosses(self, calls: CallColumns) -> Flags:
        """The calls during which a later version comes into force, where that splits a call."""
        if not self.later or not self.bare.words[SPLIT]:
            return np.zeros(len(calls), np.bool_)
        return crosses(calls.answered_us, calls.counted_ms, self.later) & (calls.called_packed >= 0)

    def history(self, call: CallInput, known_at: datetime | None = None) -> VersionHistory | None:
        """What prices a call over later versions, as was known then; None where one version prices
        it whole."""
        return version_history(
            self.card, self.version, lambda one: self.source.index(one, self.rounding), call=call,
            known_at=known_at or self.known_at,
        )  # fmt: skip

    def price_over_versions(self, call: CallInput) -> Charge | None:
        """By core, with empty pools, piece by piece; None where one version prices it whole."""
        history = self.history(call)
        return None if history is None else history.named(with_empty_pools(call, history.index))

    def price_one(self, call: CallInput) -> Charge:
        """By core, with empty pools."""
        return self.price_over_versions(call) or with_empty_pools(call, self.index)


def with_empty_pools(call: CallInput, card: CardIndex) -> Charge:
    """The charge of a call that draws on nothing."""
    return rate_call(call, card, remaining=none_left(card.card.allowances))


@dataclass(eq=False, slots=True)
class CardRepository:
    """The published cards of the cursor's tenant; `wait` returns when the connection is free.

    Of later versions those count that were published by `known_at` (None: all).
    """

    cursor: Cursor
    wait: Callable[[], None] = lambda: None
    known_at: datetime | None = None
    _tariffs: dict[Key, Tariff] = field(default_factory=dict)

    def tariff(self, card: Card, version: Version, rounding: Rounding | None = None) -> Tariff:
        """What prices calls by this version, amounts rounded as a rule says (None: as it says)."""
        key = version.id, rounding
        if key not in self._tariffs:
            self._tariffs[key] = Tariff(self, card, version, rounding, self.known_at)
        return self._tariffs[key]

    def index(self, version: Version, rounding: Rounding | None) -> CardIndex:
        """For core, with all its rows. Raises ValueError for rows that are no card, which
        publishing refuses."""
        found = _index(self, version)
        return replace(found, card=replace(found.card, rounding=rounding)) if rounding else found

    def compiled(
        self, version: Version, rounding: Rounding | None, *, bare: bool = False
    ) -> CompiledCard:
        """For the kernel; `bare` leaves allowances out. Rows are read only where no process of the
        machine has compiled them."""
        return _compiled(self, version, rounding, bare or not version.has_allowances)


def _index_key(cards: CardRepository, version: Version) -> Key:
    return cards.cursor.connection.info.dbname, version.id, version.content_hash


def _compiled_key(
    cards: CardRepository, version: Version, rounding: Rounding | None, bare: bool
) -> Key:
    return *_index_key(cards, version), rounding, bare


@cached(LRUCache(16), key=_index_key, lock=Lock())
def _index(cards: CardRepository, version: Version) -> CardIndex:
    cards.wait()
    frame = read_frame(store.fetch_card_options(cards.cursor, version.id))
    with collector_paused():
        return prepare(read_card(cards.cursor.connection, version_id=version.id, frame=frame))


@cached(LRUCache(32), key=_compiled_key, lock=Lock())
def _compiled(
    cards: CardRepository, version: Version, rounding: Rounding | None, bare: bool
) -> CompiledCard:
    def card() -> RateCard:
        found = cards.index(version, rounding).card
        return replace(found, allowances=()) if bare else found

    rounded = "" if rounding is None else f"{rounding.mode} {rounding.decimals}"
    name = f"{version.content_hash}/{rounded}/{'bare' if bare else ''}"
    return cardcache.compiled(name, card)


@dataclass(frozen=True, slots=True)
class UnpublishedCard:
    """A draft or a file in place of a repository: the one card that its one tariff asks for."""

    card: RateCard

    def index(self, version: Version, rounding: Rounding | None) -> CardIndex:  # noqa: ARG002  # there is one
        """As `CardRepository.index`."""
        return prepare(replace(self.card, rounding=rounding) if rounding else self.card)

    def compiled(
        self, version: Version, rounding: Rounding | None, *, bare: bool = False
    ) -> CompiledCard:
        """As `CardRepository.compiled`."""
        card = self.index(version, rounding).card
        return compile_card(replace(card, allowances=()) if bare else card)


def unpublished(card: RateCard, rounding: Rounding | None = None, *, card_id: int = 0) -> Tariff:
    """The tariff of a card that is not published: it has no other versions."""
    version = Version(0, 0, BEFORE, "", BEFORE, bool(card.allowances))
    known = Card(card_id, "", card.currency, (version,))
    return Tariff(UnpublishedCard(card), known, version, rounding)
