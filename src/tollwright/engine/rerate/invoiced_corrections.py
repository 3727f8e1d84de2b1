"""What calls come to by records that correct them, beside what they were billed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tollwright.core.instants import micros_of
from tollwright.engine.ingest.corrections import InvoicedCorrection
from tollwright.engine.rating import refusals
from tollwright.engine.rating.counted_time import causes_of
from tollwright.engine.rerate.prices import SellPrices
from tollwright.engine.rerate.reprice import Offers, Repriced, reprice, sorted_spans
from tollwright.kernel.call_columns import CallColumns, ChargeColumns, currency_number
from tollwright.kernel.numbers import pack_numbers
from tollwright.kernel.text import callers, text_of
from tollwright.store.rerate import Stored

OF_CALLS = ("call_id", "campaign_id")
OF_CHARGES = ("charge_id", "amount_micros", "billed_s", "version_id", "plan_id", "line_id")


def reprice_invoiced(
    found: Sequence[InvoicedCorrection], source: SellPrices, cost: ChargeColumns
) -> Repriced:
    """The charges that stand, and what they come to by the records; an unanswered call costs 0.

    `cost` is what the calls would cost the provider, for plans that price from that.

    Charges that drew on allowances are refused: what they give back is other calls' to draw.
    """
    causes = causes_of(source.book)
    offers = Offers(source)
    stored, spans = sorted_spans(_columns(found, cost), offers)
    priced = reprice(stored, spans, offers, causes)
    unanswered = [one.charged.charge_id for one in found if one.call.answered_at is None]
    stood, now = priced.stood, priced.now
    here = np.isin(stood.charge_id, unanswered)
    here &= (now.status != refusals.ALLOWANCES) & ~np.isin(stood.version_id, sorted(source.pooled))
    now.status[here] = refusals.NONE
    for column in (now.amount_micros, now.billed_s, now.allowance_s, now.rate_index):
        column[here] = 0
    return priced


def _columns(found: Sequence[InvoicedCorrection], cost: ChargeColumns) -> Stored:
    """As the store reads charges of calls, but with what the records say of the calls."""
    stood = [one.charged for one in found]
    records = [one.call.record for one in found]
    calls = CallColumns(
        called_packed=pack_numbers([one.call.called for one in found]),
        caller_packed=callers(text_of([one.call.caller for one in found])),
        answered_us=_ints([micros_of(one.call.began_at) for one in found]),
        answered_ms=_ints([record.answered_ms for record in records]),
        started_us=_ints([micros_of(one.started_at) for one in stood]),
        cause=text_of([record.cause for record in records]),
        disposition=text_of([record.disposition for record in records]),
        **{name: _ints([getattr(one, name) for one in stood]) for name in OF_CALLS},
    )
    return calls, ChargeColumns(
        status=np.zeros(len(stood), np.int8),
        waits=np.zeros(len(stood), np.int64),
        currency=_ints([currency_number(one.currency) for one in stood]),
        prefix=pack_numbers([one.prefix for one in stood]),
        cost_micros=cost.amount_micros,
        cost_currency=np.where(cost.rated, cost.currency, 0),
        **{name: _ints([getattr(one, name) for one in stood]) for name in OF_CHARGES},
    )


def _ints(values: Sequence[int]) -> Any:
    return np.array(values, np.int64)
