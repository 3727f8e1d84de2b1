"""How one carrier's decks are to be read: saved once, used for every deck it sends."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

Meaning = Literal[
    "prefix",
    "country_code",
    "area_code",
    "origin_prefix",
    "name",
    "price",
    "connect_fee",
    "increments",
    "first_s",
    "next_s",
    "min_charge",
    "max_charge",
    "grace_s",
    "effective_from",
    "effective_to",
    "blocked",
    "currency",
]
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)
PricePer = Literal["minute", "second", "increment"]
Decimals = Literal["", ".", ","]
DateOrder = Literal["", "dmy", "mdy", "ymd"]
Duplicates = Literal["error", "first", "last", "highest"]

_CHOICES: dict[str, tuple[str, ...]] = {
    "price_per": get_args(PricePer),
    "decimal": get_args(Decimals),
    "date_order": get_args(DateOrder),
    "duplicates": get_args(Duplicates),
}


class MappingError(ValueError):
    """The mapping itself cannot be used; the message names the key and what it may be."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column means what, and what stands for what the deck does not say.

    columns: (header, meaning) pairs; the header as in the file, compared without case, blanks
    and signs, or '#3' for the third column of a deck without headers.
    decimal: '' = by what each number shows (a number that could be both is a fault).
    date_order: of dates such as 03/04/2026; '' = such a date is a fault, never a guess.
    effective_from: ISO date for rows without one, '' = none. timezone: of the deck's dates.
    encoding, delimiter, sheet: '' = found out.
    """

    columns: tuple[tuple[str, Meaning], ...]
    currency: str = ""
    price_per: PricePer = "minute"
    decimal: Decimals = ""
    date_order: DateOrder = ""
    timezone: str = "UTC"
    effective_from: str = ""
    first_s: int = 1
    next_s: int = 1
    duplicates: Duplicates = "error"
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""

    def __post_init__(self) -> None:
        meanings = [meaning for _, meaning in self.columns]
        for meaning in meanings:
            if meaning not in MEANINGS:
                raise MappingError(f"columns: {meaning!r} is none of {', '.join(MEANINGS)}.")
            if meanings.count(meaning) > 1:
                raise MappingError(f"columns: two columns cannot both mean {meaning}.")
        if "prefix" not in meanings and "country_code" not in meanings:
            raise MappingError("columns: one must mean prefix (or country_code).")
        if "price" not in meanings:
            raise MappingError("columns: one must mean price.")
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise MappingError(f"{name}: {getattr(self, name)!r} is none of {choices}.")
        if self.first_s < 0 or self.next_s < 1:
            raise MappingError("first_s must be 0 or more and next_s 1 or more.")
        self._check_zone()

    def _check_zone(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            raise MappingError(
                f"timezone: {self.timezone!r} is not known: use a name such as Europe/Berlin."
            ) from None

    def to_json(self) -> str:
        """The mapping as JSON text; `from_json` gives an equal one back."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> ColumnMapping:
        """The mapping of `to_json`. Raises MappingError, also for keys that do not exist."""
        try:
            told = json.loads(text)
        except json.JSONDecodeError as error:
            raise MappingError(f"The mapping is not JSON: {error}.") from None
        if not isinstance(told, dict) or not isinstance(told.get("columns"), list):
            raise MappingError("The mapping must be an object with a list `columns`.")
        unknown = set(told) - {field.name for field in fields(cls)}
        if unknown:
            raise MappingError(f"The mapping has unknown keys: {', '.join(sorted(unknown))}.")
        return cls(**{**told, "columns": _pairs(told["columns"])})


def _pairs(columns: list[Any]) -> tuple[tuple[str, Meaning], ...]:
    for pair in columns:
        two_texts = isinstance(pair, list) and list(map(type, pair)) == [str, str]
        if not two_texts:
            raise MappingError("columns: each must be a pair [header, meaning].")
    return tuple((pair[0], pair[1]) for pair in columns)
