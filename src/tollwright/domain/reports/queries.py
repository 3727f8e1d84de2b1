"""The figures of the provider's day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, F, Sum

from tollwright.data.calls import Charge, Quarantine
from tollwright.data.customers import Customer
from tollwright.data.invoices import Invoice
from tollwright.data.rates import CardVersion, DeckImport
from tollwright.data.reports import UsageDay

UNBILLED_SINCE = timedelta(days=400)  # older charges would be a fault of billing, not a figure


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum in micros of a currency, over so many things."""

    currency: str
    micros: int
    count: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """Calls of some days; answered of them."""

    calls: int
    answered: int


@dataclass(frozen=True, slots=True)
class Tasks:
    """What waits for somebody."""

    quarantined: int
    draft_invoices: int
    draft_cards: int
    previewed_decks: int


def usage_between(first: date, last: date, *, customer: Customer | None = None) -> list[Amount]:
    """What calls of the days first to last (inclusive, the tenant's zone) cost, per currency."""
    days = UsageDay.objects.filter(day__gte=first, day__lte=last)
    if customer is not None:
        days = days.filter(customer=customer)
    found = days.values("currency").annotate(micros=Sum("sell_micros"), count=Sum("calls"))
    return _amounts(found.order_by("currency"))


def traffic_on(day: date) -> Traffic:
    """Calls of one day of the tenant's zone."""
    sums = UsageDay.objects.filter(day=day).aggregate(calls=Sum("calls"), answered=Sum("answered"))
    return Traffic(sums["calls"] or 0, sums["answered"] or 0)


def unbilled(*, at: datetime, customer: Customer | None = None) -> list[Amount]:
    """Charges that no invoice and no draft has taken yet, per currency."""
    charges = Charge.objects.filter(
        leg="sell",
        is_current=True,
        invoice_line_id__isnull=True,
        started_at__gte=at - UNBILLED_SINCE,
    )
    if customer is not None:
        charges = charges.filter(customer=customer)
    found = charges.values("currency").annotate(micros=Sum("amount_micros"), count=Count("id"))
    return _amounts(found.order_by("currency"))


def overdue(*, today: date, customer: Customer | None = None) -> list[Amount]:
    """What finalised invoices whose day has passed still wait for, per currency."""
    late = Invoice.objects.filter(status="finalised", document_type="invoice", due_on__lt=today)
    if customer is not None:
        late = late.filter(customer=customer)
    found = late.values("currency").annotate(
        micros=Sum(F("total_micros") - F("paid_micros")), count=Count("id")
    )
    return _amounts(found.order_by("currency"))


def tasks() -> Tasks:
    """What needs somebody."""
    return Tasks(
        quarantined=Quarantine.objects.filter(status="open").count(),
        draft_invoices=Invoice.objects.filter(status="draft").count(),
        draft_cards=CardVersion.objects.filter(status="draft").count(),
        previewed_decks=DeckImport.objects.filter(status="previewed").count(),
    )


def usage_by_day(
    first: date, last: date, *, currency: str, customer: Customer | None = None
) -> list[tuple[date, int]]:
    """What each day from first to last cost, in micros; days without calls are 0."""
    days = UsageDay.objects.filter(day__gte=first, day__lte=last, currency=currency)
    if customer is not None:
        days = days.filter(customer=customer)
    sums = dict(days.values_list("day").annotate(Sum("sell_micros")).order_by("day"))
    span = (last - first).days + 1
    return [(day, sums.get(day, 0)) for day in (first + timedelta(n) for n in range(span))]


def last_day_with_calls() -> date | None:
    """The latest day that has calls."""
    return UsageDay.objects.order_by("-day").values_list("day", flat=True).first()


def _amounts(rows: object) -> list[Amount]:
    return [
        Amount(row["currency"], int(row["micros"] or 0), int(row["count"] or 0))
        for row in rows  # type: ignore[attr-defined]  # a values() queryset of dicts
    ]
