"""The sums behind every document, counted by the database, in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from tollwright.store.sql import statements

SQL = statements("sums.sql")
CHECKS = (
    *("usage_lines", "totals", "ledger", "paid", "payments", "papers", "series"),
    "balances",
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that a document shows, and what its rows come to. Amounts are micros."""

    document: str
    figure: str
    shown: int
    counted: int


@dataclass(frozen=True, slots=True)
class TaxRow:
    """A tax of a document as shown, and its base from the lines. `rate` is a percentage."""

    document: str
    currency: str
    document_type: str
    category: str
    rate: Decimal
    base_micros: int
    tax_micros: int
    counted_base_micros: int


def differences(connection: psycopg.Connection[Any], run_id: int | None) -> list[Difference]:
    """Where figures and rows differ; of one billing run's invoices, or of everything (None)."""
    return [Difference(*row) for name in CHECKS for row in _fetch(connection, name, run_id)]


def taxes(connection: psycopg.Connection[Any], run_id: int | None) -> list[TaxRow]:
    """The taxes of the documents, for the formula in core.tax."""
    return [TaxRow(*row) for row in _fetch(connection, "taxes", run_id)]


def _fetch(
    connection: psycopg.Connection[Any], name: str, run_id: int | None
) -> list[tuple[Any, ...]]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(SQL[name], {"run_id": run_id}).fetchall()
