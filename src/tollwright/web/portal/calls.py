"""The customer's calls: search, export, and what one of them cost and why."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from tollwright.domain.calls import queries
from tollwright.domain.calls.rows import call_rows
from tollwright.domain.customers.queries import campaigns as campaigns_of
from tollwright.domain.entities import Call, Campaign
from tollwright.domain.invoices import queries as invoices
from tollwright.domain.listing import Rows, narrow
from tollwright.web.portal.decorators import Visit, portal, show
from tollwright.web.portal.explain import sentences
from tollwright.web.shared.filters import since, until
from tollwright.web.shared.formatting import Money, Phone, Seconds, Status, iso_day, month_key
from tollwright.web.shared.tables import Column, Filter, Table, field_is

DAYS = 30
_MONTH = re.compile(r"(\d{4})-(\d{2})")


@portal
def calls(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Search by day, number, campaign and whether the call was answered."""
    table = _table(visit)
    return table.respond(request) or show(
        request, visit, "calls.html", "calls", table=table.page(request)
    )


@portal
def call(request: HttpRequest, visit: Visit, month: str, call_id: int) -> HttpResponse:
    """One call: who, when, how long, what it cost and why. The buy side is not in here."""
    found = queries.call_of_month(_month(month), call_id, customer=visit.customer)
    charge = queries.sell_charge_of(found)
    explanation = queries.explain_charge(charge.pk, charge.started_at) if charge else None
    line = None if charge is None else invoices.issued_line_of(charge)
    return show(
        request, visit, "call.html", "calls",
        call=found,
        campaign=found.campaign,
        charge=charge,
        talked_s=-(-found.answered_ms // 1000),
        sentences=sentences(charge, explanation) if charge and explanation else [],
        replayed=explanation is not None and explanation.equal,
        invoice=line if visit.sees_money else None,
        billed=line is not None,
    )  # fmt: skip


def _table(visit: Visit) -> Table:
    mine = list(campaigns_of(customer=visit.customer))
    return Table(
        caption=str(_("Calls")),
        rows=call_rows(visit.customer),
        columns=[
            Column("started", str(_("Started")), lambda row: row.started_at, "started_at", _link),
            Column("caller", str(_("From")), lambda row: Phone(row.caller) if row.caller else None),
            Column("called", str(_("To")), lambda row: Phone(row.called)),
            Column("campaign", str(_("Campaign")), lambda row: row.campaign),
            Column("answered", str(_("Answered")), _answered),
            Column("talked", str(_("Talked")), _talked, "answered_ms", number=True),
            Column("billed", str(_("Billed")), _billed, number=True),
            Column("amount", str(_("Charge")), _charge, number=True),
        ],
        filters=_filters(visit, mine),
        order="-started",
        empty=str(_("No calls here. Calls appear after the provider has read them in.")),
        per_page=25,
        filename="calls",
    )


def _filters(visit: Visit, campaigns: list[Campaign]) -> list[Filter]:
    start = iso_day(visit.today - timedelta(days=DAYS - 1))
    return [
        Filter(
            "from", str(_("From day")), since("started_at"),
            kind="date", default=start, required=True,
        ),
        Filter(
            "to", str(_("To day")), until("started_at"),
            kind="date", default=iso_day(visit.today), required=True,
        ),
        Filter("number", str(_("Number")), _number),
        Filter(
            "campaign", str(_("Campaign")), field_is("campaign_id"),
            [(str(campaign.pk), campaign.name) for campaign in campaigns],
        ),
        Filter(
            "answered", str(_("Answered")), _by_answer,
            [("yes", str(_("answered"))), ("no", str(_("not answered")))],
        ),
    ]  # fmt: skip


def _number(rows: Rows, value: str) -> Rows:
    return narrow(rows, lambda found: queries.by_number(found, value))


def _by_answer(rows: Rows, value: str) -> Rows:
    return narrow(rows, lambda found: queries.by_answer(found, answered=value == "yes"))


def _month(text: str) -> date:
    """`2026-10` as its first day. Raises Http404."""
    found = _MONTH.fullmatch(text)
    if found is None or not 1990 <= int(found[1]) <= 2099 or not 1 <= int(found[2]) <= 12:
        raise Http404
    return date(int(found[1]), int(found[2]), 1)


def _link(row: Call) -> str:
    month = month_key(row.started_at)
    return f"/calls/{month[:4]}-{month[4:]}/{row.pk}/"


def _answered(row: Call) -> Status:
    return Status("answered" if queries.is_answered(row) else "not_answered")


def _talked(row: Call) -> Seconds:
    return Seconds(-(-row.answered_ms // 1000))


def _billed(row: Any) -> Seconds | None:
    return None if row.billed_s is None else Seconds(row.billed_s)


def _charge(row: Any) -> Money | None:
    return None if row.amount_micros is None else Money(row.amount_micros, row.currency)
