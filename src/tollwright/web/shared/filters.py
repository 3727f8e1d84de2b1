"""Filters by day that every table may use. A day is one of the viewer's zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from tollwright.domain import listing
from tollwright.domain.listing import FilterUnreadable, Rows
from tollwright.web.shared.tables import day_of

__all__ = ["day_of", "prefix_of", "since", "start_of", "until"]

A_DAY = timedelta(days=1)


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
