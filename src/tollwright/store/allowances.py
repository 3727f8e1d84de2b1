"""What calls took from the pools of their cards, and the calls of a period in their turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import tuple_row

from tollwright.store.calls import Cursor
from tollwright.store.sql import statements

SQL = statements("allowances.sql")
Touched = list[tuple[int, datetime]]  # (customer, when a call was answered)
PORTION = 20_000


class Drawn(NamedTuple):
    """A call with its charge, None where it has none yet; `draws` as (pool, before, taken).

    `issued`: the charge is on an issued invoice or note.
    """

    call_id: int
    started_at: datetime
    campaign_id: int
    answered_at: datetime
    answered_ms: int
    call_key: str
    caller: str
    called: str
    cause: str
    disposition: str
    revision: int
    charge_id: int | None
    charge_revision: int | None
    version_id: int | None
    plan_version_id: int | None
    rate_no: int
    billed_s: int
    allowance_s: int
    amount_micros: int
    rated_at: datetime | None
    issued: bool
    draws: list[tuple[str, int, int]]

    @property
    def price(self) -> tuple[int, int, int, int]:
        """(rate row, billed s, allowance s, micros) as charged."""
        return self.rate_no, self.billed_s, self.allowance_s, self.amount_micros


def lock(cursor: Cursor, customers: Sequence[int]) -> None:
    """Until the transaction ends, nobody else draws on the pools of these customers."""
    cursor.execute(SQL["lock_customers"], {"customers": sorted(customers)})


def any_use(cursor: Cursor) -> bool:
    """Whether anything was ever taken from a pool of the tenant."""
    row = cursor.execute(SQL["any_use"]).fetchone()
    return bool(row and row[0])


def taken(cursor: Cursor, values: Mapping[str, object]) -> dict[tuple[int, int, str], int]:
    """By (card, campaign or 0, pool): what calls of a period took before `since`, and whenever
    those on issued invoices were. `values`: customer_id, first, last (the period), since."""
    return {row[:3]: row[3] for row in cursor.execute(SQL["taken"], values).fetchall()}


def calls_in_turn(cursor: Cursor, values: Mapping[str, object]) -> Iterator[list[Drawn]]:
    """The calls of a customer answered in [since, last), portions in the order of consumption:
    those without a charge, and those charged by a card with allowances.

    `values`: customer_id, since, last, versions (those with allowances).
    """
    with psycopg.ServerCursor(cursor.connection, "tw_in_turn", row_factory=tuple_row) as reading:
        reading.execute(SQL["calls_in_turn"], values)
        while rows := reading.fetchmany(PORTION):
            yield [_drawn(row) for row in rows]


def _drawn(row: tuple[Any, ...]) -> Drawn:
    pools, befores, takens = row[-3:]
    draws = list(zip(pools, befores, takens, strict=True)) if pools else []
    fields: tuple[Any, ...] = (*row[:-3], draws)
    return Drawn(*fields)


def charge_ids(cursor: Cursor) -> int:
    """The first of so many new ids of charges that a portion has enough."""
    row = cursor.execute(SQL["charge_ids"]).fetchone()
    if row is None:
        raise LookupError("a sequence gave no number")
    return int(row[0])


def write_charges(cursor: Cursor, lines: Sequence[str]) -> None:
    """Rows of tw_drawn in COPY's text form: retire the old charges, insert the new ones."""
    if not lines:
        return
    cursor.execute(SQL["make_drawn"])
    cursor.execute(SQL["empty_drawn"])
    with cursor.copy(SQL["copy_drawn"]) as copy:
        copy.write("".join(lines))
    cursor.execute(SQL["retire"])
    cursor.execute(SQL["insert_charges"])


def write_uses(
    cursor: Cursor, *, tenant_id: int, told_anew: Sequence[int], lines: Sequence[str]
) -> None:
    """Rows of tw_uses in COPY's text form; the old ones of `told_anew` charges go."""
    if told_anew:
        cursor.execute(SQL["forget_uses"], {"charges": list(told_anew)})
    if lines:
        cursor.execute(SQL["make_uses"])
        cursor.execute(SQL["empty_uses"])
        with cursor.copy(SQL["copy_uses"]) as copy:
            copy.write("".join(lines))
        cursor.execute(SQL["insert_uses"], {"tenant_id": tenant_id})


def uses(cursor: Cursor, charge_id: int) -> list[tuple[str, int, int]]:
    """(pool, what earlier calls had taken, what it gave this one) of a charge."""
    return cursor.execute(SQL["uses"], {"charge_id": charge_id}).fetchall()


def corrected(cursor: Cursor, values: Mapping[str, object]) -> Touched:
    """When the calls that a batch corrects had drawn. `values`: batch_id, first, last."""
    return cursor.execute(SQL["corrected"], values).fetchall()


def of_batch(cursor: Cursor, values: Mapping[str, object]) -> Touched:
    """When the calls of a batch drew. `values`: batch_id, first, last."""
    return cursor.execute(SQL["of_batch"], values).fetchall()


def forget_batch(cursor: Cursor, values: Mapping[str, object]) -> None:
    """Take away what the calls of a batch drew. `values`: batch_id, first, last."""
    cursor.execute(SQL["forget_batch"], values)


def of_charges(cursor: Cursor, charges: Sequence[int]) -> Touched:
    """When these charges drew."""
    return cursor.execute(SQL["of_charges"], {"charges": list(charges)}).fetchall()
