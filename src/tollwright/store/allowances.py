"""What calls took from the pools of their cards, and the calls of a period in their turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tollwright.kernel.arrays import Int64
from tollwright.store.calls import Cursor
from tollwright.store.columns import Layout, read_all, write
from tollwright.store.rerate import CHARGES, Charges, charges_of, span_of
from tollwright.store.sql import statements

SQL = statements("allowances.sql")
Touched = list[tuple[int, datetime]]  # (customer, when a call was answered)


TURN = Layout(
    (*CHARGES.numbers, "rate_no", "allowance_s", "rated_us", "revision", "issued"),
    CHARGES.texts,
    (*CHARGES.moments, "rated_us"),
)
DRAWN = Layout(
    (
        "charge_id", "old_id", "call_id", "started_us", "rated_us", "revision", "version_id",
        "plan_id", "rate_no", "billed_s", "allowance_s", "amount_micros",
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


class Turn(NamedTuple):
    """Calls in the order in which they draw, with the charges that stand, int64[n] each.

    A call that has none yet: `charges.charge_id` is 0, and so is what it costs; `rated_us` is then
    now. `revision` is that of the next charge; `issued` is 1 for a charge on an issued invoice.
    """

    charges: Charges
    rate_no: Int64
    allowance_s: Int64
    rated_us: Int64
    revision: Int64
    issued: Int64

    def only(self, where: npt.NDArray[np.bool_]) -> Turn:
        """The calls that are `where`."""
        charges = Charges._make(column[where] for column in self.charges)
        return Turn(charges, *(column[where] for column in self[1:]))


class Drawn(NamedTuple):
    """Charges that calls get, int64[n] each; `old_id` is the one it replaces, 0: none."""

    charge_id: Int64
    old_id: Int64
    call_id: Int64
    started_us: Int64
    rated_us: Int64
    revision: Int64
    version_id: Int64
    plan_id: Int64
    rate_no: Int64
    billed_s: Int64
    allowance_s: Int64
    amount_micros: Int64


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


def any_use(cursor: Cursor) -> bool:
    """Whether anything was ever taken from a pool of the tenant."""
    row = cursor.execute(SQL["any_use"]).fetchone()
    return bool(row and row[0])


def taken(cursor: Cursor, values: Mapping[str, object]) -> dict[tuple[int, int, str], int]:
    """By (card, campaign or 0, pool): what calls of a period took before `since`, whenever those
    in open proposals were, and with `issued` those on issued invoices too.

    `values`: customer_id, first, last (the period), since, issued.
    """
    return {row[:3]: row[3] for row in cursor.execute(SQL["taken"], values).fetchall()}


def calls_in_turn(cursor: Cursor, values: Mapping[str, object]) -> Turn:
    """The calls of a customer answered in [since, last) in the order of consumption: those without
    a charge, and those charged by one of `versions` (None: by any).

    `values`: customer_id, since, last, versions, causes (in capitals, whose places are told), at,
    issued (with what stands on issued invoices, or without).
    """
    columns = read_all(cursor, SQL["copy_turn"], values, TURN)
    own = len(CHARGES.numbers)
    more = columns[own : len(TURN.numbers)]
    return Turn(charges_of(columns[:own] + columns[len(TURN.numbers) :]), *more)


def write_charges(cursor: Cursor, drawn: Drawn) -> None:
    """Retire the old charges, insert the new ones."""
    if not len(drawn.charge_id):
        return
    cursor.execute(SQL["make_drawn"])
    cursor.execute(SQL["empty_drawn"])
    write(cursor, SQL["copy_drawn"], DRAWN, drawn._asdict())
    span = span_of(drawn.started_us)
    cursor.execute(SQL["retire"], span)
    cursor.execute(SQL["insert_charges"], span)


def write_uses(cursor: Cursor, uses: Uses, *, tenant_id: int, pools: Sequence[str]) -> None:
    """Write what charges drew; of one that had drawn before, what is otherwise now."""
    if len(uses.charge_id):
        cursor.execute(SQL["make_uses"])
        cursor.execute(SQL["empty_uses"])
        write(cursor, SQL["copy_uses"], USES, uses._asdict())
        cursor.execute(SQL["insert_uses"], {"tenant_id": tenant_id, "pools": list(pools)})


def uses(cursor: Cursor, charge_id: int) -> list[tuple[str, int, int]]:
    """(pool, what earlier calls had taken, what it gave this one) of a charge."""
    return cursor.execute(SQL["uses"], {"charge_id": charge_id}).fetchall()


def drawn_by(
    cursor: Cursor, charges: Sequence[int]
) -> dict[int, tuple[tuple[tuple[int, int, str], int], ...]]:
    """What charges took: ((card, campaign or 0, pool), amount) in the order of the pools."""
    found: dict[int, tuple[tuple[tuple[int, int, str], int], ...]] = {}
    for charge_id, taken, *key in cursor.execute(SQL["drawn_by"], {"charges": list(charges)}):
        found[charge_id] = (*found.get(charge_id, ()), ((key[0], key[1], key[2]), taken))
    return found


def corrected(cursor: Cursor, values: Mapping[str, object]) -> Touched:
    """When the calls that a batch corrects had drawn. `values`: batch_id, first, last."""
    return cursor.execute(SQL["corrected"], values).fetchall()


def of_batch(cursor: Cursor, values: Mapping[str, object]) -> Touched:
    """When the calls of a batch drew. `values`: batch_id, first, last."""
    return cursor.execute(SQL["of_batch"], values).fetchall()


def forget_batch(cursor: Cursor, values: Mapping[str, object]) -> None:
    """Take away what the calls of a batch drew. `values`: batch_id, first, last."""
    cursor.execute(SQL["forget_batch"], values)


def of_invoice(cursor: Cursor, *, invoice_id: int, until: datetime) -> Touched:
    """When the charges on an invoice's usage lines drew; their calls started before `until`."""
    return cursor.execute(SQL["of_invoice"], {"invoice_id": invoice_id, "until": until}).fetchall()


def of_charges(cursor: Cursor, charges: Sequence[int]) -> Touched:
    """When these charges drew."""
    return cursor.execute(SQL["of_charges"], {"charges": list(charges)}).fetchall()
