"""Repricing a scope: one pass over its charges, sums per destination, and what would change."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import astuple, dataclass, field, replace
from datetime import timedelta
from heapq import nsmallest
from operator import add

import numpy as np

from tollwright.engine.rating import refusals
from tollwright.engine.rating.counted_time import causes_of
from tollwright.engine.rerate.costs import CarrierPrices
from tollwright.engine.rerate.prices import SellPrices
from tollwright.engine.rerate.reprice import Offers, Repriced, Span, reprice, sorted_spans
from tollwright.engine.rerate.shared import Draws, SharedCalls, shared
from tollwright.engine.rerate.sums import merged, prefix_text, sums_of
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import ChargeColumns, currency_code, joined, new_charges
from tollwright.kernel.numbers import unpack_number
from tollwright.store import rerate as store
from tollwright.store.calls import Cursor
from tollwright.store.rerate import Scope

EXAMPLES = 10  # of refused calls, a reason
MAX_TIME_TO_ANSWER = timedelta(days=2)
CHANGED = (
    "status", "amount_micros", "billed_s", "allowance_s", "rate_index", "version_id", "plan_id",
    "rated_us",
)  # fmt: skip
NO_CHANGES = new_charges(0)
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Figures:
    """What calls come to: `old_micros` as stored, `new_micros` now.

    `refused` calls cannot be priced now and count with their stored amount (`refused_micros`) on
    both sides; so do those `waiting` in an open proposal. `outside` calls change that are none of
    the scope: what pools have left for them moves; their amounts count. `again` calls cost the same
    by other terms, which count where calls share pools.
    """

    calls: int = 0
    changed: int = 0
    refused: int = 0
    refused_micros: int = 0
    waiting: int = 0
    outside: int = 0
    again: int = 0
    old_micros: int = 0
    new_micros: int = 0

    @property
    def difference_micros(self) -> int:
        return self.new_micros - self.old_micros

    def __add__(self, other: Figures) -> Figures:
        return Figures(*map(add, astuple(self), astuple(other)))


@dataclass(frozen=True, slots=True)
class Group:
    """The calls of one campaign to one prefix in one currency; `carrier_id` 0: no carrier's."""

    campaign_id: int
    prefix: str
    currency: str
    figures: Figures
    carrier_id: int = 0


