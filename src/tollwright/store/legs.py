"""Writing what calls cost the provider: rows go by COPY to a temporary table, then on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from tollwright.store import binary
from tollwright.store.calls import Cursor, lock_usage
from tollwright.store.sql import statements

SQL = statements("legs.sql")
PORTION = 16_384
Row = tuple[Any, ...]


def wanted(cursor: Cursor) -> bool:
    """Whether calls of the tenant may cost it anything: it has trunks, or a parent."""
    row = cursor.execute(SQL["wanted"]).fetchone()
    return bool(row and row[0])


def charge_ids(cursor: Cursor) -> int:
    """The first of 65 536 new ids of charges."""
    row = cursor.execute(SQL["charge_ids"]).fetchone()
    if row is None:
        raise LookupError("a sequence gave no number")
    return int(row[0])


def write(cursor: Cursor, rows: memoryview, values: Mapping[str, object]) -> None:
    """Rows of tw_legs, from `binary.rows`, become charges and costs of their days.

    `values`: tenant_id, zone (the tenant's), at.
    """
    cursor.execute(SQL["make_legs"])
    cursor.execute(SQL["empty_legs"])
    binary.copy(cursor, SQL["copy_legs"], rows)
    cursor.execute(SQL["insert_charges"], values)
    lock_usage(cursor, int(str(values["tenant_id"])))
    cursor.execute(SQL["add_costs"], values)


def batches_without_cost(
    cursor: Cursor, *, first: datetime, last: datetime
) -> list[tuple[int, int]]:
    """(id, source id) of batches with answered calls started in [first, last) that cost nothing."""
    values = {"first": first, "last": last}
    return cursor.execute(SQL["batches_without_cost"], values).fetchall()


def without_cost(
    cursor: Cursor, *, batch_id: int, first: datetime, last: datetime
) -> Iterator[list[Row]]:
    """Portions of those calls: (id, start and answer in micros, milliseconds, customer, campaign,
    caller, called, trunk, cause, disposition)."""
    values = {"batch_id": batch_id, "first": first, "last": last}
    with psycopg.ServerCursor(cursor.connection, "tw_no_cost", row_factory=tuple_row) as reading:
        reading.execute(SQL["without_cost"], values)
        while rows := reading.fetchmany(PORTION):
            yield rows
