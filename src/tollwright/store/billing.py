"""SQL of billing behind typed functions: charges onto lines, sums of lines, document numbers.

All take the caller's connection, inside the caller's transaction, with the tenant set on it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import psycopg
from psycopg.rows import class_row, scalar_row, tuple_row

from tollwright.store.sql import statements

SQL = statements("billing.sql")
Connection = psycopg.Connection[Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Basket:
    """Which charges a draft takes: the customer's, of this currency, started in [since, until).

    Late calls among them, from before `own_since`, only where they cost something: one for nothing
    is counted in its own period or not at all. `held` are campaigns whose usage is not billed now.
    `tax_rate`: percent.
    """

    invoice_id: int
    customer_id: int
    currency: str
    since: datetime
    until: datetime
    own_since: datetime
    held: tuple[int, ...]
    tax_category: str
    tax_rate: Decimal


@dataclass(frozen=True, slots=True)
class DestinationSum:
    """What the calls of a line to one destination come to."""

    destination: str
    calls: int
    billed_s: int
    amount_micros: int


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call behind a usage line. Numbers are E.164 digits without +."""

    started_at: datetime
    caller: str
    called: str
    destination: str
    answered_ms: int
    billed_s: int
    amount_micros: int
    charge_id: int
    call_id: int


@dataclass(frozen=True, slots=True)
class UnbilledCurrency:
    """When a customer's first unbilled call in a currency started."""

    currency: str
    since: datetime


@dataclass(frozen=True, slots=True)
class UnbilledCampaign:
    """A campaign with charges that a basket would take."""

    campaign_id: int
    name: str


@dataclass(frozen=True, slots=True)
class UsageLine:
    """A draft's line of a campaign's usage, of one tax."""

    line_id: int
    campaign_id: int


def fetch_unbilled_since(
    connection: Connection, *, customer_id: int, until: datetime
) -> dict[str, datetime]:
    """Per currency, when the customer's first unbilled call before `until` started."""
    payload: dict[str, object] = {"customer_id": customer_id, "until": until}
    rows = _fetch(connection, UnbilledCurrency, "fetch_unbilled_since", payload)
    return {row.currency: row.since for row in rows}


def fetch_unbilled_campaigns(connection: Connection, basket: Basket) -> list[UnbilledCampaign]:
    """The campaigns with charges that the basket would take, in order of their names."""
    return _fetch(connection, UnbilledCampaign, "fetch_unbilled_campaigns", _payload(basket))


def release_stale_charges(connection: Connection, basket: Basket) -> int:
    """Take off the draft's lines what no longer belongs there; how many charges."""
    return _change(connection, "release_stale_charges", _payload(basket))


def release_taxed_otherwise(connection: Connection, basket: Basket) -> int:
    """Take the basket's charges off the draft's lines of another tax; how many."""
    return _change(connection, "release_taxed_otherwise", _payload(basket))


def mark_charges(connection: Connection, basket: Basket) -> int:
    """Put the unbilled charges on the draft's usage lines; how many."""
    lines = _fetch(connection, UsageLine, "fetch_usage_lines", _payload(basket))
    places: dict[str, object] = {
        "lines": [line.line_id for line in lines],
        "campaigns": [line.campaign_id for line in lines],
    }
    return _change(connection, "mark_charges", _payload(basket) | places) if lines else 0


def sum_lines(connection: Connection, basket: Basket) -> int:
    """Write calls, seconds and amount of the draft's usage lines; how many lines."""
    return _change(connection, "sum_lines", _payload(basket))


def insert_usage_line(connection: Connection, basket: Basket, *, campaign_id: int) -> None:
    """Give the campaign a usage line of the basket's tax on the draft unless it has one."""
    _change(connection, "insert_usage_line", _payload(basket) | {"campaign_id": campaign_id})


def delete_unused_lines(connection: Connection, *, invoice_id: int) -> int:
    """Delete the draft's usage lines without calls; how many."""
    return _change(connection, "delete_unused_lines", {"invoice_id": invoice_id})


