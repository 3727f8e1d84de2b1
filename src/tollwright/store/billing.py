"""SQL of billing behind typed functions: charges onto lines, sums of lines, document numbers.

All take the caller's connection, inside the caller's transaction, with the tenant set on it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from tollwright.store.sql import statements

SQL = statements("billing.sql")
Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Basket:
    """Which charges a draft takes: the customer's, of this currency, started in [since, until).

    `held` are campaigns whose usage is not billed now.
    """

    invoice_id: int
    customer_id: int
    currency: str
    since: datetime
    until: datetime
    held: tuple[int, ...] = ()


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


def unbilled_since(
    connection: Connection, *, customer_id: int, until: datetime
) -> dict[str, datetime]:
    """Per currency, when the customer's first unbilled call before `until` started."""
    rows = _fetch(connection, "unbilled_since", {"customer_id": customer_id, "until": until})
    return dict(rows)


def unbilled_campaigns(connection: Connection, basket: Basket) -> list[tuple[int, str]]:
    """(id, name) of the campaigns with charges that the basket would take."""
    return _fetch(connection, "unbilled_campaigns", _payload(basket))


def release_stale(connection: Connection, basket: Basket) -> int:
    """Take off the draft's lines what no longer belongs there; how many charges."""
    return _change(connection, "release_stale", _payload(basket))


def mark(connection: Connection, basket: Basket) -> int:
    """Put the unbilled charges on the draft's usage lines; how many."""
    return _change(connection, "mark", _payload(basket))


def sum_lines(connection: Connection, basket: Basket) -> int:
    """Write calls, seconds and amount of the draft's usage lines; how many lines."""
    return _change(connection, "sum_lines", _payload(basket))


def add_usage_line(connection: Connection, *, invoice_id: int, campaign_id: int) -> None:
    """Give the campaign a usage line on the draft unless it has one."""
    payload: dict[str, object] = {"invoice_id": invoice_id, "campaign_id": campaign_id}
    _change(connection, "add_usage_line", payload)


def drop_unused_lines(connection: Connection, *, invoice_id: int) -> int:
    """Delete the draft's usage lines without calls; how many."""
    return _change(connection, "drop_unused_lines", {"invoice_id": invoice_id})


def place_lines(connection: Connection, *, invoice_id: int) -> None:
    """Number the draft's lines from 1 in the order of the document."""
    _change(connection, "place_lines", {"invoice_id": invoice_id})
    _change(connection, "settle_places", {"invoice_id": invoice_id})


def outdated_lines(connection: Connection, *, invoice_id: int, until: datetime) -> list[int]:
    """Positions of usage lines that are not the sum of their current charges.

    The charges are locked: nobody re-rates or deletes them before the caller's transaction ends.
    """
    payload: dict[str, object] = {"invoice_id": invoice_id, "until": until}
    return [row[0] for row in _fetch(connection, "outdated_lines", payload)]


def release_invoice(connection: Connection, *, invoice_id: int, until: datetime) -> int:
    """Take all charges off an invoice; how many. `until` is the end of its period."""
    return _change(connection, "release_invoice", {"invoice_id": invoice_id, "until": until})


def re_rated(connection: Connection, *, invoice_id: int, until: datetime) -> int:
    """How many re-rated charges a note stands for. `until` is the end of its period."""
    ((count,),) = _fetch(connection, "re_rated", {"invoice_id": invoice_id, "until": until})
    return int(count)


def lock_numbers(connection: Connection, tenant_id: int) -> None:
    """Wait until no other transaction issues documents of the tenant; hold that until ours ends.

    Taken before any customer is locked, so that two issuers never wait for each other.
    """
    _fetch(connection, "lock_numbers", {"tenant_id": str(tenant_id)})


def next_number(
    connection: Connection, *, tenant_id: int, legal_entity_id: int, document_type: str, year: int
) -> int:
    """The next number of the series, from 1, without gaps: a rolled-back one is given again.

    Other takers of this series wait until the caller's transaction ends.
    """
    series: dict[str, object] = {
        "tenant_id": tenant_id,
        "legal_entity_id": legal_entity_id,
        "document_type": document_type,
        "year": year,
    }
    _change(connection, "open_series", series)
    ((number,),) = _fetch(connection, "next_number", series)
    return int(number)


def destinations(connection: Connection, *, line_id: int, until: datetime) -> list[DestinationSum]:
    """What a usage line's charges come to per destination, largest amount first."""
    rows = _fetch(connection, "destinations", {"line_id": line_id, "until": until})
    return [DestinationSum(*row) for row in rows]


def calls_behind(
    connection: Connection, *, line_id: int, until: datetime, limit: int | None, offset: int = 0
) -> list[CallRow]:
    """The calls behind a usage line, in order of their start."""
    payload: dict[str, object] = {
        "line_id": line_id,
        "until": until,
        "limit": limit,
        "offset": offset,
    }
    return [CallRow(*row) for row in _fetch(connection, "calls_behind", payload)]


def _payload(basket: Basket) -> dict[str, object]:
    return {**asdict(basket), "held": list(basket.held)}


def _fetch(connection: Connection, name: str, payload: dict[str, object]) -> list[tuple[Any, ...]]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(SQL[name], payload).fetchall()


def _change(connection: Connection, name: str, payload: dict[str, object]) -> int:
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(SQL[name], payload).rowcount
