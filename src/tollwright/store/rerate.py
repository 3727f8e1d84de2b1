"""Charges by columns, a million in a few seconds, and their new revisions back."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tollwright.core.instants import moment_of
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import CallColumns, ChargeColumns, currency_numbers
from tollwright.kernel.text import callers, packed, padded
from tollwright.store.calls import Cursor, claim_charge_ids
from tollwright.store.columns import Layout, read, write
from tollwright.store.rows import fetch_all, fetch_one, fetch_value, fetch_values
from tollwright.store.sql import statements

SQL = statements("rerate.sql")

NUMBER_WIDTH = 16  # 15 digits and the blank after them
CHARGES = Layout(
    (
        "charge_id", "call_id", "started_us", "answered_us", "answered_ms", "campaign_id",
        "amount_micros", "billed_s", "version_id", "plan_id", "line_id", "waits", "cause_no",
        "disposition_no",
    ),
    (("currency", 3), ("called", NUMBER_WIDTH), ("caller", NUMBER_WIDTH), ("prefix", NUMBER_WIDTH)),
    ("started_us", "answered_us"),
)  # fmt: skip
COSTS = Layout((*CHARGES.numbers, "trunk_no"), CHARGES.texts, CHARGES.moments)
SOLD = Layout(
    (*CHARGES.numbers, "cost_micros"),
    (*CHARGES.texts, ("cost_currency", 3)),
    CHARGES.moments,
)  # fmt: skip
OF_CALLS = (
    "call_id", "started_us", "answered_us", "answered_ms", "campaign_id", "cause_no",
    "disposition_no", "trunk_no",
)  # fmt: skip
Stored = tuple[CallColumns, ChargeColumns]  # calls with the charges that stand, row by row
REVISED = Layout(
    (
        "charge_id", "new_id", "call_id", "started_us", "version_id", "plan_id", "rate_index",
        "billed_s", "allowance_s", "amount_micros", "line_id", "rated_us",
    ),
    moments=("started_us", "rated_us"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """Which charges: of calls started in [first, last), aware; the rest narrows.

    `versions` and `plans` are the card and plan versions that they were rated by; `prefix` is how
    the called number begins, in digits.
    """

    first: datetime
    last: datetime
    customer_id: int | None = None
    campaign_id: int | None = None
    versions: tuple[int, ...] | None = None
    plans: tuple[int, ...] | None = None
    batch_id: int | None = None
    prefix: str = ""

    def values(self) -> dict[str, object]:
        """As the statements take it."""
        return {
            "first": self.first, "last": self.last, "customer_id": self.customer_id,
            "campaign_id": self.campaign_id, "batch_id": self.batch_id, "prefix": self.prefix,
            "versions": None if self.versions is None else list(self.versions),
            "plans": None if self.plans is None else list(self.plans),
        }  # fmt: skip


def stored(layout: Layout, columns: Sequence[npt.NDArray[Any]]) -> Stored:
    """Columns as a layout names them: the calls, and the charges that stand.

    `prefix` is packed, `currency` a number; causes are places (from 1) in the list of causes asked
    for, trunks in that of the trunks.
    """
    named: dict[str, Any] = dict(zip(layout.names, columns, strict=True))
    called, caller, prefix = (padded(named.pop(name)) for name in ("called", "caller", "prefix"))
    for name in ("currency", "cost_currency"):
        if name in named:
            named[name] = currency_numbers(named[name])
    own = {name: named.pop(name) for name in OF_CALLS if name in named}
    calls = CallColumns(called_packed=packed(called), caller_packed=callers(caller), **own)
    status = np.zeros(len(calls), np.int8)
    return calls, ChargeColumns(status=status, prefix=packed(prefix), **named)


def set_join_memory(cursor: Cursor) -> None:
    """For the running transaction: memory enough to join millions of rows."""
    cursor.execute(SQL["set_join_memory"])


class CampaignSpan(NamedTuple):
    """The first and last start of a campaign's calls."""

    campaign_id: int
    first: datetime
    last: datetime


class TrunkSpan(NamedTuple):
    """The first and last start of calls over a trunk, by what switches wrote."""

    trunk: str
    first: datetime
    last: datetime


