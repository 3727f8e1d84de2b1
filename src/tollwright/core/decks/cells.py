"""One cell of a deck to one value: prices, dates, increments, blocked."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from tollwright.core.decks.mapping import DateOrder, Decimals

_SPREADSHEET = re.compile(r"(\d+)[.,]0+|(\d+(?:[.,]\d+)?)[eE]\+?(\d{1,2})")
_MONEY_SIGNS = re.compile(r"[\s\u00a0\u202f$€£¥₹']|[A-Z]{3}\b|\b[A-Z]{3}")
_BLOCKED = frozenset({"n/a", "na", "n.a.", "blocked", "block", "barred", "not available"})
_TRUE = frozenset({"1", "y", "yes", "true", "x", "blocked", "block", "barred", "closed"})
_FALSE = frozenset({"", "0", "n", "no", "false", "-", "none", "open", "active", "current", "ok"})
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_AT_ONCE = frozenset(
    {"asap", "immediate", "immediately", "now", "at once", "effective immediately"}
)
_CLOCK = re.compile(r"[T ]+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.0+)?)?(?:Z|\+00:?00)?$")
_DURATION = re.compile(r"(\d{1,6})\s*(s|sec|secs|seconds?|m|min|mins|minutes?)\.?")
_UNITS = {"minute": 60, "minutes": 60, "min": 60, "permin": 60, "perminute": 60, "m": 60}
_UNITS |= {"second": 1, "seconds": 1, "sec": 1, "persec": 1, "persecond": 1, "s": 1, "hour": 3600}
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.0+)?")
_SERIAL_START = date(1899, 12, 30)


class BadCellError(ValueError):
    """The cell cannot be read; the message is the sentence for the deck's owner."""


def spreadsheet_number(text: str) -> str:
    """`44.0` and `4.42E+11` as the digits that were meant; '' for any other text."""
    number = _SPREADSHEET.fullmatch(text)
    if number is None:
        return ""
    return number[1] or str(int(Decimal(text.replace(",", "."))))


def lost_digits(text: str) -> bool:
    """Whether a spreadsheet wrote the code as 4.42E+11 and so may have lost its last digits."""
    return bool(re.search(r"\d[eE]\+?\d", text))


def number(text: str, decimal: Decimals) -> Decimal:
    """The number in a cell, its currency signs gone. Raises BadCellError."""
    bare = _MONEY_SIGNS.sub("", text)
    plain = _decimal_point(bare, decimal)
    try:
        value = Decimal(plain)
    except InvalidOperation:
        raise BadCellError(f"{text[:40]!r} is not a number.") from None
    if not value.is_finite() or not bare.isascii() or "_" in bare:
        raise BadCellError(f"{text[:40]!r} is not a number.")
    return value


def _decimal_point(text: str, decimal: Decimals) -> str:
    if decimal == ",":
        return text.replace(".", "").replace(",", ".")
    if decimal == "." or "," not in text:
        return text.replace(",", "")
    if "." in text:
        thousands = "," if text.rindex(".") > text.rindex(",") else "."
        return text.replace(thousands, "").replace(",", ".")
    if re.fullmatch(r"-?[1-9]\d{0,2}(,\d{3})+", text):
        raise BadCellError(
            f"{text} can be {text.replace(',', '.', 1)} or {text.replace(',', '')}: state the"
            " decimal sign in the mapping."
        )
    return text.replace(",", ".")


def is_blocked(text: str) -> bool:
    """Whether a price cell says that the destination is not sold: -1, N/A, blocked."""
    bare = text.strip().lower()
    return bare in _BLOCKED or bool(re.fullmatch(r"-1(?:[.,]0+)?", bare))


def yes(text: str) -> bool:
    """Whether a column of yes and no says yes. Raises BadCellError for another word."""
    word = text.strip().lower()
    if word not in _TRUE and word not in _FALSE:
        raise BadCellError(
            f"{text[:40]!r} is neither yes nor no: say in the mapping what it means."
        )
    return word in _TRUE


def increments(text: str) -> tuple[int, int]:
    """`60/6`, `30-6`, `1/1`, `6` → first and next seconds. Raises BadCellError."""
    bare = re.sub(r"\s|s(ec(onds?)?)?(?![a-z])|[\[\]()\"']", "", text.lower())
    parts = re.split(r"[/\-+:;,|\\]", bare)
    if not 1 <= len(parts) <= 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise BadCellError(f"{text[:40]!r} is not an increment: 60/6, 1/1 or 30-6 is expected.")
    first, following = int(parts[0]), int(parts[-1])
    return checked_increment(first, following)


