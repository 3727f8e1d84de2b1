"""Counting requests, for all processes together."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg
from psycopg.rows import class_row

from tollwright.store.sql import statements

SQL = statements("limits.sql")


class Counted(NamedTuple):
    """How many there are."""

    requests: int


def count_request(connection: psycopg.Connection[Any], *, subject: str, minute: int) -> int:
    """How many requests of the subject this minute has, this one with them."""
    with connection.cursor(row_factory=class_row(Counted)) as cursor:
        cursor.execute(SQL["count_request"], {"subject": subject, "minute": minute})
        found = cursor.fetchone()
    return 1 if found is None else found.requests
