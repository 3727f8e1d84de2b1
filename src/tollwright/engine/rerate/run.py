"""Repricing a scope: one pass over its charges, sums per destination, and what would change."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from heapq import nsmallest
from typing import NamedTuple

import numpy as np

from tollwright.engine.rating.columns import causes_of
from tollwright.engine.rerate import refusals
from tollwright.engine.rerate.costs import CarrierPrices
from tollwright.engine.rerate.prices import Sells
from tollwright.engine.rerate.reprice import Offers, Repriced, reprice, sorted_spans
from tollwright.engine.rerate.shared import Aside, Draws, shared
from tollwright.engine.rerate.sums import (
    Sums,
    currency_code,
    currency_numbers,
    merged,
    prefix_text,
    sums_of,
)
from tollwright.kernel.arrays import Int64
from tollwright.store import rerate as store
from tollwright.store.calls import Cursor
from tollwright.store.rerate import Charges, Scope

EXAMPLES = 10  # of refused calls, a reason
AROUND = timedelta(days=2)  # between a call's start and its answer
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Figures:
    """What calls come to: `old_micros` as stored, `new_micros` now.

    `refused` calls cannot be priced now and count with their stored amount (`refused_micros`) on
    both sides; so do those `waiting` in an open proposal. `outside` calls change that are none of
    the scope: what pools have left for them moves; their amounts count. `anew` calls cost the same
    by other terms, which count where calls share pools.
    """

    calls: int = 0
    changed: int = 0
    refused: int = 0
    refused_micros: int = 0
    waiting: int = 0
    outside: int = 0
    anew: int = 0
    old_micros: int = 0
    new_micros: int = 0

    @property
    def difference_micros(self) -> int:
        return self.new_micros - self.old_micros

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.calls + other.calls,
            self.changed + other.changed,
            self.refused + other.refused,
            self.refused_micros + other.refused_micros,
            self.waiting + other.waiting,
            self.outside + other.outside,
            self.anew + other.anew,
            self.old_micros + other.old_micros,
            self.new_micros + other.new_micros,
        )


@dataclass(frozen=True, slots=True)
class Group:
    """The calls of one campaign to one prefix in one currency; `carrier_id` 0: no carrier's."""

    campaign_id: int
    prefix: str
    currency: str
    figures: Figures
    carrier_id: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """A call that cannot be priced now; its charge stays. `reason`: see refusals.NAMES."""

    call_id: int
    charge_id: int
    called: str
    reason: str


class Changes(NamedTuple):
    """Charges that change, int64[n] each, by charge id: the old row and the new values.

    Of amount, or where calls share pools, of terms. `rated_us`: see `Repriced`.
    """

    charge_id: Int64
    call_id: Int64
    started_us: Int64
    campaign_id: Int64
    line_id: Int64
    old_micros: Int64
    amount_micros: Int64
    billed_s: Int64
    allowance_s: Int64
    rate_no: Int64
    version_id: Int64
    plan_id: Int64
    currency: Int64
    rated_us: Int64


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scope would come to. `fingerprint` names exactly these changes.

    `draws` tell what calls that share pools draw, by the charges that they have now;
    `priced_individually`
    how many calls the readable rule had to price: the kernel priced all others.
    """

    groups: tuple[Group, ...]
    refused: dict[str, int]
    examples: tuple[Refused, ...]
    changes: Changes
    fingerprint: str
    draws: tuple[Draws, ...] = ()
    priced_individually: int = 0


@dataclass(slots=True)
class Tally:
    """What batches come to, added up; with `keeps` also every change."""

    keeps: bool
    sums: list[Sums] = field(default_factory=list)
    changes: list[Changes] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    examples: list[Refused] = field(default_factory=list)
    draws: list[Draws] = field(default_factory=list)

    def add(self, found: Repriced, draws: Draws | None = None) -> None:
        """Count a batch."""
        self.sums.append(sums_of(found))
        if self.keeps:
            self.changes.append(_changes(found))
            self.draws += [draws] if draws is not None else []
        codes = found.refusal
        for code in np.unique(codes[codes != refusals.NONE]).tolist():
            places = np.flatnonzero(codes == code)
            self.refused[code] += len(places)
            self._example(found, code, places)

    def _example(self, found: Repriced, code: int, places: Int64) -> None:
        """The calls with the lowest ids, so that the order of the input does not matter."""
        ids = found.stored.call_id[places]
        firsts = places[np.argsort(ids, kind="stable")[:EXAMPLES]].tolist()
        name = refusals.NAMES[code]
        told = [one for one in self.examples if one.reason == name]
        told += [_refused(found.stored, place, name) for place in firsts]
        kept = nsmallest(EXAMPLES, told, key=lambda one: (one.call_id, one.charge_id))
        self.examples = [one for one in self.examples if one.reason != name] + kept


def run(
    cursor: Cursor,
    scope: Scope,
    source: Sells,
    *,
    keeps: bool = True,
    progress: Progress | None = None,
) -> Outcome:
    """Reprice what the scope's calls are sold for from `source`; nothing is written.

    `keeps` False gives sums only, no changes. `progress` is told how many calls are done.
    """
    store.set_join_memory(cursor)
    offers, causes = Offers(source), causes_of(source.book)
    for campaign_id, first, last in store.fetch_campaigns(cursor, scope):
        offers.learn(campaign_id, first - AROUND, last + AROUND)
    tally, aside = Tally(keeps), Aside()
    charges = store.copy_charges(cursor, scope, causes, costs=source.from_cost)
    for found in _repriced(charges, offers, causes, progress):
        tally.add(aside.take(found))
    for found, draws in shared(cursor, offers, source.book, causes, aside):
        tally.add(found, draws)
    return replace(outcome_of(tally), priced_individually=offers.priced_individually)


def run_costs(
    cursor: Cursor,
    scope: Scope,
    source: CarrierPrices,
    *,
    carrier_id: int | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Reprice what carriers take for the scope's calls; nothing is written.

    `carrier_id`: only calls that are that carrier's now.
    """
    store.set_join_memory(cursor)
    offers, tally = Offers(source), Tally(keeps=True)
    for text, first, last in store.fetch_trunks(cursor, scope):
        offers.learn(source.number(text), first - AROUND, last + AROUND)
    for found in _repriced(store.copy_costs(cursor, scope, source.trunks), offers, (), progress):
        own = found if carrier_id is None else found.only(found.carrier_id == carrier_id)
        tally.add(own)
    return replace(outcome_of(tally), priced_individually=offers.priced_individually)


