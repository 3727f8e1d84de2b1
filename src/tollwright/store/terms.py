"""Reading what rating needs to know: identifiers, rules, subscriptions, cards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
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
    """(id, customer_id, code, customer's code, currency, zone, customer since, anchor day)."""
    return cursor.execute(SQL["campaigns"]).fetchall()


def rules(cursor: Cursor, settings: Sequence[str]) -> list[Row]:
    """(id, tenant_id, customer_id, campaign_id, setting, value, locked, effective_from, set_at,
    set_by); the value is decoded."""
    rows = cursor.execute(SQL["rules"], {"settings": list(settings)}).fetchall()
    return [(*row[:5], msgspec.json.decode(row[5]) if row[5] else None, *row[6:]) for row in rows]


def subscriptions(cursor: Cursor) -> list[Row]:
    """(id, customer_id, campaign_id, plan_version_id, card_id, starts_on, ends_on, zone, pricing,
    then for cost_plus: markup in ppm, and in micros the fixed part, floor and cap)."""
    return cursor.execute(SQL["subscriptions"]).fetchall()


class IssuedPeriod(msgspec.Struct, frozen=True):
    """The period of an invoice that stands; its days are [first, end) of `zone`."""

    customer_id: int
    since: datetime
    until: datetime
    zone: str
    first: date
    end: date


def issued_periods(cursor: Cursor, customers: Sequence[int]) -> list[IssuedPeriod]:
    """The periods of these customers' invoices that stand, in all currencies."""
    rows = cursor.execute(SQL["issued_periods"], {"customers": list(customers)}).fetchall()
    return [IssuedPeriod(*row) for row in rows]


def cards(cursor: Cursor) -> list[Row]:
    """(card_id, code, currency, then of a version: id, number, effective_from, content_hash,
    published_at, whether it has allowances)."""
    return cursor.execute(SQL["cards"]).fetchall()


def card_options(cursor: Cursor, version_id: int) -> dict[str, Any]:
    """A version's settings in the card file's form; side and currency are the card's."""
    found = cursor.execute(SQL["card_options"], {"version_id": version_id}).fetchone()
    if found is None:
        raise LookupError(f"there is no card version {version_id}")
    options, side, currency = found
    told: dict[str, Any] = msgspec.json.decode(options)
    return {**told, "side": side, "currency": currency}


class StoredCharge(msgspec.Struct, frozen=True):
    """A charge with what it was made from: the call, and the card version's name ('' and 0 where
    the card is a parent's)."""

    id: int
    started_at: datetime
    leg: str
    level: int
    revision: int
    is_current: bool
    campaign_id: int
    card_version_id: int
    plan_version_id: int | None
    rate_no: int
    billed_s: int
    amount_micros: int
    currency: str
    rated_at: datetime
    call_id: int
    call_key: str
    answered_at: datetime
    answered_ms: int
    caller: str
    called: str
    cause: str
    disposition: str
    card_code: str
    version_number: int
    content_hash: str
    source_id: int
    trunk: str
    tenant_id: int


def charge(
    cursor: Cursor, charge_id: int, *, first: datetime, last: datetime
) -> StoredCharge | None:
    """The charge of this id whose call started in [first, last)."""
    values = {"charge_id": charge_id, "first": first, "last": last}
    row = cursor.execute(SQL["charge"], values).fetchone()
    return None if row is None else StoredCharge(*row)


def cost_plus(cursor: Cursor, plan_version_id: int | None) -> Row | None:
    """(markup in ppm, fixed part, floor, cap in micros) of a plan that prices from the cost."""
    return cursor.execute(SQL["cost_plus"], {"plan_version_id": plan_version_id}).fetchone()


class StoredCost(msgspec.Struct, frozen=True):
    """What a call cost the provider, by one revision; a parent's card has no name here."""

    id: int
    leg: str
    amount_micros: int
    currency: str
    rated_at: datetime
    card_code: str
    version_number: int


def costs(cursor: Cursor, *, call_id: int, started_at: datetime) -> list[StoredCost]:
    """Every revision of what a call cost, in the order of their rating."""
    values = {"call_id": call_id, "started_at": started_at}
    return [StoredCost(*row) for row in cursor.execute(SQL["costs"], values).fetchall()]
