"""Why a stored call cannot be priced now; its charge then stays until somebody decides."""

from __future__ import annotations

from tollwright.kernel.call_columns import BLOCKED, INVALID, UNMATCHED
from tollwright.kernel.call_columns import RATED as NONE

NO_CARD = 4
NO_VERSION = 5
OTHER_CURRENCY = 6
ALLOWANCES = 7
UNKNOWN_TRUNK = 8
NO_BUY_CARD = 9
NO_BUY_VERSION = 10
UNKNOWN_COST = 11
COST_OTHER_CURRENCY = 12
COST_PLUS_ALLOWANCES = 13

NAMES = {
    BLOCKED: "blocked",
    UNMATCHED: "unmatched",
    INVALID: "invalid",
    NO_CARD: "no_card",
    NO_VERSION: "no_published_version",
    OTHER_CURRENCY: "other_currency",
    ALLOWANCES: "allowances",
    UNKNOWN_TRUNK: "unknown_trunk",
    NO_BUY_CARD: "no_buy_card",
    NO_BUY_VERSION: "no_buy_version",
    UNKNOWN_COST: "unknown_cost",
    COST_OTHER_CURRENCY: "cost_other_currency",
    COST_PLUS_ALLOWANCES: "cost_plus_allowances",
}
SENTENCES = {
    "blocked": "the destination is blocked now",
    "unmatched": "no row of the card is for the number",
    "invalid": "the record is not a call that can be rated",
    "no_card": "no plan and no rule gives the campaign a card",
    "no_published_version": "the card has no published version for the time",
    "other_currency": "the card is in another currency than the charge",
    "allowances": "what its allowances cover depends on the other calls of the billing period",
    "unknown_trunk": "no carrier has their trunk any more",
    "no_buy_card": "their carrier has no buy card at that time",
    "no_buy_version": "their carrier's buy card has no published version for the time",
    "unknown_cost": "the plan prices from what a call costs, and that is not known",
    "cost_other_currency": "the plan prices from what a call costs, which is in another currency",
    "cost_plus_allowances": "the plan prices from what a call costs, but its card has allowances",
}

__all__ = [
    "ALLOWANCES",
    "BLOCKED",
    "COST_OTHER_CURRENCY",
    "COST_PLUS_ALLOWANCES",
    "INVALID",
    "NAMES",
    "NONE",
    "NO_BUY_CARD",
    "NO_BUY_VERSION",
    "NO_CARD",
    "NO_VERSION",
    "OTHER_CURRENCY",
    "SENTENCES",
    "UNKNOWN_COST",
    "UNKNOWN_TRUNK",
    "UNMATCHED",
]
