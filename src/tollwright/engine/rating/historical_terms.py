"""By which terms stored calls were rated: rules, plan and card version as they were known then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from tollwright.core.instants import micros_of, moment_of
from tollwright.core.money import Rounding
from tollwright.engine.rating.counted_time import counted_ms
from tollwright.engine.rating.pipeline import call_at
from tollwright.engine.rating.tariffs import CardRepository, Tariff
from tollwright.engine.rating.terms import Book, Card, Terms, Version
from tollwright.engine.rating.version_change import VersionHistory
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import CallColumns, ChargeColumns


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


@dataclass(slots=True)
class HistoricalTerms:
    """The tariffs of stored calls; `tariff_no` is a place in `tariffs`."""

    cards: CardRepository
    books: Books
    causes: tuple[str, ...]
    tariffs: list[Tariff] = field(default_factory=list)

    def apply(self, calls: CallColumns, stood: ChargeColumns) -> CallColumns:
        """The calls with the tariff, counted time and plan that each was rated by; of those that
        have no charge yet, by the terms of now."""
        count = len(calls)
        found = calls.replaced(
            tariff_no=np.zeros(count, np.int64), counted_ms=np.zeros(count, np.int64),
            plan_id=stood.plan_id.copy(),
        )  # fmt: skip
        version_id = stood.version_id.copy()
        for rows, terms in self._spans(calls, stood.rated_us):
            found.counted_ms[rows] = counted_ms(terms, calls.pick(rows), self.causes)
            new = rows[stood.charge_id[rows] == 0]
            if len(new):
                if terms.version is None:
                    raise ValueError(f"call {calls.call_id[new[0]]} came in without a card")
                version_id[new] = terms.version.id
                found.plan_id[new] = terms.plan_version_id or 0
            for number in np.unique(version_id[rows]).tolist():
                own = rows[version_id[rows] == number]
                found.tariff_no[own] = self.number(self.published(number, terms.rounding))
        return found

    def published(self, version_id: int, rounding: Rounding | None) -> Tariff:
        """The tariff of a published version."""
        return self.cards.tariff(*self.books.versions[version_id], rounding)

    def number(self, tariff: Tariff) -> int:
        """The place of a tariff."""
        if tariff not in self.tariffs:
            self.tariffs.append(tariff)
        return self.tariffs.index(tariff)

    def version_ids(self, calls: CallColumns) -> Int64:
        """The card version of each call's tariff; 0: it is not published."""
        return np.array([one.version.id for one in self.tariffs], np.int64)[calls.tariff_no]

    def _spans(self, calls: CallColumns, rated_us: Int64) -> Iterator[tuple[Int64, Terms]]:
        """Rows of calls that share their terms: one book, one campaign, one span of time."""
        known, campaign = self.books.known(rated_us), calls.campaign_id
        order = np.lexsort((campaign, known))  # stable: in turn
        cuts = (np.diff(known[order]) != 0) | (np.diff(campaign[order]) != 0)
        for group in np.split(order, np.flatnonzero(cuts) + 1):
            if not len(group):
                continue
            first, campaign_id = group[0], int(campaign[group[0]])
            its = self.books.at(moment_of(int(rated_us[first])), int(known[first]))
            changes = [micros_of(moment) for moment in its.changes(campaign_id)]
            for rows in np.split(group, np.searchsorted(calls.answered_us[group], changes)):
                if len(rows):
                    at = moment_of(int(calls.answered_us[rows[0]]))
                    yield rows, its.terms(campaign_id, at)

    def histories(self, calls: CallColumns, rated_us: Int64) -> dict[int, VersionHistory]:
        """Of the calls that run into another version of their card, as was known at `rated_us`."""
        found: dict[int, VersionHistory] = {}
        for number, tariff in enumerate(self.tariffs):
            rows = np.flatnonzero(calls.tariff_no == number)
            for row in rows[tariff.crosses(calls.pick(rows))].tolist():
                known_at = moment_of(int(rated_us[row]))
                history = tariff.history(call_at(calls, row), known_at)
                if history is not None:
                    found[row] = history
        return found
