"""Reading one JSON object of a card file: typed fields with defaults, every fault collected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from tollwright.core.money import MoneyError, micros, nanos, scaled

T = TypeVar("T")
SHOWN_FAULTS = 20
MOST_REMEMBERED = 50_000
LONGEST_REASON = 200  # what is quoted of a value may be as long as the file


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: `row` counts from 1 in `rates` (None: the card itself)."""

    row: int | None
    field: str
    reason: str

    @property
    def place(self) -> str:
        """Such as "row 2, price"."""
        row = "" if self.row is None else f"row {self.row}"
        return ", ".join(filter(None, (row, self.field)))

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class CardError(ValueError):
    """A card that must not be published: all its faults, in the order of the file."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        lines = [str(fault) for fault in self.faults[:SHOWN_FAULTS]]
        if len(self.faults) > SHOWN_FAULTS:
            lines.append(f"and {len(self.faults) - SHOWN_FAULTS} more")
        super().__init__("\n".join(lines))


class FieldError(ValueError):
    """One value that does not fit; the reader adds where it stood."""


class Reader:
    """One object of the file. A bad field is noted in `faults` and reads as its default."""

    def __init__(
        self, data: object, faults: list[Fault], *, row: int | None = None, path: str = ""
    ) -> None:
        self.faults, self.row, self.path = faults, row, path
        self.data: Mapping[str, object] = {}
        if isinstance(data, Mapping):
            self.data = data
        else:
            self.fault("", f"must be an object with keys, not {describe(data)}")

    def fault(self, key: str, reason: str) -> None:
        name = ".".join(part for part in (self.path, key) if part)
        if not name and self.row is None:
            name = "card"
        said = reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]}…"
        self.faults.append(Fault(self.row, name, said))

    def only(self, known: frozenset[str]) -> None:
        """Name every key that no one reads: a misspelt rule must not be silently without effect."""
        if self.data.keys() <= known:
            return
        for key in self.data:
            if key not in known:
                self.fault(str(key), "unknown key")

    def get(self, key: str, default: T, parse: Callable[[object], T]) -> T:
        """The parsed value; the default when the key is absent or null, or when it is at fault."""
        value = self.data.get(key)
        if value is None:
            return default
        try:
            return parse(value)
        except (FieldError, MoneyError) as error:
            self.fault(key, str(error))
            return default

    def need(self, key: str, stand_in: T, parse: Callable[[object], T]) -> T:
        """As `get`, but the key must be there; `stand_in` lets the check go on."""
        if self.data.get(key) is None:
            self.fault(key, "missing")
            return stand_in
        return self.get(key, stand_in, parse)

    def objects(self, key: str) -> list[tuple[object, str]]:
        """The elements of a list of objects, each with its path for messages."""
        path = f"{self.path}.{key}" if self.path else key
        elements: list[object] = self.get(key, [], as_list)
        return [(element, f"{path}[{place}]") for place, element in enumerate(elements, 1)]


def words(text: str) -> frozenset[str]:
    """The words of a text, as the set of keys an object may have."""
    return frozenset(text.split())


def describe(value: object) -> str:
    names = {
        bool: "true or false",
        str: "a text",
        list: "a list",
        dict: "an object",
        float: "a number",
    }
    return "nothing" if value is None else names.get(type(value), f"{value!r}")


def as_list(value: object) -> list[object]:
    if not isinstance(value, list | tuple):
        raise FieldError(f"must be a list, not {describe(value)}")
    return list(value)


def as_text(value: object) -> str:
    if not isinstance(value, str):
        raise FieldError(f"must be a text, not {describe(value)}")
    return value


def as_bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise FieldError(f"must be true or false, not {value!r}")
    return value


def as_whole(low: int, high: int) -> Callable[[object], int]:
    """A parser of whole numbers from `low` to `high`."""

    def parse(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise FieldError(f"must be a whole number, not {value!r}")
        if not low <= value <= high:
            raise FieldError(f"{value} is outside {low} to {high}")
        return value

    return parse


def one_of(*choices: T) -> Callable[[object], T]:
    """A parser that admits these values only."""

    def parse(value: object) -> T:
        for choice in choices:
            if choice == value and isinstance(value, str):
                return choice
        raise FieldError(f"{value!r} is none of {', '.join(map(str, choices))}")

    return parse


def as_digits(longest: int) -> Callable[[object], str]:
    """A parser of texts of 0 to `longest` digits 0-9."""

    def parse(value: object) -> str:
        text = as_text(value)
        if text and not (text.isascii() and text.isdigit()):
            raise FieldError(f"{text!r} is not made of digits 0-9 only")
        if len(text) > longest:
            raise FieldError(f"{text!r} has more than {longest} digits")
        return text

    return parse


def as_money(value: object) -> str | int:
    if isinstance(value, float):
        raise FieldError(f'{value!r} is a binary number: write it in quotes, "0.012"')
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise FieldError(f'must be a text such as "0.012", not {describe(value)}')
    return value


def as_micros(high: int) -> Callable[[object], int]:
    """A parser of amounts from 0 to `high` currency units, in micros."""

    def parse(value: object) -> int:
        amount = micros(as_money(value))
        if amount < 0:
            raise FieldError(f"{value} is negative")
        if amount > high * 10**6:
            raise FieldError(f"{value} is more than {high}")
        return amount

    return parse


def remembered(parse: Callable[[object], T]) -> Callable[[object], T]:
    """The parser with a memory for texts: a deck says the same price and date many times."""
    memory: dict[str, T] = {}

    def recall(value: object) -> T:
        if type(value) is not str:
            return parse(value)
        found = memory.get(value)
        if found is None:
            found = parse(value)
            if len(memory) < MOST_REMEMBERED:
                memory[value] = found
        return found

    return recall


def as_nanos(value: object) -> int:
    return nanos(as_money(value))


def as_discount(value: object) -> int:
    """Percent with up to 4 decimals, 0 to 100, in parts per million: a text, or a plain number."""
    ppm = scaled(as_money(str(value) if isinstance(value, float) else value), 4)
    if not 0 <= ppm <= 10**6:
        raise FieldError(f"{value} is outside 0 to 100")
    return ppm


def as_moment(zone: ZoneInfo) -> Callable[[object], datetime]:
    """A parser of ISO 8601 moments to UTC; without an offset it is wall time in `zone`."""

    def parse(value: object) -> datetime:
        text = as_text(value)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise FieldError(f"{text!r} is not an ISO 8601 date or time") from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            raise FieldError(f"{text!r} is outside the calendar") from None

    return parse


def as_date(value: object) -> date:
    text = as_text(value)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FieldError(f"{text!r} is not a date such as 2026-12-25") from None


def as_minute(value: object) -> int:
    """`"08:30"` -> 510; `"24:00"` is the end of the day."""
    text = as_text(value)
    hours, colon, minutes = text.partition(":")
    well_formed = colon and len(hours) in (1, 2) and len(minutes) == 2
    if not (well_formed and text.isascii() and (hours + minutes).isdigit()):
        raise FieldError(f"{text!r} is not a time such as 08:30")
    minute = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or minute > 1440:
        raise FieldError(f"{text!r} is not a time between 00:00 and 24:00")
    return minute
