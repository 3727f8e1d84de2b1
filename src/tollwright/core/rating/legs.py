"""The legs of the money: who is charged for one call, and what each level keeps.

A call is rated once per leg, each on its own card with its own rounding: the customer on the
tenant's sell card; where the tenant is itself a reseller, the tenant on its parent's card, and so
on up; and the carrier's buy card last. Each level's margin is its own leg less the next one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tollwright.core.money import EXACT, MICRO, Rounding, minor_decimals, round_ratio, show
from tollwright.core.rating.rate_call import CallInput, Charge, rate_call
from tollwright.core.rating.rate_lookup import CardIndex

MAX_MARKUP_PPM = 1000 * MICRO  # 100 000 %: with it the price of any charge fits int64
MAX_LIMIT = 10**15  # micros: a floor, a cap or a fixed part


@dataclass(frozen=True, slots=True)
class CostPlus:
    """A price from the cost: cost x (1 + markup) + fixed, lifted to `floor`, capped at `cap`."""

    markup_ppm: int = 0  # parts in a million of the cost; negative sells below it
    fixed_micros: int = 0
    floor_micros: int | None = None
    cap_micros: int | None = None

    def words(self, currency: str) -> str:
        """The terms for people: `cost + 15 % + 0.001 EUR, at least 0.005 EUR, at most 1.00 EUR`."""
        said = "cost"
        if self.markup_ppm:
            percent = show(abs(self.markup_ppm) * 100)
            said += f" {'+' if self.markup_ppm > 0 else '-'} {percent} %"
        if self.fixed_micros:
            sign = "+" if self.fixed_micros > 0 else "-"
            said += f" {sign} {show(abs(self.fixed_micros), minor_decimals(currency))} {currency}"
        for limit, word in ((self.floor_micros, "least"), (self.cap_micros, "most")):
            if limit is not None:
                said += f", at {word} {show(limit, minor_decimals(currency))} {currency}"
        return said


@dataclass(frozen=True, slots=True)
class Leg:
    """One payer of a call. With `cost_plus` the price comes from the last (the buy) leg's amount.

    The card still says whether the destination is open, how many seconds are billed, in which
    currency (the buy leg's; a caller converts beforehand) and how the amount is rounded.
    """

    payer: str
    card: CardIndex
    remaining: Mapping[str, int] = field(default_factory=dict)
    cost_plus: CostPlus | None = None


@dataclass(frozen=True, slots=True)
class LegCharge:
    """What one payer owes, and what the level that is paid keeps of it.

    `margin_micros` is None for the buy leg, where a leg was not rated, and where the currencies
    differ: a margin across currencies needs the day's rate, which is not the card's.
    """

    payer: str
    currency: str
    charge: Charge
    margin_micros: int | None = None


def price_from_cost(cost_micros: int, plan: CostPlus, rounding: Rounding = EXACT) -> int:
    """The `cost_plus` price in micros, rounded once; floor first, then cap, as with charges."""
    _, limited = from_cost_ppm(cost_micros, plan)
    return round_ratio(limited, MICRO, rounding)


def from_cost_ppm(cost_micros: int, plan: CostPlus) -> tuple[int, int]:
    """The exact price in millionths of a micro: marked up, and then between floor and cap."""
    marked_up = cost_micros * (MICRO + plan.markup_ppm) + plan.fixed_micros * MICRO
    limited = marked_up
    if plan.floor_micros is not None:
        limited = max(limited, plan.floor_micros * MICRO)
    if plan.cap_micros is not None:
        limited = min(limited, plan.cap_micros * MICRO)
    return marked_up, limited


def rate_legs(call: CallInput, legs: Sequence[Leg]) -> tuple[LegCharge, ...]:
    """Charges of all legs, from the customer up to the carrier (the buy leg is the last)."""
    charges = [rate_call(call, leg.card, remaining=leg.remaining) for leg in legs]
    priced = [
        _cost_plus(leg, charge, charges[-1]) if leg.cost_plus else charge
        for leg, charge in zip(legs, charges, strict=True)
    ]
    return tuple(
        LegCharge(leg.payer, leg.card.card.currency, charge, _margin(legs, priced, level))
        for level, (leg, charge) in enumerate(zip(legs, priced, strict=True))
    )


def _cost_plus(leg: Leg, charge: Charge, cost: Charge) -> Charge:
    """An open destination at the price of its cost; 0 billed seconds are free, whatever they cost
    and whatever the card takes for them."""
    if charge.status != "rated" or leg.cost_plus is None:
        return charge
    if not charge.billed_s:
        return replace(charge, amount_micros=0)
    if cost.status != "rated":
        reason = f"the cost is not known: the buy leg is {cost.status}"
        return replace(charge, status="unmatched", reason=reason, amount_micros=0)
    amount = price_from_cost(cost.amount_micros, leg.cost_plus, leg.card.card.rounding)
    return replace(charge, amount_micros=amount)


def _margin(legs: Sequence[Leg], charges: Sequence[Charge], level: int) -> int | None:
    if level + 1 >= len(legs):
        return None
    income, cost = charges[level], charges[level + 1]
    same_currency = legs[level].card.card.currency == legs[level + 1].card.card.currency
    if not same_currency or {income.status, cost.status} != {"rated"}:
        return None
    return income.amount_micros - cost.amount_micros
