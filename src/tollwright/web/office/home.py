"""Home: the day's figures, and what needs somebody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from tollwright.core.money import to_minor_unit
from tollwright.domain.calls.rows import batch_rows
from tollwright.domain.entities import Customer
from tollwright.domain.jobs import queries as jobs
from tollwright.domain.reports import margins
from tollwright.domain.reports import queries as reports
from tollwright.domain.reports.queries import Amount
from tollwright.web.office.links import row
from tollwright.web.office.page import StaffRequest, page, show
from tollwright.web.shared import charts
from tollwright.web.shared.charts import Chart, Day
from tollwright.web.shared.formatting import Money, number
from tollwright.web.shared.tables import Column, TablePage, short

CHART_DAYS = 30
LISTED = 6


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure with what it is, and where it leads."""

    label: str
    figure: str
    note: str
    link: str


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits."""

    text: str
    link: str


@page()
def home(request: StaffRequest) -> HttpResponse:
    """The figures of today and of the month, in the tenant's own days."""
    today = today_of(request)
    currency = request.membership.tenant.currency
    return show(
        request,
        "home.html",
        "Home",
        tiles=_tiles(request, today, currency),
        tasks=_tasks(),
        chart=day_chart(today, currency),
        customers=_customers(today),
        files=_files(),
    )


def _customers(today: date) -> TablePage:
    used = reports.usage_by_customer(today.replace(day=1), today, most=LISTED)
    return short(
        "Customers this month",
        used,
        [
            Column("name", "Customer", lambda one: one.name, "", row("customer", "customer_id")),
            Column("calls", "Calls", lambda one: one.calls),
            Column("charges", "Charges", lambda one: Money(one.micros, one.currency)),
        ],
        "No calls this month yet.",
    )


def _files() -> TablePage:
    return short(
        "Latest files",
        batch_rows()[:LISTED],
        [
            Column("file", "File", lambda one: one.filename, "", row("batch")),
            Column("received", "Received", lambda one: one.received_at),
            Column("rated", "Rated", lambda one: one.rated),
            Column("quarantined", "Quarantined", lambda one: one.quarantined),
        ],
        "No files yet. Add a source, then upload a file of its call records.",
    )


def today_of(request: StaffRequest) -> date:
    """Today in the tenant's zone, in which the days of usage are kept."""
    return timezone.localdate(request.at, ZoneInfo(request.membership.tenant.timezone))


def day_chart(today: date, currency: str, customer: Customer | None = None) -> Chart:
    """Money by day, up to today or, where nothing is newer, to the last day with calls."""
    last = reports.last_day_with_calls(customer=customer) or today
    last = min(last, today) if today - last > timedelta(CHART_DAYS) else today
    points = reports.usage_by_day(
        last - timedelta(CHART_DAYS - 1), last, currency=currency, customer=customer
    )
    return charts.day_chart(
        [Day(one.day, one.micros, used=bool(one.calls)) for one in points],
        currency=currency,
        title=f"Call charges by day, {currency}",
        empty="No calls yet. Upload a file of call records under Files.",
    )


def _tiles(request: StaffRequest, today: date, currency: str) -> list[Tile]:
    month = today.replace(day=1)
    before = (month - timedelta(1)).replace(day=1)
    same_day = min(before + (today - month), month - timedelta(1))
    traffic = reports.traffic_on(today)
    found, invoices = reverse("office:calls"), reverse("office:invoices")
    now = reports.usage_between(month, today)
    then = reports.usage_between(before, same_day)
    late = reports.overdue(at=request.at)
    loose = reports.unbilled(at=request.at)
    answered, margin = f"{number(traffic.answered)} answered", _margin(month, today)
    return [
        Tile(
            "Charges today",
            about(reports.usage_between(today, today), currency),
            f"{number(traffic.calls)} calls, {answered}" if margin else "",
            found,
        ),
        Tile(
            "This month",
            about(now, currency),
            f"last month to the same day: {about(then, currency)}",
            found,
        ),
        Tile(
            "Unbilled",
            about(loose, currency),
            f"{number(_count(loose))} calls",
            reverse("office:billing"),
        ),
        Tile(
            "Overdue",
            about(late, currency),
            _plural(_count(late), "invoice"),
            f"{invoices}?state=overdue",
        ),
        margin or Tile("Calls today", number(traffic.calls), answered, found),
    ]


def _margin(month: date, today: date) -> Tile | None:
    """What is kept of the month's campaigns whose cost is known; None where none is."""
    found = margins.by_campaign(month, today)
    costs = _summed((one.currency, one.buy_micros) for one in found if one.buy_micros)
    if not costs:
        return None
    kept = _summed((one.currency, one.margin_micros) for one in found)
    note, without = f"cost: {about(costs, '')}", sum(one.without_cost for one in found)
    if without:
        note += f"; {_plural(without, 'call')} without cost"
    figure = about(kept, "") if kept else "not in one currency"
    return Tile("Margin this month", figure, note, reverse("office:margins"))


def _summed(amounts: Iterable[tuple[str, int | None]]) -> list[Amount]:
    """Sums a currency of those that are known."""
    sums: dict[str, int] = {}
    for currency, micros in amounts:
        if micros is not None:
            sums[currency] = sums.get(currency, 0) + micros
    return [Amount(currency, micros, 0) for currency, micros in sorted(sums.items())]


def say(amounts: list[Amount], currency: str) -> str:
    """The exact sums, one a currency; the tenant's own comes as 0 if there is none."""
    listed = [Money(amount.micros, amount.currency) for amount in amounts]
    return " + ".join(map(str, listed)) or str(Money(0, currency))


def about(amounts: list[Amount], currency: str) -> str:
    """The sums for large type, rounded to what the currency can pay."""
    return say(
        [
            Amount(one.currency, to_minor_unit(one.micros, one.currency), one.count)
            for one in amounts
        ],
        currency,
    )


def _tasks() -> list[Task]:
    waiting = reports.tasks()
    found = [
        (jobs.failed(), "job", "that failed", reverse("office:jobs") + "?status=failed"),
        (waiting.quarantined, "record", "in quarantine", reverse("office:quarantine")),
        (waiting.draft_invoices, "draft invoice", "to review", reverse("office:billing")),
        (waiting.draft_cards, "draft card", "to publish", reverse("office:cards")),
        (waiting.previewed_decks, "previewed deck", "to apply or discard", reverse("office:cards")),
    ]
    return [
        Task(f"{_plural(count, what)} {todo}", link) for count, what, todo, link in found if count
    ]


def _count(amounts: list[Amount]) -> int:
    return sum(amount.count for amount in amounts)


def _plural(count: int, what: str) -> str:
    return f"{number(count)} {what}{'' if count == 1 else 's'}"