def _repriced(
    batches: Iterable[Charges],
    offers: Offers,
    causes: tuple[str, ...],
    progress: Progress | None,
) -> Iterator[Repriced]:
    """Batch by batch; those whose prices are not known yet wait until the connection is free."""
    done = 0
    for found in _each(batches, offers, causes):
        done += len(found.refusal)
        if progress is not None:
            progress(done)
        yield found


def _each(
    batches: Iterable[Charges], offers: Offers, causes: tuple[str, ...]
) -> Iterator[Repriced]:
    later: list[Charges] = []
    for batch in batches:
        stored, spans = sorted_spans(batch, offers)
        if offers.knows(stored, spans):
            yield reprice(stored, spans, offers, causes)
        else:
            later.append(batch)
    for batch in later:
        stored, spans = sorted_spans(batch, offers)
        yield reprice(stored, spans, offers, causes)


def _changes(found: Repriced) -> Changes:
    where, stored = found.changed | (found.anew == 1), found.stored
    return Changes(
        stored.charge_id[where],
        stored.call_id[where],
        stored.started_us[where],
        stored.campaign_id[where],
        stored.line_id[where],
        stored.amount_micros[where],
        found.amount_micros[where],
        found.billed_s[where],
        found.allowance_s[where],
        found.rate_no[where],
        found.version_id[where],
        found.plan_id[where],
        currency_numbers(stored.currency[where]),
        found.rated_us[where],
    )


def _refused(stored: Charges, place: int, reason: str) -> Refused:
    called = bytes(stored.called[place]).decode("ascii", "replace").strip()
    return Refused(int(stored.call_id[place]), int(stored.charge_id[place]), called, reason)


def outcome_of(tally: Tally) -> Outcome:
    """The sums, examples and changes in an order that does not depend on that of the batches."""
    rows = zip(*(column.tolist() for column in merged(tally.sums)), strict=True)
    groups = tuple(
        Group(campaign_id, prefix_text(prefix), currency_code(currency), Figures(*sums), carrier_id)
        for campaign_id, carrier_id, prefix, currency, *sums in rows
    )
    changes = _in_order(tally.changes)
    names = {refusals.NAMES[code]: count for code, count in sorted(tally.refused.items())}
    examples = tuple(sorted(tally.examples, key=lambda one: (one.reason, one.call_id)))
    return Outcome(groups, names, examples, changes, fingerprint(changes), tuple(tally.draws))


def _in_order(parts: list[Changes]) -> Changes:
    none = np.zeros(0, np.int64)
    if not parts:
        return Changes(*[none] * len(Changes._fields))
    order = np.argsort(np.concatenate([part.charge_id for part in parts]), kind="stable")
    return Changes._make(  # a column at a time: a million changes are held twice, not three times
        np.concatenate(columns)[order] for columns in zip(*parts, strict=True)
    )


def fingerprint(changes: Changes) -> str:
    """A name for exactly these charges and amounts."""
    digest = hashlib.sha256()
    for column in (changes.charge_id, changes.amount_micros, changes.version_id):
        digest.update(np.ascontiguousarray(column, ">i8").tobytes())
    return digest.hexdigest()
