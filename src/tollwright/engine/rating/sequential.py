"""Calls of one customer and billing period in their turn: what each costs, and takes from pools.

`by_core` goes through them one by one with the readable rule. `by_kernel` (in `turn_kernel`) hands
runs of them to its compiled twin, carries the pools from run to run, and gives the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tollwright.core.instants import moment_of
from tollwright.core.rating.allowances import matching
from tollwright.core.rating.rate_call import CallInput, Charge, rate_call
from tollwright.engine.rating.numbers import rated_caller
from tollwright.engine.rating.pools import Draw, Key, Pools, left, none_left
from tollwright.engine.rating.tariffs import Tariff
from tollwright.engine.rating.version_change import Line
from tollwright.kernel.arrays import Int64

Lines = Mapping[int, Line]  # of the calls, by place, that run into another version of their card


class Calls(NamedTuple):
    """Calls in their turn, int64[n] each, numbers as texts of 16 bytes with blanks at the end.

    `tariff` is a place in the list of tariffs that goes with them.
    """

    called: npt.NDArray[np.bytes_]
    caller: npt.NDArray[np.bytes_]
    answered_us: Int64
    counted_ms: Int64
    campaign_id: Int64
    tariff: Int64

    def call(self, place: int) -> CallInput:
        """The call at this place."""
        return CallInput(
            "",
            moment_of(int(self.answered_us[place])),
            int(self.counted_ms[place]),
            rated_caller(_text(self.caller[place])),
            _text(self.called[place]),
        )


class Priced(NamedTuple):
    """What calls cost in their turn, int64[n] each; `rated` is 0 for one that nothing prices.

    `draws` tell how each pool that is for a call stood, by call and then pool: the call's place,
    the pool's place in `pools`, what it had given before, what it gave. Core priced
    `priced_individually` calls.
    """

    rated: Int64
    rate_no: Int64
    billed_s: Int64
    allowance_s: Int64
    amount_micros: Int64
    draws: Int64  # [d, 4]
    pools: tuple[Key, ...]
    priced_individually: int


def price_sequentially(
    calls: Calls, tariffs: Sequence[Tariff], lines: Lines, taken: Mapping[Key, int]
) -> Priced:
    """By the kernel, loaded when it is needed; `taken` is what pools have given."""
    kernel: Any = import_module("tollwright.engine.rating.sequential_kernel")
    priced: Priced = kernel.by_kernel(calls, tariffs, lines, taken)
    return priced


@dataclass(frozen=True, slots=True)
class Kept:
    """A charge that stays where its call still costs `micros`, and with it what it drew: `draws`.

    `told` is its (rate row, billed s), None where it was rated by other terms: where these stay
    too, what it draws now is told in the place of what it drew.
    """

    micros: int
    told: tuple[int, int] | None
    draws: tuple[tuple[Key, int], ...]

    def holds(self, charge: Charge) -> bool:
        """Whether what the charge drew counts, and not what its call would draw now."""
        if charge.status != "rated" or charge.amount_micros != self.micros:
            return False
        return self.told != (charge.rate_index, charge.billed_s)


def by_core(
    calls: Calls,
    tariffs: Sequence[Tariff],
    lines: Lines,
    taken: Mapping[Key, int],
    kept: Mapping[int, Kept] | None = None,
) -> Priced:
    """One call after the other. `kept` holds charges by place, see `Kept`."""
    walk = Walk(calls, tariffs, lines, Pools(dict(taken)), Result(len(calls.called)))
    for place in range(len(calls.called)):
        walk.one(place, (kept or {}).get(place))
    return walk.out.priced()


@dataclass(slots=True)
class Result:
    """Charges by place while they are being found; rows as in `Priced`."""

    count: int
    priced_individually: int = 0
    charges: Int64 = field(init=False)
    _draws: list[Int64] = field(default_factory=list)
    _pools: dict[Key, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.charges = np.zeros((5, self.count), np.int64)

    def put(self, place: int, charge: Charge, draws: Iterable[Draw]) -> None:
        """What core says that a call costs and draws."""
        self.priced_individually += 1
        self.charges[:, place] = (
            charge.status == "rated", charge.rate_index, charge.billed_s, charge.allowance_s,
            charge.amount_micros,
        )  # fmt: skip
        rows = [(place, self.pool(key), before, taken) for key, before, taken in draws]
        if rows:
            self.add(np.array(rows, np.int64))

    def pool(self, key: Key) -> int:
        """The pool's number."""
        return self._pools.setdefault(key, len(self._pools))

    def add(self, draws: Int64) -> None:
        """Rows of draws, pools by their numbers."""
        self._draws.append(draws)

    def priced(self) -> Priced:
        """All of it, in an order that does not depend on the way."""
        names = sorted(self._pools)
        places = np.zeros(len(names), np.int64)
        for place, key in enumerate(names):
            places[self._pools[key]] = place
        draws = np.concatenate([np.zeros((0, 4), np.int64), *self._draws])
        draws[:, 1] = places[draws[:, 1]]
        order = np.lexsort((draws[:, 1], draws[:, 0]))
        rated, rate_no, billed_s, allowance_s, amount_micros = self.charges
        return Priced(
            rated, rate_no, billed_s, allowance_s, amount_micros, draws[order], tuple(names),
            self.priced_individually,
        )  # fmt: skip


@dataclass(slots=True)
class Walk:
    """One pass over calls, with the pools as they stand by now."""

    calls: Calls
    tariffs: Sequence[Tariff]
    lines: Lines
    pools: Pools
    out: Result

    def one(self, place: int, kept: Kept | None = None) -> None:
        """The call at this place, by core, with what its pools have left."""
        tariff, line, call = self._asked(place)
        campaign_id = int(self.calls.campaign_id[place])
        index = line.index if line else tariff.index
        fit = matching(index.card.allowances, call.called, call.answered_at)
        before = self.pools.before(fit, tariff.card_id, campaign_id)
        charge = rate_call(call, index, remaining=left(fit, before))
        if fit and charge.status != "rated":
            self.without(place)
            return
        charge = line.named(charge) if line else charge
        if kept is not None and kept.holds(charge):
            draws = [self.pools.take(key, taken) for key, taken in kept.draws]
        else:
            draws = self.pools.draw(fit, tariff.card_id, campaign_id, charge.uses)
        self.out.put(place, charge, draws)

    def without(self, place: int) -> None:
        """A call that no price is found for with what the pools have left: it draws on none.

        What they cover of it moves its increments, so that one may begin where no row holds.
        """
        tariff, line, call = self._asked(place)
        index = line.index if line else tariff.index
        charge = rate_call(call, index, remaining=none_left(index.card.allowances))
        self.out.put(place, line.named(charge) if line else charge, ())

    def _asked(self, place: int) -> tuple[Tariff, Line | None, CallInput]:
        tariff = self.tariffs[self.calls.tariff[place]]
        return tariff, self.lines.get(place), self.calls.call(place)


def _text(number: np.bytes_) -> str:
    return bytes(number).decode("ascii", "replace").rstrip(" ")
