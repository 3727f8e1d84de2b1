"""Usage as the customer is charged for it: by day, by campaign, and what no invoice holds yet.

Days are those of the tenant's zone, as the rollup keeps them. What calls cost the tenant
(the buy leg) is never in here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max, Min, QuerySet, Sum

from tollwright.data.calls import Charge
from tollwright.data.invoices import InvoiceLine
from tollwright.data.reports import UsageDay
from tollwright.data.scope import current_tenant_id
from tollwright.domain.reports.queries import UNBILLED_SINCE

SUMS = ("calls", "answered", "answered_ms", "billed_s", "sell_micros")


@dataclass(frozen=True, slots=True)
class Usage:
    """Sums of current calls and sell charges; money in micros of one currency."""

    calls: int = 0
    answered: int = 0
    answered_ms: int = 0
    billed_s: int = 0
    amount_micros: int = 0

    @property
    def answered_percent(self) -> int | None:
        """Answered calls per hundred, rounded half up; None without calls."""
        return (self.answered * 200 + self.calls) // (2 * self.calls) if self.calls else None


@dataclass(frozen=True, slots=True)
class DayUsage:
    """One day's sums."""

    day: date
    usage: Usage


@dataclass(frozen=True, slots=True)
class CampaignUsage:
    """One campaign's sums."""

    campaign_id: int
    name: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose usage, in which currency, from which day to which (both inclusive)."""

    first: date
    last: date
    currency: str
    customer_id: int | None = None
    campaign_id: int | None = None

    def rows(self) -> QuerySet[UsageDay]:
        """The rollup's rows of the scope."""
        wanted = {"customer_id": self.customer_id, "campaign_id": self.campaign_id}
        return UsageDay.objects.filter(
            tenant_id=current_tenant_id(),
            currency=self.currency,
            day__gte=self.first,
            day__lte=self.last,
            **{key: value for key, value in wanted.items() if value is not None},
        )


def by_day(scope: Scope) -> list[DayUsage]:
    """Every day of the scope in order, the days without a call included."""
    rows: Any = scope.rows().values("day").annotate(**_sums()).order_by("day")
    found = {row["day"]: _usage(row) for row in rows}
    days = (scope.last - scope.first).days + 1
    every = (scope.first + timedelta(days=offset) for offset in range(days))
    return [DayUsage(day, found.get(day, Usage())) for day in every]


def by_campaign(scope: Scope) -> list[CampaignUsage]:
    """The campaigns that had calls, the most expensive first."""
    sums: Any = scope.rows().values("campaign_id", "campaign__name").annotate(**_sums())
    rows = sums.order_by("-total_sell_micros", "campaign__name", "campaign_id")
    return [CampaignUsage(row["campaign_id"], row["campaign__name"], _usage(row)) for row in rows]


def total(parts: Iterable[Usage]) -> Usage:
    """The sum of the parts."""
    listed = list(parts)
    return Usage(
        calls=sum(part.calls for part in listed),
        answered=sum(part.answered for part in listed),
        answered_ms=sum(part.answered_ms for part in listed),
        billed_s=sum(part.billed_s for part in listed),
        amount_micros=sum(part.amount_micros for part in listed),
    )


def days_with_usage(*, customer_id: int) -> tuple[date, date] | None:
    """The first and last day on which the customer had a call; None if there was none."""
    ends = UsageDay.objects.filter(
        tenant_id=current_tenant_id(), customer_id=customer_id
    ).aggregate(first=Min("day"), last=Max("day"))
    return None if ends["first"] is None else (ends["first"], ends["last"])


def unbilled_micros(*, customer_id: int, currency: str, at: datetime) -> int:
    """Usage that no finalised invoice holds: charges on no line, and the usage lines of drafts."""
    loose = Charge.objects.filter(
        tenant_id=current_tenant_id(),
        customer_id=customer_id,
        currency=currency,
        started_at__gte=at - UNBILLED_SINCE,
        leg="sell",
        is_current=True,
        invoice_line_id__isnull=True,
    ).aggregate(sum=Sum("amount_micros"))
    drafted = InvoiceLine.objects.filter(
        tenant_id=current_tenant_id(),
        invoice__customer_id=customer_id,
        invoice__currency=currency,
        invoice__status="draft",
        kind="usage",
    ).aggregate(sum=Sum("amount_micros"))
    return int(loose["sum"] or 0) + int(drafted["sum"] or 0)


def _sums() -> dict[str, Sum]:
    return {f"total_{name}": Sum(name) for name in SUMS}


def _usage(row: dict[str, Any]) -> Usage:
    return Usage(*(int(row[f"total_{name}"]) for name in SUMS))
