"""Calls and charges that exist as objects, rated in columns: the twin of `core.rating`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from tollwright.core.rating.allowances import AllowanceUse
from tollwright.core.rating.rate_call import CallInput, Charge
from tollwright.kernel.arrays import Int64
from tollwright.kernel.call_columns import columns_of, epoch_us
from tollwright.kernel.rating.batch import Rated, rate_batch
from tollwright.kernel.rating.layout import CompiledCard
from tollwright.kernel.rating.status import NONE, STATUSES, reason_text

Uses = dict[int, tuple[AllowanceUse, ...]]


def rate_calls(
    calls: Sequence[CallInput], card: CompiledCard, *, pools: Int64 | None = None
) -> list[Charge]:
    """What `core.rating`'s `rate_calls` gives, in the order given; `pools` as in `rate_batch`."""
    rated = rate_batch(card, columns_of(calls), pools=pools)
    prefix_of, uses = cache(card.prefix_of), _uses(rated, card)
    columns = (column.tolist() for column in rated.charges.arrays())
    return [
        Charge(
            status=STATUSES[status],
            reason=reason_of(code, calls[i], prefix_of(row), stopped_s),
            prefix=prefix_of(row),
            rate_index=row,
            band=card.band_of(band),
            billed_s=billed_s,
            amount_micros=amount,
            allowance_s=free_s,
            uses=uses.get(i, ()),
        )
        for i, (status, code, band, row, billed_s, free_s, stopped_s, amount) in enumerate(
            zip(*columns, strict=True)
        )
    ]


def reason_of(code: int, call: CallInput, prefix: str, stopped_s: int) -> str:
    """The reason that a code of the kernel stands for, of this call; '' for NONE."""
    if code == NONE:
        return ""
    return reason_text(
        code,
        called=call.called,
        caller=call.caller,
        answered_at_us=epoch_us(call.answered_at),
        answered_ms=call.answered_ms,
        prefix=prefix,
        stopped_s=stopped_s,
    )


def _uses(rated: Rated, card: CompiledCard) -> Uses:
    found: Uses = {}
    for place, allowance, amount, covered_s in rated.uses.tolist():
        name, pool = card.allowance_names[allowance], card.pool_of(allowance)
        found[place] = (*found.get(place, ()), AllowanceUse(name, pool, amount, covered_s))
    return found
