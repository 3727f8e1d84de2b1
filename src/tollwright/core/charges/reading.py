"""What a measure finds: a quantity and, where the price needs them, its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

NOUGHT = Fraction(0)


@dataclass(frozen=True, slots=True)
class Use:
    """A counted part of a fact at its time, in base units; bundles are drawn on in this order."""

    at: int
    key: str
    quantity: Fraction


@dataclass(frozen=True, slots=True)
class Reading:
    """`quantity` in base units (seconds, count, micros). `campaigns`: how it is shared by campaign.

    `values`: what a percentage is of, each in currency units. `premiums`: quantity by premium.
    `clawback`: per window that was billed before: (its quantity or values, how many go back).
    """

    quantity: Fraction
    campaigns: Mapping[str, Fraction] = field(default_factory=dict)
    uses: Sequence[Use] = ()
    values: Sequence[Fraction] = ()
    premiums: Mapping[str, Fraction] = field(default_factory=dict)
    clawbacks: Sequence[Clawback] = ()
    how: str = ""
    by_days: bool = False  # it shrinks with the days of its window: seats


@dataclass(frozen=True, slots=True)
class Clawback:
    """What an earlier window loses: it was billed for `before`, and stands at `after`."""

    before: Sequence[Fraction]  # the values of its events, or ones
    after: Sequence[Fraction]
