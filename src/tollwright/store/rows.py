"""What a query gives, as a class of its own: columns go to the fields of the same names.

A SELECT whose columns and a class whose fields are named differently fail at the first row, so a
column that is added or moved can never be taken for another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString, TypeVar

import psycopg
from psycopg.rows import TupleRow, class_row, scalar_row

Cursor = psycopg.Cursor[TupleRow]
T = TypeVar("T")
Values = Mapping[str, object]


def fetch_all(
    cursor: Cursor,
    row: type[T],
    statement: LiteralString,
    values: Values | None = None,
    *,
    prepare: bool | None = None,
) -> list[T]:
    """Every row of a query. `prepare=False`: planned for today's sizes, each time."""
    with psycopg.Cursor(cursor.connection, row_factory=class_row(row)) as typed:
        return typed.execute(statement, values, prepare=prepare).fetchall()


def fetch_one(
    cursor: Cursor, row: type[T], statement: LiteralString, values: Values | None = None
) -> T | None:
    """The first row of a query; None where there is none."""
    with psycopg.Cursor(cursor.connection, row_factory=class_row(row)) as typed:
        return typed.execute(statement, values).fetchone()


def fetch_values(
    cursor: Cursor, kind: type[T], statement: LiteralString, values: Values | None = None
) -> list[T]:
    """The only column of a query. Raises TypeError for a value that is not of this kind."""
    with psycopg.Cursor(cursor.connection, row_factory=scalar_row) as typed:
        return [_checked(kind, value) for value in typed.execute(statement, values)]


def fetch_value(
    cursor: Cursor, kind: type[T], statement: LiteralString, values: Values | None = None
) -> T | None:
    """The only column of the first row; None without a row, or where it is NULL."""
    with psycopg.Cursor(cursor.connection, row_factory=scalar_row) as typed:
        found = typed.execute(statement, values).fetchone()
    return None if found is None else _checked(kind, found)


def _checked(kind: type[T], value: object) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"a query gave {value!r}, which is not of {kind.__name__}")
    return value
