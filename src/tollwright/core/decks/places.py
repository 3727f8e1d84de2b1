"""Whether a deck's names are those of the countries that its codes would be abroad."""

from __future__ import annotations

import re
from functools import cache

from babel import Locale
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from tollwright.core.decks.codes import country_of

_ALSO = {
    "GB": ("uk", "britain", "england"),
    "US": ("usa", "united states"),
    "AE": ("uae", "emirates"),
    "RU": ("russia",),
    "KR": ("korea",),
    "CD": ("congo",),
    "CZ": ("czech",),
}
_SEEN = 200


def names_its_country(codes: list[str], names: list[str]) -> bool:
    """Whether at least half of the rows name the country that their code begins with."""
    pairs = [pair for pair in zip(codes, names, strict=False) if pair[1]][:_SEEN]
    hits = sum(_named(country_of(code), name) for code, name in pairs)
    return bool(pairs) and hits * 2 >= len(pairs)


def _named(calling_code: str, name: str) -> bool:
    words = _words(name)
    return any(f" {own} " in words for own in _names(calling_code))


@cache
def _names(calling_code: str) -> tuple[str, ...]:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(calling_code), ()) if calling_code else ()
    territories = Locale("en").territories
    found = [_words(territories[region]).strip() for region in regions if region in territories]
    return (*found, *(word for region in regions for word in _ALSO.get(region, ())))


def _words(text: str) -> str:
    return " " + " ".join(re.findall(r"[^\W\d_]+", text.lower())) + " "
