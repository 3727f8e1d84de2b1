"""Usage onto drafts: the unbilled charges of a customer become lines that are their sums."""

from __future__ import annotations

from tollwright.store import billing
from tollwright.store.billing import Basket, Connection


def gather_usage(connection: Connection, basket: Basket) -> int:
    """Bring the draft's usage lines up to date with the charges; how many charges were added.

    One line a campaign. What was re-rated or is held leaves, what is new comes, and each line says
    the calls, seconds and micros of exactly the charges that name it. Doing it again changes
    nothing. Works in sets: the cost is that of the charges that move, plus one sum.
    """
    billing.release_stale_charges(connection, basket)
    for found in billing.fetch_unbilled_campaigns(connection, basket):
        billing.insert_usage_line(
            connection, invoice_id=basket.invoice_id, campaign_id=found.campaign_id
        )
    added = billing.mark_charges(connection, basket)
    billing.sum_lines(connection, basket)
    billing.delete_unused_lines(connection, invoice_id=basket.invoice_id)
    return added
