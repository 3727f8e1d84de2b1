"""Values as people read them: on a page, in a CSV file, in a spreadsheet.

The one place in web that writes money, numbers and dates; all of them follow the viewer's
language. A date has one style a kind, the same in office, portal and account pages:

| kind | where | English | German |
|---|---|---|---|
| `moment` | a point in time, with its zone | 2026-10-05 14:03:22 CEST | 05.10.2026, 14:03:22 CEST |
| `day` | a cell of a table | 2026-10-05 | 05.10.2026 |
| `long_day` | a fact, a sentence | 5 October 2026 | 5. Oktober 2026 |
| `weekday` | a row or bar that is a day | Mon 5 Oct 2026 | Mo., 5. Okt. 2026 |
| `short_day` | a mark of an axis | 5 Oct | 5. Okt. |
| `month`, `short_month` | a month | October 2026, Oct 2026 | Oktober 2026, Okt. 2026 |

`iso_day` is for machines: addresses, the value of a date field, names of files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_decimal
from django.utils import timezone
from django.utils.translation import get_language

from tollwright.core.money import minor_decimals, show
from tollwright.web.shared.labels import label_of

NBSP = "\u00a0"
TONES = {
    "active": "success",
    "published": "success",
    "paid": "success",
    "done": "success",
    "applied": "success",
    "finalised": "info",
    "open": "warning",
    "draft": "warning",
    "previewed": "warning",
    "suspended": "warning",
    "overdue": "danger",
    "void": "danger",
    "queued": "info",
    "running": "info",
    "failed": "danger",
    "closed": "",
}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in micros of a currency."""

    micros: int
    currency: str

    def __str__(self) -> str:
        return f"{money_number(self.micros, self.currency)}{NBSP}{self.currency}"

    @property
    def decimal(self) -> Decimal:
        """The exact amount as a number."""
        return Decimal(show(self.micros, minor_decimals(self.currency)))


@dataclass(frozen=True, slots=True)
class Seconds:
    """A duration; it may be longer than a day."""

    count: int

    def __str__(self) -> str:
        return duration(self.count)


@dataclass(frozen=True, slots=True)
class Phone:
    """E.164 digits without the plus, or whatever the switch wrote."""

    digits: str

    def __str__(self) -> str:
        return international(self.digits)


@dataclass(frozen=True, slots=True)
class Status:
    """A state with its tone: success, info, warning, danger or none."""

    name: str

    def __str__(self) -> str:
        return label_of("status", self.name)

    @property
    def tone(self) -> str:
        """The label's colour; never the only carrier of the meaning."""
        return TONES.get(self.name, "")


Cell = str | int | Decimal | datetime | date | bool | Money | Seconds | Phone | Status | None


def money_number(micros: int, currency: str) -> str:
    """`1234560000` EUR -> `1,234.56`; an amount finer than the minor unit keeps its digits."""
    return number(Decimal(show(micros, minor_decimals(currency))))


def number(value: int | Decimal) -> str:
    """`1234.50` -> `1,234.50`: every digit that was given, grouped by thousands."""
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    digits = max(0, -exponent) if isinstance(exponent, int) else 0
    return format_decimal(value, format=_pattern(digits), locale=locale())


@lru_cache(maxsize=64)
def _pattern(decimals: int) -> str:
    return "#,##0" + ("." + "0" * decimals if decimals else "")


def locale() -> Locale:
    """The viewer's, by the language of the request; English where there is none."""
    return _locale(get_language() or "en")


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def duration(seconds: int) -> str:
    """`3723` -> `1:02:03`."""
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    return f"{sign}{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}"


@lru_cache(maxsize=20_000)
def international(digits: str) -> str:
    """E.164 digits as people write the number: `442079460000` -> `+44 20 7946 0000`."""
    if not (digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15):
        return digits
    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return digits
    return str(
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    ).replace(" ", NBSP)


# Babel's English is American: July before the fourth. Ours is read on both sides of the ocean.
_ENGLISH = {
    "moment": "yyyy-MM-dd HH:mm:ss",
    "day": "yyyy-MM-dd",
    "long_day": "d MMMM y",
    "weekday": "EEE d MMM y",
    "short_day": "d MMM",
    "month": "MMMM y",
    "short_month": "MMM y",
}
_SKELETONS = {
    "weekday": "yMMMEd",
    "short_day": "MMMd",
    "month": "yMMMM",
    "short_month": "yMMM",
}  # fmt: skip


def moment(at: datetime) -> str:
    """A moment in the viewer's zone, with the zone: `2026-10-05 14:03:22 CEST`."""
    local, here = timezone.localtime(at), locale()
    pattern = _ENGLISH["moment"] if here.language == "en" else "medium"
    said = format_datetime(local, pattern, locale=here).replace(" ", NBSP)
    return f"{said}{NBSP}{local.tzname()}"


def day(on: date) -> str:
    """`2026-10-05`; of a moment, the day in the viewer's zone."""
    return _dated("day", on)


def long_day(on: date) -> str:
    """`5 October 2026`."""
    return _dated("long_day", on)


def weekday(on: date) -> str:
    """`Mon 5 Oct 2026`."""
    return _dated("weekday", on)


def short_day(on: date) -> str:
    """`5 Oct`."""
    return _dated("short_day", on)


def month(on: date) -> str:
    """`October 2026`."""
    return _dated("month", on)


def short_month(on: date) -> str:
    """`Oct 2026`."""
    return _dated("short_month", on)


def iso_day(on: date) -> str:
    """`2026-10-05` in every language: what addresses and date fields hold."""
    return _local_day(on).isoformat()


def iso_month(on: date) -> str:
    """`2026-10` in every language."""
    return iso_day(on)[:7]


def month_key(at: datetime) -> str:
    """`202610`: the month in UTC, by which calls are kept and addressed."""
    return at.astimezone(UTC).strftime("%Y%m")


def _dated(kind: str, on: date) -> str:
    here, on = locale(), _local_day(on)
    if here.language == "en":
        return format_date(on, _ENGLISH[kind], locale=here)
    if kind in _SKELETONS:
        return format_skeleton(_SKELETONS[kind], on, locale=here)
    return format_date(on, "long" if kind == "long_day" else "medium", locale=here)


def _local_day(on: date) -> date:
    return timezone.localtime(on).date() if isinstance(on, datetime) else on


def text(value: Cell) -> str:
    """The value as a person reads it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, int | Decimal):
        return number(value)
    return str(value)


def is_number(value: Cell) -> bool:
    """Whether the value stands right-aligned."""
    return isinstance(value, int | Decimal | Money | Seconds) and not isinstance(value, bool)


def harmless(value: str) -> str:
    """A text that no spreadsheet will run as a formula: a leading apostrophe disarms it."""
    bare = value.lstrip()
    risky = bare[:1] in {"=", "+", "-", "@", "＝", "＋", "－", "＠"} if bare else False
    return f"'{value}" if risky or value[:1] in {"\t", "\r", "\n"} else value


def exported(value: Cell) -> str | int | Decimal | datetime | date:
    """The value for a file: numbers as numbers, moments in the viewer's zone, texts disarmed."""
    match value:
        case Money():
            return value.decimal
        case Seconds():
            return value.count
        case datetime():
            return timezone.localtime(value).replace(microsecond=0)
    if isinstance(value, int | Decimal | date) and not isinstance(value, bool):
        return value
    said = value.digits if isinstance(value, Phone) else text(value)
    return "" if value is None else harmless(said)
