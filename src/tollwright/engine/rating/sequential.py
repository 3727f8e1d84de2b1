"""Calls of one customer and billing period in their turn: what each costs, and takes from pools.

`by_core` goes through them one by one with the readable rule. `by_kernel`, its twin, hands runs of
them to the kernel and carries the pools from run to run. The calls of a card fall into runs of one
tariff, and of one campaign where a pool is a campaign's own; each run is one batch. What runs into
another version of its card goes one by one, and so do short runs where there are many: that is
quicker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from tollwright.core.cards.card import Allowance
from tollwright.core.instants import micros_of
from tollwright.core.rating.allowances import matching
from tollwright.core.rating.rate_call import CallInput, Charge, rate_call
from tollwright.engine.rating.pipeline import call_at, put_charge
from tollwright.engine.rating.pools import Draw, Key, Pools, left, pool_key
from tollwright.engine.rating.tariffs import Tariff, with_empty_pools
from tollwright.engine.rating.version_change import VersionHistory
from tollwright.kernel.arrays import Flags, Int64
from tollwright.kernel.call_columns import CallColumns, ChargeColumns, no_charges
from tollwright.kernel.numbers import TOP_BITS, pack_number, short_numbers
from tollwright.kernel.rating.batch import rate_batch
from tollwright.kernel.rating.layout import CompiledCard

Histories = Mapping[int, VersionHistory]  # by row, of calls that run into another card version
MAX_RUN_BY_CORE = 7  # calls in a run that core prices in the time of one batch
MIN_CALLS_FOR_CORE = 1_000  # calls in turn for which that matters
NO_DRAWS = np.zeros((0, 4), np.int64)


class Consumption(NamedTuple):
    """Charges of calls in their turn, and how each pool that is for a call stood.

    `draws`, int64[d, 4], by call and then pool: the call's row, the pool's place in `pools`, what
    it had given before, what it gave.
    """

    charges: ChargeColumns
    draws: Int64
    pools: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Retained:
    """A charge that stays where its call still costs `micros`, and with it what it drew: `draws`.

    `rated_as` is its (rate row, billed s), None where it was rated by other terms: where these stay
    too, what it draws now is written in the place of what it drew.
    """

    micros: int
    rated_as: tuple[int, int] | None
    draws: tuple[tuple[Key, int], ...]

    def holds(self, charge: Charge) -> bool:
        """Whether what the charge drew counts, and not what its call would draw now."""
        if charge.status != "rated" or charge.amount_micros != self.micros:
            return False
        return self.rated_as != (charge.rate_index, charge.billed_s)


def by_core(
    calls: CallColumns,
    tariffs: Sequence[Tariff],
    histories: Histories,
    taken: Mapping[Key, int],
    retained: Mapping[int, Retained] | None = None,
) -> Consumption:
    """One call after the other. `tariff_no` is a place in `tariffs`, `taken` what pools have given,
    `retained` holds charges by row."""
    walk = Walk(calls, tariffs, histories, Pools(dict(taken)))
    for row in range(len(calls)):
        walk.price_one(row, (retained or {}).get(row))
    return walk.consumption()


def by_kernel(
    calls: CallColumns, tariffs: Sequence[Tariff], histories: Histories, taken: Mapping[Key, int]
) -> Consumption:
    """What `by_core` gives."""
    walk = Walk(calls, tariffs, histories, Pools(dict(taken)))
    cards = np.array([tariff.card.id for tariff in tariffs], np.int64)[calls.tariff_no]
    for card_id in np.unique(cards).tolist():
        for run in walk.runs(np.flatnonzero(cards == card_id)):
            walk.price_run(run)
    return walk.consumption()


def may_draw(calls: CallColumns, tariffs: Sequence[Tariff]) -> Flags:
    """The calls for which their tariff has a pool, whatever it has left."""
    found = np.zeros(len(calls), np.bool_)
    for number in np.unique(calls.tariff_no).tolist():
        here = np.flatnonzero(calls.tariff_no == number)
        allowances = tariffs[number].index.card.allowances
        names = sorted({one.pool_name for one in allowances})
        found[here] = _fits(allowances, names, calls.pick(here)).any(axis=1)
    return found


@dataclass(slots=True)
class Walk:
    """One pass over calls, with the pools as they stand by now."""

    calls: CallColumns
    tariffs: Sequence[Tariff]
    histories: Histories
    pools: Pools
    charges: ChargeColumns = field(init=False)
    alone: Flags = field(init=False)  # calls that core prices: the kernel knows prefixes only
    _draws: list[Int64] = field(default_factory=list)
    _numbers: dict[Key, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.charges = no_charges(len(self.calls))
        self.alone = short_numbers(self.calls.called_packed)
        self.alone[list(self.histories)] = True

    def price_one(self, row: int, retained: Retained | None = None) -> None:
        """The call in this row, by core, with what its pools have left."""
        tariff, history, call = self._asked(row)
        campaign_id = int(self.calls.campaign_id[row])
        index = history.index if history else tariff.index
        fit = matching(index.card.allowances, call.called, call.answered_at, whole=call.whole)
        before = self.pools.before(fit, tariff.card.id, campaign_id)
        charge = rate_call(call, index, remaining=left(fit, before))
        if fit and charge.status != "rated":
            self.price_without(row)
            return
        charge = history.named(charge) if history else charge
        if retained is not None and retained.holds(charge):
            draws = [self.pools.take(key, taken) for key, taken in retained.draws]
        else:
            draws = self.pools.draw(fit, tariff.card.id, campaign_id, charge.uses)
        self._put(row, charge, draws)

    def price_without(self, row: int) -> None:
        """A call that no price is found for with what the pools have left: it draws on none.

        What they cover of it moves its increments, so that one may begin where no row holds.
        """
        tariff, history, call = self._asked(row)
        charge = with_empty_pools(call, history.index if history else tariff.index)
        self._put(row, history.named(charge) if history else charge, ())

    def _asked(self, row: int) -> tuple[Tariff, VersionHistory | None, CallInput]:
        tariff = self.tariffs[self.calls.tariff_no[row]]
        return tariff, self.histories.get(row), call_at(self.calls, row)

    def _put(self, row: int, charge: Charge, draws: Iterable[Draw]) -> None:
        put_charge(self.charges, row, charge)
        rows = [(row, self._number(key), before, taken) for key, before, taken in draws]
        if rows:
            self._draws.append(np.array(rows, np.int64))

    def _number(self, key: Key) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def runs(self, rows: Int64) -> Iterator[Int64]:
        """The rows of one card's calls in runs that are of one kind; the order matters to a pool
        only among the calls that may draw on it."""
        tariff, campaign = self.calls.tariff_no[rows], self.calls.campaign_id[rows]
        used = [self.tariffs[number] for number in np.unique(tariff).tolist()]
        whose = {one.per for tariff_ in used for one in tariff_.index.card.allowances}
        if whose == {"campaign"}:
            rows = rows[np.argsort(campaign, kind="stable")]
        elif not whose:
            rows = rows[np.argsort(tariff, kind="stable")]
        tariff, campaign = self.calls.tariff_no[rows], self.calls.campaign_id[rows]
        alone = self.alone[rows]
        cut = (tariff[1:] != tariff[:-1]) | alone[1:] | alone[:-1]
        if "campaign" in whose:
            cut |= campaign[1:] != campaign[:-1]
        yield from np.split(rows, np.flatnonzero(cut) + 1)

    def price_run(self, run: Int64) -> None:
        """Price the calls of a run."""
        short = len(run) < MAX_RUN_BY_CORE and len(self.calls) >= MIN_CALLS_FOR_CORE
        if short or self.alone[run[0]]:
            for row in run.tolist():
                self.price_one(row)
            return
        tariff = self.tariffs[self.calls.tariff_no[run[0]]]
        card = tariff.compiled
        calls = self.calls.pick(run).replaced(key_rank=np.arange(len(run)))
        keys = _keys(tariff, card, int(self.calls.campaign_id[run[0]]))
        given = np.array([self.pools.taken.get(key, 0) for key in keys], np.int64)
        rated = rate_batch(card, calls, pools=np.maximum(card.full_pools() - given, 0))
        self.charges.put(run, rated.charges)
        takes = _takes(card, rated.uses, len(run))
        for key, taken in zip(keys, (given + takes.sum(axis=0)).tolist(), strict=True):
            self.pools.taken[key] = taken
        refused = ~rated.charges.rated
        fits = _fits(tariff.index.card.allowances, card.pool_names, calls) & ~refused[:, None]
        self._note(run, keys, fits, given + np.cumsum(takes, axis=0) - takes, takes)
        for row in run[refused].tolist():
            self.price_without(row)

    def _note(
        self, run: Int64, keys: Sequence[Key], fits: Flags, before: Int64, takes: Int64
    ) -> None:
        for pool in np.flatnonzero(fits.any(axis=0)).tolist():
            here = np.flatnonzero(fits[:, pool])
            number = np.full(len(here), self._number(keys[pool]))
            rows = (run[here], number, before[here, pool], takes[here, pool])
            self._draws.append(np.stack(rows, axis=1))

    def consumption(self) -> Consumption:
        """All of it, in an order that does not depend on the way."""
        names = sorted(self._numbers)
        places = np.zeros(len(names), np.int64)
        for place, key in enumerate(names):
            places[self._numbers[key]] = place
        draws = np.concatenate([NO_DRAWS, *self._draws])
        draws[:, 1] = places[draws[:, 1]]
        order = np.lexsort((draws[:, 1], draws[:, 0]))
        return Consumption(self.charges, draws[order], tuple(names))


def _keys(tariff: Tariff, card: CompiledCard, campaign_id: int) -> list[Key]:
    """Whose the pools of the card are, in the order of the kernel."""
    named = {one.pool_name: one for one in tariff.index.card.allowances}
    return [pool_key(named[pool], tariff.card.id, campaign_id) for pool in card.pool_names]


def _takes(card: CompiledCard, uses: Int64, count: int) -> Int64:
    """What each call took from each pool, int64[calls, pools]."""
    pools = list(card.pool_names)
    pool_of = np.array(
        [pools.index(card.pool_of(one)) for one in range(len(card.allowance_names))], np.int64
    )
    takes = np.zeros((count, len(pools)), np.int64)
    np.add.at(takes, (uses[:, 0], pool_of[uses[:, 1]]), uses[:, 2])
    return takes


def _fits(allowances: Sequence[Allowance], pools: Sequence[str], calls: CallColumns) -> Flags:
    """Which pools are for which call, bool[calls, pools]."""
    found = np.zeros((len(calls), len(pools)), np.bool_)
    for one in allowances:
        fit = np.zeros(len(calls), np.bool_)
        for prefix in one.prefixes:
            shift = TOP_BITS - 4 * len(prefix)
            fit |= calls.called_packed >> shift == pack_number(prefix) >> shift
        if one.starts_at is not None:
            fit &= calls.answered_us >= micros_of(one.starts_at)
        if one.expires_at is not None:
            fit &= calls.answered_us < micros_of(one.expires_at)
        found[:, pools.index(one.pool_name)] |= fit
    return found
