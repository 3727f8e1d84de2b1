"""The customer's calls: search, export, and what one of them cost and why."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tollwright.data.calls import Call, Charge
from tollwright.data.customers import Campaign
from tollwright.data.invoices import InvoiceLine
from tollwright.data.scope import current_tenant_id
from tollwright.domain.calls import queries
from tollwright.domain.listing import Rows
from tollwright.web.portal.decorators import Visit, portal, show
from tollwright.web.portal.explain import sentences
from tollwright.web.shared.filters import since, until
from tollwright.web.shared.formatting import Money, Phone, Seconds, Status
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
    first, end = _month_bounds(month)
    found = (
        _mine(visit)
        .filter(pk=call_id, started_at__gte=first, started_at__lt=end)
        .order_by("-revision")
        .first()
    )
    if found is None:
        raise Http404
    charge = _sell_charges().filter(call_id=found.pk, started_at=found.started_at).first()
    explanation = queries.explain_charge(charge.pk, charge.started_at) if charge else None
    line = _invoice_of(charge)
    return show(
        request, visit, "call.html", "calls",
        call=found,
        campaign=Campaign.objects.get(pk=found.campaign_id),
        charge=charge,
        talked_s=-(-found.answered_ms // 1000),
        sentences=sentences(charge, explanation) if charge and explanation else [],
        replayed=explanation is not None and explanation.equal,
        invoice=line if visit.sees_money else None,
        billed=line is not None,
    )  # fmt: skip


def _mine(visit: Visit) -> QuerySet[Call]:
    return Call.objects.filter(
        tenant_id=current_tenant_id(), customer_id=visit.customer_id, is_current=True
    )


def _sell_charges() -> QuerySet[Charge]:
    return Charge.objects.filter(
        tenant_id=current_tenant_id(), leg="sell", level=0, is_current=True
    )


def _table(visit: Visit) -> Table:
    charges = _sell_charges().filter(call_id=OuterRef("id"), started_at=OuterRef("started_at"))
    rows = _mine(visit).annotate(
        amount=Subquery(charges.values("amount_micros")[:1]),
        billed=Subquery(charges.values("billed_s")[:1]),
        paid_in=Subquery(charges.values("currency")[:1]),
    )
    campaigns = list(Campaign.objects.filter(customer_id=visit.customer_id))
    names = {campaign.pk: campaign.name for campaign in campaigns}
    return Table(
        caption=str(_("Calls")),
        rows=rows,
        columns=[
            Column("started", str(_("Started")), lambda row: row.started_at, "started_at", _link),
            Column("caller", str(_("From")), lambda row: Phone(row.caller) if row.caller else None),
            Column("called", str(_("To")), lambda row: Phone(row.called)),
            Column("campaign", str(_("Campaign")), lambda row: names.get(row.campaign_id, "")),
            Column("answered", str(_("Answered")), _answered),
            Column("talked", str(_("Talked")), _talked, "answered_ms", number=True),
            Column("billed", str(_("Billed")), _billed, number=True),
            Column("amount", str(_("Charge")), _charge, number=True),
        ],
        filters=_filters(visit, campaigns),
        order="-started",
        empty=str(_("No calls here. Calls appear after the provider has read them in.")),
        per_page=25,
        filename="calls",
    )


def _filters(visit: Visit, campaigns: list[Campaign]) -> list[Filter]:
    start = (visit.today - timedelta(days=DAYS - 1)).isoformat()
    return [
        Filter(
            "from", str(_("From day")), since("started_at"),
            kind="date", default=start, required=True,
        ),
        Filter(
            "to", str(_("To day")), until("started_at"),
            kind="date", default=visit.today.isoformat(), required=True,
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
    return queries.by_number(_queryset(rows), value)


def _by_answer(rows: Rows, value: str) -> Rows:
    return queries.by_answer(_queryset(rows), answered=value == "yes")


def _queryset(rows: Rows) -> QuerySet[Any, Any]:
    assert isinstance(rows, QuerySet)  # noqa: S101  # says it to the type checker
    return rows


def _month_bounds(month: str) -> tuple[datetime, datetime]:
    found = _MONTH.fullmatch(month)
    if found is None or not 1990 <= int(found[1]) <= 2099 or not 1 <= int(found[2]) <= 12:
        raise Http404
    first = datetime(int(found[1]), int(found[2]), 1, tzinfo=timezone.get_fixed_timezone(0))
    return first, (first + timedelta(days=32)).replace(day=1)


def _invoice_of(charge: Charge | None) -> InvoiceLine | None:
    if charge is None or charge.invoice_line_id is None:
        return None
    lines = InvoiceLine.objects.select_related("invoice").exclude(invoice__status="draft")
    return lines.filter(pk=charge.invoice_line_id).first()


def _link(row: Call) -> str:
    month = row.started_at.astimezone(timezone.get_fixed_timezone(0))
    return f"/calls/{month:%Y-%m}/{row.pk}/"


def _answered(row: Call) -> Status:
    return Status("answered" if queries.is_answered(row) else "not_answered")


def _talked(row: Call) -> Seconds:
    return Seconds(-(-row.answered_ms // 1000))


def _billed(row: Any) -> Seconds | None:
    return None if row.billed is None else Seconds(row.billed)


def _charge(row: Any) -> Money | None:
    return None if row.amount is None else Money(row.amount, row.paid_in)
