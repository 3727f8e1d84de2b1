"""Whole-number money: micros for amounts, nanos for prices, and the one rounding at the end.

An amount is a count of micros (10**-6 of a currency), a price a count of nanos (10**-9) per
`unit_s`. Text becomes an integer exactly or not at all; a float never comes near.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from typing import Literal

MICRO = 10**6
NANO = 10**9
POWERS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)

Mode = Literal["half_up", "up", "down", "half_even"]
MODES: tuple[Mode, ...] = ("half_up", "up", "down", "half_even")

_NO_MINOR_UNIT = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"),
    *("UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
)
# ISO 4217: currencies whose minor unit is not a hundredth.
_MINOR_DECIMALS = {
    **dict.fromkeys(_NO_MINOR_UNIT, 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


class MoneyError(ValueError):
    """A text that is no exact amount: the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """How an exact amount ends: `half_up` and `up` go away from zero, `down` towards it."""

    mode: Mode = "half_up"
    decimals: int = 6

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"rounding mode {self.mode!r} is none of {', '.join(MODES)}")
        if not 0 <= self.decimals <= 6:
            raise ValueError(f"rounding to {self.decimals} decimals: 0 to 6 are possible")


EXACT = Rounding("half_up", 6)


def round_ratio(numerator: int, denominator: int, rounding: Rounding) -> int:
    """The exact amount `numerator / denominator` (in micros) rounded once; returns micros.

    The result is a multiple of 10**(6 - decimals) micros. Raises ZeroDivisionError for a
    denominator of 0; a negative denominator is a bug of the caller (ValueError).
    """
    if denominator < 0:
        raise ValueError("the denominator of an amount is positive")
    grid = POWERS[6 - rounding.decimals]
    whole, rest = divmod(abs(numerator), denominator * grid)
    if rest and _goes_up(whole, 2 * rest, denominator * grid, rounding.mode):
        whole += 1
    return (-whole if numerator < 0 else whole) * grid


def _goes_up(whole: int, twice_rest: int, divisor: int, mode: Mode) -> bool:
    if mode == "up":
        return True
    if mode == "down" or twice_rest < divisor:
        return False
    return twice_rest > divisor or mode == "half_up" or whole % 2 == 1


def round_micros(amount: int, rounding: Rounding) -> int:
    """An amount in micros on the grid of `rounding`, in micros."""
    return round_ratio(amount, 1, rounding)


def minor_decimals(currency: str) -> int:
    """Decimals of the currency's minor unit (ISO 4217): 2 unless the code is an exception."""
    return _MINOR_DECIMALS.get(currency, 2)


def to_minor_unit(amount: int, currency: str, mode: Mode = "half_up") -> int:
    """An amount in micros rounded to what the currency can pay (cents, yen, fils), in micros."""
    return round_micros(amount, Rounding(mode, minor_decimals(currency)))


def micros(value: str | int | Decimal) -> int:
    """`'0.05'` -> 50000. Raises MoneyError for what is not a number or has over 6 decimals."""
    return _scaled(value, 6)


def nanos(value: str | int | Decimal) -> int:
    """`'0.012'` -> 12000000. Raises MoneyError for what is not a number or has over 9 decimals."""
    return _scaled(value, 9)


def scaled(value: str | int | Decimal, decimals: int) -> int:
    """The number times 10**decimals as an integer, exactly; MoneyError where that is not one."""
    return _scaled(value, decimals)


def _scaled(value: str | int | Decimal, decimals: int) -> int:
    number = _decimal(value)
    if number.is_zero():
        return 0
    if number.adjusted() > 30:
        raise MoneyError(f"{value} is too large")
    if number.adjusted() < -60:
        raise MoneyError(f"{value} has more than {decimals} decimals")
    # A context wide enough for every digit: shifting the point must not round.
    shifted = number.scaleb(decimals, Context(prec=len(number.as_tuple().digits) + 1))
    if shifted != shifted.to_integral_value():
        raise MoneyError(f"{value} has more than {decimals} decimals")
    return int(shifted)


def _decimal(value: str | int | Decimal) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise MoneyError(f'{value!r} is not written as a text such as "0.012"')
    if isinstance(value, str) and not (value.isascii() and "_" not in value):
        raise MoneyError(f"{value!r} is not a number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise MoneyError(f"{value!r} is not a number") from None
    if not number.is_finite():
        raise MoneyError(f"{value!r} is not a finite number")
    return number


def show(amount: int, decimals: int | None = None) -> str:
    """Micros as a plain decimal: `show(50000)` is `0.05`, `show(50000, 4)` is `0.0500`.

    Without `decimals`, trailing zeros go. An amount finer than `decimals` keeps all its digits:
    what is shown is never less than what is there.
    """
    return _shown(amount, 6, decimals)


def show_price(price: int, decimals: int | None = None) -> str:
    """Nanos as a plain decimal: `show_price(12000000)` is `0.012`."""
    return _shown(price, 9, decimals)


def _shown(value: int, scale: int, decimals: int | None) -> str:
    sign, digits = ("-" if value < 0 else ""), str(abs(value)).rjust(scale + 1, "0")
    whole, fraction = digits[:-scale], digits[-scale:].rstrip("0")
    fraction = fraction.ljust(decimals or 0, "0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"
