"""The rows of the lists of call plans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from tollwright.data.models import CallPlan
from tollwright.domain.listing import Listed, listed
from tollwright.domain.plans import queries


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan with its numbers of versions."""

    pk: int
    code: str
    name: str
    published: int
    drafts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SubscriberRow:
    """Who is on a plan; without a campaign it is all of the customer's."""

    pk: int
    customer_id: int
    customer: str
    campaign: str | None
    version: int
    starts_on: date
    ends_on: date | None


def plan_rows() -> Listed[PlanRow]:
    """The plans, by name."""
    return listed(queries.plans_with_counts(), PlanRow)


def subscriber_rows(plan: CallPlan) -> Listed[SubscriberRow]:
    """Who is on the plan, whatever its version, by first day."""
    paths = {"customer": "customer__name", "campaign": "campaign__name"}
    return listed(queries.subscribers(plan), SubscriberRow, version="version__number", **paths)
