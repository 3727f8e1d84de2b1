"""How one carrier's decks are to be read: saved once, used for every deck it sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, cast, get_args
from zoneinfo import ZoneInfo

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, country_code_for_region

Meaning = Literal[
    "prefix",
    "country_code",
    "area_code",
    "exchange_code",
    "origin_prefix",
    "name",
    "price",
    "price_intra",
    "price_local",
    "price_indeterminate",
    "first_price",
    "unit_s",
    "connect_fee",
    "disconnect_fee",
    "increments",
    "first_s",
    "next_s",
    "min_charge",
    "max_charge",
    "grace_s",
    "min_seconds",
    "effective_from",
    "effective_to",
    "blocked",
    "withdrawn",
    "status",
    "currency",
    "ignore",
]
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)
PricePer = Literal["minute", "second", "increment"]
Decimals = Literal["", ".", ","]
DateOrder = Literal["", "dmy", "mdy", "ymd"]
Duplicates = Literal["error", "first", "last", "highest"]
Lists = Literal["", "full", "area"]
Hyphens = Literal["", "range", "list", "area"]
GraceRule = Literal["", "subtract", "threshold", "add"]
Jurisdiction = Literal["", "inter", "intra", "local", "indeterminate", "highest"]
Effect = Literal["open", "withdrawn", "blocked"]
EFFECTS: tuple[Effect, ...] = get_args(Effect)
INTERNATIONAL = "international"

_CHOICES: dict[str, tuple[str, ...]] = {
    "price_per": get_args(PricePer),
    "decimal": get_args(Decimals),
    "date_order": get_args(DateOrder),
    "duplicates": get_args(Duplicates),
    "lists": get_args(Lists),
    "hyphens": get_args(Hyphens),
    "grace": get_args(GraceRule),
    "jurisdiction": get_args(Jurisdiction),
}


class MappingError(ValueError):
    """The mapping itself cannot be used; the message names the key and what it may be."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column means what, and what stands for what the deck does not say.

    columns: (header, meaning) pairs; the header as in the file, compared without case, blanks
    and signs, or '#3' for the third column of a deck without headers. `ignore` = looked at, and
    nothing is to be read from it.
    decimal: '' = by what each number shows (a number that could be both is a fault).
    date_order: of dates such as 03/04/2026; '' = such a date is a fault, never a guess.
    effective_from: ISO date for rows without one, '' = none. timezone: of the deck's dates.
    encoding, delimiter, sheet: '' = found out.
    country: whose national codes those without + are (calling code or ISO letters);
    'international' = they begin with the country's own; '' = nobody said.
    lists: whether each item of `6138, 39` is a whole code (full) or only differs from the first
    (area). hyphens: what `44-74` is: all codes between (range), both (list) or one (area).
    grace: what a grace column does. jurisdiction: which of several prices of a US deck counts.
    status_words: (word, effect) beyond those that everybody knows. '' = asked where it matters.
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
    country: str = ""
    lists: Lists = ""
    hyphens: Hyphens = ""
    grace: GraceRule = ""
    jurisdiction: Jurisdiction = ""
    status_words: tuple[tuple[str, Effect], ...] = ()

    def __post_init__(self) -> None:
        meanings = [meaning for _, meaning in self.columns]
        for meaning in meanings:
            if meaning not in MEANINGS:
                raise MappingError(f"columns: {meaning!r} is none of {', '.join(MEANINGS)}.")
            if meaning != "ignore" and meanings.count(meaning) > 1:
                raise MappingError(f"columns: two columns cannot both mean {meaning}.")
        if not {"prefix", "country_code", "area_code"} & set(meanings):
            raise MappingError("columns: one must mean prefix (or country_code, or area_code).")
        if "price" not in meanings:
            raise MappingError("columns: one must mean price.")
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise MappingError(f"{name}: {getattr(self, name)!r} is none of {choices}.")
        if self.first_s < 0 or self.next_s < 1:
            raise MappingError("first_s must be 0 or more and next_s 1 or more.")
        for word, effect in self.status_words:
            if effect not in EFFECTS:
                raise MappingError(f"status_words: {word!r} must be one of {', '.join(EFFECTS)}.")
        if self.country != INTERNATIONAL:
            calling_code(self.country)
        self._check_zone()

    @property
    def calling_code(self) -> str:
        """The digits before the file's codes; '' when they are international or nobody said."""
        return "" if self.country == INTERNATIONAL else calling_code(self.country)

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
        words = told.get("status_words", [])
        if not isinstance(words, list):
            raise MappingError("status_words must be a list of pairs [word, effect].")
        pairs = {
            "columns": _pairs("columns", "[header, meaning]", told["columns"]),
            "status_words": _pairs("status_words", "[word, effect]", words),
        }
        try:
            return cls(**{**told, **pairs})
        except TypeError:
            raise MappingError("The mapping has a value of the wrong kind.") from None


