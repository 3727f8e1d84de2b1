"""The legs of the money for a batch, put together of the kernel's parts as core puts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tollwright.core.rating.legs import CostPlus
from tollwright.kernel.arrays import Flags, Int64
from tollwright.kernel.call_columns import RATED, CallColumns
from tollwright.kernel.rating.batch import Rated, rate_batch
from tollwright.kernel.rating.layout import CompiledCard
from tollwright.kernel.rating.legs import price_from_cost


@dataclass(frozen=True, slots=True)
class CardLeg:
    """One payer of a batch; `pools` is what its allowances have left, updated in place.

    With `cost_plus` the price comes from the last (the buy) leg's amount.
    """

    card: CompiledCard
    cost_plus: CostPlus | None = None
    pools: Int64 | None = None


@dataclass(frozen=True, slots=True)
class LegRated:
    """What one payer owes for each call.

    `margin_micros` is what the level that is paid keeps, where `margin_known`: not on the buy leg,
    not where one of both legs was not rated, and not across currencies.
    """

    rated: Rated
    margin_micros: Int64
    margin_known: Flags


def rate_legs(legs: Sequence[CardLeg], calls: CallColumns) -> list[LegRated]:
    """All legs of each call, from the customer up to the carrier (the buy leg is the last)."""
    rated = [rate_batch(leg.card, calls, pools=leg.pools) for leg in legs]
    for leg, own in zip(legs, rated, strict=True):
        if leg.cost_plus is not None:
            price_from_cost(own.charges, rated[-1].charges, leg.cost_plus, leg.card)
    return [_with_margin(legs, rated, level) for level in range(len(legs))]


def _with_margin(legs: Sequence[CardLeg], rated: Sequence[Rated], level: int) -> LegRated:
    own = rated[level]
    count = len(own.charges.status)
    if level + 1 == len(legs) or legs[level].card.currency != legs[level + 1].card.currency:
        return LegRated(own, np.zeros(count, np.int64), np.zeros(count, np.bool_))
    income, cost = own.charges, rated[level + 1].charges
    known = (income.status == RATED) & (cost.status == RATED)
    margin = np.where(known, income.amount_micros - cost.amount_micros, 0)
    return LegRated(own, margin, known)
