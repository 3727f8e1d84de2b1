"""Which numbers a setting names: one number, all that begin so (`4930*`), or a range of one length.

One grammar for the identifiers of a campaign and for the internal numbers of a switch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_DIGITS = 15  # E.164
SHORT_DIGITS = 6  # no number of E.164 is so short
_NOISE = re.compile(r"[\s()./]")
_HYPHENS = re.compile(r"[-\u2010-\u2015]")


def is_short(digits: str) -> bool:
    """Whether digits are an extension or a service number and no beginning of another: 112, 2002.

    Only a row of all its digits, or the default row, prices a call to it.
    """
    return len(digits) <= SHORT_DIGITS


class RangeError(ValueError):
    """The text names no numbers; the message says why and what to write."""


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Numbers of `digits` digits from `low` to `high`; digits 0: all that begin with `low`."""

    low: str
    high: str
    digits: int

    def holds(self, number: str) -> bool:
        if not self.digits:
            return number.startswith(self.low)
        return len(number) == self.digits and self.low <= number <= self.high

    def __str__(self) -> str:
        """The one form in which it is stored and looked up."""
        if not self.digits:
            return f"{self.low}*"
        return self.low if self.low == self.high else f"{self.low}-{self.high}"


def parse_range(text: str) -> NumberRange:
    """`4930*`, `493012345600-493012345699`, or one number as people write it. Raises RangeError.

    A hyphen stands for a range where both sides have as many digits and the second is not before
    the first; in a number it is mere punctuation (`030-1234`).
    """
    found = _HYPHENS.sub("-", _NOISE.sub("", text))
    if found.endswith("*"):
        return NumberRange(low := _number(found[:-1], text), low, 0)
    low, _, high = (part.removeprefix("+") for part in found.partition("-"))
    if high and "-" not in high and _is_range(low, high):
        if low > high:
            raise RangeError(f"{text!r} ends before it begins.")
        return NumberRange(low, high, len(low))
    number = _number(found.replace("-", ""), text)
    return NumberRange(number, number, len(number))


def _is_range(low: str, high: str) -> bool:
    both = re.fullmatch("[0-9]+", low) and re.fullmatch("[0-9]+", high)
    return bool(both) and len(low) == len(high) and (len(low) <= MAX_DIGITS)


def _number(found: str, text: str) -> str:
    digits = found.removeprefix("+")
    if not re.fullmatch(f"[0-9]{{1,{MAX_DIGITS}}}", digits):
        raise RangeError(
            f"{text!r} is not a number: write it with its country code, as +442079460000, all that"
            " begin so as 4930*, or a range as 493012345600-493012345699."
        )
    return digits
