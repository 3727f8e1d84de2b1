"""Sell amounts of stored calls on plans that price from the cost: by what stands as their cost."""

from __future__ import annotations

import numpy as np

from tollwright.core.rating.legs import CostPlus
from tollwright.engine.rating.cost import Cost, Words
from tollwright.engine.rating.cost_plus import OTHER_CURRENCY, UNKNOWN_COST, price_from_cost
from tollwright.engine.rerate import refusals
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import Charges as Rated
from tollwright.kernel.rating.layout import CompiledCard
from tollwright.store.rerate import NO_CURRENCY, Charges

REFUSED = {
    UNKNOWN_COST: refusals.UNKNOWN_COST,
    OTHER_CURRENCY: refusals.COST_OTHER_CURRENCY,
}


def from_cost(calls: Charges, rated: Rated, plan: CostPlus, card: CompiledCard) -> Int64:
    """Replace what the card makes of the calls; of those whose cost cannot be used the refusal.

    int64[n], refusals.NONE elsewhere.
    """
    codes, which = np.unique(calls.cost_currency, return_inverse=True)
    currency = Words(which.astype(np.int32), [code.decode() for code in codes.tolist()])
    known = calls.cost_currency != NO_CURRENCY
    cost = Cost(known, calls.cost_micros, currency, Words.none(len(which)))
    reasons = price_from_cost(rated, cost, plan, card)
    found = np.full(len(which), refusals.NONE, np.int64)
    for reason, refusal in REFUSED.items():
        found[reasons.are(reason)] = refusal
    return found
