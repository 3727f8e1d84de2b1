"""Telephone numbers: any dialled form to E.164 digits, and back to something a person reads.

`phonenumbers` knows the plans, at tens of microseconds a number; so forms that carry their
country code go a quick way that gives the same digits, and every answer is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat
from phonenumbers.phonemetadata import PhoneMetadata

Kind = Literal["international", "short", "unknown"]

MAX_DIGITS = 15  # E.164
_LEAST_INTERNATIONAL = 7
_MOST_SHORT = 6
_NOISE = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]+")
_NANP = re.compile(r"1?[2-9]\d\d[2-9]\d{6}")
_CODES = {str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE}


class UnknownRegionError(ValueError):
    """The Source's country is not an ISO 3166 code of a country with telephones."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as rating wants it.

    digits: E.164 without + for `international`, else the text as it came. country_code: its
    leading digits (44), '' when there are none. `short`: a service number or an extension, kept;
    `unknown`: no number in any plan, kept, to be shown to somebody.
    """

    digits: str
    kind: Kind
    country_code: str = ""

    @property
    def international(self) -> bool:
        """Whether `digits` can be looked up in a rate card by its prefix."""
        return self.kind == "international"


@dataclass(frozen=True, slots=True)
class _Plan:
    region: str
    code: str
    abroad: re.Pattern[str]
    trunk: str


@lru_cache(maxsize=262_144)
def normalise(text: str, region: str = "") -> Number:
    """The number dialled or shown as `text` by somebody in `region` (ISO country, '' = none).

    +, 00, 011 and the country's own international prefix lead to E.164; without one the number
    is national in `region` if that is a valid number there, else read as E.164 without its +.
    Raises UnknownRegionError for a region that does not exist; never for a number.
    """
    if text[:1] == "+" and text.isascii() and text[1:].isdigit():
        return _from_code(text[1:], text)
    bare = _bare(text)
    if bare.startswith("+"):
        return _from_code(bare[1:], text)
    if not (bare.isascii() and bare.isdigit()):
        return Number(text, "unknown")
    plan = _plan(region.upper()) if region else None
    if len(bare) <= _MOST_SHORT:
        return Number(bare, "short")
    after = _after_prefix(bare, plan)
    if after:
        return _from_code(after, text)
    return _national(bare, plan, text) if plan else _from_code(bare, text)


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
    plan = _plan(region.upper()) if region else None
    abroad = _after_any_prefix(digits, plan)
    trunk = plan.trunk if plan is not None else "0"
    national = digits.removeprefix(trunk) if not abroad else digits
    if abroad:
        first.add(abroad)
    elif plan is not None and (national != digits or not trunk):
        first.add(plan.code + national.removeprefix("" if trunk else plan.code))
    return SearchedDigits(tuple(sorted(first)), tuple(sorted({digits, national} - {""})), (digits,))


def digits_of(texts: Iterable[str], region: str = "") -> list[str]:
    """`normalise(text, region).digits` of each text; +49... costs a look at its first digits."""
    return [
        text[1:]
        if 8 <= len(text) <= 16 and plain_head(text[:5]) and text.isascii() and text[1:].isdigit()
        else normalise(text, region).digits
        for text in texts
    ]


@lru_cache(maxsize=16_384)
def plain_head(head: str) -> bool:
    """Whether a number that begins with this + and four digits is E.164 as it stands."""
    code = country_code(head[1:]) if head[:1] == "+" and head[1:].isdigit() else ""
    return code != "" and head[1 + len(code)] != "0"


def _bare(text: str) -> str:
    bare = text.strip()
    if bare[:4].lower() in ("tel:", "sip:"):
        bare = bare[4:]
    bare = bare.partition("@")[0].partition(";")[0]
    return bare if bare.isascii() and bare.isdigit() else _NOISE.sub("", bare)


def _after_prefix(digits: str, plan: _Plan | None) -> str:
    """What follows the international prefix: the country's own, or 00 and 011 anywhere."""
    if plan is not None:
        own = plan.abroad.match(digits)
        if own and own.end():
            return digits[own.end() :]
    for prefix in ("00", "011"):
        if digits.startswith(prefix) and len(digits) > len(prefix) + _MOST_SHORT:
            return digits[len(prefix) :]
    return ""


def _after_any_prefix(digits: str, plan: _Plan | None) -> str:
    """What follows the international prefix, of a part of a number too."""
    own = plan.abroad.match(digits) if plan is not None else None
    if own and own.end():
        return digits[own.end() :]
    return next((digits[len(one) :] for one in ("00", "011") if digits.startswith(one)), "")


def _from_code(digits: str, text: str) -> Number:
    """`digits` begin with a country code: quick unless a trunk 0 was left after it."""
    code = country_code(digits)
    if not code or not digits.isdigit() or not len(digits) >= _LEAST_INTERNATIONAL:
        return Number(text, "unknown")
    if digits[len(code)] == "0":
        parsed = _parsed("+" + digits, None)
        digits = _digits(parsed) if parsed else digits
    if len(digits) > MAX_DIGITS:
        return Number(text, "unknown")
    return Number(digits, "international", code)


def _national(digits: str, plan: _Plan, text: str) -> Number:
    if plan.code == "1" and _NANP.fullmatch(digits):
        return Number(digits if len(digits) == 11 else "1" + digits, "international", "1")
    if plan.trunk and digits.startswith(plan.trunk):
        national = plan.code + digits[len(plan.trunk) :]
        if len(national) <= MAX_DIGITS:
            return Number(national, "international", plan.code)
    at_home = _parsed(digits, plan.region)
    if at_home and phonenumbers.is_valid_number(at_home):
        return Number(_digits(at_home), "international", str(at_home.country_code))
    abroad = _parsed("+" + digits, None)
    if abroad and phonenumbers.is_valid_number(abroad):
        return Number(_digits(abroad), "international", str(abroad.country_code))
    if at_home and phonenumbers.is_possible_number(at_home):
        return Number(_digits(at_home), "international", str(at_home.country_code))
    return _from_code(digits, text)


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


def _digits(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))[1:]


@lru_cache(maxsize=512)
def _plan(region: str) -> _Plan:
    meta = PhoneMetadata.metadata_for_region(region, None)
    if meta is None:
        raise UnknownRegionError(
            f"{region!r} is not the ISO code of a country with telephone numbers, such as DE or US."
        )
    plain = (
        meta.national_prefix is not None
        and meta.national_prefix == meta.national_prefix_for_parsing
        and meta.national_prefix_transform_rule is None
        and meta.national_prefix != "1"
    )
    return _Plan(
        region=region,
        code=str(meta.country_code),
        abroad=re.compile(meta.international_prefix or "(?!)"),
        trunk=(meta.national_prefix or "") if plain else "",
    )


def country_code(digits: str) -> str:
    """The country calling code E.164 `digits` begin with, '' when none does."""
    for length in (1, 2, 3):
        if digits[:length] in _CODES:
            return digits[:length]
    return ""


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
    number = _parsed("+" + digits, None) if len(digits) > _MOST_SHORT else None
    if number is None:
        return digits
    return str(phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL))
