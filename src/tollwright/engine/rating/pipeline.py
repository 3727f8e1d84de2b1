"""The one driver of pricing: calls and a tariff in, charges out.

Kernel batch, then core for the calls that run into another version of their card, then the price
from the cost. Ingest, corrections, re-rating, what-if and resale call it; calls that share pools go
through `sequential`, which prices each run of them as one batch too.
"""

from __future__ import annotations

import numpy as np

from tollwright.core.instants import moment_of
from tollwright.core.number_ranges import is_short
from tollwright.core.rating.legs import CostPlus
from tollwright.core.rating.rate_call import CallInput, Charge
from tollwright.engine.rating.cost_plus import price_from_cost
from tollwright.engine.rating.tariffs import Tariff
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import (
    UNMATCHED,
    CallColumns,
    ChargeColumns,
    currency_number,
)
from tollwright.kernel.numbers import EMPTY, short_numbers, unpack_number
from tollwright.kernel.rating.batch import rate_batch
from tollwright.kernel.rating.layout import CompiledCard
from tollwright.kernel.rating.status import STATUSES


def price(
    calls: CallColumns,
    tariff: Tariff,
    *,
    plan: CostPlus | None = None,
    cost: ChargeColumns | None = None,
) -> ChargeColumns:
    """What the calls cost with empty pools, in their order; by `plan` from what they cost.

    A row that is not `rated` says in `status` why.
    """
    charges = rate_batch(tariff.bare, calls).charges
    charges.individually = np.zeros(len(calls), np.bool_)
    for row in np.flatnonzero(tariff.crosses(calls)).tolist():
        charge = tariff.price_over_versions(call_at(calls, row))
        if charge is not None:
            put_charge(charges, row, charge)
    _price_short(calls, tariff, charges)
    charges.prefix = prefixes(tariff.bare, charges)
    charges.version_id = np.full(len(calls), tariff.version.id)
    charges.currency = np.full(len(calls), currency_number(tariff.card.currency))
    if plan is not None and cost is not None:
        price_from_cost(charges, cost, plan, tariff.bare)
    return charges


def _price_short(calls: CallColumns, tariff: Tariff, charges: ChargeColumns) -> None:
    """An extension or a service number is no beginning of another: a row of all its digits is for
    it, or the default row, never a prefix, so that 4410 is no call to Britain.

    The kernel knows prefixes only; the calls of which it may be wrong go to core.
    """
    short = np.flatnonzero(short_numbers(calls.called_packed))
    if not len(short):
        return
    of_rows = tariff.bare.rate_prefixes
    may_match = np.isin(calls.called_packed[short], of_rows) | bool((of_rows == EMPTY).any())
    for row in short[may_match].tolist():
        put_charge(charges, row, tariff.price_one(call_at(calls, row)))
        charges.individually[row] = False  # no piece of it is priced apart
    none = short[~may_match]
    charges.status[none], charges.rate_index[none] = UNMATCHED, -1
    charges.billed_s[none], charges.amount_micros[none] = 0, 0


def call_at(calls: CallColumns, row: int) -> CallInput:
    """The call in this row, as core takes it; without a number where none can be looked up."""
    called, caller = int(calls.called_packed[row]), int(calls.caller_packed[row])
    digits = "" if called < 0 else unpack_number(called)
    return CallInput(
        "", moment_of(int(calls.answered_us[row])), int(calls.counted_ms[row]),
        "" if caller < 0 else unpack_number(caller), digits, is_short(digits),
    )  # fmt: skip


def put_charge(charges: ChargeColumns, row: int, charge: Charge) -> None:
    """Write what core says of the call in this row."""
    charges.status[row] = STATUSES.index(charge.status)
    charges.rate_index[row] = charge.rate_index
    charges.billed_s[row] = charge.billed_s
    charges.allowance_s[row] = charge.allowance_s
    charges.amount_micros[row] = charge.amount_micros
    charges.individually[row] = True


def prefixes(card: CompiledCard, charges: ChargeColumns) -> Int64:
    """The packed prefixes of the rows that rate calls; EMPTY for those that none does."""
    found = np.full(len(charges), EMPTY)
    rated = charges.rated
    found[rated] = card.rate_prefixes[charges.rate_index[rated]]
    return found
