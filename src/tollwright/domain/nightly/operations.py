"""What is done every night, once a provider and day of its zone, however many workers there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from tollwright.core.billing.periods import Calendar, midnight
from tollwright.core.document_text import amount_text
from tollwright.data.models import BillingRun, Customer, Job, Subscription
from tollwright.domain.audit import queries as audit
from tollwright.domain.audit.operations import By
from tollwright.domain.database import database, database_cursor
from tollwright.domain.errors import DomainError
from tollwright.domain.invoices import queries as invoices
from tollwright.domain.invoices import runs
from tollwright.domain.invoices.events import tell
from tollwright.domain.invoices.terms import DAY, INSTANT, calendar_of, terms_at
from tollwright.domain.jobs.operations import Work, enqueue, forget_jobs
from tollwright.domain.rules.queries import resolve_for
from tollwright.domain.tenants.queries import current_tenant
from tollwright.store import calls, rollups

MONTHS = "nightly.make_months"
DRAFT, BOOKS, ROLLUPS = "nightly.draft", "nightly.check_books", "nightly.check_rollups"
OVERDUE = "nightly.tell_overdue"
AUDIT, INSTALLATION, TIDY = "nightly.check_audit", "nightly.check_installation", "nightly.tidy"
KINDS = (MONTHS, DRAFT, OVERDUE, BOOKS, ROLLUPS, AUDIT, INSTALLATION, TIDY)
BY = By("schedule", "job")
NIGHT = timedelta(hours=2)  # after the provider's midnight: late files of the day are in
CHECKED_DAYS = 62
MOST_NAMED = 5
MONTHS_AHEAD = timedelta(days=93)  # three whole months, however long they are


class CheckFailed(DomainError):
    """A nightly check found what should not be; the sentence names the first of it."""

    kind, code = "conflict", "check_failed"


@transaction.atomic
def request_nightly(*, at: datetime) -> list[Job]:
    """Ask for the night's work where the provider's night has come and it was not asked for.

    A night on which no worker ran is made up for as soon as one does; nights before the provider
    was opened are none. Gives what was asked for.
    """
    tenant = current_tenant()
    day = (at.astimezone(ZoneInfo(tenant.timezone)) - NIGHT).date()
    due = midnight(day, tenant.timezone) + NIGHT
    if not tenant.created_at < due <= at:
        return []
    asked: list[Job] = []
    for kind in KINDS:
        key = f"{kind}/{day.isoformat()}"
        if Job.objects.filter(idempotency_key=key).exists():
            continue
        asked.append(enqueue(Work(kind), at=due, by=BY, key=key))
    return asked


def make_months(*, at: datetime) -> str:
    """The tables of this month and of three more are there before a call of them comes in.

    They are those of all providers: whoever makes them does so for everybody.
    """
    last = at + MONTHS_AHEAD
    calls.ensure_months(database_cursor(), first=at, last=last)
    return f"Calls up to {last.astimezone(UTC):%B %Y} have a place."


@transaction.atomic
def draft_due(*, until: datetime) -> BillingRun | None:
    """Start a billing run for the customers of whom a period ended since the night before, or for
    whom a plan began that is invoiced on its first day.

    None where there is nobody, or where the rule nightly_drafts is off. A night that was missed is
    made up for: looked at are the days since the last one that was done.
    """
    if not resolve_for("nightly_drafts", at=until).value:
        return None
    since = _done_before(until)
    new = _new_plans(since, until)
    due = [
        one
        for one in Customer.objects.order_by("id")
        if _is_due(one, new.get(one.pk, []), since, until)
    ]
    if not due:
        return None
    key = f"nightly/{until.isoformat()}"
    return runs.start_run(until=until, key=key, at=until, by=BY, customers=due)


def _done_before(until: datetime) -> datetime:
    done = Job.objects.filter(kind=DRAFT, status="done", asked_at__lt=until)
    last = done.order_by("-asked_at").values_list("asked_at", flat=True).first()
    return last or until - timedelta(days=1)


def _new_plans(since: datetime, until: datetime) -> dict[int, list[Subscription]]:
    """By customer: subscriptions with fees in advance that may have begun, or were entered, since.

    One query; by days of UTC, wide enough for every zone.
    """
    found = Subscription.objects.filter(
        Q(created_at__gt=since) | Q(starts_on__gte=since.date() - DAY),
        starts_on__lte=until.date() + DAY,
        version__fees__timing="advance",
    ).distinct()
    plans: dict[int, list[Subscription]] = defaultdict(list)
    for subscription in found:
        plans[subscription.customer_id].append(subscription)
    return plans


def _is_due(
    customer: Customer, plans: Sequence[Subscription], since: datetime, until: datetime
) -> bool:
    calendar = calendar_of(customer)
    ended = calendar.periods(since - INSTANT, until)
    if any(period.until > since for period in ended):
        return True
    begun = any(_began(one, calendar, since, until) for one in plans)
    return begun and terms_at(customer, until).bill_at_start


def _began(
    subscription: Subscription, calendar: Calendar, since: datetime, until: datetime
) -> bool:
    """Whether it began in the period that runs, and began or was entered in (since, until]."""
    first = calendar.begins(subscription.starts_on)
    return (
        first >= calendar.at(until).since and since < max(first, subscription.created_at) <= until
    )


@transaction.atomic
def tell_overdue(*, at: datetime) -> str:
    """An event for each invoice whose due day is over, once, and again once it was opened again."""
    new = list(invoices.overdue_untold(at=at))
    for invoice in new:
        tell("overdue", invoice, at)
    return f"{len(new):,} invoices are newly overdue."


def forget_old_jobs(*, at: datetime) -> int:
    """Jobs that ended longer ago than the rule keep_jobs_days says; how many those were."""
    days = int(str(resolve_for("keep_jobs_days", at=at).value))
    return forget_jobs(ended_before=at - timedelta(days=days), keep=DRAFT)


def check_books() -> str:
    """Every figure against its rows. Raises CheckFailed."""
    found = invoices.check_sums()
    if found:
        named = "; ".join(
            f"{one.document}: {one.figure} says {one.shown}, its rows come to {one.counted}"
            for one in found[:MOST_NAMED]
        )
        raise CheckFailed(f"{len(found):,} figures are wrong: {named}.")
    return "Every figure equals its rows."


def check_rollups(*, at: datetime) -> str:
    """The sums of the last days against their charges. Raises CheckFailed."""
    tenant = current_tenant()
    today = at.astimezone(ZoneInfo(tenant.timezone)).date()
    found = rollups.fetch_differences(
        database(),
        tenant_id=tenant.pk,
        zone=tenant.timezone,
        first=midnight(today - timedelta(days=CHECKED_DAYS), tenant.timezone),
        last=midnight(today + timedelta(days=1), tenant.timezone),
        most=MOST_NAMED,
    )
    if found:
        raise CheckFailed(f"Sums of days differ from their charges: {_named(found)}.")
    return f"The sums of {CHECKED_DAYS} days equal their charges."


def _named(found: list[rollups.RollupDifference]) -> str:
    return "; ".join(
        f"campaign {one.campaign_id} on {one.day}, {one.currency}:"
        f" charges {_against(one.kept_sell_micros, one.sell_micros, one.currency)},"
        f" costs {_against(one.kept_buy_micros, one.buy_micros, one.currency)}"
        for one in found
    )


def _against(kept: int, counted: int, currency: str) -> str:
    return f"{amount_text(kept, currency)} kept and {amount_text(counted, currency)} counted"


def check_audit() -> str:
    """The chain from its first row. Raises CheckFailed."""
    check = audit.verify_chain()
    if not check.ok:
        raise CheckFailed(f"The audit chain breaks at row {check.first_bad_seq}: {check.reason}")
    return f"The audit chain holds: {check.rows:,} rows."
