"""The night's work: once a provider and night, made up for if nobody was there; its checks."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections

from tests.support.billing import ANNA, Books, as_data, bill, issue, open_books, say
from tests.support.jobs import work_off
from tests.support.switch import Row, make_switch, master_csv
from tests.support.world import World, make_world
from tollwright.data.models import BillingRun, Invoice, Job
from tollwright.data.scope import tenant_scope
from tollwright.domain.calls import operations as calls
from tollwright.domain.events.queries import events_of
from tollwright.domain.jobs import operations as jobs
from tollwright.domain.jobs.queries import failed
from tollwright.domain.nightly import operations as nightly
from tollwright.domain.payments.operations import record_payment, reverse_payment
from tollwright.jobs import schedule

# 02:00 in Berlin on 2 November is 01:00 UTC
NIGHT = datetime(2026, 11, 2, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def books(world: World) -> Books:
    with tenant_scope(world.tenant.pk):
        say("tax_rate", "19")
        return open_books(world)


def night(at: datetime) -> dict[str, str]:
    """Ask for the night of that moment and do it; the sentence of each job by its kind."""
    asked = nightly.request_nightly(at=at)
    work_off()
    return {one.kind: Job.objects.get(pk=one.pk).sentence for one in asked}


def test_a_night_is_asked_for_once(world: World) -> None:
    with tenant_scope(world.tenant.pk):
        assert nightly.request_nightly(at=NIGHT - MINUTE)[0].asked_at == NIGHT - timedelta(days=1)
        assert nightly.request_nightly(at=NIGHT - MINUTE) == []
        asked = nightly.request_nightly(at=NIGHT)
        assert [one.kind for one in asked] == list(nightly.KINDS)
        assert {one.asked_at for one in asked} == {NIGHT}
        assert nightly.request_nightly(at=NIGHT + timedelta(hours=23, minutes=59)) == []
        late = nightly.request_nightly(at=NIGHT + timedelta(days=3, hours=7))  # nobody was there
        assert {one.asked_at for one in late} == {NIGHT + timedelta(days=3)}


def test_there_is_no_night_before_a_provider_is_opened(world: World) -> None:
    created = world.tenant.created_at
    with tenant_scope(world.tenant.pk):
        assert nightly.request_nightly(at=created + MINUTE) == []
        assert nightly.request_nightly(at=created + timedelta(days=1, hours=1)) != []


def test_many_workers_ask_for_one_night(fresh_db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight ticks at the same moment, over two providers."""
    tenants = [make_world(slug).tenant.pk for slug in ("north", "south")]
    monkeypatch.setattr(schedule, "now", lambda: NIGHT)

    def tick(_: int) -> None:
        try:
            schedule.tick(0)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(tick, range(8)))
    for tenant_id in tenants:
        with tenant_scope(tenant_id):
            kinds = Job.objects.order_by("id").values_list("kind", flat=True)
            assert list(kinds) == list(nightly.KINDS)


def test_invoices_are_drafted_in_the_night_after_their_period(world: World, books: Books) -> None:
    """Acme monthly: on 1 November at midnight in Berlin; Beta weekly; a rule switches it off."""
    with tenant_scope(world.tenant.pk):
        beta, campaign = books.customer("BETA")
        say("cycle", "weekly", beta)
        books.call("2026-10-28T10:00", 1_000_000)
        books.call("2026-10-28T11:00", 2_000_000, campaign=campaign)
        day = timedelta(days=1)
        assert (
            night(NIGHT - 2 * day)[nightly.DRAFT] == "No period ended, and no plan began."
        )  # Saturday
        first = night(NIGHT - day)[nightly.DRAFT]  # Sunday the 1st: Acme's month
        assert first.startswith("Billing run ")
        assert customers() == ["ACME"]
        night(NIGHT)  # Monday: Beta's week
        assert customers() == ["ACME", "BETA"]
        assert night(NIGHT + day)[nightly.DRAFT] == "No period ended, and no plan began."
        say("nightly_drafts", False)
        assert night(NIGHT + 7 * day)[nightly.DRAFT] == "No period ended, and no plan began."
        assert BillingRun.objects.count() == 2


def test_nights_that_were_missed_are_made_up_for(world: World, books: Books) -> None:
    with tenant_scope(world.tenant.pk):
        books.call("2026-10-28T10:00", 1_000_000)
        night(NIGHT - timedelta(days=5))
        night(NIGHT + timedelta(days=4))  # the 1st is between
        assert customers() == ["ACME"]


def test_a_plan_is_invoiced_in_the_night_in_which_it_begins(world: World, books: Books) -> None:
    """From Thursday the 5th; on the 6th nothing is new; one entered since is, off and arrears not.

    Acme's own plan has fees in arrears alone. Gamma's, from the 2nd, was entered on the 6th.
    """
    with tenant_scope(world.tenant.pk):
        day = timedelta(days=1)
        night(NIGHT)
        beta, gamma, delta = (books.customer(code)[0] for code in ("BETA", "GAMMA", "DELTA"))
        say("bill_at_start", False, delta)
        advance = [("subscription", 30_000_000, "advance")]
        books.subscribe([("support", 9_000_000, "arrears")], starts_on="2026-11-05")
        books.subscribe(advance, starts_on="2026-11-05", customer=beta)
        books.subscribe(advance, starts_on="2026-11-05", customer=delta)
        nothing = "No period ended, and no plan began."
        assert night(NIGHT + 2 * day)[nightly.DRAFT] == nothing  # Wednesday
        assert night(NIGHT + 3 * day)[nightly.DRAFT].startswith("Billing run ")
        assert customers() == ["BETA"]
        assert night(NIGHT + 4 * day)[nightly.DRAFT] == nothing
        late = books.subscribe(advance, starts_on="2026-11-02", customer=gamma)
        late.created_at = NIGHT + 4 * day + MINUTE
        late.save()
        night(NIGHT + 5 * day)
        assert customers() == ["BETA", "GAMMA"]
        sums = Invoice.objects.order_by("id").values_list("at_start", "net_micros")
        assert list(sums) == [(True, 26_000_000), (True, 29_000_000)]  # 26 and 29 of 30 days