class DrawMoment(NamedTuple):
    """A customer's call drew on pools, answered then."""

    customer_id: int
    answered_at: datetime


def fetch_campaigns(cursor: Cursor, scope: Scope) -> list[CampaignSpan]:
    """The campaigns that the scope may hold; some may turn out empty."""
    return fetch_all(cursor, CampaignSpan, SQL["fetch_campaigns"], scope.values())


def copy_charges(
    cursor: Cursor, scope: Scope, causes: Sequence[str] = (), *, costs: bool = False
) -> Generator[Stored, None, None]:
    """The charges of a scope, at most BATCH at a time, in no order.

    `causes` in capitals are those whose places `cause` and `disposition` tell; `costs`: with what
    the calls cost. While this runs the connection does nothing else, not even a rollback: close it
    (contextlib.closing) where a reader may break off.
    """
    values = scope.values() | {"causes": list(causes), "costs": costs}
    for columns in read(cursor, SQL["copy_charges"], values, SOLD):
        yield stored(SOLD, columns)


def fetch_trunks(cursor: Cursor, scope: Scope) -> list[TrunkSpan]:
    """The trunks of answered calls in the scope."""
    return fetch_all(cursor, TrunkSpan, SQL["fetch_trunks"], scope.values())


def copy_costs(cursor: Cursor, scope: Scope, over: Sequence[str]) -> Generator[Stored, None, None]:
    """As `copy_charges`, but what carriers take for calls over these trunks."""
    values = scope.values() | {"trunks": list(over)}
    for columns in read(cursor, SQL["copy_costs"], values, COSTS):
        yield stored(COSTS, columns)


def count_without_cost(cursor: Cursor, scope: Scope) -> int:
    """How many answered calls cost nothing yet; whatever card or plan the scope names."""
    return fetch_value(cursor, int, SQL["count_without_cost"], scope.values()) or 0


class LinePlace(NamedTuple):
    """An invoice line: the usage line that it corrects or is, and the invoice of that one."""

    line_id: int
    usage_line_id: int
    invoice_id: int
    is_draft: bool


def lock_rerating(cursor: Cursor, tenant_id: int) -> None:
    """Until the transaction ends, no other re-rating of the tenant writes."""
    cursor.execute(SQL["lock_rerating"], {"tenant_id": str(tenant_id)})


def lock_usage(cursor: Cursor) -> None:
    """Until the transaction ends, nobody else moves sums of days, here or at resellers, or draws
    on pools."""
    cursor.execute(SQL["lock_usage"])


def fetch_lines(cursor: Cursor, line_ids: Sequence[int]) -> dict[int, LinePlace]:
    """Where each of these invoice lines stands."""
    rows = fetch_all(cursor, LinePlace, SQL["fetch_lines"], {"lines": list(line_ids)})
    return {row.line_id: row for row in rows}


def insert_revisions(cursor: Cursor, revised: ChargeColumns, *, at: datetime) -> int:
    """Give charges their next revision and move the days' sums; how many were still as read.

    Fewer than asked for: others changed them meanwhile, the caller rolls back. `new_id` is the id
    of the charge to be, `line_id` its invoice line, 0 for none; `rated_us` the moment by whose
    rules, 0: of the re-rating.
    """
    if not len(revised.charge_id):
        return 0
    stage_revised(cursor, revised)
    span = span_of(revised.started_us)
    return _revise_staged(cursor, span | {"at": at})


def _revise_staged(cursor: Cursor, values: dict[str, object]) -> int:
    lock_usage(cursor)
    retired = cursor.execute(SQL["retire_charges"], values).rowcount
    cursor.execute(SQL["insert_revisions"], values)
    cursor.execute(SQL["add_usage_changes"], values)
    return retired


def count_issued(cursor: Cursor, revised: ChargeColumns) -> int:
    """How many of the charges just revised stand on an issued invoice by now."""
    if not len(revised.charge_id):
        return 0
    return fetch_value(cursor, int, SQL["count_issued"], span_of(revised.started_us)) or 0