def seconds(text: str) -> int:
    """Whole seconds of a cell such as 60 or 60.0. Raises BadCellError."""
    bare = re.sub(r"[.,]0+$", "", text.strip())
    told = _DURATION.fullmatch(bare.lower())
    if told is not None:
        return int(told[1]) * (60 if told[2].startswith("m") else 1)
    if not (bare.isascii() and bare.isdigit() and len(bare) < 7):
        raise BadCellError(f"{text[:40]!r} is not a number of seconds.")
    return int(bare)


def unit(text: str) -> int:
    """The seconds that a price is for: `60`, `1m`, `minute`, `per sec`. Raises BadCellError."""
    word = re.sub(r"[\s/._]", "", text.lower())
    found = _UNITS.get(word) or seconds(text)
    if found < 1:
        raise BadCellError(f"{text[:40]!r} is no time that a price can be for.")
    return found


def checked_increment(first: int, following: int) -> tuple[int, int]:
    """Both as they are, when a card can have them. Raises BadCellError."""
    if following < 1 or first > 86_400 or following > 86_400:
        raise BadCellError(f"An increment of {first}/{following} is impossible: 1 to 86400 s.")
    return first, following


def moment(text: str, order: DateOrder, zone: ZoneInfo) -> datetime | None:
    """The instant a date (midnight) or date and time in `zone` names, in UTC; None = at once."""
    bare = text.strip()
    if bare.lower().rstrip(".") in _AT_ONCE:
        return None
    clock = _CLOCK.search(bare)
    day = _day(bare[: clock.start()] if clock else bare, order)
    hour, minute, second = (int(part or 0) for part in clock.groups()) if clock else (0, 0, 0)
    try:
        at = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone)
    except ValueError:
        raise BadCellError(f"{text[:40]!r} has no such time of day.") from None
    return at.astimezone(UTC)


def _day(text: str, order: DateOrder) -> date:
    if _SERIAL.fullmatch(text):
        return _SERIAL_START + timedelta(days=int(text[:5]))
    if re.fullmatch(r"(19|20)\d{6}", text):
        return _date(int(text[:4]), int(text[4:6]), int(text[6:]), text)
    parts = [part for part in re.split(r"[\s./,\-]+", text) if part]
    if len(parts) != 3:
        raise BadCellError(f"{text[:40]!r} is not a date: 2026-11-01 is the surest form.")
    named = [part[:3].lower() in _MONTHS and part.isalpha() for part in parts]
    if any(named):
        return _named_month(parts, named.index(True), text)
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise BadCellError(f"{text[:40]!r} is not a date: 2026-11-01 is the surest form.")
    first, middle, last = (int(part) for part in parts)
    if len(parts[0]) == 4:
        return _date(first, middle, last, text)
    return _ordered(first, middle, _year(last), text, "dmy" if "." in text and not order else order)


def _named_month(parts: list[str], place: int, text: str) -> date:
    month = _MONTHS[parts[place][:3].lower()]
    rest = [part for at, part in enumerate(parts) if at != place]
    if not all(part.isascii() and part.isdigit() for part in rest):
        raise BadCellError(f"{text[:40]!r} is not a date: 2026-11-01 is the surest form.")
    year_first = len(rest[0]) == 4
    day, year = (rest[1], rest[0]) if year_first else (rest[0], rest[1])
    return _date(_year(int(year)), month, int(day), text)


def _ordered(first: int, middle: int, year: int, text: str, order: DateOrder) -> date:
    if order == "dmy":
        return _date(year, middle, first, text)
    if order == "mdy":
        return _date(year, first, middle, text)
    if order == "ymd":
        return _date(_year(first), middle, year % 100, text)
    if first > 12 or first == middle:
        return _date(year, middle, first, text)
    if middle > 12:
        return _date(year, first, middle, text)
    raise BadCellError(
        f"{text} can be the {first}.{middle}. or the {middle}.{first}. of {year}: state the date"
        " order (day first or month first) in the mapping."
    )


def _year(number: int) -> int:
    return number + 2000 if number < 100 else number


def _date(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise BadCellError(f"{text[:40]!r} is not in the calendar with this date order.") from None
