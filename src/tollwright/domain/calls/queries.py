"""Calls, what they cost and why, and what waits in quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from tollwright.core.numbers import searched_digits
from tollwright.data.calls import Call, Charge, ImportBatch, Quarantine, Source
from tollwright.data.customers import Customer
from tollwright.data.rates import Rate
from tollwright.data.scope import current_tenant_id
from tollwright.domain.database import database, database_cursor
from tollwright.domain.errors import DomainError, NotFound
from tollwright.domain.listing import Rows, as_query
from tollwright.domain.tenants.queries import current_tenant
from tollwright.engine.rating import explain as engine
from tollwright.engine.rating.explain import Explanation
from tollwright.store import batches as store

BIGGEST_ID = 2**63 - 1  # no table has a greater one, and PostgreSQL cannot read it


class NumberUnreadable(DomainError):
    """What is searched for is no telephone number and no part of one."""

    code = "number_unreadable"


@dataclass(frozen=True, slots=True)
class CallFilters:
    """Which calls: started in [first, last), aware; the rest narrows.

    `number`: see `by_number`. `answered` True or False (see `by_answer`); None: both.
    """

    first: datetime
    last: datetime
    customer_id: int | None = None
    campaign_id: int | None = None
    source_id: int | None = None
    batch_id: int | None = None
    number: str = ""
    call_key: str = ""
    answered: bool | None = None


def search(filters: CallFilters) -> QuerySet[Call]:
    """Current calls that fit, newest first, with customer and campaign.

    Raises NumberUnreadable.
    """
    found = Call.objects.filter(
        tenant_id=current_tenant_id(), is_current=True,
        started_at__gte=filters.first, started_at__lt=filters.last,
    ).select_related("customer", "campaign")  # fmt: skip
    for name in ("customer_id", "campaign_id", "source_id"):
        value = getattr(filters, name)
        if value is not None:
            found = found.filter(**{name: value})
    if filters.batch_id is not None:
        found = of_batch(found, filters.batch_id)
    if filters.number:
        found = by_number(found, filters.number)
    if filters.call_key:
        found = found.filter(call_key=filters.call_key)
    if filters.answered is not None:
        found = by_answer(found, answered=filters.answered)
    return found.order_by("-started_at", "-id")


def by_number(calls: QuerySet[Call], text: str) -> QuerySet[Call]:
    """Those to or from a number that begins or ends with the text, and those dialled so.

    The text may be international or as it is dialled in the provider's country. Raises
    NumberUnreadable.
    """
    wanted = searched_digits(text, current_tenant().region)
    if wanted is None:
        raise NumberUnreadable(
            f"{text!r} is not a telephone number: write its first or its last digits, such as "
            "+44 20 or 7946."
        )
    ends = [("startswith", wanted.first), ("endswith", wanted.last)]
    fits = Q()
    for side in ("called", "caller"):
        for lookup, texts in ends:
            for one in texts:
                fits |= Q(**{f"{side}__{lookup}": one})
    for one in wanted.dialled:
        fits |= Q(dialled__startswith=one) | Q(dialled__endswith=one)
    return calls.filter(fits)


def of_batch(calls: QuerySet[Call], batch_id: int) -> QuerySet[Call]:
    """Those that a file brought, looked for in the days of its calls and no others: in a list by
    time PostgreSQL would go through all calls that came after the file to find the page."""
    known = 0 < batch_id <= BIGGEST_ID
    span = store.fetch_batch_span(database_cursor(), batch_id) if known else None
    if span is None:
        return calls.none()
    return calls.filter(batch_id=batch_id, started_at__gte=span.first, started_at__lte=span.last)


def by_answer(calls: QuerySet[Call], *, answered: bool) -> QuerySet[Call]:
    """Those that were answered, or those that were not.

    Answered is a call with the instant of its answer, whatever its length and its status word:
    ingest works the instant out where a switch tells seconds alone, and a constraint keeps every
    call with seconds to it. `UsageDay.answered` counts the same.
    """
    return calls.filter(answered_at__isnull=not answered)


def is_answered(call: Call) -> bool:
    """The same of one call at hand."""
    return call.answered_at is not None


def call_of_month(month: date, call_id: int, *, customer: Customer | None = None) -> Call:
    """The current call of that id that started in the UTC month of a day, of one customer or any;
    with customer and campaign. One partition is read. Raises NotFound.
    """
    first = datetime(month.year, month.month, 1, tzinfo=UTC)
    following = (first + timedelta(days=32)).replace(day=1)
    whose = None if customer is None else customer.pk
    rows = search(CallFilters(first=first, last=following, customer_id=whose))
    found = rows.filter(pk=call_id).first()
    if found is None:
        raise NotFound(f"There is no call {month:%Y%m}-{call_id}.")
    return found


@dataclass(frozen=True, slots=True)
class CallView:
    """A call, its charges (the current one of each leg first) and its revisions, newest first.

    The card of a `parent` leg is the parent's, and not to be seen.
    """

    call: Call
    charges: Sequence[Charge]
    revisions: Sequence[Call]

    @property
    def margin_micros(self) -> int | None:
        """What the provider keeps; None without a cost that is known, in the same currency."""
        stand = [charge for charge in self.charges if charge.is_current]
        sold = [charge for charge in stand if charge.leg == "sell"]
        costs = [charge for charge in stand if charge.leg != "sell"]
        if len(sold) != 1 or not costs or {one.currency for one in costs} != {sold[0].currency}:
            return None
        return sold[0].amount_micros - sum(charge.amount_micros for charge in costs)


def call_with_charges(call_id: int, started_at: datetime | None = None) -> CallView:
    """The call whatever its revision. With `started_at` one month is read, else all are.

    Raises NotFound.
    """
    rows = Call.objects.filter(tenant_id=current_tenant_id(), id=call_id)
    if started_at is not None:
        rows = rows.filter(started_at=started_at)
    call = rows.select_related("customer", "campaign", "source", "batch").first()
    if call is None:
        raise NotFound(f"There is no call {call_id}.")
    charges = (
        Charge.objects.filter(
            tenant_id=current_tenant_id(), call_id=call.pk, started_at=call.started_at
        )
        .select_related("plan_version__plan")
        .prefetch_related("card_version__card")  # a join would lose what a parent's card prices
        .order_by("-is_current", "-leg", "level", "-revision")
    )
    around = timedelta(days=32)
    revisions = Call.objects.filter(
        tenant_id=current_tenant_id(), source_id=call.source_id, call_key=call.call_key,
        started_at__gte=call.started_at - around, started_at__lt=call.started_at + around,
    ).order_by("-revision")  # fmt: skip
    return CallView(call, list(charges), list(revisions))


def explain_charge(charge_id: int, started_at: datetime | None = None) -> Explanation:
    """The charge reckoned once more from what is stored, and whether that gives the same amount.

    Raises NotFound.
    """
    try:
        return engine.explain_charge(database(), charge_id, started_at=started_at)
    except engine.NoSuchCharge as error:
        raise NotFound(str(error)) from error


def row_of(charge: Charge) -> Rate | None:
    """The row of the card that prices the charge; None where the card is another tenant's."""
    rows = Rate.objects.filter(tenant_id=current_tenant_id(), version_id=charge.card_version_id)
    return rows.filter(row_no=charge.rate_no).first()