def insert_waiting(cursor: Cursor, revised: ChargeColumns, *, tenant_id: int) -> None:
    """Put what charges come to into their proposal; `line_id` is the proposal's line."""
    if len(revised.charge_id):
        stage_revised(cursor, revised)
        cursor.execute(SQL["insert_waiting"], {"tenant_id": tenant_id})


class WaitingSpan(NamedTuple):
    """How many charges wait in a proposal's line, and the first and last start of their calls."""

    calls: int
    first: datetime
    last: datetime


class ChargeSum(NamedTuple):
    """What charges come to."""

    calls: int
    amount_micros: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What accepting a proposal's line did: `stood` of `wanted` charges were as proposed.

    `charges` are the new ones; `span` bounds their calls.
    """

    wanted: int
    stood: int
    old_micros: int
    charges: tuple[int, ...] = ()
    span: Mapping[str, object] = field(default_factory=dict)


def apply_waiting(
    cursor: Cursor, *, line_id: int, up_line_id: int, down_line_id: int, at: datetime
) -> Taken:
    """Give the charges of a proposal's line their revision, on the lines of the notes.

    Those that cost more stand on `up_line_id`, the others on `down_line_id` (mostly the same).
    Nothing is written unless all stood.
    """
    waiting = fetch_one(cursor, WaitingSpan, SQL["count_waiting"], {"line_id": line_id})
    if waiting is None:
        return Taken(0, 0, 0)
    span: dict[str, object] = {"first": waiting.first, "last": waiting.last, "at": at}
    cursor.execute(SQL["create_revised"])
    cursor.execute(SQL["clear_revised"])
    cursor.execute(SQL["stage_waiting"], span | {
        "line_id": line_id, "up_line_id": up_line_id, "down_line_id": down_line_id,
    })  # fmt: skip
    same = fetch_one(cursor, ChargeSum, SQL["count_unchanged"], span) or ChargeSum(0, 0)
    if same.calls != waiting.calls:
        return Taken(waiting.calls, same.calls, same.amount_micros)
    _revise_staged(cursor, span)
    charges = tuple(fetch_values(cursor, int, SQL["fetch_revised_ids"]))
    return Taken(waiting.calls, same.calls, same.amount_micros, charges, span)


def close_waiting(cursor: Cursor, proposal_id: int) -> None:
    """The charges of a decided proposal wait no longer."""
    cursor.execute(SQL["close_waiting"], {"proposal_id": proposal_id})


def delete_proposed_uses(cursor: Cursor, proposal_id: int) -> list[DrawMoment]:
    """Take away what an open proposal's charges were to draw on pools; whose, and from when on."""
    values = {"proposal_id": proposal_id}
    touched = fetch_all(cursor, DrawMoment, SQL["fetch_waiting_draws"], values)
    cursor.execute(SQL["delete_proposed_uses"], values)
    return touched


@dataclass(frozen=True, slots=True)
class BuySum:
    """What carriers took for a customer's calls."""

    customer_id: int
    currency: str
    calls: int
    amount_micros: int


def sum_costs(cursor: Cursor, scope: Scope) -> list[BuySum]:
    """What carriers took for the calls of the scope; [] where their charges are not known."""
    values = scope.values()
    if not fetch_value(cursor, bool, SQL["check_costs"], values):
        return []
    return fetch_all(cursor, BuySum, SQL["sum_costs"], values)


def stage_revised(cursor: Cursor, revised: ChargeColumns) -> None:
    """Rows for the statements that read tw_revised; what was staged before is gone."""
    cursor.execute(SQL["create_revised"])
    cursor.execute(SQL["clear_revised"])
    write(cursor, SQL["copy_revised"], REVISED, revised.filled())


def new_charge_ids(cursor: Cursor, count: int) -> Int64:
    """So many new ids of charges, none where none is asked for."""
    first = claim_charge_ids(cursor, count) if count else 0
    return np.arange(first, first + count, dtype=np.int64)


def span_of(started_us: Int64) -> dict[str, object]:
    """The months that a statement has to look at."""
    return {"first": moment_of(int(started_us.min())), "last": moment_of(int(started_us.max()))}