def customers() -> list[str]:
    found = Invoice.objects.order_by("customer__code").values_list("customer__code", flat=True)
    return list(found)


def test_what_is_overdue_is_told_once_and_again_when_it_was_opened_again(
    world: World, books: Books
) -> None:
    """1.19, due on 16 November; paid on the 20th, and taken back."""
    with tenant_scope(world.tenant.pk):
        books.call("2026-10-15T10:00", 1_000_000)
        (invoice,) = [issue(one) for one in bill().invoices.all()]
        day = timedelta(days=1)

        def overdue(days: int) -> tuple[str, int]:
            said = night(NIGHT + days * day)[nightly.OVERDUE]
            return said, events_of("invoice", invoice.pk).filter(type="invoice.overdue").count()

        assert overdue(14) == ("0 invoices are newly overdue.", 0)
        assert overdue(15) == ("1 invoices are newly overdue.", 1)
        assert overdue(16) == ("0 invoices are newly overdue.", 1)
        at = NIGHT + 18 * day
        payment = record_payment(
            customer=world.customer, amount_micros=1_190_000, currency="EUR", method="transfer",
            received_at=at, key="p", at=at, by=ANNA, render=as_data,
        )  # fmt: skip
        assert overdue(19) == ("0 invoices are newly overdue.", 1)
        reverse_payment(
            payment=payment, reason="Bounced", key="r", at=at + 2 * day, by=ANNA, render=as_data
        )
        assert overdue(21) == ("1 invoices are newly overdue.", 2)


def test_old_jobs_are_let_go_of_and_what_failed_stays(world: World, books: Books) -> None:
    """A night's jobs are of 2 November; kept for 30 days, they go in the night of 3 December, but
    for the one that failed and the one by which the next night goes."""
    with tenant_scope(world.tenant.pk):
        say("keep_jobs_days", 30)
        night(NIGHT)
        Job.objects.update(ended_at=NIGHT, status="done")
        Job.objects.filter(kind=nightly.AUDIT).update(status="failed")
        count = Job.objects.count()
        assert jobs.forget_jobs(ended_before=NIGHT, keep=nightly.DRAFT) == 0
        assert nightly.forget_old_jobs(at=NIGHT + timedelta(days=30)) == 0
        assert nightly.forget_old_jobs(at=NIGHT + timedelta(days=31)) == count - 2
        assert set(Job.objects.values_list("kind", flat=True)) == {nightly.DRAFT, nightly.AUDIT}


def test_checks_that_hold(world: World, books: Books) -> None:
    with tenant_scope(world.tenant.pk):
        books.call("2026-10-28T10:00", 1_000_000)
        (draft,) = bill().invoices.all()
        issue(draft)
        told = night(NIGHT)
        assert told[nightly.BOOKS] == "Every figure equals its rows."
        assert told[nightly.AUDIT].startswith("The audit chain holds: ")
        assert told[nightly.TIDY] == "0 pieces of files and 0 jobs are let go of."


def test_sums_of_days_are_checked(db: None) -> None:
    """As they are after an import and its rollback; a micro off is found, and stands on Home."""
    switch = make_switch("north")
    content = master_csv([Row(key=1, seconds=61), Row(key=2, seconds=30, minute=5)])
    at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    with tenant_scope(switch.tenant_id):
        result = calls.ingest(
            source_code=switch.source.code, filename="a.csv", stream=io.BytesIO(content), at=at,
            by=ANNA,
        )  # fmt: skip
        well = "The sums of 62 days equal their charges."
        assert night(at)[nightly.ROLLUPS] == well
        with connection.cursor() as cursor:
            cursor.execute("UPDATE usage_day SET sell_micros = sell_micros + 1")
        broken = night(at + timedelta(days=1))[nightly.ROLLUPS]
        assert "charges 1.800001 kept and 1.80 counted, costs" in broken
        found = Job.objects.filter(kind=nightly.ROLLUPS).order_by("id")
        assert [one.status for one in found] == ["done", "failed"]
        assert failed() >= 1 and result.rated == 2


def test_the_months_ahead_are_made_in_the_night(world: World, books: Books) -> None:
    """The night's own month and three more; a second night finds them there."""
    with tenant_scope(world.tenant.pk):
        said = night(NIGHT)[nightly.MONTHS]
        assert said == "Calls up to February 2027 have a place."
        assert night(NIGHT + timedelta(days=1))[nightly.MONTHS] == said
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"
            " AND relname >= 'call_2026_11' AND relname < 'call_3' ORDER BY 1"
        )
        made = [name for (name,) in cursor.fetchall()]
    assert made == ["call_2026_11", "call_2026_12", "call_2027_01", "call_2027_02"]
