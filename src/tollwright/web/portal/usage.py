"""Usage by day and by campaign, a month at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tollwright.domain.customers.queries import campaigns as campaigns_of
from tollwright.domain.entities import Campaign
from tollwright.domain.listing import FilterUnreadable
from tollwright.domain.reports import usage
from tollwright.web.portal.decorators import Visit, portal, show
from tollwright.web.shared import charts, exports
from tollwright.web.shared.formatting import Money, Seconds, iso_month, number
from tollwright.web.shared.formatting import month as month_name
from tollwright.web.shared.tables import Column

_MONTH = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month."""

    first: date

    @property
    def last(self) -> date:
        """Its last day."""
        return self.following.first - timedelta(days=1)

    @property
    def following(self) -> Month:
        """The month after."""
        return Month((self.first + timedelta(days=32)).replace(day=1))

    @property
    def previous(self) -> Month:
        """The month before."""
        return Month((self.first - timedelta(days=1)).replace(day=1))

    def __str__(self) -> str:
        return iso_month(self.first)


def month_of(text: str, today: date) -> Month:
    """The month `2026-10`; today's for an empty text. Raises FilterUnreadable."""
    found = _MONTH.fullmatch(text)
    if found and 1990 <= int(found[1]) <= 2099 and 1 <= int(found[2]) <= 12:
        return Month(date(int(found[1]), int(found[2]), 1))
    if text:
        raise FilterUnreadable(
            _("%(value)s is not a month, such as 2026-10.") % {"value": repr(text)}
        )
    return Month(today.replace(day=1))


@portal
def usage_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`?month=2026-10&campaign=7`; with `format=csv` or `xlsx` the days as a file."""
    today = visit.now.astimezone(visit.tenant_zone).date()
    month = month_of(request.GET.get("month", ""), today)
    campaigns = list(campaigns_of(customer=visit.customer))
    campaign = chosen(campaigns, request.GET.get("campaign", ""))
    scope = usage.Scope(
        first=month.first,
        last=month.last,
        currency=visit.customer.currency,
        customer_id=visit.customer_id,
        campaign_id=campaign.pk if campaign else None,
    )
    days = usage.by_day(scope)
    wanted = exports.FORMATS.get(request.GET.get("format", ""))
    if wanted:
        return wanted(f"usage-{month}", _columns(visit.customer.currency), days)
    return show(
        request, visit, "usage.html", "usage",
        month=month,
        newest=month.first >= today.replace(day=1),
        campaigns=campaigns,
        campaign=campaign,
        days=[day for day in days if day.usage.calls or day.usage.amount_micros],
        chart=chart_of(days, visit, _title(month)),
        parts=usage.by_campaign(scope),
        total=usage.total(day.usage for day in days),
        known=usage.days_with_usage(customer_id=visit.customer_id),
    )  # fmt: skip


def _title(month: Month) -> str:
    return _("Charges by day in %(month)s") % {"month": month_name(month.first)}


def chart_of(days: Sequence[usage.DayUsage], visit: Visit, title: str) -> charts.Chart:
    """The customer's charges by day, each bar with its number of calls."""
    drawn = [
        charts.Day(
            day.day,
            day.usage.amount_micros,
            ngettext("%(count)s call", "%(count)s calls", day.usage.calls)
            % {"count": number(day.usage.calls)},
            used=bool(day.usage.calls),
        )
        for day in days
    ]
    empty = _("No calls in this time.")
    return charts.day_chart(drawn, currency=visit.customer.currency, title=title, empty=empty)


def chosen(campaigns: Sequence[Campaign], wanted: str) -> Campaign | None:
    """The campaign of that id; None for an empty one. Raises FilterUnreadable."""
    found = next((one for one in campaigns if str(one.pk) == wanted), None)
    if wanted and found is None:
        raise FilterUnreadable(_("There is no such campaign."))
    return found


def _columns(currency: str) -> list[Column]:
    return [
        Column("day", "Day", lambda row: row.day),
        Column("calls", "Calls", lambda row: row.usage.calls),
        Column("answered", "Answered", lambda row: row.usage.answered),
        Column("billed", "Billed time", lambda row: Seconds(row.usage.billed_s)),
        Column("amount", "Charges", lambda row: Money(row.usage.amount_micros, currency)),
    ]
