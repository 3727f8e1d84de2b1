"""How much of the space of options drawn cards reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, time, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.cards import DATES, MOMENTS
from tollwright.core.cards.card import (
    Allowance,
    Band,
    BlockCharge,
    Grace,
    Lift,
    Rate,
    RateCard,
    Step,
    Window,
)
from tollwright.core.money import Rounding

THINGS = (RateCard, Rate, Step, Grace, Lift, BlockCharge, Band, Window, Allowance, Rounding)
# What a call's price does not depend on, and what all drawn cards must be.
NOT_PRICED = {
    *("RateCard.side", "RateCard.currency", "RateCard.allow_negative", "Rate.name"),
    "Allowance.per",  # whose pool it is, is said by the pools that are handed over
}
VALUES = {
    "crossing": {"split", "at_start"},
    "family": {"initial_then_increment", "round_total"},
    "grace": {"none", "threshold", "subtract", "add"},
    "steps": {"none", "price", "increment", "charge"},
    "excess": {"none", "partial", "whole_free", "all_or_nothing"},
    "bands": {"none", "weekly", "over midnight", "dated"},
    "clock": {"steady", "changes"},
}
NEVER = {("bands", "none", "clock", "changes")}  # without bands nobody asks the clock


def constant_options(cards: Sequence[RateCard]) -> set[str]:
    """Options that have one value in all these cards, or are of a thing that none of them has."""
    seen: dict[str, set[str]] = defaultdict(set)
    for card in cards:
        for option, value in options(card):
            seen[option].add(value)
    every = {f"{thing.__name__}.{field.name}" for thing in THINGS for field in fields(thing)}
    return {option for option in every if len(seen[option]) < 2} - NOT_PRICED


def pairs_unmet(cards: Sequence[RateCard]) -> set[tuple[str, str, str, str]]:
    """Pairs of values of two features that no card shows together, of those that can be."""
    seen = set()
    for card in cards:
        shown = [(feature, value) for feature, values in shows(card) for value in values]
        seen |= {(*one, *other) for one, other in combinations(shown, 2)}
    wanted = {
        (one, a, other, b)
        for one, other in combinations(VALUES, 2)
        for a in VALUES[one]
        for b in VALUES[other]
    }
    return wanted - seen - NEVER


def options(thing: Any) -> Iterator[tuple[str, str]]:
    """Every option of a card and of what is in it, with its value as text."""
    for field in fields(thing):
        value = getattr(thing, field.name)
        yield f"{type(thing).__name__}.{field.name}", repr(value)
        for part in value if isinstance(value, tuple) else (value,):
            if is_dataclass(part):
                yield from options(part)


def shows(card: RateCard) -> list[tuple[str, set[str]]]:
    """What of each feature a card has."""
    steps = [step for rate in card.rates for step in rate.steps]
    clock = {"changes" if card.bands and _changes(card) else "steady"}
    return [
        ("crossing", {card.crossing}),
        ("family", {card.family}),
        ("grace", {rate.grace.mode if rate.grace else "none" for rate in card.rates}),
        (
            "steps",
            {"price" for step in steps if step.price_nanos is not None}
            | {"increment" for step in steps if step.next_s}
            | {"charge" for step in steps if step.charge_micros}
            or {"none"},
        ),
        ("excess", {allowance.excess for allowance in card.allowances} or {"none"}),
        ("bands", set().union(*map(_kinds, card.bands)) or {"none"}),
        ("clock", clock),
    ]


def _kinds(band: Band) -> set[str]:
    over = any(window.end_min < window.start_min for window in band.windows)
    return {"dated" if band.dates else "weekly"} | ({"over midnight"} if over else set())


def _changes(card: RateCard) -> bool:
    """Whether the zone's clock is moved on a day around which calls are drawn."""
    zone = ZoneInfo(card.timezone)
    days = {*DATES, *(moment.date() for moment in MOMENTS)}
    noons = [datetime.combine(day, time(12), zone) for day in days]
    return any(noon.utcoffset() != (noon - timedelta(days=1)).utcoffset() for noon in noons)
