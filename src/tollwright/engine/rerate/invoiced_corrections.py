"""What calls come to by records that correct them, beside what they were billed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tollwright.engine.ingest.invoiced_corrections import Late
from tollwright.engine.rating.columns import causes_of
from tollwright.engine.rating.cost import Cost
from tollwright.engine.rerate import refusals
from tollwright.engine.rerate.prices import Sells
from tollwright.engine.rerate.reprice import Offers, Repriced, reprice, sorted_spans
from tollwright.kernel.call_columns import epoch_us
from tollwright.store.rerate import NO_CURRENCY, NUMBER_WIDTH, Bytes, Charges, charges_of


def reprice_late(found: Sequence[Late], source: Sells, cost: Cost) -> Repriced:
    """The charges that stand, and what they come to by the records; an unanswered call costs 0.

    `cost` is what the calls would cost the provider, for plans that price from that.

    Charges that drew on allowances are refused: what they give back is other calls' to draw.
    """
    causes = causes_of(source.book)
    offers = Offers(source)
    stored, spans = sorted_spans(_columns(found, causes, cost), offers)
    priced = reprice(stored, spans, offers, causes)
    unanswered = [one.charged.charge_id for one in found if one.call.answered_at is None]
    here = np.isin(stored.charge_id, unanswered)
    here &= (priced.refusal != refusals.ALLOWANCES) & ~np.isin(
        stored.version_id, sorted(source.pooled)
    )
    priced.refusal[here] = refusals.NONE
    for column in (priced.amount_micros, priced.billed_s, priced.allowance_s, priced.rate_no):
        column[here] = 0
    return priced


def _columns(found: Sequence[Late], causes: tuple[str, ...], cost: Cost) -> Charges:
    """As the store reads charges of calls, but with what the records say of the calls."""
    places = {cause: place for place, cause in enumerate(causes, 1)}
    stands = [one.charged for one in found]
    records = [one.call.record for one in found]
    numbers = (
        [one.charge_id for one in stands],
        [one.call_id for one in stands],
        [epoch_us(one.started_at) for one in stands],
        [epoch_us(one.call.answered_at or one.call.started_at) for one in found],
        [record.answered_ms for record in records],
        [one.campaign_id for one in stands],
        [one.amount_micros for one in stands],
        [one.billed_s for one in stands],
        [one.version_id for one in stands],
        [one.plan_id for one in stands],
        [one.line_id for one in stands],
        [0] * len(stands),
        [places.get(record.cause.upper(), 0) for record in records],
        [places.get(record.disposition.upper(), 0) for record in records],
    )
    texts = (
        np.array([one.currency for one in stands], "S3"),
        _numbers([one.call.called for one in found]),
        _numbers([one.call.caller for one in found]),
        _numbers([one.prefix for one in stands]),
    )
    currency = [
        cost.currency.at(place).encode() if known else NO_CURRENCY
        for place, known in enumerate(cost.known.tolist())
    ]
    return charges_of(
        [*(np.array(column, np.int64) for column in numbers), *texts],
        cost=(cost.amount_micros, np.array(currency, "S3")),
    )


def _numbers(texts: Sequence[str]) -> Bytes:
    """Digits filled with blanks; a caller that is not a number is as one that is not there."""
    shown = [text if text.isascii() else "" for text in texts]
    return np.array([text[:NUMBER_WIDTH].ljust(NUMBER_WIDTH) for text in shown], f"S{NUMBER_WIDTH}")
