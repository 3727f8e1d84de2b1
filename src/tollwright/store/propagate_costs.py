"""A reseller's costs after its parent charged the calls anew; rows never leave the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from tollwright.store.calls import Cursor, lock_usage
from tollwright.store.sql import statements

SQL = statements("propagate_costs.sql")
Span = Mapping[str, object]  # first, last: the starts of calls


class Moved(NamedTuple):
    """What a reseller's costs in one currency came to, and come to."""

    currency: str
    calls: int
    old_micros: int
    new_micros: int


def resold(cursor: Cursor, charges: Sequence[int], span: Span) -> list[int]:
    """The parent's: the resellers whose calls these new charges are for; they are kept."""
    row = cursor.execute(SQL["any"]).fetchone()
    if row is None or not row[0]:
        return []
    cursor.execute(SQL["make_followed"])
    cursor.execute(SQL["empty_followed"])
    cursor.execute(SQL["follow"], {**span, "charges": list(charges)})
    return [row[0] for row in cursor.execute(SQL["followed"])]


def move(cursor: Cursor, span: Span, *, tenant_id: int, at: datetime) -> list[Moved]:
    """The child's: its costs of those calls get their next revision, its days' sums move along."""
    values = {**span, "at": at}
    lock_usage(cursor, tenant_id)
    for name in ("make_moved", "empty_moved", "move", "retire", "revise", "move_costs"):
        cursor.execute(SQL[name], values)
    return [Moved(*row) for row in cursor.execute(SQL["sums"], values)]


def sold(cursor: Cursor, values: Mapping[str, object]) -> tuple[int, datetime] | None:
    """The parent's: (id, start) of the charge that a reseller's cost repeats.

    `values`: reseller_id, call_key (as the parent knows it), and of the cost: started_at, rated_at,
    amount_micros, card_version_id, rate_no, billed_s.
    """
    return cursor.execute(SQL["sold"], values).fetchone()
