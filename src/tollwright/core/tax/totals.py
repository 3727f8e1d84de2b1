"""Tax on an invoice: per category and rate, on the sum of its lines, rounded once (EN 16931)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from tollwright.core.money import Rounding, minor_decimals, round_ratio, to_minor_unit

# UNCL 5305 codes as EN 16931 uses them, with what the document has to say about each.
CATEGORIES = MappingProxyType(
    {
        "S": "",
        "Z": "Zero rated.",
        "E": "Exempt from tax.",
        "AE": "Reverse charge: the recipient is liable for the tax.",
        "K": "Intra-community supply, exempt from tax.",
        "G": "Export outside the tax territory, exempt from tax.",
        "O": "Outside the scope of tax.",
    }
)


@dataclass(frozen=True, slots=True)
class Taxable:
    """An amount and the tax it falls under. `rate` is a percentage."""

    amount_micros: int
    category: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class TaxLine:
    """The tax of one category and rate: rate percent of the base, on the minor unit."""

    category: str
    rate: Decimal
    base_micros: int
    tax_micros: int


@dataclass(frozen=True, slots=True)
class Totals:
    """total = net + tax + rounding; the total is a whole number of minor units."""

    net_micros: int
    taxes: tuple[TaxLine, ...]
    rounding_micros: int

    @property
    def tax_micros(self) -> int:
        """The sum of the taxes."""
        return sum(line.tax_micros for line in self.taxes)

    @property
    def total_micros(self) -> int:
        """What is to be paid."""
        return self.net_micros + self.tax_micros + self.rounding_micros


def rate_of(category: str, rate: Decimal) -> Decimal:
    """The rate that holds: only standard-rated amounts (S) carry one.

    Raises ValueError for an unknown category or a negative rate.
    """
    if category not in CATEGORIES:
        raise ValueError(f"tax category {category!r} is none of {', '.join(CATEGORIES)}")
    if rate < 0:
        raise ValueError(f"a tax rate of {rate} percent is negative")
    return rate if category == "S" else Decimal(0)


def tax_micros(base_micros: int, rate: Decimal, currency: str) -> int:
    """`base x rate / 100`, rounded half up to the minor unit, in micros."""
    numerator, denominator = rate.as_integer_ratio()
    rounding = Rounding("half_up", minor_decimals(currency))
    return round_ratio(base_micros * numerator, denominator * 100, rounding)


def totals(lines: Iterable[Taxable], currency: str) -> Totals:
    """Net, tax per (category, rate) in order, and the rounding that ends on the minor unit."""
    bases: dict[tuple[str, Decimal], int] = {}
    for line in lines:
        key = (line.category, line.rate)
        bases[key] = bases.get(key, 0) + line.amount_micros
    taxes = tuple(
        TaxLine(category, rate, base, tax_micros(base, rate, currency))
        for (category, rate), base in sorted(bases.items())
    )
    net = sum(bases.values())
    exact = net + sum(line.tax_micros for line in taxes)
    return Totals(net, taxes, to_minor_unit(exact, currency) - exact)
