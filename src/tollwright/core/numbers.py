"""Telephone numbers: any dialled form to E.164 digits, and back to something a person reads.

The home plan comes first: what is a valid number at home is one, whatever prefix it resembles.
`core.numbering_plan` holds the plans as tables; `phonenumbers` builds them and displays numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from tollwright.core.number_ranges import MAX_DIGITS, SHORT_DIGITS, NumberRange
from tollwright.core.numbering_plan import (
    LEAST_BARE,
    NumberingPlan,
    UnknownRegionError,
    country_code,
    plan_of_code,
    plan_of_region,
)

Kind = Literal["international", "internal", "short", "unknown"]
Bare = Literal["home", "international"]

_LEAST_INTERNATIONAL = 7
_NOISE = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]+")
_NANP = re.compile(r"1?[2-9]\d\d[2-9]\d{6}")
_WITHHELD = "266696687"  # ANONYMOUS on a keypad: no number of Lesotho
_NO_NUMBER = {"anonymous", "restricted", "unknown", "unavailable", "private", "withheld"}
_FEATURES = {"s", "h", "t", "i"}  # Asterisk's extensions that nobody dials


@dataclass(frozen=True, slots=True)
class Number:
    """A number as rating wants it.

    digits: E.164 without + for `international`, else the text as it came. country_code: its
    leading digits (44), '' when there are none. `short`: a service number or an extension, kept;
    `internal`: one of the ranges that the switch has for its own; `unknown`: no number in any
    plan, kept, to be shown to somebody.
    """

    digits: str
    kind: Kind
    country_code: str = ""

    @property
    def international(self) -> bool:
        """Whether `digits` can be looked up in a rate card by its prefix."""
        return self.kind == "international"

    @property
    def is_doubtful(self) -> bool:
        """Whether a card's prefixes would take it for a number that it is not: it is too long for
        an extension, and neither a number at home nor one abroad."""
        digits = self.digits
        told = SHORT_DIGITS < len(digits) <= MAX_DIGITS and digits.isascii() and digits.isdigit()
        return told and not self.international

    @property
    def stays_inside(self) -> bool:
        """Whether it is a feature code (`*97`, `s`) or a user (`client:ann`): no outside call."""
        if self.kind != "unknown":
            return False
        text = _bare(self.digits).lower()
        if "*" in text or "#" in text or text in _FEATURES:
            return True
        return text not in _NO_NUMBER and any("a" <= sign <= "z" for sign in text)


@dataclass(frozen=True, slots=True)
class Dialling:
    """What a switch does of its own with numbers.

    internal: numbers that are its own. strip: what is dialled before a number and is no part of it
    (`1001#`, 9 for an outside line). bare: what digits without + or prefix are tried as first.
    """

    internal: tuple[NumberRange, ...] = ()
    strip: tuple[str, ...] = ()
    bare: Bare = "home"

    def is_internal(self, digits: str) -> bool:
        return any(one.holds(digits) for one in self.internal)

    @property
    def of_callers(self) -> Dialling:
        """The same for who calls: an access digit is dialled, a technical prefix may be told."""
        marked = tuple(prefix for prefix in self.strip if not prefix.isdigit())
        return Dialling(self.internal, marked, self.bare)


PLAIN = Dialling()


@lru_cache(maxsize=262_144)
def normalise(text: str, region: str = "", dialling: Dialling = PLAIN) -> Number:
    """The number dialled or shown as `text` by somebody in `region` (ISO country, '' = none).

    + leads to E.164. Else the first that fits: an internal number of the switch, a valid national
    number of the region, a short one, the region's own international prefix, 00 before a valid
    number, E.164 without its + of at least 8 digits. Without a region 00 and 011 are prefixes.
    Raises UnknownRegionError for a region that does not exist; never for a number.
    """
    if text[:1] == "+" and text.isascii() and text[1:].isdigit():
        return _from_code(text[1:], text)
    plan = plan_of_region(region) if region else None
    bare = _bare(text)
    if dialling.strip and not dialling.is_internal(bare):
        bare = _stripped(bare, dialling.strip)
    if bare.startswith("+"):
        return _from_code(bare[1:], text)
    if not (bare.isascii() and bare.isdigit()):
        return Number(text, "unknown")
    if dialling.is_internal(bare):
        return Number(bare, "internal")
    return _dialled(bare, plan, dialling.bare, text)


def _dialled(bare: str, plan: NumberingPlan | None, first: Bare, text: str) -> Number:
    if plan is None:
        return _without_region(bare, text)
    if first == "international" and len(bare) >= LEAST_BARE and bare[0] != "0":
        found = _from_code(bare, text)
        return found if found.international else _at_home(bare, plan, text)
    return _at_home(bare, plan, text)


def _stripped(bare: str, prefixes: tuple[str, ...]) -> str:
    """Without the longest of the prefixes, once; nobody dials a prefix alone."""
    for prefix in sorted(prefixes, key=len, reverse=True):
        if bare.startswith(prefix) and len(bare) > len(prefix):
            return bare[len(prefix) :]
    return bare


def _without_region(bare: str, text: str) -> Number:
    if len(bare) <= SHORT_DIGITS:
        return Number(bare, "short")
    for prefix in ("00", "011"):
        if bare.startswith(prefix) and len(bare) > len(prefix) + SHORT_DIGITS:
            return _from_code(bare[len(prefix) :], text)
    return _from_code(bare, text) if len(bare) >= LEAST_BARE else Number(text, "unknown")


def _at_home(bare: str, plan: NumberingPlan, text: str) -> Number:
    national = plan.national(bare)
    if national:
        return Number(plan.code + national, "international", plan.code)
    if len(bare) <= SHORT_DIGITS or plan.service(bare):
        return Number(bare, "short")
    own = plan.abroad.match(bare)
    if own and own.end():
        found = _from_code(bare[own.end() :], text)
        if found.international:
            return found
    if bare[:2] == "00" and _valid_abroad(bare[2:]):
        return _from_code(bare[2:], text)
    return _likely_home(bare, plan, text)


def _likely_home(bare: str, plan: NumberingPlan, text: str) -> Number:
    """What no plan knows as valid at home: by its length there, or as E.164 without its +."""
    if plan.code == "1" and _NANP.fullmatch(bare):
        return Number(bare if len(bare) == 11 else "1" + bare, "international", "1")
    foreign = len(bare) >= LEAST_BARE and bare[0] != "0"
    if foreign and _valid_abroad(bare):
        return _from_code(bare, text)
    national = plan.possible(bare)
    digits = plan.code + national
    if national and _LEAST_INTERNATIONAL <= len(digits) <= MAX_DIGITS:
        return Number(digits, "international", plan.code)
    return _from_code(bare, text) if foreign else Number(text, "unknown")


def _valid_abroad(digits: str) -> bool:
    code = country_code(digits)
    return code != "" and plan_of_code(code).numbers.accepts_digits(digits[len(code) :])


@dataclass(frozen=True, slots=True)
class SearchedDigits:
    """What a searched number can begin or end with.

    `first` and `last`: digits of an E.164 number without +; `dialled`: the text itself, as a
    switch keeps what was dialled.
    """

    first: tuple[str, ...]
    last: tuple[str, ...]
    dialled: tuple[str, ...]


def searched_digits(text: str, region: str = "") -> SearchedDigits | None:
    """The ends of numbers that somebody in `region` looks for with `text`; None without a number.

    The text is a whole number or a part of one, international or as it is dialled at home: in DE
    `030 12`, `+49 30 12`, `0049 30 12` and `4930 12` are the same beginning. A part that could be
    either is both. Raises UnknownRegionError.
    """
    bare = _bare(text)
    digits = bare.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return None
    whole = normalise(bare, region)
    first = {digits} | ({whole.digits} if whole.international else set())
    if bare != digits:
        return SearchedDigits(tuple(sorted(first)), (), (digits, bare))
    plan = plan_of_region(region) if region else None
    abroad = _after_any_prefix(digits, plan)
    trunk = "0" if plan is None else "" if plan.code == "1" else plan.trunk
    national = digits.removeprefix(trunk) if not abroad else digits
    if abroad:
        first.add(abroad)
    elif plan is not None and (national != digits or not trunk):
        first.add(plan.code + national.removeprefix("" if trunk else plan.code))
    return SearchedDigits(tuple(sorted(first)), tuple(sorted({digits, national} - {""})), (digits,))


def digits_of(texts: Iterable[str], region: str = "", dialling: Dialling = PLAIN) -> list[str]:
    """`normalise(...).digits` of each text; +49... costs a look at its first digits."""
    return [
        text[1:]
        if 8 <= len(text) <= 16 and plain_head(text[:5]) and text.isascii() and text[1:].isdigit()
        else normalise(text, region, dialling).digits
        for text in texts
    ]


@lru_cache(maxsize=16_384)
def plain_head(head: str) -> bool:
    """Whether a number that begins with this + and four digits is E.164 as it stands."""
    code = country_code(head[1:]) if head[:1] == "+" and head[1:].isdigit() else ""
    return code != "" and head[1 + len(code)] != "0" and not _WITHHELD.startswith(head[1:])


def _bare(text: str) -> str:
    bare = text.strip()
    if bare[:4].lower() in ("tel:", "sip:"):
        bare = bare[4:]
    bare = bare.partition("@")[0].partition(";")[0]
    return bare if bare.isascii() and bare.isdigit() else _NOISE.sub("", bare)


def _after_any_prefix(digits: str, plan: NumberingPlan | None) -> str:
    """What follows the international prefix, of a part of a number too."""
    own = plan.abroad.match(digits) if plan is not None else None
    if own and own.end():
        return digits[own.end() :]
    usual = ("00", "011") if plan is None else ("00",)
    return next((digits[len(one) :] for one in usual if digits.startswith(one)), "")


def _from_code(digits: str, text: str) -> Number:
    """`digits` begin with a country code; a trunk 0 that was left after it goes."""
    code = country_code(digits)
    if not code or not digits.isdigit() or not len(digits) >= _LEAST_INTERNATIONAL:
        return Number(text, "unknown")
    if digits[len(code)] == "0":
        digits = code + _without_trunk(digits[len(code) :], plan_of_code(code))
    if digits == _WITHHELD or not _LEAST_INTERNATIONAL <= len(digits) <= MAX_DIGITS:
        return Number(text, "unknown")
    return Number(digits, "international", code)


def _without_trunk(national: str, plan: NumberingPlan) -> str:
    if plan.numbers.accepts_digits(national) or not plan.trunk:
        return national
    return plan.national(national) or national.removeprefix(plan.trunk)


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


@lru_cache(maxsize=65_536)
def country(digits: str) -> str:
    """ISO 3166 code of the country of E.164 `digits`; '001' for none of them, '' for unknown."""
    number = _parsed("+" + digits, None)
    if number is None:
        return ""
    region = phonenumbers.region_code_for_number(number)
    code = number.country_code or 0
    return str(region or phonenumbers.region_code_for_country_code(code) or "")


@lru_cache(maxsize=65_536)
def display(digits: str) -> str:
    """E.164 `digits` as people write them abroad: '442071838750' → '+44 20 7183 8750'."""
    number = _parsed("+" + digits, None) if len(digits) > SHORT_DIGITS else None
    if number is None:
        return digits
    return str(phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL))


__all__ = [
    "PLAIN",
    "Dialling",
    "Kind",
    "Number",
    "SearchedDigits",
    "UnknownRegionError",
    "country",
    "country_code",
    "digits_of",
    "display",
    "normalise",
    "plain_head",
    "searched_digits",
]
