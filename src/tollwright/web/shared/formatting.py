"""Values as people read them: on a page, in a CSV file, in a spreadsheet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

import phonenumbers
from django.utils import timezone
from django.utils.formats import number_format

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
    text = show(micros, minor_decimals(currency))
    return str(number_format(Decimal(text), use_l10n=True, force_grouping=True))


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


def moment(at: datetime) -> str:
    """A moment in the viewer's zone, with the zone: `2026-10-05 14:03:22 CEST`."""
    return timezone.localtime(at).strftime(f"%Y-%m-%d{NBSP}%H:%M:%S{NBSP}%Z")


def text(value: Cell) -> str:
    """The value as a person reads it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | Decimal):
        return str(number_format(value, use_l10n=True, force_grouping=True))
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
