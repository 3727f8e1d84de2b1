"""Calls: search by anything, and one call with every leg of its money, explained."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from tollwright.domain.calls import queries
from tollwright.domain.calls.rows import call_rows
from tollwright.domain.entities import Charge, InvoiceLine
from tollwright.domain.errors import NotFound
from tollwright.domain.listing import Rows, narrow
from tollwright.domain.lookup import find
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, listing, page, show
from tollwright.web.office.pickers import picked
from tollwright.web.shared.filters import since, until
from tollwright.web.shared.formatting import Money, Phone, Seconds, iso_day, month_key
from tollwright.web.shared.labels import options
from tollwright.web.shared.tables import Column, Filter, Table, field_is

DEFAULT_DAYS = 31


@page()
def index(request: StaffRequest) -> HttpResponse:
    """Search. The days are always given: they name the months that are read."""
    today = timezone.localdate(request.at)
    table = Table(
        "Calls",
        call_rows(),
        [
            Column("started", "Started", lambda one: one.started_at, "started_at", link),
            Column(
                "customer",
                "Customer",
                lambda one: one.customer,
                "",
                row("customer", "customer_id"),
            ),
            Column("campaign", "Campaign", lambda one: one.campaign),
            Column("caller", "From", lambda one: Phone(one.caller)),
            Column("called", "To", lambda one: Phone(one.called)),
            Column("talk", "Talk", lambda one: Seconds(one.answered_ms // 1000), "answered_ms"),
            Column("cause", "Ended by", lambda one: one.cause or None),
            Column("billed", "Billed", lambda one: _seconds(one.billed_s), number=True),
            Column("amount", "Charge", amount, number=True),
        ],
        [
            Filter(
                "from",
                "From day",
                since("started_at"),
                kind="date",
                required=True,
                default=iso_day(today - timedelta(DEFAULT_DAYS - 1)),
            ),
            Filter(
                "to",
                "To day",
                until("started_at"),
                kind="date",
                required=True,
                default=iso_day(today),
            ),
            picked("customer", "Customer", "customer", "customer_id"),
            picked("campaign", "Campaign", "campaign", "campaign_id"),
            Filter("number", "Number", _has_number, kind="search"),
            Filter("status", "Status", _has_status, choices=options("call_filter")),
            Filter("batch", "File no.", _has_batch, kind="number"),
        ],
        order="-started",
        empty="No calls in these days. Choose other days, or upload a file of call records"
        " under Files.",
        filename="calls",
        large=True,
    )
    return listing(request, "Calls", table)


@page()
def one(request: StaffRequest, month: int, pk: int) -> HttpResponse:
    """A call with its charges, and each charge explained."""
    view = queries.call_with_charges(pk, _started(month, pk))
    return show(
        request,
        "call.html",
        f"Call to {Phone(view.call.called)}",
        call=view.call,
        talk=Seconds(view.call.answered_ms // 1000),
        legs=[(charge, _explained(charge), _line_of(charge)) for charge in view.charges],
        margin=view.margin_micros,
        revisions=[(link(call), call) for call in view.revisions if call.pk != view.call.pk],
        crumbs=[("Calls", to("calls"))],
    )


def _started(month: int, pk: int) -> datetime:
    first, end = month_bounds(month)
    return queries.started_at_of(pk, first=first, end=end)


def month_bounds(month: int) -> tuple[datetime, datetime]:
    """`202610` -> the first moment (UTC) of October 2026 and of November; raises NotFound."""
    year, number = divmod(month, 100)
    if not (1990 <= year < 2100 and 1 <= number <= 12):
        raise NotFound("Not found: that is not a month.")
    first = datetime(year, number, 1, tzinfo=UTC)
    return first, datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def link(call: Any) -> str:
    """The call's page; its month names the partition."""
    return to("call", month_key(call.started_at), call.pk)


def amount(call: Any) -> Money | None:
    """What the call costs, if it was charged."""
    return None if call.amount_micros is None else Money(call.amount_micros, call.currency)


def _has_status(rows: Rows, value: str) -> Rows:
    return narrow(rows, lambda found: queries.in_status(found, value))


def _has_number(rows: Rows, value: str) -> Rows:
    return narrow(rows, lambda found: queries.by_number(found, value))


def _has_batch(rows: Rows, value: str) -> Rows:
    same = field_is("batch_id")(rows, value)  # refuses what is no number
    return narrow(same, lambda found: queries.of_batch(found, int(value)))


def _explained(charge: Charge) -> Any:
    return queries.explain_charge(charge.pk, charge.started_at) if charge.is_current else None


def _line_of(charge: Charge) -> InvoiceLine | None:
    if charge.invoice_line_id is None:
        return None
    return find(InvoiceLine, charge.invoice_line_id, "invoice")


def _seconds(count: int | None) -> Seconds | None:
    return None if count is None else Seconds(count)
