"""Changes of a deck as a person should look at them: what is odd first, then the biggest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from tollwright.core.cards.card import Rate
from tollwright.core.cards.diff import Change, What

Flag = Literal["tenfold", "zero", "below_cost"]
FLAGS: tuple[Flag, ...] = get_args(Flag)
TENFOLD = 10
Costs = Mapping[str, Fraction]  # price a second by prefix, of one buy card


@dataclass(frozen=True, slots=True)
class JudgedChange:
    """A change with what is odd about it. factor: the new price by the old one; None where one of
    them is missing, blocked or nothing.
    """

    what: What
    old: Rate | None
    new: Rate | None
    factor: Fraction | None
    flags: tuple[Flag, ...]

    @property
    def prefix(self) -> str:
        """The code."""
        rate = self.new or self.old
        return "" if rate is None else rate.prefix


def judge_changes(
    changes: Iterable[Change], rates: Sequence[Rate], costs: Sequence[Costs] = ()
) -> list[JudgedChange]:
    """The changes with their flags: flagged ones first, then by how much the price moves.

    rates: of the deck. A code that is new is compared with the shorter code that held its calls
    there. costs: of the buy cards, for a sell card; below the cheapest of them money is lost.
    """
    shorter = {rate.prefix: per_second(rate) for rate in rates if _plain(rate)}
    judged = [_judged(change, shorter, costs) for change in changes]
    return sorted(judged, key=_order)


def count_flags(changes: Iterable[JudgedChange]) -> dict[Flag, int]:
    """How many changes have each flag."""
    counts: dict[Flag, int] = dict.fromkeys(FLAGS, 0)
    for change in changes:
        for flag in change.flags:
            counts[flag] += 1
    return counts


def per_second(rate: Rate) -> Fraction:
    """Nanos a second, exactly."""
    return Fraction(rate.price_nanos, rate.unit_s)


def cheapest(rates: Iterable[Rate]) -> dict[str, Fraction]:
    """The lowest price a second of each code that can be bought."""
    found: dict[str, Fraction] = {}
    for rate in rates:
        if not rate.blocked:
            price = per_second(rate)
            found[rate.prefix] = min(price, found.get(rate.prefix, price))
    return found


def _plain(rate: Rate) -> bool:
    return not rate.blocked and not rate.origin_prefix


def _judged(change: Change, shorter: Costs, costs: Sequence[Costs]) -> JudgedChange:
    old, new = change.old, change.new
    factor = None
    if old is not None and new is not None and old.price_nanos and not (old.blocked or new.blocked):
        factor = per_second(new) / per_second(old)
    flags = () if new is None or new.blocked else tuple(_flags(new, factor, shorter, costs))
    return JudgedChange(change.what, old, new, factor, flags)


def _flags(
    new: Rate, factor: Fraction | None, shorter: Costs, costs: Sequence[Costs]
) -> Iterable[Flag]:
    price = per_second(new)
    if factor is None:
        covering = _longest(shorter, new.prefix[:-1])
        factor = price / covering if covering else None
    if factor and (factor >= TENFOLD or factor * TENFOLD <= 1):
        yield "tenfold"
    if not price and not new.connect_fee_micros and not new.first_charge_micros:
        yield "zero"
    bought = [cost for card in costs if (cost := _longest(card, new.prefix)) is not None]
    if bought and price < min(bought):
        yield "below_cost"


def _longest(prices: Costs, code: str) -> Fraction | None:
    for length in range(len(code), -1, -1):
        found = prices.get(code[:length])
        if found is not None:
            return found
    return None


def _order(change: JudgedChange) -> tuple[bool, Fraction, str]:
    factor = change.factor
    size = Fraction(1) if factor is None else max(factor, 1 / factor) if factor else Fraction(10**9)
    return not change.flags, -size, change.prefix
