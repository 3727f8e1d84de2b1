"""Usage by day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from tollwright.domain.errors import DomainError
from tollwright.domain.reports import usage
from tollwright.domain.reports.margins import costs_by_day
from tollwright.domain.tenants.queries import current_tenant
from tollwright.web.api.campaigns import campaign_of
from tollwright.web.api.customers import customer_of
from tollwright.web.api.keys import require
from tollwright.web.api.shapes import Day, Id, Money, money

router = Router(tags=["usage"])
LONGEST = timedelta(days=366)


class SpanUnfit(DomainError):
    """A span of days is at most a year and does not end before it begins."""

    code = "span_unfit"


class DayOut(Schema):
    """One day in the provider's zone: what customers pay for calls, before tax, and their cost."""

    day: date
    calls: int
    answered: int
    billed_s: int
    charges: Money
    cost: Annotated[Money, Field(description="what carriers or a parent take, in this currency")]
    bought: Annotated[int, Field(description="calls whose cost is in `cost`")]


class UsageOut(Schema):
    """Every day of the span, the days without a call included."""

    timezone: str
    days: list[DayOut]


@router.get("", response=UsageOut, summary="Usage by day")
def usage_by_day(
    request: HttpRequest,
    first: Annotated[Day, Query(description="first day")],
    last: Annotated[Day, Query(description="last day, inclusive; at most 366 days")],
    customer: Annotated[Id | None, Query(description="a customer's id")] = None,
    campaign: Annotated[Id | None, Query(description="a campaign's id")] = None,
    currency: Annotated[str, Query(description="ISO 4217; default: the provider's")] = "",
) -> UsageOut:
    """One currency at a time: sums of different currencies mean nothing."""
    require(request, "read")
    if last < first or last - first >= LONGEST:
        raise SpanUnfit("The days run from first to last, at most 366 of them.")
    tenant = current_tenant()
    code = currency.upper() or (customer_of(customer).currency if customer else tenant.currency)
    scope = usage.Scope(
        first=first, last=last, currency=code,
        customer_id=customer_of(customer).pk if customer is not None else None,
        campaign_id=campaign_of(campaign).pk if campaign is not None else None,
    )  # fmt: skip
    costs = costs_by_day(scope)
    return UsageOut(
        timezone=tenant.timezone,
        days=[_day(day, *costs.get(day.day, (0, 0)), code) for day in usage.by_day(scope)],
    )


def _day(day: usage.DayUsage, cost_micros: int, bought: int, currency: str) -> DayOut:
    return DayOut(
        day=day.day,
        calls=day.usage.calls,
        answered=day.usage.answered,
        billed_s=day.usage.billed_s,
        charges=money(day.usage.amount_micros, currency),
        cost=money(cost_micros, currency),
        bought=bought,
    )
