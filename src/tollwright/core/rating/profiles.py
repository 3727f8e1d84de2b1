"""Compatibility profiles: the options that make a migrated card give the cents it gave before.

A profile is data; `apply_profile` writes its options into a card, over what the card says, and
the algorithm knows nothing of it. An option that a system does not have is set to its neutral
value (`grace`), one that it leaves to the tariff stays as the card says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from tollwright.core.cards.card import DAY_S, Family, Grace, GraceMode, Rate, RateCard, Side
from tollwright.core.money import Mode, Rounding
from tollwright.core.rating.seconds import after_grace


@dataclass(frozen=True, slots=True)
class Profile:
    """The options of one system; None leaves the card's own."""

    system: str
    family: Family
    grace: GraceMode | Literal["none"]
    note: str
    mode: Mode | None = None
    decimals: int | None = None  # where the card's are outside `decimals_range`
    decimals_range: tuple[int, int] = (0, 6)
    first_if_zero_s: int = 0  # what a first interval of 0 means where one sells
    first_is_increment: bool = False  # no first interval but a whole increment
    no_grace_on: Side | None = None
    minimum_after_grace: bool = False  # s + grace <= min_seconds costs 0 (inclusive)
    grace_times: int = 1  # how often the seconds are added; disconnect_after_s counts them once
    minimum_is_lifted: bool = False  # s < min_seconds costs min_charge where there is one, not 0


PROFILES: dict[str, Profile] = {
    "astpp": Profile(
        "ASTPP",
        "initial_then_increment",
        "subtract",
        "included seconds are subtracted, the connect fee is due inside them; an initial"
        " increment of 0 means 1 on sell cards, none on buy cards",
        mode="half_up",
        decimals=4,
        decimals_range=(4, 4),
        first_if_zero_s=1,
    ),
    "a2billing": Profile(
        "A2Billing",
        "round_total",
        "add",
        "cycles a, b, c are steps; minimal cost is min_charge, also of a call under min_seconds;"
        " the grace is added twice; connect and disconnect fees, the latter by the seconds with"
        " the grace once",
        mode="half_up",
        decimals=6,
        decimals_range=(6, 6),
        minimum_is_lifted=True,
        grace_times=2,
    ),
    "magnusbilling": Profile(
        "MagnusBilling",
        "round_total",
        "add",
        "grace in seconds or percent, none on the buy side; minimal time is inclusive and"
        " compared after the grace",
        mode="half_up",
        decimals=6,
        decimals_range=(6, 6),
        no_grace_on="buy",
        minimum_after_grace=True,
    ),
    "cgrates": Profile(
        "CGRateS",
        "initial_then_increment",
        "none",
        "group intervals are first_s and steps; max cost is max_charge; rounding as the tariff"
        " says, once, never per increment",
    ),
    "nibblebill": Profile(
        "FreeSWITCH Nibblebill",
        "initial_then_increment",
        "none",
        "by the increment, always a whole one; minimum is min_charge; rounds up",
        mode="up",
        first_is_increment=True,
    ),
    "vos3000": Profile(
        "VOS3000",
        "initial_then_increment",
        "none",
        "first interval at its own price is first_charge; a threshold in ms is second_rounding;"
        " 0 to 4 decimals, 2 where the card has more",
        decimals=2,
        decimals_range=(0, 4),
    ),
    "portabilling": Profile(
        "PortaBilling",
        "initial_then_increment",
        "none",
        "first interval at its own price is first_charge; rounding happens at the invoice",
    ),
    "jerasoft": Profile(
        "JeraSoft",
        "initial_then_increment",
        "threshold",
        "first interval at its own price is first_charge; grace is a threshold; rounding happens"
        " at the invoice",
    ),
}


class UnknownProfile(ValueError):
    """A profile name that is not in the list; the message holds the list."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no profile {name!r}: there are {', '.join(PROFILES)}")


def apply_profile(card: RateCard, name: str) -> RateCard:
    """The card with the options of a system. Raises UnknownProfile."""
    profile = PROFILES.get(name)
    if profile is None:
        raise UnknownProfile(name)
    rates = tuple(_rate(rate, profile, card.side) for rate in card.rates)
    return replace(
        card, family=profile.family, rounding=_rounding(card.rounding, profile), rates=rates
    )


def _rounding(own: Rounding, profile: Profile) -> Rounding:
    low, high = profile.decimals_range
    decimals = own.decimals
    if profile.decimals is not None and not low <= decimals <= high:
        decimals = profile.decimals
    return Rounding(profile.mode or own.mode, decimals)


def _rate(rate: Rate, profile: Profile, side: Side) -> Rate:
    first_s = rate.first_s or (profile.first_if_zero_s if side == "sell" else 0)
    grace = _grace(rate.grace, profile, side)
    least = _minimum(rate.min_seconds, grace) if profile.minimum_after_grace else rate.min_seconds
    if profile.minimum_is_lifted and rate.min_charge_micros:
        least = 0
    if profile.first_is_increment:
        first_s = rate.next_s
    after_s = rate.disconnect_after_s
    if rate.grace and grace and after_s:
        after_s += grace.seconds - rate.grace.seconds  # what is added beyond the grace once
    return replace(
        rate, first_s=first_s, grace=grace, min_seconds=least, disconnect_after_s=after_s
    )


def _grace(own: Grace | None, profile: Profile, side: Side) -> Grace | None:
    if own is None or profile.grace == "none" or side == profile.no_grace_on:
        return None
    percent = own.percent if profile.grace == "add" else 0
    seconds = own.seconds * profile.grace_times
    return Grace(profile.grace, seconds, percent) if seconds or percent else None


def _minimum(inclusive_s: int, grace: Grace | None) -> int:
    """`s + grace <= m costs 0` as the strict threshold on s that means the same."""
    if not inclusive_s:
        return 0
    least = 1
    while least < DAY_S and (after_grace(least, grace) if grace else least) <= inclusive_s:
        least += 1
    return least
