"""A deck's code cells to E.164 prefixes: lists, ranges, national codes; what can be read two
ways is a BadCellError that asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from tollwright.core.cards.card import MAX_DIGITS
from tollwright.core.decks.cells import BadCellError, spreadsheet_number
from tollwright.core.decks.mapping import INTERNATIONAL, ColumnMapping, Hyphens, Lists

_MOST_CODES = 10_000  # of one cell
_BLANKS = re.compile(r"[ \t\u00a0]+")
_HYPHEN = re.compile(r"\s*[-\u2013\u2014]\s*")


def plain_code(text: str) -> bool:
    """Whether the cell is one code as it stands, and nothing can be asked about it."""
    return text.isascii() and text.isdigit() and text[0] != "0" and len(text) <= MAX_DIGITS


class CodeReader:
    """Reads the code column of one file as its mapping says."""

    def __init__(self, mapping: ColumnMapping) -> None:
        self._country = mapping.calling_code
        self._asked = mapping.country != INTERNATIONAL
        self._lists: Lists = mapping.lists
        self._hyphens: Hyphens = mapping.hyphens

    def read(self, text: str) -> tuple[str, ...]:
        """`44, 4420-4425; 4428` → its codes. Raises BadCellError, also to ask."""
        if not self._country and plain_code(text):
            return (text,)
        return bounded(self._items(_items(text)), self._one)

    def _one(self, text: str) -> str:
        return code(text, self._country, self._asked)

    def _items(self, items: list[str]) -> list[str]:
        """Each item whole, ranges spread out."""
        if len(items) > 1 and self._lists != "full" and not all(item[:1] == "+" for item in items):
            items = self._related(items)
        return [part for item in items for part in self._span(item)]

    def _related(self, items: list[str]) -> list[str]:
        first = _HYPHEN.split(items[0])[0]
        lead = _BLANKS.split(first)[0] if _BLANKS.search(first) else ""
        whole = _digits(first)
        short = [item for item in items[1:] if len(_digits(_HYPHEN.split(item)[0])) < len(whole)]
        if not short and not lead and first[:1] != "+":
            return items
        if not self._lists:
            raise BadCellError(
                f"{', '.join(items)[:60]!r} can be whole codes or areas of the first one's country:"
                " say in the mapping what lists are (full or area)."
            )
        return [items[0], *(_joined(whole, _digits(lead), item) for item in items[1:])]

    def _span(self, item: str) -> list[str]:
        parts = _HYPHEN.split(item)
        if len(parts) < 2 or not all(_digits(part) for part in parts):
            return [item]
        if self._hyphens == "area":
            return ["".join(parts)]
        if self._hyphens == "list":
            return parts
        low, high = (_digits(parts[0]), _digits(parts[-1]))
        certain = self._hyphens == "range" or self._certain(low, high, len(parts))
        if not certain and not _too_wide(low, high):
            raise BadCellError(_ask_hyphen(item, low, high))
        plus = "+" if parts[0][:1] == "+" else ""
        return [plus + one for one in span(low, high, item)]

    def _certain(self, low: str, high: str, parts: int) -> bool:
        """A range for sure: equal lengths, all but the last digits the same, no country's code."""
        if parts != 2 or len(low) != len(high) or low > high:
            return False
        same = low[:-1] == high[:-1] or (len(low) > 2 and low[:-2] == high[:-2])
        return same and (bool(self._country) or not is_calling_code(low))


class AreaReader:
    """Reads area codes that stand beside a country's: lists and ranges are areas, no digit goes
    but the 0 that is dialled only inside the country."""

    def read(self, country: str, text: str) -> tuple[str, ...]:
        """The country's code with each area. Raises BadCellError."""
        parts = [part for item in _items(text) for part in self._span(item)]
        return bounded(parts, lambda part: joined_code(country, number(part)))

    def _span(self, item: str) -> list[str]:
        parts = _HYPHEN.split(item)
        if len(parts) != 2:
            return [item]
        return span(_digits(parts[0]), _digits(parts[1]), item)


def bounded(parts: list[str], read: Callable[[str], str]) -> tuple[str, ...]:
    """Each part read. Raises BadCellError for none and for too many."""
    if not parts:
        raise BadCellError("The code is empty.")
    if len(parts) > _MOST_CODES:
        raise BadCellError(f"The cell holds more than {_MOST_CODES} codes: check its ranges.")
    return tuple([read(part) for part in parts])


def span(low: str, high: str, item: str) -> list[str]:
    """All codes from one to the other. Raises BadCellError."""
    if len(low) != len(high) or low > high or not low:
        raise BadCellError(
            f"{item!r} is not a range: both ends need the same number of digits, the lower first."
            " Write 1-242 as 1242, and 4420-5 as 4420-4425."
        )
    if int(high) - int(low) >= _MOST_CODES:
        raise BadCellError(f"The range {item} holds more than {_MOST_CODES} codes.")
    return [str(one).rjust(len(low), "0") for one in range(int(low), int(high) + 1)]


