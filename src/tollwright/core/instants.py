"""Instants as whole microseconds since 1970-01-01 UTC, as columns and files hold them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def moment_of(micros: int) -> datetime:
    """The instant `micros` microseconds after 1970-01-01 UTC, exact."""
    return EPOCH + timedelta(microseconds=micros)


def micros_of(moment: datetime) -> int:
    """Microseconds from 1970-01-01 UTC to an aware moment."""
    return (moment - EPOCH) // MICROSECOND
