"""What core makes of a stored call: the same numbers count there as in its columns."""

from __future__ import annotations

from dataclasses import replace

from tollwright.core.cards.card import RateCard
from tollwright.core.number_ranges import SHORT_DIGITS
from tollwright.core.rating.rate_call import CallInput, Charge, rate_call
from tollwright.core.rating.rate_lookup import prepare


def core_charge(call: CallInput, card: RateCard) -> Charge:
    """A short caller is from nowhere; a short number is matched whole, or by the default row."""
    if len(call.caller) <= SHORT_DIGITS:
        call = replace(call, caller="")
    charge = rate_call(call, prepare(card))
    short = charge.status == "rated" and len(call.called) <= SHORT_DIGITS
    if short and card.rates[charge.rate_index].prefix not in ("", call.called):
        return replace(charge, status="unmatched")
    return charge
