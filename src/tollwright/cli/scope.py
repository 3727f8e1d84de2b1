"""Options that name which calls: the same for `rerate` and `what-if`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from tollwright.domain.rerating.scope import CallScope

From: TypeAlias = Annotated[
    datetime | None,
    typer.Option("--from", help="Calls started from then on (the provider's zone)."),
]
To: TypeAlias = Annotated[datetime | None, typer.Option("--to", help="Calls started before then.")]
CustomerCode: TypeAlias = Annotated[str, typer.Option("--customer", help="Code of a customer.")]
CampaignCode: TypeAlias = Annotated[str, typer.Option("--campaign", help="Code of a campaign.")]
Prefix: TypeAlias = Annotated[
    str, typer.Option(help="How the called number begins, as 4420 or +4420.")
]
TenantSlug: TypeAlias = Annotated[str, typer.Option("--tenant", help="Slug of the tenant.")]


def call_scope(
    first: datetime | None, last: datetime | None, *, customer: str, campaign: str, prefix: str
) -> CallScope:
    """The scope that the options name; moments are the provider's. Raises NotFound."""
    from zoneinfo import ZoneInfo

    from tollwright.domain.customers import queries as customers
    from tollwright.domain.rerating.scope import EVER, NEVER, CallScope
    from tollwright.domain.tenants.queries import current_tenant

    zone = ZoneInfo(current_tenant().timezone)
    found = customers.customer_by_code(customer) if customer else None
    of = customers.campaign_by_code(campaign) if campaign else None
    return CallScope(
        first=EVER if first is None else first.replace(tzinfo=zone),
        last=NEVER if last is None else last.replace(tzinfo=zone),
        customer_id=None if found is None else found.pk,
        campaign_id=None if of is None else of.pk,
        prefix=prefix,
    )
