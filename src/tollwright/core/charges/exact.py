"""Exact amounts: fractions of a currency unit, rounded once a line to what the currency can pay."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from tollwright.core.money import (
    MICRO,
    Rounding,
    minor_decimals,
    round_ratio,
    scaled,
    show,
)

PLACES = 9
Key = TypeVar("Key")


def exact(text: str | int | Decimal, places: int = PLACES) -> Fraction:
    """A number as it is written, exactly. Raises MoneyError: it is none, or too fine."""
    return Fraction(scaled(text, places), 10**places)


def to_minor(amount: Fraction, currency: str) -> Fraction:
    """Rounded half up (away from zero) to the currency's minor unit."""
    rounding = Rounding("half_up", minor_decimals(currency))
    return Fraction(round_ratio(amount.numerator * MICRO, amount.denominator, rounding), MICRO)


def show_amount(amount: Fraction, currency: str) -> str:
    """A rounded amount with the currency's decimals: `120.00`."""
    return show(int(amount * MICRO), minor_decimals(currency))


def show_exact(number: Fraction) -> str:
    """The shortest text that says it exactly: `0.0345`, `12`, `1/3`."""
    rest, places = number.denominator, 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest, power = rest // prime, power + 1
        places = max(places, power)
    if rest != 1:
        return str(number)
    digits = f"{abs(number.numerator) * 10**places // number.denominator:0{places + 1}}"
    sign = "-" if number < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def many(count: int, noun: str) -> str:
    """`1 contact`, `2 contacts`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def plain(number: Fraction) -> int | str:
    """A quantity for JSON: a whole number as such, else its exact text."""
    return int(number) if number.denominator == 1 else show_exact(number)


def shares(total: int, weights: Mapping[Key, Fraction | int]) -> dict[Key, int]:
    """`total` units by weight: the largest remainders get what is left over, ties in order."""
    whole = sum(weights.values())
    if not whole:
        return dict.fromkeys(weights, 0)
    parts = {key: Fraction(total) * weight / whole for key, weight in weights.items()}
    found = {key: int(part) for key, part in parts.items()}
    rest = total - sum(found.values())
    for key in sorted(parts, key=lambda key: found[key] - parts[key])[:rest]:
        found[key] += 1
    return found
