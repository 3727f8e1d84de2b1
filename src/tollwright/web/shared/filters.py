"""Filters by day that every table may use. A day is one of the viewer's zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from tollwright.web.shared.tables import Rows


def day_of(value: str) -> date | None:
    """`2026-10-05` as a day; None for anything else."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def start_of(day: date) -> datetime:
    """The day's first moment in the viewer's zone."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def since(path: str) -> Callable[[Rows, str], Rows]:
    """Rows whose moment is on the day or later; what is no day filters nothing."""
    return _bounded(f"{path}__gte", 0)


def until(path: str) -> Callable[[Rows, str], Rows]:
    """Rows whose moment is on the day or earlier."""
    return _bounded(f"{path}__lt", 1)


def _bounded(lookup: str, days: int) -> Callable[[Rows, str], Rows]:
    def apply(rows: Rows, value: str) -> Rows:
        day = day_of(value)
        if day is None or not isinstance(rows, QuerySet):
            return rows
        return rows.filter(**{lookup: start_of(day + timedelta(days))})

    return apply
