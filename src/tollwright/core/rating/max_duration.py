"""How long a call may last on a balance: the inverse of the price."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tollwright.core.cards.card import DAY_S, RateCard
from tollwright.core.rating.allowances import matching
from tollwright.core.rating.rate_call import CallInput, Charge, Status, reckon
from tollwright.core.rating.rate_lookup import CardIndex, prepare


@dataclass(frozen=True, slots=True)
class Longest:
    """The greatest duration that a balance pays, and what it would cost.

    `capped` tells that the cap ended it, not the balance. `seconds` is 0 with a `reason` where
    the call may not begin.
    """

    status: Status
    seconds: int
    amount_micros: int
    capped: bool
    reason: str = ""


def max_seconds(
    balance_micros: int,
    call: CallInput,
    card: RateCard | CardIndex,
    *,
    remaining: Mapping[str, int] | None = None,
    cap_s: int = DAY_S,
) -> Longest:
    """The greatest whole number of seconds whose price does not exceed the balance.

    Allowances and fees are in the price. Law: price(n) <= balance, and price(n + 1) > balance or
    n is the cap. A duration that runs into a time without an open row is not allowed either.
    The duration that `call` itself carries is ignored.
    """
    index, left, cap_s = prepare(card), remaining or {}, min(max(cap_s, 0), DAY_S)

    def charge_of(seconds: int) -> Charge:
        return reckon(replace(call, answered_ms=seconds * 1000), index, left).charge

    def pays(seconds: int) -> bool:
        charge = charge_of(seconds)
        return charge.status == "rated" and charge.amount_micros <= balance_micros

    first = charge_of(min(1, cap_s))
    if first.status != "rated":
        return Longest(first.status, 0, 0, False, first.reason)
    if not pays(0):
        return Longest("rated", 0, 0, False, "the balance is below zero")
    longest = _by_halving(pays, cap_s) if _monotone(call, index) else _by_descent(pays, cap_s)
    reason = "" if longest else "the balance does not pay for one second"
    return Longest("rated", longest, charge_of(longest).amount_micros, longest == cap_s, reason)


def _by_halving(pays: Callable[[int], bool], cap_s: int) -> int:
    if pays(cap_s):
        return cap_s
    low, high = 0, cap_s  # pays(low), not pays(high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if pays(middle) else (low, middle)
    return low


def _by_descent(pays: Callable[[int], bool], cap_s: int) -> int:
    """Where the price may fall with time, only looking at every duration finds the greatest."""
    return next(seconds for seconds in range(cap_s, -1, -1) if pays(seconds))


def _monotone(call: CallInput, index: CardIndex) -> bool:
    """Does the price never fall as the call grows?

    It may with a negative price, and where a call that outgrows an all-or-nothing allowance falls
    to another one that waives the connect fee.
    """
    rows = {
        row for tier in index.tiers(call.called, call.caller, whole=call.whole) for row in tier.rows
    }
    for rate in (index.card.rates[row] for row in rows):
        if rate.price_nanos < 0 or any((step.price_nanos or 0) < 0 for step in rate.steps):
            return False
    allowances = matching(index.card.allowances, call.called, call.answered_at, whole=call.whole)
    exclusive = any(allowance.excess == "all_or_nothing" for allowance in allowances)
    return not (exclusive and any(allowance.waives_connect_fee for allowance in allowances))
