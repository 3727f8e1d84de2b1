"""Prices from the cost, a batch at once: the compiled side of `core.rating.legs`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tollwright.core.rating.legs import MAX_LIMIT, MAX_MARKUP_PPM, CostPlus
from tollwright.kernel.call_columns import RATED, UNMATCHED, ChargeColumns
from tollwright.kernel.jit import compiled, entry, stamp
from tollwright.kernel.rating.layout import DOWN, GRID_MICROS, HALF_UP, MODE, UP, CompiledCard
from tollwright.kernel.rating.status import COST_UNKNOWN

MILLION = 1_000_000
NO_FLOOR, NO_CAP = -(1 << 62), 1 << 62


def price_from_cost(
    charges: ChargeColumns, cost: ChargeColumns, plan: CostPlus | None, card: CompiledCard
) -> None:
    """Replace amounts by cost x (1 + markup) + fixed, lifted and capped, rounded once.

    A call whose cost is not known is not rated; 0 billed seconds are free, whatever they cost.
    Raises ValueError for a plan whose prices might not fit int64.
    """
    plan = plan or CostPlus()
    floor = NO_FLOOR if plan.floor_micros is None else plan.floor_micros
    cap = NO_CAP if plan.cap_micros is None else plan.cap_micros
    limits = [abs(m) for m in (plan.fixed_micros, plan.floor_micros, plan.cap_micros) if m]
    if abs(plan.markup_ppm) > MAX_MARKUP_PPM or max(limits, default=0) > MAX_LIMIT:
        raise ValueError(f"{plan} is beyond what a price can be")
    _price_from_cost(
        card.words,
        charges.arrays(),
        cost.status,
        cost.amount_micros,
        MILLION + plan.markup_ppm,
        plan.fixed_micros,
        floor,
        cap,
    )


@compiled
def _rounded(words: Any, whole: int, rest: int) -> int:
    """Micros of `whole` and `rest` millionths (0 <= rest < MILLION), by the card's rounding."""
    negative = whole < 0
    if negative:
        whole, rest = (-whole - 1, MILLION - rest) if rest else (-whole, 0)
    grid = words[GRID_MICROS]
    units = whole // grid
    twice = 2 * ((whole - units * grid) * MILLION + rest)
    mode = words[MODE]
    if mode == HALF_UP:
        units += twice >= grid * MILLION
    elif mode == UP:
        units += twice > 0
    elif mode != DOWN:  # half to even
        units += twice > grid * MILLION or (twice == grid * MILLION and units % 2 == 1)
    return int(-units * grid if negative else units * grid)


@compiled
def _price(words: Any, cost: int, factor: int, fixed: int, floor: int, cap: int) -> int:
    millions = cost // MILLION
    part = (cost - millions * MILLION) * factor
    whole = millions * factor + part // MILLION + fixed
    rest = part - part // MILLION * MILLION
    if whole < floor:
        whole, rest = floor, 0
    if whole >= cap:
        whole, rest = cap, 0
    return _rounded(words, whole, rest)


def _make(mark: int) -> Callable[..., None]:
    @entry
    def run(
        words: Any, charges: Any, cost_status: Any, cost_micros: Any, factor: int, fixed: int,
        floor: int, cap: int,
    ) -> None:  # fmt: skip
        status, reason, _, _, billed, _, _, amount = charges
        for i in range(len(status) if mark else 0):
            if status[i] != RATED:
                continue
            if not billed[i]:
                amount[i] = 0
            elif cost_status[i] != RATED:
                status[i], amount[i] = UNMATCHED, 0
                reason[i] = COST_UNKNOWN + cost_status[i]
            else:
                amount[i] = _price(words, cost_micros[i], factor, fixed, floor, cap)

    return run


_price_from_cost = _make(stamp(__name__))
ENTRIES = (_price_from_cost,)
