"""What a call costs a customer whose plan prices by its routing."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from msgspec import Struct

from tollwright.core.charges.exact import show_exact
from tollwright.core.charges.plan import ONE, Pricing

HUNDRED = Fraction(100)


class Candidate(Struct, frozen=True, forbid_unknown_fields=True, rename={"route_class": "class"}):
    """A carrier in the policy's order, what the whole call costs there; None: not known."""

    carrier: str
    cost: Fraction | None = None
    route_class: str = ""


class Routes(Struct, frozen=True, forbid_unknown_fields=True):
    """Candidates in order, who carried the call, and what cards say of it."""

    candidates: tuple[Candidate, ...]
    chosen: str = ""
    card_amount: Fraction | None = None
    class_amounts: dict[str, Fraction] = {}


@dataclass(frozen=True, slots=True)
class RoutePrice:
    """An exact amount, or None: why is in `how`."""

    amount: Fraction | None
    how: str


def price_by_routes(pricing: Pricing, routes: Routes) -> RoutePrice:
    """What the customer pays for the call."""
    if pricing.kind == "card":
        return _of_card(routes.card_amount, "the card, whatever the route")
    found = _basis(pricing, routes)
    if isinstance(found, RoutePrice):
        return found
    if pricing.kind == "route_class":
        amount = routes.class_amounts.get(found.route_class)
        return _of_card(amount, f"the card of class {found.route_class or '?'}, {found.carrier}")
    if found.cost is None:
        return RoutePrice(None, f"unknown_cost: what {found.carrier} takes is not known")
    if pricing.kind == "saving_share":
        return _saving(pricing, routes.card_amount, found, found.cost)
    return _plus(pricing, found, found.cost)


def _basis(pricing: Pricing, routes: Routes) -> Candidate | RoutePrice:
    """The carrier whose cost or class decides."""
    if not routes.candidates:
        return RoutePrice(None, "unknown_cost: no carrier is a candidate")
    if pricing.basis == "first":
        return routes.candidates[0]
    if pricing.basis == "cheapest":
        known = [one for one in routes.candidates if one.cost is not None]
        if not known:
            return RoutePrice(None, "unknown_cost: no candidate's cost is known")
        return min(known, key=lambda one: one.cost or Fraction(0))
    chosen = [one for one in routes.candidates if one.carrier == routes.chosen]
    if not chosen:
        who = routes.chosen or "nobody"
        return RoutePrice(None, f"unknown_cost: {who} carried the call and is no candidate")
    return chosen[0]


def _of_card(amount: Fraction | None, how: str) -> RoutePrice:
    return RoutePrice(amount, how if amount is not None else f"not priced: {how} has no amount")


def _plus(pricing: Pricing, found: Candidate, cost: Fraction) -> RoutePrice:
    amount = cost * (ONE + pricing.markup_percent / HUNDRED) + pricing.fixed
    how = f"cost of {found.carrier} {show_exact(cost)} + {show_exact(pricing.markup_percent)} %"
    how += f" + {show_exact(pricing.fixed)}" if pricing.fixed else ""
    if pricing.floor is not None and amount < pricing.floor:
        return RoutePrice(pricing.floor, f"{how}, at least {show_exact(pricing.floor)}")
    if pricing.cap is not None and amount > pricing.cap:
        return RoutePrice(pricing.cap, f"{how}, at most {show_exact(pricing.cap)}")
    return RoutePrice(amount, how)


def _saving(
    pricing: Pricing, card: Fraction | None, found: Candidate, cost: Fraction
) -> RoutePrice:
    if card is None:
        return RoutePrice(None, "not priced: the card has no amount for the call")
    if cost >= card:
        return RoutePrice(card, f"the card: {found.carrier} saves nothing")
    amount = cost + pricing.share_percent / HUNDRED * (card - cost)
    saved = f"{show_exact(pricing.share_percent)} % of the saving {show_exact(card - cost)}"
    return RoutePrice(amount, f"cost of {found.carrier} {show_exact(cost)} + {saved}")