def quarantine(
    *, status: str = "open", reason: str = "", source: Source | None = None,
    batch: ImportBatch | None = None,
) -> QuerySet[Quarantine]:  # fmt: skip
    """Records that wait (or left: reentered, dismissed, rolled_back), newest first."""
    found = Quarantine.objects.filter(tenant_id=current_tenant_id(), status=status)
    if reason:
        found = found.filter(reason=reason)
    if source is not None:
        found = found.filter(source=source)
    if batch is not None:
        found = found.filter(batch=batch)
    return found.select_related("source", "batch").order_by("-id")


def open_ids(*, reason: str = "", source: Source | None = None) -> list[int]:
    """Ids of what waits, oldest first, for `operations.reprocess` and `dismiss`."""
    rows = quarantine(reason=reason, source=source).order_by("id")
    return list(rows.values_list("id", flat=True))


def waiting_by_reason() -> dict[str, int]:
    """How many records wait, by reason, the most frequent first."""
    rows = (
        Quarantine.objects.filter(tenant_id=current_tenant_id(), status="open")
        .values_list("reason")
        .annotate(number=Count("id"))
        .order_by("-number", "reason")
    )
    return dict(rows)


def reasons_in(batch: ImportBatch) -> dict[str, int]:
    """Why records of the file wait in quarantine, and how many, the most frequent first."""
    rows = quarantine(batch=batch).order_by().values_list("reason").annotate(number=Count("id"))
    return dict(rows.order_by("-number", "reason"))


def batches(*, source: Source | None = None) -> QuerySet[ImportBatch]:
    """Files that came, newest first, with their source."""
    found = ImportBatch.objects.filter(tenant_id=current_tenant_id()).select_related("source")
    return (found.filter(source=source) if source is not None else found).order_by("-id")


