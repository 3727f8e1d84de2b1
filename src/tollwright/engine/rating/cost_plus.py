"""Sell amounts from what calls cost (`cost_plus`): the one way for customers and resellers.

The sell card still says whether the destination is open, how many seconds are billed, in which
currency and how the amount is rounded.
"""

from __future__ import annotations

import numpy as np

from tollwright.core.rating.legs import CostPlus
from tollwright.engine.rating.refusals import COST_OTHER_CURRENCY, UNKNOWN_COST
from tollwright.kernel.call_columns import (
    NOT_CHARGED,
    RATED,
    UNMATCHED,
    ChargeColumns,
    Labels,
    currency_code,
    currency_number,
    new_charges,
)
from tollwright.kernel.rating import legs as kernel
from tollwright.kernel.rating.layout import CompiledCard

UNKNOWN_TRUNK = "unknown_trunk"  # no carrier has it, and no parent sells the call
PARENTS = "parent_"
WHY = {
    UNKNOWN_TRUNK: "no carrier has its trunk, and no parent sells it. Add the trunk to a carrier",
    "no_buy_card": "its carrier has no buy card at that time. Assign one",
    "no_buy_version": "the carrier's buy card has no version at that time. Publish one",
    "buy_unknown_destination": "the buy card has no row for the number. Correct the buy card",
    "buy_blocked_destination": "the buy card blocks the destination. Correct the buy card",
    "buy_invalid_call": "the buy card cannot price such a call. Look at its number and duration",
}


def unknown_cost(count: int) -> ChargeColumns:
    """Of calls that are nobody's: no carrier has their trunk, no parent sells them."""
    return ChargeColumns(
        status=np.full(count, NOT_CHARGED, np.int8),
        amount_micros=np.zeros(count, np.int64),
        currency=np.zeros(count, np.int64),
        why=Labels(np.ones(count, np.int64), ["", UNKNOWN_TRUNK]),
    )


def price_from_cost(
    charges: ChargeColumns, cost: ChargeColumns, plan: CostPlus, card: CompiledCard
) -> None:
    """Replace the amounts of a sell card's charges by the prices from the cost, row by row.

    A call whose cost is not known, or is in another currency, is not rated: UNKNOWN_COST and
    COST_OTHER_CURRENCY. What the card itself refuses stays as it is; 0 billed seconds are free,
    whatever they cost. Raises ValueError for a plan beyond what a price can be.
    """
    priced = charges.rated & (charges.billed_s > 0)
    usable = cost.rated & (cost.currency == currency_number(card.currency))
    known = new_charges(len(cost))
    known.status[:] = np.where(usable, RATED, UNMATCHED)
    known.amount_micros[:] = cost.amount_micros
    kernel.price_from_cost(charges, known, plan, card)
    charges.status[priced & ~usable] = COST_OTHER_CURRENCY
    charges.status[priced & ~cost.rated] = UNKNOWN_COST


def describe(cost: ChargeColumns, row: int, currency: str) -> str:
    """Why the call in this row has no price in the sell card's currency, and what to do."""
    if cost.rated[row]:
        theirs = currency_code(int(cost.currency[row]))
        return (
            f"The plan prices the call from its cost, which is in {theirs}, the"
            f" plan's card in {currency}: nothing says at which rate. Give the plan a card in"
            f" {theirs}, or buy the call in {currency}; then reprocess it."
        )
    reason = cost.why.at(row)
    why = WHY.get(reason)
    if why is None:
        why = f"the parent that sells the call cannot price it ({reason.removeprefix(PARENTS)})"
        why += ". Ask the parent"
    return f"The plan prices the call from its cost, which is not known: {why}; then reprocess it."
