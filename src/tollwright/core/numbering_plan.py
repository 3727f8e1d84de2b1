"""The numbering plan of a country, compiled once from the phonenumbers library's metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers.phonemetadata import NumberFormat, PhoneMetadata, PhoneNumberDesc

from tollwright.core.digit_automaton import Automaton, build_automaton, intersection
from tollwright.core.number_ranges import SHORT_DIGITS

LEAST_BARE = 8  # digits without + and prefix that may be international
_KINDS = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number",
    "pager", "uan", "voicemail",
)  # fmt: skip
_SERVICES = ("short_code", "emergency", "toll_free", "premium_rate", "standard_rate")
_CODES = {str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE}


class UnknownRegionError(ValueError):
    """The Source's country is not an ISO 3166 code of a country with telephones."""


@dataclass(frozen=True, slots=True)
class NumberingPlan:
    """How a country dials. `trunk`: the digits before a national number, '' for none.

    `abroad`: its international prefixes; `plain_abroad` the only one, '' where there are several.
    `numbers` accepts its valid national numbers, of all countries that share its code; `lengths`
    are those a national number may have. `local`: what else is dialled at home, as the text that
    is found and the national number it is, in the library's form. `forms`: how its numbers are
    written (how they begin, what they are, whether with the trunk), the first that fits.
    """

    region: str
    code: str
    trunk: str
    abroad: re.Pattern[str]
    plain_abroad: str
    numbers: Automaton
    services: Automaton
    lengths: frozenset[int]
    local: re.Pattern[str]
    local_form: str
    forms: tuple[tuple[re.Pattern[str], re.Pattern[str], bool], ...]

    def national(self, dialled: str) -> str:
        """The valid national number that is dialled so at home, '' for none.

        So few digits as an extension has are one only behind the trunk digit, or where the country
        dials them without.
        """
        trunk = bool(self.trunk) and dialled.startswith(self.trunk)
        if len(dialled) <= SHORT_DIGITS and not trunk and self._needs_trunk(dialled):
            return ""
        if trunk and self.numbers.accepts_digits(dialled[len(self.trunk) :]):
            return dialled[len(self.trunk) :]
        if self.numbers.accepts_digits(dialled):
            return dialled
        local = self._local(dialled)
        return local if local and self.numbers.accepts_digits(local) else ""

    def _needs_trunk(self, national: str) -> bool:
        for begin, whole, with_trunk in self.forms:
            if begin.match(national) and whole.fullmatch(national):
                return with_trunk
        return False

    def _local(self, dialled: str) -> str:
        found = self.local.match(dialled)
        if found is None:
            return ""
        whole = found.lastindex is not None and found[found.lastindex]
        head = found.expand(self.local_form) if self.local_form and whole else ""
        return head + dialled[found.end() :]

    def possible(self, dialled: str) -> str:
        """As `national`, by its length alone: ranges that are newer than the plan."""
        trunk = bool(self.trunk) and dialled.startswith(self.trunk)
        if trunk and (self.trunk[0] == "0" or len(dialled) - len(self.trunk) in self.lengths):
            return dialled[len(self.trunk) :]
        return dialled if not trunk and len(dialled) in self.lengths else ""

    def service(self, dialled: str) -> bool:
        """Whether it is a number that only this country knows: 112, 118118, 10086."""
        return self.services.accepts_digits(dialled)


@lru_cache(maxsize=512)
def plan_of_region(region: str) -> NumberingPlan:
    """The plan of an ISO 3166 country. Raises UnknownRegionError."""
    meta = PhoneMetadata.metadata_for_region(region.upper(), None)
    if meta is None:
        raise UnknownRegionError(
            f"{region!r} is not the ISO code of a country with telephone numbers, such as DE or US."
        )
    return _compiled(meta)


@lru_cache(maxsize=512)
def plan_of_code(code: str) -> NumberingPlan:
    """The plan of the main country of a calling code, or of an international service."""
    region = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)][0]
    return _compiled(_metadata(code, region))


def country_code(digits: str) -> str:
    """The country calling code E.164 `digits` begin with, '' when none does."""
    for length in (1, 2, 3):
        if digits[:length] in _CODES:
            return digits[:length]
    return ""


def _metadata(code: str, region: str) -> PhoneMetadata:
    meta = PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
    if meta is None:
        raise LookupError(f"the library lists {region} for +{code} and knows no plan of it")
    return meta


def _compiled(meta: PhoneMetadata) -> NumberingPlan:
    code = str(meta.country_code)
    abroad, general = meta.international_prefix or "", meta.general_desc
    return NumberingPlan(
        region=meta.id or "",
        code=code,
        trunk=meta.national_prefix or "",
        abroad=re.compile(abroad or "(?!)"),
        plain_abroad=abroad if abroad.isdigit() else "",
        numbers=_numbers(code),
        services=_services(meta.id or ""),
        lengths=frozenset(general.possible_length if general else ()) - {-1},
        local=re.compile(meta.national_prefix_for_parsing or "(?!)"),
        local_form=meta.national_prefix_transform_rule or "",
        forms=tuple(_form(one) for one in meta.number_format),
    )


def _form(form: NumberFormat) -> tuple[re.Pattern[str], re.Pattern[str], bool]:
    begins = form.leading_digits_pattern
    written = re.sub(r"\\\d", "", form.national_prefix_formatting_rule or "")
    return (
        re.compile(begins[-1] if begins else ""),
        re.compile(form.pattern or ""),
        any(sign.isdigit() for sign in written),
    )


@lru_cache(maxsize=512)
def _numbers(code: str) -> Automaton:
    kinds: dict[str, None] = {}
    general: dict[str, None] = {}
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)]:
        meta = _metadata(code, region)
        kinds |= dict.fromkeys(_patterns(meta, _KINDS))
        general |= dict.fromkeys(_patterns(meta, ("general_desc",)))
    return intersection(build_automaton(general), build_automaton(kinds))


def _services(region: str) -> Automaton:
    meta = PhoneMetadata.short_metadata_for_region(region, None)
    return build_automaton(_patterns(meta, _SERVICES) if meta is not None else ())


def _patterns(meta: PhoneMetadata, kinds: tuple[str, ...]) -> Iterator[str]:
    for kind in kinds:
        described: PhoneNumberDesc | None = getattr(meta, kind)
        if described is not None and described.national_number_pattern:
            yield described.national_number_pattern
