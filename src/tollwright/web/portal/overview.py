"""The first page: what is owed, what is coming, what was used."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tollwright.domain.invoices import queries as invoices
from tollwright.domain.ledger import queries as ledger
from tollwright.domain.reports import queries as reports
from tollwright.domain.reports import usage
from tollwright.web.portal.decorators import Visit, portal, show
from tollwright.web.portal.usage import chart_of

DAYS = 30


@portal
def overview(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The customer's account at a glance."""
    today = visit.now.astimezone(visit.tenant_zone).date()
    scope = usage.Scope(
        first=today - timedelta(days=DAYS - 1),
        last=today,
        currency=visit.customer.currency,
        customer_id=visit.customer_id,
    )
    days = usage.by_day(scope)
    context = {
        "chart": chart_of(days, visit, _("Charges by day, last 30 days")),
        "days": [day for day in days if day.usage.calls or day.usage.amount_micros],
        "total": usage.total(day.usage for day in days),
        "parts": usage.by_campaign(scope),
        "scope": scope,
    }
    if visit.sees_money:
        context |= _money(visit)
    return show(request, visit, "overview.html", "overview", **context)


def _money(visit: Visit) -> dict[str, object]:
    balance = ledger.balance(visit.customer)
    return {
        "balance_micros": balance,
        "shown_balance_micros": abs(balance),  # its heading says who owes whom
        "overdue": reports.overdue(at=visit.now, customer=visit.customer),
        "next_due": invoices.next_due(at=visit.now, customer=visit.customer),
        "unbilled_micros": usage.unbilled_micros(
            customer_id=visit.customer_id, currency=visit.customer.currency, at=visit.now
        ),
        "latest": invoices.issued(visit.customer)[:3],
        "last_invoice": invoices.last_period(visit.customer),
    }
