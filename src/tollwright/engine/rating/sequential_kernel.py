"""Calls in their turn by the kernel: `turn.by_core`'s twin.

The calls of a card fall into runs of one tariff, and of one campaign where a pool is a campaign's
own; each run is one batch, and the pools go on from run to run. What runs into another version of
its card goes one by one through core, and so do short runs where there are many: that is quicker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tollwright.core.cards.card import Allowance
from tollwright.core.instants import micros_of
from tollwright.engine.rating.packed import callers, packed
from tollwright.engine.rating.pools import Key, Pools, pool_key
from tollwright.engine.rating.sequential import Calls, Lines, Priced, Result, Walk
from tollwright.engine.rating.tariffs import Tariff
from tollwright.kernel.arrays import Flags, Int64
from tollwright.kernel.call_columns import Columns
from tollwright.kernel.numbers import TOP_BITS, pack_number
from tollwright.kernel.rating.batch import rate_batch
from tollwright.kernel.rating.layout import CompiledCard
from tollwright.kernel.rating.status import RATED

FEW = 7  # calls in a run that core prices in the time of one batch
MANY = 1_000  # calls in turn for which that matters


def by_kernel(
    calls: Calls, tariffs: Sequence[Tariff], lines: Lines, taken: Mapping[Key, int]
) -> Priced:
    """What `turn.by_core` gives."""
    walk = Walk(calls, tariffs, lines, Pools(dict(taken)), Result(len(calls.called)))
    cards = np.array([tariff.card_id for tariff in tariffs], np.int64)[calls.tariff]
    for card_id in np.unique(cards).tolist():
        for run in _runs(calls, tariffs, lines, np.flatnonzero(cards == card_id)):
            _price(walk, run)
    return walk.out.priced()


def may_draw(calls: Calls, tariffs: Sequence[Tariff]) -> Flags:
    """The calls for which their tariff has a pool, whatever it has left."""
    found = np.zeros(len(calls.called), np.bool_)
    for number in np.unique(calls.tariff).tolist():
        here = np.flatnonzero(calls.tariff == number)
        allowances = tariffs[number].index.card.allowances
        names = sorted({one.pool_name for one in allowances})
        found[here] = _fits(allowances, names, _columns(calls, here)).any(axis=1)
    return found


def _runs(calls: Calls, tariffs: Sequence[Tariff], lines: Lines, places: Int64) -> Iterator[Int64]:
    """The places of one card's calls in runs that are of one kind; the order matters to a pool
    only among the calls that may draw on it."""
    tariff, campaign = calls.tariff[places], calls.campaign_id[places]
    used = [tariffs[number] for number in np.unique(tariff).tolist()]
    whose = {one.per for used_one in used for one in used_one.index.card.allowances}
    if whose == {"campaign"}:
        places = places[np.argsort(campaign, kind="stable")]
    elif not whose:
        places = places[np.argsort(tariff, kind="stable")]
    tariff, campaign = calls.tariff[places], calls.campaign_id[places]
    alone = np.isin(places, list(lines))
    cut = (tariff[1:] != tariff[:-1]) | alone[1:] | alone[:-1]
    if "campaign" in whose:
        cut |= campaign[1:] != campaign[:-1]
    yield from np.split(places, np.flatnonzero(cut) + 1)


def _price(walk: Walk, run: Int64) -> None:
    """Price the calls of a run."""
    tariff = walk.tariffs[walk.calls.tariff[run[0]]]
    short = len(run) < FEW and len(walk.calls.called) >= MANY
    if short or int(run[0]) in walk.lines:
        for place in run.tolist():
            walk.one(place)
        return
    card, columns = tariff.compiled, _columns(walk.calls, run)
    keys = _keys(tariff, card, int(walk.calls.campaign_id[run[0]]))
    given = np.array([walk.pools.taken.get(key, 0) for key in keys], np.int64)
    rated = rate_batch(card, columns, pools=np.maximum(card.full_pools() - given, 0))
    charges = rated.charges
    walk.out.charges[:, run] = (
        charges.status == RATED, charges.rate_index, charges.billed_s, charges.allowance_s,
        charges.amount_micros,
    )  # fmt: skip
    takes = _takes(card, rated.uses, len(run))
    for key, taken in zip(keys, (given + takes.sum(axis=0)).tolist(), strict=True):
        walk.pools.taken[key] = taken
    refused = charges.status != RATED
    fits = _fits(tariff.index.card.allowances, card.pool_names, columns) & ~refused[:, None]
    _tell(walk.out, run, keys, fits, given + np.cumsum(takes, axis=0) - takes, takes)
    for place in run[refused].tolist():
        walk.without(place)


def _keys(tariff: Tariff, card: CompiledCard, campaign_id: int) -> list[Key]:
    """Whose the pools of the card are, in the order of the kernel."""
    named = {one.pool_name: one for one in tariff.index.card.allowances}
    return [pool_key(named[pool], tariff.card_id, campaign_id) for pool in card.pool_names]


def _tell(
    out: Result, run: Int64, keys: Sequence[Key], fits: Flags, before: Int64, takes: Int64
) -> None:
    for pool in np.flatnonzero(fits.any(axis=0)).tolist():
        here = np.flatnonzero(fits[:, pool])
        number = np.full(len(here), out.pool(keys[pool]))
        rows = (run[here], number, before[here, pool], takes[here, pool])
        out.add(np.stack(rows, axis=1))


def _columns(calls: Calls, run: Int64) -> Columns:
    return Columns(
        packed(calls.called[run]),
        callers(calls.caller[run]),
        calls.answered_us[run],
        calls.counted_ms[run],
        np.arange(len(run)),
    )


def _takes(card: CompiledCard, uses: Int64, count: int) -> Int64:
    """What each call took from each pool, int64[calls, pools]."""
    pools = list(card.pool_names)
    pool_of = np.array(
        [pools.index(card.pool_of(one)) for one in range(len(card.allowance_names))], np.int64
    )
    takes = np.zeros((count, len(pools)), np.int64)
    np.add.at(takes, (uses[:, 0], pool_of[uses[:, 1]]), uses[:, 2])
    return takes


def _fits(allowances: Sequence[Allowance], pools: Sequence[str], calls: Columns) -> Flags:
    """Which pools are for which call, bool[calls, pools]."""
    found = np.zeros((len(calls.called), len(pools)), np.bool_)
    for one in allowances:
        fit = np.zeros(len(calls.called), np.bool_)
        for prefix in one.prefixes:
            shift = TOP_BITS - 4 * len(prefix)
            fit |= calls.called >> shift == pack_number(prefix) >> shift
        if one.starts_at is not None:
            fit &= calls.answered_at_us >= micros_of(one.starts_at)
        if one.expires_at is not None:
            fit &= calls.answered_at_us < micros_of(one.expires_at)
        found[:, pools.index(one.pool_name)] |= fit
    return found
