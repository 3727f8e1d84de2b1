"""The first page: what is owed, what is coming, what was used."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse

from tollwright.data.invoices import Invoice
from tollwright.domain.ledger import queries as ledger
from tollwright.domain.payments import queries as payments
from tollwright.domain.reports import usage
from tollwright.web.portal.chart import day_chart
from tollwright.web.portal.decorators import Visit, portal, show

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
        "chart": day_chart(days),
        "days": [day for day in days if day.usage.calls or day.usage.amount_micros],
        "total": usage.total(day.usage for day in days),
        "parts": usage.by_campaign(scope),
        "scope": scope,
    }
    if visit.sees_money:
        context |= _money(visit)
    return show(request, visit, "overview.html", "overview", **context)


def _money(visit: Visit) -> dict[str, object]:
    waiting = payments.open_invoices(visit.customer)
    issued = Invoice.objects.filter(customer_id=visit.customer_id).exclude(status="draft")
    balance = ledger.balance(visit.customer)
    return {
        "balance_micros": balance,
        "shown_balance_micros": abs(balance),  # its heading says who owes whom
        "overdue_micros": sum(one.open_micros for one in waiting if _is_late(one, visit.today)),
        "next_due": next((one.invoice for one in waiting if not _is_late(one, visit.today)), None),
        "unbilled_micros": usage.unbilled_micros(
            customer_id=visit.customer_id, currency=visit.customer.currency, at=visit.now
        ),
        "latest": issued.order_by("-id")[:3],
        "last_invoice": issued.filter(document_type="invoice").order_by("-period_to").first(),
    }


def _is_late(waiting: payments.OpenInvoice, today: date) -> bool:
    due = waiting.invoice.due_on
    return due is not None and due < today
