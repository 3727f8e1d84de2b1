"""Bundles: units granted, rolled over or bought, and which use they pay for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import floor

from msgspec import Struct

from tollwright.core.charges import plan as form
from tollwright.core.charges.exact import shares
from tollwright.core.charges.reading import NOUGHT, Reading
from tollwright.core.charges.window import Window


class Grant(Struct, frozen=True, forbid_unknown_fields=True):
    """Units that are there, in the bundle's units."""

    bundle: str
    kind: str  # granted, rolled or bought
    left: Fraction
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """What became of a bundle, in its units: `left` of all, `over` what it did not pay, `carry`
    what of its grant rolls on. `paid`: by item, in base units."""

    left: Fraction
    over: Fraction
    carry: Fraction
    paid: Mapping[str, Fraction] = field(default_factory=dict)


def spend(
    bundle: form.Bundle, window: Window, grants: Sequence[Grant], items: Mapping[str, form.Item],
    readings: Mapping[str, Reading],
) -> Spent:  # fmt: skip
    """Let a bundle pay in one window for the items that draw on it."""
    pots = _in_order(_there(bundle, window, grants), window)
    there = sum((pot.left for pot in pots), NOUGHT) * bundle.unit
    used = {
        draw.item: readings[draw.item].quantity * draw.weight
        for draw in bundle.draws
        if draw.item in readings
    }
    paid = _paid(bundle, there, used, items, readings)
    over = sum(used.values(), NOUGHT) - sum(paid.values(), NOUGHT)
    rest, left, granted = sum(paid.values(), NOUGHT) / bundle.unit, NOUGHT, NOUGHT
    for pot in pots:
        take = min(pot.left, rest)
        rest, left = rest - take, left + pot.left - take
        granted += pot.left - take if pot.kind == "granted" else NOUGHT
    weights = {draw.item: draw.weight for draw in bundle.draws}
    return Spent(
        left, over / bundle.unit, _carry(bundle, granted),
        {code: units / weights[code] for code, units in paid.items()},
    )  # fmt: skip


def _there(bundle: form.Bundle, window: Window, grants: Sequence[Grant]) -> list[Grant]:
    """What the window begins with; this period's grant comes by itself if nobody tells it."""
    mine = [
        one for one in grants
        if one.bundle == bundle.code
        and (one.expires_on is None or one.expires_on >= window.span.first)
    ]  # fmt: skip
    if not any(one.kind == "granted" for one in mine):
        amount = Fraction(floor(bundle.amount * window.active_share))
        if window.active_share == 1:
            amount = bundle.amount
        mine.append(Grant(bundle.code, "granted", amount))
    return mine


def _in_order(grants: Sequence[Grant], window: Window) -> list[Grant]:
    """Soonest expiry first, then as told. A roll-over ends with the window, a grant after it."""
    defaults = {"rolled": (0, window.span.last), "granted": (1, window.span.last)}
    never = (2, date.max)

    def order(grant: Grant) -> tuple[date, int]:
        kind, day = defaults.get(grant.kind, never)
        return grant.expires_on or day, kind

    return sorted(grants, key=order)


def _carry(bundle: form.Bundle, granted: Fraction) -> Fraction:
    rollover = bundle.rollover
    if rollover is None or rollover.periods < 1:
        return NOUGHT
    return granted if rollover.cap is None else min(granted, rollover.cap)


def _paid(
    bundle: form.Bundle, there: Fraction, used: Mapping[str, Fraction],
    items: Mapping[str, form.Item], readings: Mapping[str, Reading],
) -> dict[str, Fraction]:  # fmt: skip
    """What of `there` each item takes, in the bundle's base units."""
    if len(used) == 1 or sum(used.values(), NOUGHT) <= there:
        return _one_by_one(list(used), there, used)
    if bundle.spend == "evenly":
        return _evenly(there, used)
    if bundle.spend == "share":
        whole = {code: floor(units) for code, units in used.items()}
        return {code: Fraction(n) for code, n in shares(floor(there), whole).items()}
    if bundle.spend == "time":
        return _by_time(bundle, there, readings, used)
    weights = {draw.item: draw.weight for draw in bundle.draws}

    def worth(code: str) -> Fraction:
        price = items[code].price
        return price.price / price.unit / weights[code]

    order = sorted(used, key=worth, reverse=bundle.spend == "dearest")
    return _one_by_one(order, there, used)


def _one_by_one(
    order: Sequence[str], there: Fraction, used: Mapping[str, Fraction]
) -> dict[str, Fraction]:
    found = {}
    for code in order:
        found[code] = min(there, used[code])
        there -= found[code]
    return found


def _evenly(there: Fraction, used: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Equal parts; what one cannot use goes to the others."""
    found = dict.fromkeys(used, NOUGHT)
    open_ones = list(used)
    while open_ones and there > 0:
        part = min([there / len(open_ones), *(used[code] - found[code] for code in open_ones)])
        for code in open_ones:
            found[code] += part
        there -= part * len(open_ones)
        open_ones = [code for code in open_ones if found[code] < used[code]]
    return found


def _by_time(
    bundle: form.Bundle, there: Fraction, readings: Mapping[str, Reading],
    used: Mapping[str, Fraction],
) -> dict[str, Fraction]:  # fmt: skip
    """The parts of the facts in order of time, then of their keys."""
    weights = {draw.item: draw.weight for draw in bundle.draws}
    uses = sorted(
        ((use.at, use.key, place, code, use.quantity * weights[code])
         for place, code in enumerate(used) for use in readings[code].uses),
        key=lambda one: one[:3],
    )  # fmt: skip
    found = dict.fromkeys(used, NOUGHT)
    for *_, code, units in uses:
        take = min(units, there, used[code] - found[code])
        found[code] += take
        there -= take
    return found
