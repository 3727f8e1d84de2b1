"""The customer's account, entry by entry, with the balance after each."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tollwright.domain.ledger import queries as ledger
from tollwright.domain.listing import FilterUnreadable
from tollwright.web.portal.decorators import Visit, money_page, show
from tollwright.web.shared import exports
from tollwright.web.shared.filters import day_of
from tollwright.web.shared.formatting import Money
from tollwright.web.shared.tables import Column

DAYS = 365


@money_page
def statement(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`?from=2026-01-01&to=2026-12-31`, days in the viewer's zone, both inclusive."""
    first = _day(request.GET.get("from", ""), visit.today - timedelta(days=DAYS))
    last = _day(request.GET.get("to", ""), visit.today)
    account = ledger.statement(
        visit.customer,
        since=_midnight(first, visit),
        until=_midnight(last + timedelta(days=1), visit),
    )
    wanted = exports.FORMATS.get(request.GET.get("format", ""))
    if wanted:
        return wanted(f"statement-{first}-{last}", _columns(account.currency), account.rows)
    return show(
        request, visit, "statement.html", "statement",
        account=account,
        first=first,
        last=last,
    )  # fmt: skip


def _columns(currency: str) -> list[Column]:
    return [
        Column("at", str(_("When")), lambda row: row.at),
        Column("kind", str(_("What")), lambda row: row.kind),
        Column("memo", str(_("Text")), lambda row: row.memo),
        Column("amount", str(_("Amount")), lambda row: Money(row.amount_micros, currency)),
        Column("balance", str(_("Balance")), lambda row: Money(row.balance_micros, currency)),
    ]


def _day(value: str, default: date) -> date:
    """Raises FilterUnreadable for what is no day."""
    day = day_of(value) if value else default
    if day is None:
        raise FilterUnreadable(
            _("%(value)s is not a day, such as 2026-10-05.") % {"value": repr(value)}
        )
    return day


def _midnight(day: date, visit: Visit) -> datetime:
    return datetime.combine(day, time(), tzinfo=visit.zone)
