"""The sums behind every document, counted by the database, in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg.rows import class_row

from tollwright.store.sql import statements

SQL = statements("sums.sql")
CHECKS = tuple(name for name in SQL if name.startswith("check_"))
T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class NoteTaxRow:
    """One tax of all credit notes of a document; amounts are negative, `rate` a percentage."""

    document: str
    currency: str
    rate: Decimal
    notes: int
    base_micros: int
    tax_micros: int


def fetch_differences(connection: psycopg.Connection[Any], run_id: int | None) -> list[Difference]:
    """Where figures and rows differ; of one billing run's invoices, or of everything (None)."""
    return [one for name in CHECKS for one in _fetch(connection, Difference, SQL[name], run_id)]


def fetch_taxes(connection: psycopg.Connection[Any], run_id: int | None) -> list[TaxRow]:
    """The taxes of the documents, for the formula in core.tax."""
    return _fetch(connection, TaxRow, SQL["fetch_taxes"], run_id)


def fetch_note_taxes(connection: psycopg.Connection[Any], run_id: int | None) -> list[NoteTaxRow]:
    """The taxes of the documents' credit notes, together, for the formula in core.tax."""
    return _fetch(connection, NoteTaxRow, SQL["fetch_note_taxes"], run_id)


def _fetch(
    connection: psycopg.Connection[Any], row: type[T], statement: LiteralString, run_id: int | None
) -> list[T]:
    with connection.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(statement, {"run_id": run_id}).fetchall()
