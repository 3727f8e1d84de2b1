"""tollwright reseller"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from tollwright.cli import runtime


def reseller(
    slug: Annotated[str, typer.Argument(help="Slug of the tenant that buys.")],
    campaign: Annotated[
        str, typer.Option(help="Code of the seller's campaign that its calls are.")
    ],
    since: Annotated[
        datetime, typer.Option("--from", help="Calls answered from then on (the seller's zone).")
    ],
    until: Annotated[
        datetime | None, typer.Option("--to", help="Calls answered before then.")
    ] = None,
    tenant: Annotated[str, typer.Option(help="Slug of the tenant that sells.")] = "",
) -> None:
    """Let one tenant sell to another: the calls of the one are calls of a customer of the other.

    Example:

    `tollwright reseller south --tenant north --campaign SOUTH --from 2026-12-01`
    """
    runtime.start()
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.audit.operations import By
    from tollwright.domain.customers.queries import campaign_by_code
    from tollwright.domain.tenants import reselling
    from tollwright.domain.tenants.queries import current_tenant

    buyer = runtime.tenant_id(slug)
    with tenant_scope(runtime.tenant_id(tenant)):
        seller = current_tenant()
        zone = ZoneInfo(seller.timezone)
        sold = reselling.sell_to(
            reseller_id=buyer,
            campaign=campaign_by_code(campaign),
            valid_from=since.replace(tzinfo=zone),
            valid_to=None if until is None else until.replace(tzinfo=zone),
            at=runtime.now(),
            by=By(runtime.operator(), "cli"),
        )
        print(
            f"From {sold.valid_from:%Y-%m-%d %H:%M} ({zone}) on, calls of {slug} are calls of"
            f" {sold.campaign.customer.name}, campaign {campaign}, of {seller.name}."
        )
