"""The figures of the provider's day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    BigIntegerField,
    Count,
    Max,
    Min,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce

from tollwright.data.calls import Call, Charge, ImportBatch, Quarantine
from tollwright.data.customers import Customer
from tollwright.data.invoices import Invoice, InvoiceLine
from tollwright.data.ledger import Posting
from tollwright.data.rates import CardVersion, DeckImport
from tollwright.data.reports import UsageDay
from tollwright.data.scope import current_tenant_id
from tollwright.domain.invoices import queries as invoices

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
    days = UsageDay.objects.filter(day__gte=first, day__lte=last, calls__gt=0)
    if customer is not None:
        days = days.filter(customer=customer)
    found = days.values("currency").annotate(micros=Sum("sell_micros"), count=Sum("calls"))
    return _amounts(found.order_by("currency"))


@dataclass(frozen=True, slots=True)
class CustomerUsage:
    """A customer's calls of some days, in one currency."""

    customer_id: int
    name: str
    currency: str
    calls: int
    micros: int


def usage_by_customer(first: date, last: date, *, most: int) -> list[CustomerUsage]:
    """The customers whose calls of the days cost most, the most expensive first."""
    days = UsageDay.objects.filter(day__gte=first, day__lte=last, calls__gt=0)
    found = days.values("customer_id", "customer__name", "currency").annotate(
        total=Sum("sell_micros"), number=Sum("calls")
    )
    return [
        CustomerUsage(
            row["customer_id"], row["customer__name"], row["currency"], row["number"], row["total"]
        )
        for row in found.order_by("-total", "customer__name")[:most]
    ]


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


def charged_in_batch(batch: ImportBatch) -> list[Amount]:
    """What the current calls of a file are charged, per currency."""
    found = _charges_of_batch(batch).values("currency")
    found = found.annotate(micros=Sum("amount_micros"), count=Count("id"))
    return _amounts(found.order_by("currency"))


def invoiced_in_batch(batch: ImportBatch) -> int:
    """How many charges of the file are on an invoice or a draft: while there are, it stays."""
    return _charges_of_batch(batch).filter(invoice_line_id__isnull=False).count()


def _charges_of_batch(batch: ImportBatch) -> QuerySet[Charge]:
    calls = Call.objects.filter(tenant_id=current_tenant_id(), batch=batch, is_current=True)
    ends = calls.aggregate(first=Min("started_at"), last=Max("started_at"))
    if ends["first"] is None:
        return Charge.objects.none()
    return Charge.objects.filter(
        leg="sell",
        is_current=True,
        started_at__gte=ends["first"],
        started_at__lte=ends["last"],
        call_id__in=calls.values("pk"),
    )


def charges_of_line(line: InvoiceLine) -> QuerySet[Charge]:
    """The charges that a usage line sums, each with the numbers of its call."""
    mine = Charge.objects.filter(
        tenant_id=current_tenant_id(),
        invoice_line_id=line.pk,
        started_at__lt=line.invoice.period_to,
    )
    call = Call.objects.filter(pk=OuterRef("call_id"), started_at=OuterRef("started_at"))
    return mine.annotate(
        caller=Subquery(call.values("caller")[:1]), called=Subquery(call.values("called")[:1])
    )


def overdue(*, at: datetime, customer: Customer | None = None) -> list[Amount]:
    """What is overdue at `at` (`domain.invoices.queries.overdue`), per currency."""
    late = invoices.overdue(at=at, customer=customer).order_by()
    found = late.values("currency").annotate(micros=Sum("open_micros"), count=Count("id"))
    return _amounts(found.order_by("currency"))


def tasks() -> Tasks:
    """What needs somebody."""
    return Tasks(
        quarantined=Quarantine.objects.filter(status="open").count(),
        draft_invoices=Invoice.objects.filter(status="draft").count(),
        draft_cards=CardVersion.objects.filter(status="draft").count(),
        previewed_decks=DeckImport.objects.filter(status="previewed").count(),
    )


@dataclass(frozen=True, slots=True)
class DayCharges:
    """What a day's calls are charged, and how many there were."""

    day: date
    micros: int
    calls: int


def usage_by_day(
    first: date, last: date, *, currency: str, customer: Customer | None = None
) -> list[DayCharges]:
    """Each day from first to last."""
    days = UsageDay.objects.filter(day__gte=first, day__lte=last, currency=currency)
    if customer is not None:
        days = days.filter(customer=customer)
    sums = days.values_list("day").annotate(Sum("sell_micros"), Sum("calls")).order_by("day")
    found = {day: DayCharges(day, micros, calls) for day, micros, calls in sums}
    span = (last - first).days + 1
    return [
        found.get(day, DayCharges(day, 0, 0)) for day in (first + timedelta(n) for n in range(span))
    ]


def last_day_with_calls(*, customer: Customer | None = None) -> date | None:
    """The latest day that has calls."""
    days = UsageDay.objects.order_by("-day").values_list("day", flat=True)
    return (days if customer is None else days.filter(customer=customer)).first()


def with_balance(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """The customers, each with `balance_micros` (owed in its own currency) and `campaign_count`."""
    owed = (
        Posting.objects.filter(
            account__kind="receivable",
            account__customer_id=OuterRef("pk"),
            account__currency=OuterRef("currency"),
        )
        .order_by()
        .values("account__customer_id")
        .annotate(sum=Sum("amount_micros"))
        .values("sum")
    )
    return customers.annotate(
        balance_micros=Coalesce(Subquery(owed, output_field=BigIntegerField()), 0),
        campaign_count=Count("campaigns"),
    )


def waiting_for_money() -> list[Amount]:
    """What issued invoices still wait for, due or not, per currency."""
    issued = invoices.with_open(Invoice.objects.filter(status="finalised", total_micros__gt=0))
    found = issued.values("currency").annotate(micros=Sum("open_micros"), count=Count("id"))
    return _amounts(found.order_by("currency"))


def with_previous(rows: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """The invoices, each with `previous_micros`: the total of the customer's invoice before it."""
    earlier = (
        Invoice.objects.filter(
            customer_id=OuterRef("customer_id"),
            currency=OuterRef("currency"),
            document_type="invoice",
            at_start=False,
            period_from__lt=OuterRef("period_from"),
        )
        .exclude(status="void")
        .order_by("-period_from")
    )
    return rows.annotate(previous_micros=Subquery(earlier.values("total_micros")[:1]))


def _amounts(rows: Iterable[Mapping[str, Any]]) -> list[Amount]:
    return [
        Amount(row["currency"], int(row["micros"] or 0), int(row["count"] or 0)) for row in rows
    ]


def sums_of(rows: QuerySet[Invoice]) -> list[Amount]:
    """What the invoices come to with tax, per currency."""
    found = rows.order_by().values("currency")
    found = found.annotate(micros=Sum("total_micros"), count=Count("id"))
    return _amounts(found.order_by("currency"))


def total_of(found: Iterable[Invoice]) -> list[Amount]:
    """The same of invoices at hand."""
    sums: dict[str, list[int]] = {}
    for one in found:
        sums.setdefault(one.currency, []).append(one.total_micros)
    return [Amount(code, sum(micros), len(micros)) for code, micros in sorted(sums.items())]
