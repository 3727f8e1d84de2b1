"""Reading what the buy side of a call needs to know: trunks, assignments, buy cards."""

from __future__ import annotations

from typing import Any

import psycopg

from tollwright.store.sql import statements

SQL = statements("carriers.sql")
Cursor = psycopg.Cursor[tuple[Any, ...]]
Row = tuple[Any, ...]


def trunks(cursor: Cursor) -> list[Row]:
    """(value, valid_from, valid_to, carrier_id, carrier's code)."""
    return cursor.execute(SQL["trunks"]).fetchall()


def assigned(cursor: Cursor) -> list[Row]:
    """(carrier_id, valid_from, card_id); of one moment the one written last comes last."""
    return cursor.execute(SQL["assigned"]).fetchall()


def cards(cursor: Cursor) -> list[Row]:
    """(card_id, code, currency, then of a version as in `terms.cards`)."""
    return cursor.execute(SQL["cards"]).fetchall()