def batch_by_id(batch_id: int) -> ImportBatch:
    """Raises NotFound."""
    found = batches().filter(pk=batch_id).first()
    if found is None:
        raise NotFound(f"There is no batch {batch_id}.")
    return found


def source_by_code(code: str) -> Source:
    """Raises NotFound."""
    found = sources().filter(code=code).first()
    if found is None:
        raise NotFound(f"There is no source {code!r}.")
    return found


def sources() -> QuerySet[Source]:
    """The provider's switches and diallers by code."""
    return Source.objects.filter(tenant_id=current_tenant_id()).order_by("code")


def calls_with_charge(*, customer: Customer | None = None) -> QuerySet[Call]:
    """Current calls with customer and campaign, each with its sell charge's `amount_micros`,
    `currency` and `billed_s`; unordered, for tables of millions."""
    charge = _sell_charge()
    rows = Call.objects.filter(tenant_id=current_tenant_id(), is_current=True)
    if customer is not None:
        rows = rows.filter(customer=customer)
    return rows.select_related("customer", "campaign").annotate(
        amount_micros=Subquery(charge.values("amount_micros")[:1]),
        currency=Subquery(charge.values("currency")[:1]),
        billed_s=Subquery(charge.values("billed_s")[:1]),
    )


def in_status(rows: QuerySet[Call], status: str) -> QuerySet[Call]:
    """The calls that are answered, unanswered, free, charged or unbilled; else none.

    Charges are looked up call by call, in the order of the list, until the page is full: as a join
    (which EXISTS becomes) they would be read for all months before the first row comes out.
    """
    if status in {"answered", "unanswered"}:
        return by_answer(rows, answered=status == "answered")
    if status == "free":
        return _with_charge(by_answer(rows, answered=True), amount_micros=0)
    if status == "charged":
        return _with_charge(rows, amount_micros__gt=0)
    if status == "unbilled":
        return _with_charge(rows, invoice_line_id__isnull=True)
    return rows.none()


def _with_charge(rows: QuerySet[Call], **wanted: Any) -> QuerySet[Call]:
    """The calls whose current sell charge is so."""
    found = Subquery(_sell_charge(**wanted).values("pk")[:1])
    return rows.alias(found_charge=found).filter(found_charge__isnull=False)


def _sell_charge(**wanted: Any) -> QuerySet[Charge]:
    """The current sell charge of the call outside, looked up by the index that keeps it single."""
    return Charge.objects.filter(
        call_id=OuterRef("pk"),
        started_at=OuterRef("started_at"),
        leg="sell",
        level=0,
        is_current=True,
        **wanted,
    )


def sell_charge_of(call: Call) -> Charge | None:
    """What the customer pays for the call now; None when it is not charged."""
    found = Charge.objects.filter(tenant_id=current_tenant_id(), call_id=call.pk)
    found = found.filter(started_at=call.started_at, leg="sell", level=0, is_current=True)
    return found.first()


def started_at_of(call_id: int, *, first: datetime, end: datetime) -> datetime:
    """When the call of that id started, current or replaced, if it did between the moments.

    Raises NotFound.
    """
    rows = Call.objects.filter(pk=call_id, started_at__gte=first, started_at__lt=end)
    found = rows.values_list("started_at", flat=True).first()
    if found is None:
        raise NotFound("Not found: there is no call with that id.")
    return found


def quarantined() -> QuerySet[Quarantine]:
    """Every record of the quarantine, whatever became of it, newest first."""
    found = Quarantine.objects.filter(tenant_id=current_tenant_id())
    return found.select_related("source", "batch").order_by("-id")


def open_among(rows: Rows, *, most: int, until: int | None = None) -> list[int]:
    """Ids of the records that wait among the rows, oldest first; `until`: none with a later id."""
    found = as_query(rows).filter(status="open").order_by("id")
    if until is not None:
        found = found.filter(pk__lte=until)
    return list(found.values_list("id", flat=True)[:most])


def open_count(rows: Rows) -> int:
    """How many of the rows wait."""
    return as_query(rows).filter(status="open").count()


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many records of a file are in quarantine for a reason, in a status."""

    reason: str
    status: str
    count: int


def reason_counts(batch: ImportBatch) -> list[ReasonCount]:
    """Why records of a file went to quarantine and what became of them, by reason and status."""
    found = Quarantine.objects.filter(batch=batch).values_list("reason", "status")
    counted = found.annotate(count=Count("id")).order_by("reason", "status")
    return [ReasonCount(*row) for row in counted]


def sources_with_counts() -> QuerySet[Source]:
    """The sources by code, each with its number of `files`."""
    return sources().annotate(files=Count("batches"))