def _too_wide(low: str, high: str) -> bool:
    return len(low) == len(high) and int(high) - int(low) >= _MOST_CODES


def number(text: str) -> str:
    """The digits of one code, a spreadsheet's signs gone. Raises BadCellError."""
    bare = _BLANKS.sub("", text)
    digits = spreadsheet_number(bare) or bare
    if not (digits.isascii() and digits.isdigit()):
        raise BadCellError(f"{bare[:40]!r} is not a code: digits are expected, such as 4420.")
    if len(digits) > MAX_DIGITS + 3:
        raise BadCellError(f"The code {digits[:40]} has more than {MAX_DIGITS} digits.")
    return digits


def code(text: str, country: str = "", asked: bool = True) -> str:
    """One code in E.164: + and 00 tell an international one, else it is of `country`.

    `asked`: nobody said that codes without + are international. Raises BadCellError.
    """
    bare = _BLANKS.sub("", text)
    digits = number(bare.replace("+", "", 1) if bare.startswith("+") else bare)
    if not bare.startswith("+"):
        digits = _international(digits, country, asked)
    if len(digits) > MAX_DIGITS:
        raise BadCellError(f"The code {digits[:40]} has more than {MAX_DIGITS} digits.")
    return digits


def _international(digits: str, country: str, asked: bool) -> str:
    if digits.startswith("00") and len(digits) > 2:
        return digits[2:]
    abroad = digits.startswith("011") and begins_with_country(digits[3:])
    if abroad and country in ("", "1"):
        return digits[3:]
    if country:
        return joined_code(country, digits)
    if digits.startswith("0"):
        hint = "say in the mapping which country's codes these are" if asked else "no code does"
        raise BadCellError(f"The code {digits} begins with 0: {hint}.")
    return digits


def joined_code(country: str, area: str) -> str:
    """A country's calling code with a national one, which may begin with the trunk prefix.

    Raises BadCellError over 15 digits.
    """
    trunk = _trunk(country)
    bare = area[len(trunk) :] if trunk and area.startswith(trunk) and area != trunk else area
    if len(country) + len(bare) > MAX_DIGITS:
        raise BadCellError("Country and area code have more than 15 digits together.")
    return country + bare


@cache
def _trunk(country: str) -> str:
    """The digit before national numbers that is not dialled from abroad: 0 in most countries, 1
    in North America, none in Italy."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(country), ()) if country else ()
    found = PhoneMetadata.metadata_for_region(regions[0]) if regions else None
    prefix = "" if found is None else found.national_prefix or ""
    return prefix if prefix == "0" or (prefix == "1" and country == "1") else ""


def is_calling_code(digits: str) -> bool:
    """Whether these are exactly a country's calling code."""
    plain = digits[:1] not in ("", "0") and len(digits) <= 3
    return plain and int(digits) in COUNTRY_CODE_TO_REGION_CODE


def country_of(digits: str) -> str:
    """The calling code that a code begins with; '' for none."""
    return next((digits[:n] for n in (1, 2, 3) if is_calling_code(digits[:n])), "")


def begins_with_country(digits: str) -> bool:
    """Whether a code can be international: a calling code, and in North America an area's."""
    found = country_of(digits)
    return bool(found) and not (found == "1" and digits[1:2] in ("0", "1"))


def _items(text: str) -> list[str]:
    if spreadsheet_number(re.sub(r"\s", "", text)):
        return [re.sub(r"\s", "", text)]
    parts = [part.strip().strip("'\"") for part in re.split(r"[,;/|\n\r]", text)]
    return [part for part in parts if part]


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _joined(whole: str, lead: str, item: str) -> str:
    """An item that only says how it differs from the first: after its country, or at its end."""
    parts = _HYPHEN.split(item)
    digits = [_digits(part) for part in parts]
    if lead:
        full = [lead + part for part in digits]
    else:
        full = [whole[: max(0, len(whole) - len(part))] + part for part in digits]
    return "-".join(full)


def _ask_hyphen(item: str, low: str, high: str) -> str:
    if len(low) == len(high) and (low <= high or is_calling_code(low)):
        return (
            f"{item!r} can be the codes from {low} to {high}, the two of them, or {low}{high}:"
            " say in the mapping what a hyphen is (range, list, or area for the one code)."
        )
    return (
        f"{item!r} is not a range: both ends need the same number of digits, the lower first."
        " Write 4420-5 as 4420-4425, and 1-242 as 1242 or say in the mapping that hyphens are"
        " areas."
    )
