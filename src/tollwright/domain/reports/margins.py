"""What the provider keeps: what customers pay for calls less what carriers or a parent take.

For the provider's own eyes. Sums are of one currency each: a cost in another one has no margin
without the day's rate, and none is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Sum

from tollwright.data.reports import UsageDay
from tollwright.data.scope import current_tenant_id
from tollwright.domain.reports.usage import Scope


@dataclass(frozen=True, slots=True)
class Margin:
    """Sums of a campaign's calls in one currency, micros.

    `without_cost` of the answered ones cost nothing that is known; `costs_elsewhere`: some cost
    another currency, so that what is kept is not known.
    """

    currency: str
    calls: int
    sell_micros: int
    buy_micros: int
    without_cost: int
    costs_elsewhere: bool
    customer_id: int
    customer: str
    campaign_id: int
    campaign: str

    @property
    def margin_micros(self) -> int | None:
        """What is kept; None where nothing is known to have been paid, or in another currency."""
        known = self.calls and self.buy_micros and not self.costs_elsewhere
        return self.sell_micros - self.buy_micros if known else None

    @property
    def percent(self) -> int | None:
        """The margin per hundred of the charges, rounded down; None without one."""
        kept = self.margin_micros
        return None if kept is None or not self.sell_micros else kept * 100 // self.sell_micros


WHOSE = ("customer_id", "customer__name", "campaign_id", "campaign__name")


def by_campaign(first: date, last: date) -> list[Margin]:
    """Each campaign's calls of the days first to last (inclusive, the tenant's zone)."""
    return [
        Margin(
            currency=row["currency"],
            calls=row["number"],
            sell_micros=row["sell"],
            buy_micros=row["buy"],
            without_cost=row["unbought"],
            costs_elsewhere=row["elsewhere"],
            customer_id=row["customer_id"],
            customer=row["customer__name"],
            campaign_id=row["campaign_id"],
            campaign=row["campaign__name"],
        )
        for row in _rows(first, last)
    ]


def _rows(first: date, last: date) -> list[dict[str, Any]]:
    """Sums by campaign and currency, the most expensive first."""
    days = UsageDay.objects.filter(
        tenant_id=current_tenant_id(), day__gte=first, day__lte=last
    ).values(*WHOSE, "currency")
    sums = days.annotate(
        number=Sum("calls"), reached=Sum("answered"), sell=Sum("sell_micros"),
        buy=Sum("buy_micros"), paid=Sum("bought"),
    )  # fmt: skip
    rows: list[dict[str, Any]] = list(sums.order_by("-sell", *WHOSE, "currency"))
    of_campaign: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        of_campaign.setdefault(row["campaign_id"], []).append(row)
    for row in rows:
        others = [one for one in of_campaign[row["campaign_id"]] if one is not row]
        elsewhere = sum(one["paid"] for one in others)
        row["elsewhere"] = elsewhere > 0
        row["unbought"] = max(0, row["reached"] - row["paid"] - elsewhere)
    return rows


def costs_by_day(scope: Scope) -> dict[date, tuple[int, int]]:
    """What the calls of a scope cost in its currency, and how many do, by day."""
    sums = {"buy": Sum("buy_micros"), "paid": Sum("bought")}
    rows: Any = scope.rows().filter(bought__gt=0).values_list("day").annotate(**sums)
    return {day: (buy, paid) for day, buy, paid in rows.order_by("day")}
