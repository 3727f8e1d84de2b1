"""The one reader of what an address or a form says: days, ids, prefixes; filters by day.

What cannot be read is refused with a sentence. A day is one of the viewer's zone, and of a year
that a call can have: beyond, zones and sums leave what can be counted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from tollwright.domain import listing
from tollwright.domain.listing import FilterUnreadable, Rows

A_DAY = timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 1990, 2099
LARGEST_ID = 2**63 - 1  # PostgreSQL's bigint


def day_of(value: str) -> date | None:
    """`2026-10-05` as a day; None for anything else, and for years that no call has."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if len(value) == 10 and is_countable(day) else None


def is_countable(day: date) -> bool:
    """Whether the day, or moment, is of a year that can be counted with in every zone."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def id_of(value: str) -> int | None:
    """A row's id, ASCII digits alone; None for anything else: 1e3, +1, a word."""
    if not (value.isascii() and value.isdigit() and len(value) <= 19):
        return None
    return int(value) if int(value) <= LARGEST_ID else None


def needed_id(value: str, what: str) -> int:
    """As `id_of`; raises FilterUnreadable, which names `what` it is the id of."""
    found = id_of(value)
    if found is None:
        raise FilterUnreadable(f"{what}: {value!r} is not a number.")
    return found


def prefix_of(value: str) -> str:
    """`+44 20` as the digits of a prefix; anything else is refused."""
    digits = "".join(value.split()).removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        raise FilterUnreadable(f"{value!r} is not a prefix: write digits, such as 4420.")
    return digits


def start_of(day: date) -> datetime:
    """The day's first moment in the viewer's zone."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def since(path: str) -> Callable[[Rows, str], Rows]:
    """Rows whose moment is on the day or later; what is no day is refused."""
    return lambda rows, value: listing.between(rows, path, first=start_of(_day(value)))


def until(path: str) -> Callable[[Rows, str], Rows]:
    """Rows whose moment is on the day or earlier; what is no day is refused."""
    return lambda rows, value: listing.between(rows, path, end=start_of(_day(value) + A_DAY))


def _day(value: str) -> date:
    day = day_of(value)
    if day is None:
        raise FilterUnreadable(f"{value!r} is not a day, such as 2026-10-05.")
    return day
