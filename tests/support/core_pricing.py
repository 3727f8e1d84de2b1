"""What core makes of a stored call: the same numbers count there as in its columns."""

from __future__ import annotations

from dataclasses import replace

from tollwright.core.cards.card import RateCard
from tollwright.core.number_ranges import is_short
from tollwright.core.rating.rate_call import CallInput, Charge, rate_call
from tollwright.core.rating.rate_lookup import prepare


def core_charge(call: CallInput, card: RateCard) -> Charge:
    """A short caller is from nowhere; a short number is matched whole, or by the default row."""
    caller = "" if is_short(call.caller) else call.caller
    return rate_call(replace(call, caller=caller, whole=is_short(call.called)), prepare(card))