def _pairs(key: str, form: str, given: list[Any]) -> tuple[tuple[str, Any], ...]:
    for pair in given:
        two_texts = isinstance(pair, list | tuple) and list(map(type, pair)) == [str, str]
        if not two_texts:
            raise MappingError(f"{key}: each must be a pair {form}.")
    return tuple((pair[0], pair[1]) for pair in given)


def calling_code(country: str) -> str:
    """`1`, `+44` or `GB` as the digits of a calling code; '' of ''. Raises MappingError."""
    digits = country.strip().lstrip("+")
    if not digits:
        return ""
    if digits.isalpha():
        digits = str(country_code_for_region(digits.upper()) or "")
    if not (digits.isascii() and digits.isdigit() and int(digits) in COUNTRY_CODE_TO_REGION_CODE):
        raise MappingError(
            f"country: {country!r} is no country: use its calling code (1, 44), its two letters"
            f" (US, GB) or {INTERNATIONAL}."
        )
    return digits


_ANSWERS = (
    *("country", "lists", "hyphens", "grace", "jurisdiction", "sheet", "decimal", "date_order"),
    *("price_per", "duplicates", "timezone", "encoding", "delimiter"),
)


def answer_of(text: str) -> tuple[str, str]:
    """`key=value` as the answer to a question; the name of a column or word may hold a =.

    Raises MappingError.
    """
    named = text.lstrip().startswith(("column.", "status."))
    key, sign, value = text.rpartition("=") if named else text.partition("=")
    if not key.strip() or not sign:
        raise MappingError(f"{text[:80]!r} is not KEY=VALUE.")
    return key.strip(), value.strip()


def columns_told(answers: Mapping[str, str]) -> tuple[tuple[str, Meaning], ...]:
    """The columns whose meaning is answered; answers that `answered` refuses are left out."""
    told: list[tuple[str, str]] = []
    for key, value in answers.items():
        kind, _, name = key.partition(".")
        if key in MEANINGS:
            told.append((value, key))
        elif kind == "column" and name:
            told.append((name, value))
    return tuple((header, one) for header, one in told if one in MEANINGS)


def answered(
    columns: tuple[tuple[str, Meaning], ...],
    mapping: ColumnMapping | None,
    answers: Mapping[str, str],
) -> ColumnMapping:
    """What was found, with a person's answers: `country=1`, `price=New Rate` (the column of a
    meaning), `column.Zone=ignore` (the meaning of a column), `status.Retired=withdrawn`,
    `default_first_s=60` (for rows that say none; so are default_next_s and default_effective_from).

    Raises MappingError for what is no question, and while a column is missing.
    """
    pairs = dict(mapping.columns if mapping is not None else columns)
    words = dict(mapping.status_words if mapping is not None else ())
    values: dict[str, Any] = {}
    for key, value in answers.items():
        kind, _, name = key.partition(".")
        if kind == "status" and name:
            words[name] = cast(Effect, value)
        elif kind == "column" and name:
            _give(pairs, name, value)
        elif key in MEANINGS:
            _give(pairs, value, key)
        elif key == "default_effective_from":
            values["effective_from"] = value
        elif key in ("default_first_s", "default_next_s"):
            values[key.removeprefix("default_")] = _whole(key, value)
        elif key in _ANSWERS:
            values[key] = value
        else:
            raise MappingError(f"{key} is no question of a deck: {', '.join(_ANSWERS)}.")
    values |= {"columns": tuple(pairs.items()), "status_words": tuple(words.items())}
    return ColumnMapping(**values) if mapping is None else replace(mapping, **values)


def _give(pairs: dict[str, Meaning], header: str, meaning: str) -> None:
    """One column a meaning: who had it before is looked at no more."""
    if meaning not in MEANINGS:
        raise MappingError(f"{header}: {meaning!r} is none of {', '.join(MEANINGS)}.")
    for other, held in list(pairs.items()):
        if held == meaning and meaning != "ignore" and other != header:
            pairs[other] = "ignore"
    pairs[header] = meaning


def _whole(key: str, value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise MappingError(f"{key}: {value!r} is not a number of seconds.")
    return int(value)