def number_lines(connection: Connection, *, invoice_id: int) -> None:
    """Number the draft's lines from 1 in the order of the document."""
    _change(connection, "number_lines", {"invoice_id": invoice_id})
    _change(connection, "settle_numbers", {"invoice_id": invoice_id})


def lock_outdated_lines(connection: Connection, *, invoice_id: int, until: datetime) -> list[int]:
    """Positions of usage lines that are not the sum of their current charges.

    The charges are locked: nobody re-rates or deletes them before the caller's transaction ends.
    """
    payload: dict[str, object] = {"invoice_id": invoice_id, "until": until}
    return _fetch_values(connection, "lock_outdated_lines", payload)


def release_charges(connection: Connection, *, invoice_id: int, until: datetime) -> int:
    """Take all charges off an invoice; how many. `until` is the end of its period."""
    return _change(connection, "release_charges", {"invoice_id": invoice_id, "until": until})


def count_rerated(connection: Connection, *, invoice_id: int, until: datetime) -> int:
    """How many re-rated charges a note stands for. `until` is the end of its period."""
    (count,) = _fetch_values(
        connection, "count_rerated", {"invoice_id": invoice_id, "until": until}
    )
    return count


def lock_numbers(connection: Connection, tenant_id: int) -> None:
    """Wait until no other transaction issues documents of the tenant; hold that until ours ends.

    Taken before any customer is locked, so that two issuers never wait for each other.
    """
    _change(connection, "lock_numbers", {"tenant_id": str(tenant_id)})


def fetch_last_day(
    connection: Connection, *, legal_entity_id: int, document_type: str
) -> date | None:
    """The day of the entity's latest document of the type; None before its first."""
    series: dict[str, object] = {
        "legal_entity_id": legal_entity_id, "document_type": document_type,
    }  # fmt: skip
    with connection.cursor(row_factory=scalar_row) as cursor:
        last: date | None = cursor.execute(SQL["fetch_last_day"], series).fetchone()
    return last


def take_number(
    connection: Connection, *, tenant_id: int, legal_entity_id: int, document_type: str, day: date
) -> int:
    """The next number of the series, from 1, without gaps: a rolled-back one is given again.

    Other takers of this series wait until the caller's transaction ends.
    """
    series: dict[str, object] = {
        "tenant_id": tenant_id,
        "legal_entity_id": legal_entity_id,
        "document_type": document_type,
        "year": day.year,
        "day": day,
    }
    _change(connection, "insert_series", series)
    (number,) = _fetch_values(connection, "take_number", series)
    return number


def sum_destinations(
    connection: Connection, *, line_id: int, until: datetime
) -> list[DestinationSum]:
    """What a usage line's charges come to per destination, largest amount first."""
    payload: dict[str, object] = {"line_id": line_id, "until": until}
    return _fetch(connection, DestinationSum, "sum_destinations", payload)


def fetch_calls(
    connection: Connection, *, line_id: int, until: datetime, limit: int | None, offset: int = 0
) -> list[CallRow]:
    """The calls behind a usage line, in order of their start."""
    payload: dict[str, object] = {
        "line_id": line_id,
        "until": until,
        "limit": limit,
        "offset": offset,
    }
    return _fetch(connection, CallRow, "fetch_calls", payload)


def _payload(basket: Basket) -> dict[str, object]:
    return {**asdict(basket), "held": list(basket.held)}


def _fetch(connection: Connection, row: type[T], name: str, payload: dict[str, object]) -> list[T]:
    with connection.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(SQL[name], payload).fetchall()


def _fetch_values(connection: Connection, name: str, payload: dict[str, object]) -> list[int]:
    with connection.cursor(row_factory=scalar_row) as cursor:
        return [int(value) for value in cursor.execute(SQL[name], payload)]


def _change(connection: Connection, name: str, payload: dict[str, object]) -> int:
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(SQL[name], payload).rowcount
