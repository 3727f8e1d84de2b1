"""Usage onto drafts: the unbilled charges of a customer become lines that are their sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tollwright.store import billing
from tollwright.store.billing import Basket, Connection


def gather_usage(connection: Connection, baskets: Sequence[Basket]) -> int:
    """Bring the draft's usage lines up to date with the charges; how many charges were added.

    The baskets follow one another in time, one for each tax: a call has that of its start. One line
    a campaign and tax. What was re-rated or is held leaves, what is new comes, and each line says
    the calls, seconds and micros of exactly the charges that name it. Doing it again changes
    nothing. Works in sets: the cost is that of the charges that move, plus one sum.
    """
    whole = replace(baskets[0], until=baskets[-1].until)
    billing.release_stale_charges(connection, whole)
    for basket in baskets:
        billing.release_taxed_otherwise(connection, basket)
    added = sum(_take(connection, basket) for basket in baskets)
    billing.sum_lines(connection, whole)
    billing.delete_unused_lines(connection, invoice_id=whole.invoice_id)
    return added


def _take(connection: Connection, basket: Basket) -> int:
    for found in billing.fetch_unbilled_campaigns(connection, basket):
        billing.insert_usage_line(connection, basket, campaign_id=found.campaign_id)
    return billing.mark_charges(connection, basket)
