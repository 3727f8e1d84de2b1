"""A card version's rows to and from core's rates, fast, in the caller's transaction.

Columns hold what nearly every row has; the rest is in `extra`, in the card file's form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import psycopg
from psycopg.rows import tuple_row

from tollwright.core.cards.card import Rate, RateCard, Unmatched
from tollwright.core.cards.dump import dump_rate
from tollwright.core.cards.file import load_card, read_rate
from tollwright.core.cards.read import (
    CardError,
    Fault,
    FieldError,
    Reader,
    as_moment,
    one_of,
    words,
)
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
        cursor.execute(SQL["create_incoming"])
        cursor.execute(SQL["clear_incoming"])
        with cursor.copy(SQL["copy_incoming"]) as copy:
            for row_no, rate in enumerate(rates):
                copy.write_row(_columns(row_no, rate))
        names = {"tenant_id": tenant_id, "version_id": version_id}
        return cursor.execute(SQL["insert_rates"], names).rowcount


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


def delete_rates(connection: Connection, *, version_id: int) -> int:
    """Take all rows of a draft away; how many."""
    return connection.execute(SQL["delete_rates"], {"version_id": version_id}).rowcount


def copy_rates(connection: Connection, *, source_id: int, version_id: int) -> int:
    """Give a draft the rows of another version; how many."""
    names = {"source_id": source_id, "version_id": version_id}
    return connection.execute(SQL["copy_rates"], names).rowcount


def fetch_rates(connection: Connection, *, version_id: int, timezone: str) -> tuple[Rate, ...]:
    """A version's rows; the place of each is its `row_no`. Raises CardError for rows whose `extra`
    is not part of a card."""
    with collector_paused():
        found = _select(connection, "fetch_rates", {"version_id": version_id}, timezone)
        return tuple([rate for _, rate in found])


def fetch_rates_for_number(
    connection: Connection, *, version_id: int, timezone: str, number: str
) -> list[tuple[int, Rate]]:
    """(row_no, rate) of the rows whose prefix `number` begins with, in their order."""
    prefixes = [number[:length] for length in range(len(number) + 1)]
    names = {"version_id": version_id, "prefixes": prefixes}
    return list(_select(connection, "fetch_rates_for_number", names, timezone))


def _select(
    connection: Connection, statement: str, names: dict[str, object], timezone: str
) -> Iterator[tuple[int, Rate]]:
    faults: list[Fault] = []
    moment = as_moment(ZoneInfo(timezone))
    extras = _Extras(lambda text, row_no: _read_extra(text, row_no, faults, moment))
    # psycopg's own cursor: Django's binds parameters itself and so cannot ask for binary results
    with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
        cursor.execute(SQL[statement], names, binary=True)
        while rows := cursor.fetchmany(_FETCHED):
            for row in map(RateRow._make, rows):  # class_row would double the time of a deck
                rate = _plain(row) if row.extra is None else _with_extra(row, extras.of(row))
                yield row.row_no, rate
    if faults:
        raise CardError(faults)


class RateRow(NamedTuple):
    """A row of a version, its columns in the order of `fetch_rates`; `extra` is JSON."""

    row_no: int
    prefix: str
    price_nanos: int
    name: str
    connect_fee_micros: int
    unit_s: int
    first_s: int
    next_s: int
    blocked: bool
    effective_from: datetime | None
    effective_to: datetime | None
    extra: str | None


def _plain(row: RateRow) -> Rate:
    return Rate(
        row.prefix, row.price_nanos, row.name, None, row.connect_fee_micros, row.unit_s,
        row.first_s, row.next_s, blocked=row.blocked, effective_from=row.effective_from,
        effective_to=row.effective_to,
    )  # fmt: skip


class _Extras:
    """A `Rate` of what an `extra` says, which lacks the row's own: a deck repeats a few texts."""

    def __init__(self, read: Callable[[str, int], partial[Rate]]) -> None:
        self._read = read
        self._known: dict[str, partial[Rate]] = {}

    def of(self, row: RateRow) -> partial[Rate]:
        text = row.extra or "{}"
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self._read(text, row.row_no)
        return found


def _read_extra(text: str, row_no: int, faults: list[Fault], moment: Any) -> partial[Rate]:
    """`extra` of the first row that has it; a fault names that row."""
    written = {"prefix": "", "price": "0", **msgspec.json.decode(text)}
    rate = read_rate(Reader(written, faults, row=row_no + 1), moment)
    return partial(Rate, **dict(zip(_EXTRA, _extra_of(rate), strict=True)))


def _with_extra(row: RateRow, rate_of: partial[Rate]) -> Rate:
    return rate_of(
        prefix=row.prefix, price_nanos=row.price_nanos, name=row.name,
        connect_fee_micros=row.connect_fee_micros, unit_s=row.unit_s, first_s=row.first_s,
        next_s=row.next_s, blocked=row.blocked, effective_from=row.effective_from,
        effective_to=row.effective_to,
    )  # fmt: skip


def read_frame(options: Mapping[str, object]) -> RateCard:
    """A version's settings, side and currency among them, as a card without rows.

    Raises CardError.
    """
    told = dict(options)
    said = told.pop("unmatched", "reject")  # the row that "default" needs is not here yet
    frame = load_card({**told, "rates": []})
    try:
        unmatched: Unmatched = one_of("reject", "default")(said)  # type: ignore[assignment]  # mypy widens the literals
    except FieldError as error:
        raise CardError([Fault(None, "unmatched", str(error))]) from error
    return replace(frame, unmatched=unmatched)


def read_card(connection: Connection, *, version_id: int, frame: RateCard) -> RateCard:
    """The card of a version: `frame` (of `read_frame`) with the version's rows.

    Raises CardError for rows that are no part of a card.
    """
    rates = fetch_rates(connection, version_id=version_id, timezone=frame.timezone)
    return replace(frame, rates=rates)
