"""By which terms stored calls were rated: rules, plan and card version as they were known then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple

import numpy as np

from tollwright.core.instants import micros_of, moment_of
from tollwright.core.money import Rounding
from tollwright.core.rating.rate_lookup import CardIndex
from tollwright.engine.rating.cards import card_of
from tollwright.engine.rating.columns import counted_ms
from tollwright.engine.rating.sequential import Calls
from tollwright.engine.rating.tariffs import Tariff, tariff_of
from tollwright.engine.rating.terms import Book, Card, Terms, Version
from tollwright.engine.rating.version_change import Line, line_of, meeting
from tollwright.kernel.arrays import Int64
from tollwright.store.allowances import Turn
from tollwright.store.calls import Cursor


@dataclass(slots=True)
class Books:
    """The book as it was when charges were rated."""

    book: Book
    versions: dict[int, tuple[Card, Version]] = field(default_factory=dict)
    _known: dict[int, Book] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for card in self.book.cards.values():
            self.versions |= {version.id: (card, version) for version in card.versions}

    @property
    def pooled(self) -> list[int]:
        """The versions with allowances."""
        return [one.id for _, one in self.versions.values() if one.has_allowances]

    def known(self, rated_us: Int64) -> Int64:
        """How many rules had been set when each charge was rated: those make its book."""
        set_us = sorted(micros_of(rule.set_at) for rule in self.book.rules)
        return np.searchsorted(np.array(set_us, np.int64), rated_us, side="right")

    def at(self, moment: datetime, known: int) -> Book:
        """The book at a moment by which so many rules had been set."""
        found = self._known.get(known)
        if found is None:
            found = self._known[known] = self.book.as_of(moment)
        return found


class Asked(NamedTuple):
    """What calls are priced by, int64[n] each; a call without a charge by the terms of now.

    `tariff` is a place in `Then.tariffs`.
    """

    tariff: Int64
    counted_ms: Int64
    version_id: Int64
    plan_id: Int64


@dataclass(slots=True)
class Then:
    """The tariffs of stored calls."""

    cursor: Cursor
    books: Books
    causes: tuple[str, ...]
    tariffs: list[Tariff] = field(default_factory=list)
    _priced_by: dict[int, tuple[Version, Rounding | None]] = field(default_factory=dict)
    _numbers: dict[tuple[int, Rounding | None], int] = field(default_factory=dict)

    def asked(self, turn: Turn) -> Asked:
        """What each call is priced by."""
        found = Asked(*(np.zeros(len(turn.rated_us), np.int64) for _ in Asked._fields))
        found.version_id[:] = turn.charges.version_id
        found.plan_id[:] = turn.charges.plan_id
        for here, terms in self._spans(turn):
            charges = turn.charges
            found.counted_ms[here] = counted_ms(
                terms, charges.answered_ms[here], charges.cause[here], charges.disposition[here],
                self.causes,
            )  # fmt: skip
            new = here[charges.charge_id[here] == 0]
            if len(new):
                if terms.version is None:
                    raise ValueError(f"call {charges.call_id[new[0]]} came in without a card")
                found.version_id[new] = terms.version.id
                found.plan_id[new] = terms.plan_version_id or 0
            for version_id in np.unique(found.version_id[here]).tolist():
                those = here[found.version_id[here] == version_id]
                found.tariff[those] = self.number(version_id, terms.rounding)
        return found

    def number(self, version_id: int, rounding: Rounding | None) -> int:
        """The place of a version's tariff."""
        key = version_id, rounding
        if key not in self._numbers:
            card, version = self.books.versions[version_id]
            self._numbers[key] = len(self.tariffs)
            self._priced_by[len(self.tariffs)] = version, rounding
            self.tariffs.append(tariff_of(self.cursor, card.id, version, rounding))
        return self._numbers[key]

    def given(self, tariff: Tariff) -> int:
        """The place of the tariff of a card that is not published."""
        for number, known in enumerate(self.tariffs):
            if known is tariff:
                return number
        self.tariffs.append(tariff)
        return len(self.tariffs) - 1

    def _spans(self, turn: Turn) -> Iterator[tuple[Int64, Terms]]:
        """Places of calls that share their terms: one book, one campaign, one span of time."""
        known, campaign = self.books.known(turn.rated_us), turn.charges.campaign_id
        order = np.lexsort((campaign, known))  # stable: in turn
        cuts = (np.diff(known[order]) != 0) | (np.diff(campaign[order]) != 0)
        for group in np.split(order, np.flatnonzero(cuts) + 1):
            if not len(group):
                continue
            first, campaign_id = group[0], int(campaign[group[0]])
            its = self.books.at(moment_of(int(turn.rated_us[first])), int(known[first]))
            answered = turn.charges.answered_us[group]
            changes = [micros_of(moment) for moment in its.changes(campaign_id)]
            for here in np.split(group, np.searchsorted(answered, changes)):
                if len(here):
                    at = moment_of(int(turn.charges.answered_us[here[0]]))
                    yield here, its.terms(campaign_id, at)

    def lines(self, calls: Calls, rated_us: Int64) -> dict[int, Line]:
        """The calls that run into another version of their card, as was known at `rated_us`."""
        found: dict[int, Line] = {}
        for number, (version, rounding) in self._priced_by.items():
            card = self.books.versions[version.id][0]
            for place in _meeting(calls, number, card.later(version)):
                call, known_at = calls.call(place), moment_of(int(rated_us[place]))
                load = partial(self._load, rounding)
                line = line_of(card, version, load, call=call, known_at=known_at)
                if line is not None:
                    found[place] = line
        return found

    def _load(self, rounding: Rounding | None, version: Version) -> CardIndex:
        return card_of(self.cursor, version.id, version.content_hash, rounding)


def _meeting(calls: Calls, tariff: int, later: Iterable[Version]) -> list[int]:
    """The calls of a tariff during which one of these versions comes into force."""
    met = meeting(calls.answered_us, calls.counted_ms, later)
    return np.flatnonzero(met & (calls.tariff == tariff)).tolist()
