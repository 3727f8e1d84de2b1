"""A reseller's costs after its parent charged the calls anew; rows never leave the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from tollwright.store.calls import Cursor
from tollwright.store.rows import fetch_all, fetch_one, fetch_value, fetch_values
from tollwright.store.sql import statements
from tollwright.store.usage import lock_usage

SQL = statements("propagate_costs.sql")
Span = Mapping[str, object]  # first, last: the starts of calls


class RevisedCosts(NamedTuple):
    """What a reseller's costs in one currency came to, and come to."""

    currency: str
    calls: int
    old_micros: int
    new_micros: int


class ParentCharge(NamedTuple):
    """The charge of the parent that a reseller's cost repeats; the call's start tells its month."""

    charge_id: int
    started_at: datetime


def stage_resold_charges(cursor: Cursor, charges: Sequence[int], span: Span) -> list[int]:
    """The parent's: the resellers whose calls these new charges are for; they are kept."""
    if not fetch_value(cursor, bool, SQL["check_resellers"]):
        return []
    cursor.execute(SQL["create_resold_charges"])
    cursor.execute(SQL["clear_resold_charges"])
    cursor.execute(SQL["insert_resold_charges"], {**span, "charges": list(charges)})
    return fetch_values(cursor, int, SQL["fetch_resellers"])


def revise_costs(cursor: Cursor, span: Span, *, tenant_id: int, at: datetime) -> list[RevisedCosts]:
    """The child's: its costs of those calls get their next revision, its days' sums move along."""
    values = {**span, "at": at}
    lock_usage(cursor, tenant_id)
    for name in (
        *("create_revised_costs", "clear_revised_costs", "insert_revised_costs"),
        *("retire_costs", "insert_costs", "add_cost_changes"),
    ):
        cursor.execute(SQL[name], values)
    return fetch_all(cursor, RevisedCosts, SQL["sum_changes"], values)


def fetch_parent_charge(cursor: Cursor, values: Mapping[str, object]) -> ParentCharge | None:
    """The parent's: the charge that a reseller's cost repeats.

    `values`: reseller_id, call_key (as the parent knows it), and of the cost: started_at, rated_at,
    amount_micros, card_version_id, rate_no, billed_s.
    """
    return fetch_one(cursor, ParentCharge, SQL["fetch_parent_charge"], values)
