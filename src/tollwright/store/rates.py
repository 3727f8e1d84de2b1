"""A card version's rows to and from core's rates, fast, in the caller's transaction.

Columns hold what nearly every row has; the rest is in `extra`, in the card file's form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import psycopg
from psycopg.rows import tuple_row

from tollwright.core.card import Rate
from tollwright.core.carddump import dump_rate, show_moment
from tollwright.core.cardfile import read_rate
from tollwright.core.cardread import CardError, Fault, Reader, as_moment, words
from tollwright.core.money import show, show_price
from tollwright.store.bulk import collector_paused
from tollwright.store.sql import statements

SQL = statements("rates.sql")
Connection = psycopg.Connection[Any]

COLUMN_KEYS = words(
    "prefix name price unit_s first_s next_s connect_fee blocked effective_from effective_to"
)
_EXTRA = (
    *("band", "steps", "grace", "min_seconds", "min_charge_micros", "max_charge_micros"),
    *("disconnect_fee_micros", "disconnect_after_s", "first_charge_micros", "block_charge"),
    *("lift", "discount_ppm", "origin_prefix", "length_min", "length_max"),
)
_extra_of = attrgetter(*_EXTRA)
_NO_EXTRA = _extra_of(Rate("", 0))
_FETCHED = 10_000


def write_rates(
    connection: Connection, *, tenant_id: int, version_id: int, rates: Iterable[Rate]
) -> int:
    """Add rows to a draft, numbered from 0; how many. The tenant is set on the connection."""
    with connection.cursor() as cursor:
        cursor.execute(SQL["make_incoming"])
        cursor.execute(SQL["empty_incoming"])
        with cursor.copy(SQL["copy_incoming"]) as copy:
            for row_no, rate in enumerate(rates):
                copy.write_row(_columns(row_no, rate))
        names = {"tenant_id": tenant_id, "version_id": version_id}
        return cursor.execute(SQL["take_incoming"], names).rowcount


def _columns(row_no: int, rate: Rate) -> tuple[object, ...]:
    return (
        row_no, rate.prefix, rate.name, rate.price_nanos, rate.unit_s, rate.first_s, rate.next_s,
        rate.connect_fee_micros, rate.blocked, rate.effective_from, rate.effective_to,
        None if _extra_of(rate) == _NO_EXTRA else extra_text(rate),
    )  # fmt: skip


def extra_text(rate: Rate) -> str:
    """What has no column, as JSON in the card file's form."""
    dumped = dump_rate(rate)
    return msgspec.json.encode({k: v for k, v in dumped.items() if k not in COLUMN_KEYS}).decode()


def drop_rates(connection: Connection, *, version_id: int) -> int:
    """Take all rows of a draft away; how many."""
    return connection.execute(SQL["drop_rates"], {"version_id": version_id}).rowcount


def copy_version(connection: Connection, *, source_id: int, version_id: int) -> int:
    """Give a draft the rows of another version; how many."""
    names = {"source_id": source_id, "version_id": version_id}
    return connection.execute(SQL["copy_version"], names).rowcount


def read_rates(connection: Connection, *, version_id: int, timezone: str) -> tuple[Rate, ...]:
    """A version's rows; the place of each is its `row_no`. Raises CardError for rows whose `extra`
    is no part of a card."""
    with collector_paused():
        found = _select(connection, "all_rates", {"version_id": version_id}, timezone)
        return tuple([rate for _, rate in found])


def rates_for(
    connection: Connection, *, version_id: int, timezone: str, number: str
) -> list[tuple[int, Rate]]:
    """(row_no, rate) of the rows whose prefix `number` begins with, in their order."""
    prefixes = [number[:length] for length in range(len(number) + 1)]
    names = {"version_id": version_id, "prefixes": prefixes}
    return list(_select(connection, "rates_for", names, timezone))


def _select(
    connection: Connection, statement: str, names: dict[str, object], timezone: str
) -> Iterator[tuple[int, Rate]]:
    faults: list[Fault] = []
    moment = as_moment(ZoneInfo(timezone))
    # psycopg's own cursor: Django's binds parameters itself and so cannot ask for binary results
    with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
        cursor.execute(SQL[statement], names, binary=True)
        while rows := cursor.fetchmany(_FETCHED):
            for row in rows:
                rate = _plain(row) if row[11] is None else _with_extra(row, faults, moment)
                yield row[0], rate
    if faults:
        raise CardError(faults)


def _plain(row: Sequence[Any]) -> Rate:
    return Rate(
        row[1], row[2], row[3], None, row[4], row[5], row[6], row[7], blocked=row[8],
        effective_from=row[9], effective_to=row[10],
    )  # fmt: skip


def _with_extra(row: Sequence[Any], faults: list[Fault], moment: Any) -> Rate:
    row_no, prefix, price, name, connect, unit_s, first_s, next_s, blocked, begins, ends, extra = (
        row
    )
    written = {
        "prefix": prefix,
        "price": show_price(price),
        "name": name,
        "connect_fee": show(connect),
        "unit_s": unit_s,
        "first_s": first_s,
        "next_s": next_s,
        "blocked": blocked,
        "effective_from": _shown(begins),
        "effective_to": _shown(ends),
        **msgspec.json.decode(extra),
    }
    return read_rate(Reader(written, faults, row=row_no + 1), moment)


def _shown(moment: datetime | None) -> str | None:
    return None if moment is None else show_moment(moment)
