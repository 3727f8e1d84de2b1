"""What a quantity costs: seven price models, exact, both sides of each edge.

q is the quantity in the price's units, less the free ones; an amount is a fraction of a currency
unit, not rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from tollwright.core.charges.exact import exact, show_exact
from tollwright.core.charges.plan import NOUGHT, ONE, Commit, Price, Tier

HUNDRED = Fraction(100)


@dataclass(frozen=True, slots=True)
class Priced:
    """An exact amount and how it came about."""

    amount: Fraction
    how: str


def price_quantity(
    price: Price, quantity: Fraction, *, share: Fraction = ONE, promised: Fraction | None = None
) -> Priced:
    """`quantity` in base units. `share`: of its period that the window is, by which free units
    shrink; `promised`: the commitment's quantity in this window."""
    free = Fraction(int(price.free * share)) if share != ONE else price.free
    q = max(quantity / price.unit - free, NOUGHT)
    less = f" ({show_exact(free)} free)" if free else ""
    if price.commit is not None and promised is not None:
        return _committed(price, price.commit, q, promised)
    found = _MODELS[price.model](price, q)
    return Priced(found.amount, f"{found.how}{less}")


def price_values(price: Price, values: Sequence[Fraction]) -> Priced:
    """`percentage`: a share of each value and a fixed part, within `least` and `most` each."""
    total = sum((_of_value(price, value) for value in values), NOUGHT)
    return Priced(total, f"{len(values)} x {show_exact(price.percent)} % of the value")


def _of_value(price: Price, value: Fraction) -> Fraction:
    amount = value * price.percent / HUNDRED + price.fixed
    if price.least is not None:
        amount = max(amount, price.least)
    return amount if price.most is None else min(amount, price.most)


def _per_unit(price: Price, q: Fraction) -> Priced:
    return Priced(q * price.price, f"{show_exact(q)} x {show_exact(price.price)}")


def _graduated(price: Price, q: Fraction) -> Priced:
    total, below, parts = NOUGHT, NOUGHT, []
    for place, tier in enumerate(price.tiers):
        units = (q if tier.up_to is None else min(q, tier.up_to)) - below
        if units <= 0 and not (place == 0 and price.flat_at_zero):
            break
        total += units * tier.price + tier.flat
        flat = f" + {show_exact(tier.flat)}" if tier.flat else ""
        parts.append(f"{show_exact(units)} x {show_exact(tier.price)}{flat}")
        below = tier.up_to if tier.up_to is not None else q
    return Priced(total, " + ".join(parts) or "none")


def _volume(price: Price, q: Fraction) -> Priced:
    if not q and not price.flat_at_zero:
        return Priced(NOUGHT, "none")
    tier = _reached(price.tiers, q)
    flat = f" + {show_exact(tier.flat)}" if tier.flat else ""
    return Priced(q * tier.price + tier.flat, f"{show_exact(q)} x {show_exact(tier.price)}{flat}")


def _package(price: Price, q: Fraction) -> Priced:
    packages = ceil(q / price.size)
    said = f"{packages} x {show_exact(price.price)} for {show_exact(price.size)} each"
    return Priced(packages * price.price, said)


def _stair_step(price: Price, q: Fraction) -> Priced:
    if not q and not price.flat_at_zero:
        return Priced(NOUGHT, "none")
    tier = _reached(price.tiers, q)
    amount = tier.flat if tier.amount is None else tier.amount
    return Priced(amount, f"{show_exact(q)} come to {show_exact(amount)}")


def _reached(tiers: Sequence[Tier], q: Fraction) -> Tier:
    return next(tier for tier in tiers if tier.up_to is None or q <= tier.up_to)


def _baseline(price: Price, q: Fraction) -> Priced:
    band = price.baseline * price.dead_band_percent / HUNDRED
    low, high = price.baseline - band, price.baseline + band
    edge = price.beyond == "edge"
    if q > high:
        units = q - (high if edge else price.baseline)
        said = f"{show_exact(price.amount)} + {show_exact(units)} x {show_exact(price.above)}"
        return Priced(price.amount + units * price.above, said)
    if q < low:
        units = (low if edge else price.baseline) - q
        said = f"{show_exact(price.amount)} - {show_exact(units)} x {show_exact(price.below)}"
        return Priced(price.amount - units * price.below, said)
    return Priced(price.amount, f"{show_exact(price.amount)} within the baseline")


def _percentage(price: Price, q: Fraction) -> Priced:
    """Of money, in micros: each value is priced alone where values are there."""
    return price_values(price, [q / 1_000_000])


_MODELS = {
    "per_unit": _per_unit, "graduated": _graduated, "volume": _volume, "package": _package,
    "stair_step": _stair_step, "baseline": _baseline, "percentage": _percentage,
}  # fmt: skip


def _committed(price: Price, commit: Commit, q: Fraction, promised: Fraction) -> Priced:
    floor = promised * commit.floor_percent / HUNDRED
    ceiling = None
    if commit.ceiling_percent is not None:
        ceiling = promised * commit.ceiling_percent / HUNDRED
    billed = max(q, floor)
    if ceiling is None or billed <= ceiling:
        least = f", at least {show_exact(floor)}" if q < floor else ""
        return Priced(billed * price.price, f"{show_exact(q)} x {show_exact(price.price)}{least}")
    amount, said = ceiling * price.price, f"{show_exact(ceiling)} x {show_exact(price.price)}"
    over = q - ceiling
    if commit.above == "not_billed":
        return Priced(amount, f"{said}, {show_exact(over)} above it are not billed")
    factor = exact(commit.above)
    amount += over * price.price * factor
    return Priced(amount, f"{said} + {show_exact(over)} x {show_exact(price.price * factor)}")
