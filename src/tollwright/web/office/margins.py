"""What is kept of the calls, and the calls of which nobody knows what they cost."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from tollwright.domain.carriers import costs
from tollwright.domain.carriers.rows import missing_cost_rows
from tollwright.domain.reports import margins
from tollwright.web.office.calls import DEFAULT_DAYS, link
from tollwright.web.office.home import today_of
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, done, listing, page
from tollwright.web.shared.filters import day_of, start_of
from tollwright.web.shared.formatting import Money, Phone, Seconds, iso_day
from tollwright.web.shared.tables import Column, Filter, Table, field_is

SHOWN = 500


@page()
def index(request: StaffRequest) -> HttpResponse:
    """Charges, cost and margin of each campaign, for some days."""
    today = today_of(request)
    first, last = _days(request, today.replace(day=1), today)
    found = margins.by_campaign(first, last)
    table = Table(
        "Margin",
        found,
        [
            Column(
                "customer", "Customer", lambda one: one.customer, "customer",
                row("customer", "customer_id"),
            ),
            Column(
                "campaign", "Campaign", lambda one: one.campaign, "campaign",
                row("campaign", "campaign_id"),
            ),
            Column("calls", "Calls", lambda one: one.calls, "calls"),
            Column("without", "Without cost", lambda one: one.without_cost, "without_cost"),
            Column("charges", "Charges", _charges, "sell_micros"),
            Column("cost", "Cost", _cost, "buy_micros", number=True),
            Column("margin", "Margin", _margin, "margin_micros", number=True),
            Column("percent", "% of charges", lambda one: one.percent, "percent", number=True),
        ],
        [
            Filter("from", "From day", _bounded, kind="date", required=True,
                   default=iso_day(first)),
            Filter("to", "To day", _bounded, kind="date", required=True, default=iso_day(last)),
            Filter("currency", "Currency", field_is("currency"),
                   choices=[(code, code) for code in sorted({one.currency for one in found})]),
        ],
        order="-charges",
        empty="No calls in these days.",
        filename="margin",
    )  # fmt: skip
    lead = (
        "What customers pay less what carriers, or a parent, take. Where answered calls are without"
        " cost, less than this is kept. Where calls cost another currency than they are charged in,"
        " no margin is shown."
    )
    return listing(request, "Margin", table, lead=lead)


@page(writes="rates", methods=("GET", "POST"))
def missing(request: StaffRequest) -> HttpResponse:
    """Answered calls that cost nothing yet, why, and the button that prices them."""
    today = timezone.localdate(request.at)
    first, last = _days(request, today - timedelta(DEFAULT_DAYS - 1), today)
    span = {"first": start_of(first), "last": start_of(last + timedelta(1))}
    if request.method == "POST":
        found = costs.price_missing(**span, at=request.at, by=request.by)
        done(request, found.sentence)
        return redirect(to("costs", **{"from": iso_day(first), "to": iso_day(last)}))
    calls = missing_cost_rows(**span, most=SHOWN, at=request.at)
    table = Table(
        "Calls without cost",
        calls,
        [
            Column("started", "Started", lambda one: one.started_at, "started_at", link),
            Column("customer", "Customer", lambda one: one.customer),
            Column("called", "To", lambda one: Phone(one.called)),
            Column("talk", "Talk", lambda one: Seconds(one.answered_ms // 1000), "answered_ms"),
            Column("trunk", "Trunk", lambda one: one.trunk or None, "trunk"),
            Column("why", "Why", lambda one: _why(one.why, one.trunk)),
        ],
        [
            Filter("from", "From day", _bounded, kind="date", required=True,
                   default=iso_day(first)),
            Filter("to", "To day", _bounded, kind="date", required=True, default=iso_day(last)),
            Filter("trunk", "Trunk", field_is("trunk")),
        ],
        order="-started",
        empty="Every answered call of these days has its cost.",
        filename="calls-without-cost",
    )  # fmt: skip
    lead = (
        "Answered calls that no carrier and no parent has charged you for. Add the trunk or the"
        " buy card that is missing, then price them."
    )
    if len(calls) == SHOWN:
        lead += f" The newest {SHOWN} are shown; all are priced."
    return listing(
        request, "Calls without cost", table, template="costs.html", lead=lead,
        first=first, last=last,
    )  # fmt: skip


WHY = {
    "unknown_trunk": "No carrier has this trunk",
    "no_buy_card": "Its carrier has no buy card then",
    "no_buy_version": "The buy card has no published version then",
    "buy_unknown_destination": "The buy card has no row for the number",
    "buy_blocked_destination": "The buy card blocks the number",
    "buy_invalid_call": "The buy card cannot read the call",
    "not_priced_yet": "Can be priced now",
    "parent_late_correction": "The parent has invoiced the call as it was before",
    "parent_no_card": "The parent has no card for you",
    "parent_no_published_version": "The parent's card has no published version then",
    "parent_unknown_destination": "The parent's card has no row for the number",
    "parent_blocked_destination": "The parent's card blocks the number",
    "parent_invalid_call": "The parent's card cannot read the call",
    "parent_card_has_allowances": "The parent's card has allowances",
    "parent_cost_plus_allowances": "The parent's card has allowances",
    "parent_unknown_cost": "The parent prices it from its own cost, which is not known",
    "parent_cost_other_currency": "The parent's own cost is in another currency than its card",
}


def _why(reason: str, trunk: str) -> str:
    if reason == costs.NO_TRUNK and not trunk:
        return "The call names no trunk, and no carrier has *"
    return WHY.get(reason, reason)


def _days(request: StaffRequest, first: date, last: date) -> tuple[date, date]:
    """The days of the address, else these; never back to front."""
    first, last = (
        day_of(request.GET.get(name, "")) or day for name, day in (("from", first), ("to", last))
    )
    return min(first, last), max(first, last)


def _bounded(rows: Any, _value: str) -> Any:
    return rows  # the query has already bounded them


def _charges(one: margins.Margin) -> Money:
    return Money(one.sell_micros, one.currency)


def _cost(one: margins.Margin) -> Money | None:
    return Money(one.buy_micros, one.currency) if one.buy_micros else None


def _margin(one: margins.Margin) -> Money | None:
    kept = one.margin_micros
    return None if kept is None else Money(kept, one.currency)