@dataclass(frozen=True, slots=True)
class RefusedCall:
    """A call that cannot be priced now; its charge stays. `reason`: see refusals.NAMES."""

    call_id: int
    charge_id: int
    called: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scope would come to. `fingerprint` names exactly these changes.

    `changes` are by charge id: the old row with the new values, of charges that change, of amount,
    or where calls share pools, of terms. `draws` tell what calls that share pools draw, by the
    charges that they have now; `priced_individually` how many
    """

    groups: tuple[Group, ...]
    refused: dict[str, int]
    examples: tuple[RefusedCall, ...]
    changes: ChargeColumns
    fingerprint: str
    draws: tuple[Draws, ...] = ()
    priced_individually: int = 0


@dataclass(slots=True)
class RerateTally:
    """What batches come to, added up; with `keeps` also every change."""

    keeps: bool
    sums: list[Int64] = field(default_factory=list)
    changes: list[ChargeColumns] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    examples: list[RefusedCall] = field(default_factory=list)
    draws: list[Draws] = field(default_factory=list)

    def add(self, found: Repriced, draws: Draws | None = None) -> None:
        """Count a batch."""
        self.sums.append(sums_of(found))
        if self.keeps:
            self.changes.append(_changes(found))
            self.draws += [draws] if draws is not None else []
        codes = found.now.status
        for code in np.unique(codes[codes != refusals.NONE]).tolist():
            places = np.flatnonzero(codes == code)
            self.refused[code] += len(places)
            self._example(found, code, places)

    def _example(self, found: Repriced, code: int, places: Int64) -> None:
        """The calls with the lowest ids, so that the order of the input does not matter."""
        ids = found.calls.call_id[places]
        firsts = places[np.argsort(ids, kind="stable")[:EXAMPLES]].tolist()
        name = refusals.NAMES[code]
        told = [one for one in self.examples if one.reason == name]
        told += [_refused(found, place, name) for place in firsts]
        kept = nsmallest(EXAMPLES, told, key=lambda one: (one.call_id, one.charge_id))
        self.examples = [one for one in self.examples if one.reason != name] + kept


def run(
    cursor: Cursor,
    scope: Scope,
    source: SellPrices,
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
        offers.learn(campaign_id, first - MAX_TIME_TO_ANSWER, last + MAX_TIME_TO_ANSWER)
    tally, aside = RerateTally(keeps), SharedCalls()
    charges = store.copy_charges(cursor, scope, causes, costs=source.from_cost)
    with closing(charges):
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
    offers, tally = Offers(source), RerateTally(keeps=True)
    for text, first, last in store.fetch_trunks(cursor, scope):
        offers.learn(source.number(text), first - MAX_TIME_TO_ANSWER, last + MAX_TIME_TO_ANSWER)
    costs = store.copy_costs(cursor, scope, source.trunks)
    with closing(costs):
        for found in _repriced(costs, offers, (), progress):
            own = found if carrier_id is None else found.only(found.now.carrier_id == carrier_id)
            tally.add(own)
    return replace(outcome_of(tally), priced_individually=offers.priced_individually)


def _repriced(
    batches: Iterable[store.Stored],
    offers: Offers,
    causes: tuple[str, ...],
    progress: Progress | None,
) -> Iterator[Repriced]:
    """Batch by batch; those whose prices are not known yet wait until the connection is free."""
    done = 0
    for found in _each(batches, offers, causes):
        done += len(found.calls)
        if progress is not None:
            progress(done)
        yield found


def _each(
    batches: Iterable[store.Stored], offers: Offers, causes: tuple[str, ...]
) -> Iterator[Repriced]:
    later: list[tuple[store.Stored, list[Span]]] = []
    for batch in batches:
        stored, spans = sorted_spans(batch, offers)
        if offers.knows(stored[0], spans):
            yield reprice(stored, spans, offers, causes)
        else:
            later.append((stored, spans))
    for stored, spans in later:
        yield reprice(stored, spans, offers, causes)


def _changes(found: Repriced) -> ChargeColumns:
    where, stood = found.changed | (found.now.again == 1), found.stood
    return ChargeColumns(
        charge_id=stood.charge_id[where],
        line_id=stood.line_id[where],
        old_micros=stood.amount_micros[where],
        currency=stood.currency[where],
        call_id=found.calls.call_id[where],
        started_us=found.calls.started_us[where],
        campaign_id=found.calls.campaign_id[where],
        **{name: getattr(found.now, name)[where] for name in CHANGED},
    )


def _refused(found: Repriced, row: int, reason: str) -> RefusedCall:
    called = int(found.calls.called_packed[row])
    ids = int(found.calls.call_id[row]), int(found.stood.charge_id[row])
    return RefusedCall(*ids, "" if called < 0 else unpack_number(called), reason)


def outcome_of(tally: RerateTally) -> Outcome:
    """The sums, examples and changes in an order that does not depend on that of the batches."""
    rows = merged(tally.sums).T.tolist()
    groups = tuple(
        Group(campaign_id, prefix_text(prefix), currency_code(currency), Figures(*sums), carrier_id)
        for campaign_id, carrier_id, prefix, currency, *sums in rows
    )
    changes = joined(tally.changes or [NO_CHANGES], order_by="charge_id")
    names = {refusals.NAMES[code]: count for code, count in sorted(tally.refused.items())}
    examples = tuple(sorted(tally.examples, key=lambda one: (one.reason, one.call_id)))
    return Outcome(groups, names, examples, changes, fingerprint(changes), tuple(tally.draws))


def fingerprint(changes: ChargeColumns) -> str:
    """A name for exactly these charges and amounts."""
    digest = hashlib.sha256()
    for column in (changes.charge_id, changes.amount_micros, changes.version_id):
        digest.update(np.ascontiguousarray(column, ">i8").tobytes())
    return digest.hexdigest()
