"""The sums of days against the charges that they sum."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from tollwright.store.sql import statements

SQL = statements("rollups.sql")


@dataclass(frozen=True, slots=True)
class RollupDifference:
    """A campaign's day in one currency, whose kept sums are not those of its charges. Micros."""

    campaign_id: int
    day: date
    currency: str
    kept_sell_micros: int
    sell_micros: int
    kept_buy_micros: int
    buy_micros: int


def fetch_differences(
    connection: psycopg.Connection[Any],
    *,
    tenant_id: int,
    zone: str,
    first: datetime,
    last: datetime,
    most: int,
) -> list[RollupDifference]:
    """The first of them; both moments are midnights of `zone`."""
    values = {"tenant_id": tenant_id, "zone": zone, "first": first, "last": last, "most": most}
    with connection.cursor(row_factory=class_row(RollupDifference)) as cursor:
        return cursor.execute(SQL["fetch_differences"], values).fetchall()
