"""In whose zone times are shown."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tollwright.domain.entities import Membership


def zone_of(membership: Membership) -> tzinfo:
    """The viewer's own zone, else their customer's, else their provider's; UTC if it is unknown."""
    customer = membership.customer
    name = (
        membership.user.timezone
        or (customer.timezone if customer is not None else "")
        or membership.tenant.timezone
    )
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
