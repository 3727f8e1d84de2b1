"""Writing what calls cost the provider: rows go by COPY to a temporary table, then on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

import psycopg
from psycopg.rows import class_row

from tollwright.store import binary
from tollwright.store.calls import Cursor
from tollwright.store.rows import fetch_all, fetch_value
from tollwright.store.sql import statements
from tollwright.store.usage import stage_usage

SQL = statements("legs.sql")
PORTION = 16_384


class AnsweredCall(NamedTuple):
    """An answered call as its cost is priced from; instants are micros since 1970."""

    call_id: int
    started_us: int
    answered_us: int
    answered_ms: int
    customer_id: int
    campaign_id: int
    caller: str
    called: str
    trunk: str
    cause: str
    disposition: str


class BatchRef(NamedTuple):
    """A batch and its source."""

    batch_id: int
    source_id: int


def check_costs_wanted(cursor: Cursor) -> bool:
    """Whether calls of the tenant may cost it anything: it has trunks, or a parent."""
    return bool(fetch_value(cursor, bool, SQL["check_costs_wanted"]))


def insert_legs(cursor: Cursor, rows: memoryview, values: Mapping[str, object]) -> None:
    """Rows of tw_legs, from `binary.rows`, become charges, and costs of their days once those are
    folded. `values`: tenant_id, zone (the tenant's), at.
    """
    cursor.execute(SQL["create_legs"])
    cursor.execute(SQL["clear_legs"])
    binary.copy(cursor, SQL["copy_legs"], rows)
    cursor.execute(SQL["insert_charges"], values)
    stage_usage(cursor, SQL["add_costs"], values)


def fetch_batches_without_cost(
    cursor: Cursor, *, first: datetime, last: datetime
) -> list[BatchRef]:
    """Batches with answered calls started in [first, last) that cost nothing."""
    values = {"first": first, "last": last}
    return fetch_all(cursor, BatchRef, SQL["fetch_batches_without_cost"], values)


def fetch_calls_without_cost(
    cursor: Cursor, *, batch_id: int, first: datetime, last: datetime
) -> Iterator[list[AnsweredCall]]:
    """Those calls of a batch, PORTION at a time."""
    values = {"batch_id": batch_id, "first": first, "last": last}
    typed = class_row(AnsweredCall)
    with psycopg.ServerCursor(cursor.connection, "tw_no_cost", row_factory=typed) as reading:
        reading.execute(SQL["fetch_calls_without_cost"], values)
        while rows := reading.fetchmany(PORTION):
            yield rows
