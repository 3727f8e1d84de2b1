"""Django's own connection as the engine and the store take it."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection

from tollwright.store.calls import Cursor, cursor_on


def database() -> psycopg.Connection[Any]:
    """The psycopg connection of Django's transaction, in which engine and store work."""
    connection.ensure_connection()
    opened: psycopg.Connection[Any] = connection.connection
    return opened


def database_cursor() -> Cursor:
    """A cursor on it, of plain tuples."""
    return cursor_on(database())
