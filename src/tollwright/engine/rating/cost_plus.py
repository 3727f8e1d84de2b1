"""Sell amounts from what calls cost (`cost_plus`): the one way for customers and resellers.

The sell card still says whether the destination is open, how many seconds are billed, in which
currency and how the amount is rounded.
"""

from __future__ import annotations

import numpy as np

from tollwright.core.rating.legs import CostPlus
from tollwright.engine.rating.cost import UNKNOWN_TRUNK, Cost, Words
from tollwright.kernel.call_columns import Charges, new_charges
from tollwright.kernel.rating import legs as kernel
from tollwright.kernel.rating.layout import CompiledCard
from tollwright.kernel.rating.status import RATED, UNMATCHED

UNKNOWN_COST = "unknown_cost"
OTHER_CURRENCY = "cost_other_currency"
PARENTS = "parent_"
WHY = {
    UNKNOWN_TRUNK: "no carrier has its trunk, and no parent sells it. Add the trunk to a carrier",
    "no_buy_card": "its carrier has no buy card at that time. Assign one",
    "no_buy_version": "the carrier's buy card has no version at that time. Publish one",
    "buy_unknown_destination": "the buy card has no row for the number. Correct the buy card",
    "buy_blocked_destination": "the buy card blocks the destination. Correct the buy card",
    "buy_invalid_call": "the buy card cannot price such a call. Look at its number and duration",
}


def price_from_cost(charges: Charges, cost: Cost, plan: CostPlus, card: CompiledCard) -> Words:
    """Replace the amounts of a sell card's charges by the prices from the cost, place by place.

    A call whose cost is not known, or is in another currency, is not rated: the reason stands at
    its place of what comes back, '' elsewhere. What the card itself refuses stays as it is; 0
    billed seconds are free, whatever they cost. Raises ValueError for a plan beyond what a price
    can be.
    """
    rated = (charges.status == RATED) & (charges.billed_s > 0)
    usable = cost.known & cost.currency.are(card.currency)
    status = np.where(usable, RATED, UNMATCHED).astype(np.int8)
    known = new_charges(len(status))._replace(status=status, amount_micros=cost.amount_micros)
    kernel.price_from_cost(charges, known, plan, card)
    reasons = Words.none(len(status))
    reasons.put(np.flatnonzero(rated & ~cost.known), UNKNOWN_COST)
    reasons.put(np.flatnonzero(rated & cost.known & ~usable), OTHER_CURRENCY)
    return reasons


def sentence(cost: Cost, place: int, currency: str) -> str:
    """Why the call at this place has no price in the sell card's currency, and what to do."""
    if cost.known[place]:
        return (
            f"The plan prices the call from its cost, which is in {cost.currency.at(place)}, the"
            f" plan's card in {currency}: nothing says at which rate. Give the plan a card in"
            f" {cost.currency.at(place)}, or buy the call in {currency}; then reprocess it."
        )
    reason = cost.reason.at(place)
    why = WHY.get(reason)
    if why is None:
        why = f"the parent that sells the call cannot price it ({reason.removeprefix(PARENTS)})"
        why += ". Ask the parent"
    return f"The plan prices the call from its cost, which is not known: {why}; then reprocess it."
