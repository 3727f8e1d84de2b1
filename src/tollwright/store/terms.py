"""Reading what rating needs to know: identifiers, rules, subscriptions, cards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg

from tollwright.store.sql import statements

SQL = statements("terms.sql")
Cursor = psycopg.Cursor[tuple[Any, ...]]
Row = tuple[Any, ...]


def identifiers(cursor: Cursor) -> list[Row]:
    """(kind, value, valid_from, valid_to, campaign_id)."""
    return cursor.execute(SQL["identifiers"]).fetchall()


def campaigns(cursor: Cursor) -> list[Row]:
    """(id, customer_id, code, customer's code, currency, zone)."""
    return cursor.execute(SQL["campaigns"]).fetchall()


def rules(cursor: Cursor, settings: Sequence[str]) -> list[Row]:
    """(id, tenant_id, customer_id, campaign_id, setting, value, locked, effective_from, set_at,
    set_by); the value is decoded."""
    rows = cursor.execute(SQL["rules"], {"settings": list(settings)}).fetchall()
    return [(*row[:5], msgspec.json.decode(row[5]) if row[5] else None, *row[6:]) for row in rows]


def subscriptions(cursor: Cursor) -> list[Row]:
    """(id, customer_id, campaign_id, plan_version_id, card_id, starts_at, ends_at)."""
    return cursor.execute(SQL["subscriptions"]).fetchall()


def cards(cursor: Cursor) -> list[Row]:
    """(card_id, code, currency, version_id, number, effective_from, content_hash)."""
    return cursor.execute(SQL["cards"]).fetchall()


def card_content(cursor: Cursor, version_id: int) -> tuple[dict[str, Any], list[Row]]:
    """A version's settings in the card file's form, and its rows; `extra` is JSON text."""
    found = cursor.execute(SQL["card_options"], {"version_id": version_id}).fetchone()
    if found is None:
        raise LookupError(f"there is no card version {version_id}")
    options: dict[str, Any] = msgspec.json.decode(found[0])
    return options, cursor.execute(SQL["card_rates"], {"version_id": version_id}).fetchall()
