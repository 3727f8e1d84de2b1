"""What calls took from the pools of their cards, and the calls of a period in their turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import ChargeColumns
from tollwright.store.calls import Cursor
from tollwright.store.columns import Layout, read_all, write
from tollwright.store.rerate import CHARGES, DrawMoment, Stored, span_of, stored
from tollwright.store.rows import fetch_all, fetch_value
from tollwright.store.sql import statements

SQL = statements("allowances.sql")


class PoolKey(NamedTuple):
    """A pool; `campaign_id` is 0 for one that all campaigns of the customer share."""

    card_id: int
    campaign_id: int
    pool: str


class PoolTaken(NamedTuple):
    """What calls took of a pool."""

    card_id: int
    campaign_id: int
    pool: str
    taken: int

    @property
    def key(self) -> PoolKey:
        return PoolKey(self.card_id, self.campaign_id, self.pool)


class ChargeUse(NamedTuple):
    """What a charge took of a pool."""

    charge_id: int
    card_id: int
    campaign_id: int
    pool: str
    taken: int

    @property
    def key(self) -> PoolKey:
        return PoolKey(self.card_id, self.campaign_id, self.pool)


class PoolUse(NamedTuple):
    """What earlier calls had taken of a pool when a charge drew, and what it got."""

    pool: str
    before: int
    taken: int


TURN = Layout(
    (*CHARGES.numbers, "rate_index", "allowance_s", "rated_us", "revision", "issued"),
    CHARGES.texts,
    (*CHARGES.moments, "rated_us"),
)
DRAWN = Layout(
    (
        "charge_id", "old_id", "call_id", "started_us", "rated_us", "revision", "version_id",
        "plan_id", "rate_index", "billed_s", "allowance_s", "amount_micros",
    ),
    moments=("started_us", "rated_us"),
)  # fmt: skip
USES = Layout(
    (
        "charge_id", "started_us", "answered_us", "customer_id", "campaign_id", "card_id", "pool",
        "before", "taken",
    ),
    moments=("started_us", "answered_us"),
)  # fmt: skip


class Uses(NamedTuple):
    """What pools had given before a charge, and gave it, int64[n] each.

    `campaign_id` is 0 for a pool that all campaigns share; `pool` is a place, from 1, in a list of
    names that goes with it.
    """

    charge_id: Int64
    started_us: Int64
    answered_us: Int64
    customer_id: Int64
    campaign_id: Int64
    card_id: Int64
    pool: Int64
    before: Int64
    taken: Int64


def check_any_use(cursor: Cursor) -> bool:
    """Whether anything was ever taken from a pool of the tenant."""
    return bool(fetch_value(cursor, bool, SQL["check_any_use"]))


def sum_taken(cursor: Cursor, values: Mapping[str, object]) -> dict[tuple[int, int, str], int]:
    """By pool: what calls of a period took before `since`, whenever those in open proposals were,
    and with `issued` those on issued invoices too.

    `values`: customer_id, first, last (the period), since, issued.
    """
    return {row.key: row.taken for row in fetch_all(cursor, PoolTaken, SQL["sum_taken"], values)}


def copy_calls_in_order(cursor: Cursor, values: Mapping[str, object]) -> Stored:
    """The calls of a customer answered in [since, last) in the order of consumption: those without
    a charge, and those charged by one of `versions` (None: by any).

    `values`: customer_id, since, last, versions, causes (in capitals, whose places are told), at,
    issued (with what stands on issued invoices, or without). A call that has no charge yet: its
    `charge_id` is 0, and so is what it costs; `rated_us` is then `at`. `revision` is that of the
    next charge.
    """
    return stored(TURN, read_all(cursor, SQL["copy_calls_in_order"], values, TURN))


def write_charges(cursor: Cursor, charges: ChargeColumns) -> None:
    """Retire the old charges (`old_id`, 0: none), insert the new ones."""
    if not len(charges.charge_id):
        return
    cursor.execute(SQL["create_drawn"])
    cursor.execute(SQL["clear_drawn"])
    write(cursor, SQL["copy_drawn"], DRAWN, charges.filled())
    span = span_of(charges.started_us)
    cursor.execute(SQL["retire_charges"], span)
    cursor.execute(SQL["insert_charges"], span)


def write_uses(cursor: Cursor, uses: Uses, *, tenant_id: int, pools: Sequence[str]) -> None:
    """Write what charges drew; of one that had drawn before, what is otherwise now."""
    if len(uses.charge_id):
        cursor.execute(SQL["create_uses"])
        cursor.execute(SQL["clear_uses"])
        write(cursor, SQL["copy_uses"], USES, uses._asdict())
        cursor.execute(SQL["insert_uses"], {"tenant_id": tenant_id, "pools": list(pools)})


def fetch_uses(cursor: Cursor, charge_id: int) -> list[PoolUse]:
    """What a charge drew, by pool."""
    return fetch_all(cursor, PoolUse, SQL["fetch_uses"], {"charge_id": charge_id})


def fetch_uses_of_charges(
    cursor: Cursor, charges: Sequence[int]
) -> dict[int, tuple[tuple[tuple[int, int, str], int], ...]]:
    """What charges took: (pool, amount) in the order of the pools."""
    found: dict[int, tuple[tuple[tuple[int, int, str], int], ...]] = {}
    values = {"charges": list(charges)}
    for use in fetch_all(cursor, ChargeUse, SQL["fetch_uses_of_charges"], values):
        found[use.charge_id] = (*found.get(use.charge_id, ()), (use.key, use.taken))
    return found


def fetch_corrected_draws(cursor: Cursor, values: Mapping[str, object]) -> list[DrawMoment]:
    """When the calls that a batch corrects had drawn. `values`: batch_id, first, last."""
    return fetch_all(cursor, DrawMoment, SQL["fetch_corrected_draws"], values)


def fetch_batch_draws(cursor: Cursor, values: Mapping[str, object]) -> list[DrawMoment]:
    """When the calls of a batch drew. `values`: batch_id, first, last."""
    return fetch_all(cursor, DrawMoment, SQL["fetch_batch_draws"], values)


def delete_batch_uses(cursor: Cursor, values: Mapping[str, object]) -> None:
    """Take away what the calls of a batch drew. `values`: batch_id, first, last."""
    cursor.execute(SQL["delete_batch_uses"], values)


def fetch_invoice_draws(cursor: Cursor, *, invoice_id: int, until: datetime) -> list[DrawMoment]:
    """When the charges on an invoice's usage lines drew; their calls started before `until`."""
    values = {"invoice_id": invoice_id, "until": until}
    return fetch_all(cursor, DrawMoment, SQL["fetch_invoice_draws"], values)


def fetch_charge_draws(cursor: Cursor, charges: Sequence[int]) -> list[DrawMoment]:
    """When these charges drew."""
    return fetch_all(cursor, DrawMoment, SQL["fetch_charge_draws"], {"charges": list(charges)})
