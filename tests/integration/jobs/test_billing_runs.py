"""A billing run is a job a customer: whole, once, whoever is killed, refused or told to stop."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from procrastinate.contrib.django import app

from tests.support.billing import ANNA, NOVEMBER, Books, bill, open_books, rows, say
from tests.support.jobs import kill_at_marker, queued, until, work_off, worker_process
from tests.support.world import World, make_world
from tollwright.data.models import AuditEntry, BillingRun, Invoice, Job
from tollwright.data.scope import tenant_scope
from tollwright.domain.errors import DomainError, KeyReused
from tollwright.domain.invoices import drafting, queries, runs
from tollwright.domain.jobs import operations as jobs
from tollwright.domain.jobs.queries import parts

CUSTOMERS = ("BETA", "GAMMA", "DELTA")


def four_customers(slug: str = "north") -> World:
    """Four customers with calls over 1.00, 2.00, 3.00 and 4.00 and 10.00 a month in advance."""
    world = make_world(slug)
    with tenant_scope(world.tenant.pk):
        say("tax_rate", "19")
        say("nightly_drafts", False)  # a worker goes by the real clock, and a night may come
        books = open_books(world)
        calls(books)
    return world


def calls(books: Books) -> None:
    campaigns = [books.world.campaign, *(books.customer(code)[1] for code in CUSTOMERS)]
    for number, campaign in enumerate(campaigns, start=1):
        for minute in range(number):
            books.call(f"2026-10-15T10:0{minute}", 1_000_000, campaign=campaign)
        books.subscribe(
            [("subscription", 10_000_000, "advance")],
            starts_on="2026-10-01",
            customer=campaign.customer,
        )


def start(key: str = "run") -> BillingRun:
    return runs.start_run(until=NOVEMBER, key=key, at=NOVEMBER, by=ANNA)


def group_of(run: BillingRun) -> Job:
    group = runs.job_of(run)
    assert group is not None
    return group


def digest() -> list[object]:
    """Every figure of every draft."""
    return [
        (one.customer.code, one.period_from, one.total_micros, one.tax_micros, rows(one))
        for one in queries.invoices().order_by("customer__code", "period_from")
    ]


def undisturbed() -> list[object]:
    """What the run makes when it is one transaction in one process."""
    with transaction.atomic():
        bill("undisturbed")
        found = digest()
        transaction.set_rollback(True)
    assert len(found) == 4
    return found


def statuses(run: BillingRun) -> list[tuple[str, str, str]]:
    return [(one.name, one.status, one.sentence) for one in parts(group_of(run))]


def test_a_run_is_a_job_a_customer(db: None) -> None:
    world = four_customers()
    with tenant_scope(world.tenant.pk):
        whole = undisturbed()
        run = start()
        group = group_of(run)
        assert (group.status, group.done, group.total, group.asked_by) == (
            "queued",
            0,
            4,
            ANNA.actor,
        )
        assert (queued(), Invoice.objects.count()) == (4, 0)
        assert start().pk == run.pk  # the same key asks for nothing
        assert (queued(), BillingRun.objects.count()) == (4, 1)
        with pytest.raises(KeyReused):
            runs.start_run(until=NOVEMBER - timedelta(days=1), key="run", at=NOVEMBER, by=ANNA)
        assert work_off() == 4
        group.refresh_from_db()
        assert (group.status, group.done, group.sentence) == ("done", 4, "4 of 4 done.")
        assert digest() == whole
        # 1.00 of calls, 10.00 for October and 10.00 for November, 19 %
        assert statuses(run)[0] == (world.customer.name, "done", "Drafted: 24.99 EUR.")
        assert AuditEntry.objects.filter(action="billing.run").count() == 1


def test_what_is_rolled_back_leaves_no_job(fresh_db: str) -> None:
    world = four_customers()
    with transaction.atomic():
        with tenant_scope(world.tenant.pk):
            start()
        assert queued() == 4
        transaction.set_rollback(True)
    assert queued() == 0
    with tenant_scope(world.tenant.pk):
        assert (Job.objects.count(), BillingRun.objects.count()) == (0, 0)


def test_one_bad_customer_holds_up_nobody(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sentence is shown, and it can be tried again."""
    world = four_customers()

    class NoTaxRate(DomainError):
        pass

    def draft_or_not(run: BillingRun, customer: object, at: object) -> object:
        if str(getattr(customer, "code", "")) == "GAMMA":
            raise NoTaxRate("Gamma Ltd has no tax rate: set the rule tax_rate.")
        return drafting.draft_customer(run, customer, at)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(runs, "draft_customer", draft_or_not)
    with tenant_scope(world.tenant.pk):
        whole = undisturbed()
        run = start()
        work_off()
        group = group_of(run)
        assert (group.status, group.done, group.total) == ("failed", 4, 4)
        assert group.sentence.startswith("3 of 4 done. 1 failed: ")
        assert Invoice.objects.count() == 3
        assert [one for one in statuses(run) if one[1] == "failed"] == [
            ("Gamma Ltd", "failed", "Gamma Ltd has no tax rate: set the rule tax_rate.")
        ]
        monkeypatch.undo()
        jobs.retry(job=group, at=NOVEMBER, by=ANNA)
        group.refresh_from_db()
        assert (group.status, group.done, queued()) == ("queued", 3, 1)
        assert work_off() == 1
        group.refresh_from_db()
        assert (group.status, group.sentence) == ("done", "4 of 4 done.")
        assert digest() == whole


def test_what_nobody_began_can_be_cancelled(db: None) -> None:
    world = four_customers()
    with tenant_scope(world.tenant.pk):
        group = jobs.cancel(job=group_of(start()), at=NOVEMBER, by=ANNA)
        assert (group.status, group.done, queued(), Invoice.objects.count()) == (
            "cancelled",
            4,
            0,
            0,
        )
        jobs.retry(job=group, at=NOVEMBER, by=ANNA)
        assert work_off() == 4
        assert (group_of(BillingRun.objects.get()).status, Invoice.objects.count()) == ("done", 4)


@pytest.mark.parametrize("nth", [1, 3])
def test_killed_in_the_middle_another_worker_goes_on(fresh_db: str, nth: int) -> None:
    """SIGKILL with a customer drafted and nothing committed: the end is as if nothing happened."""
    world = four_customers()
    with tenant_scope(world.tenant.pk):
        whole = undisturbed()
        run = start()
    with worker_process(
        fresh_db, stop_in="tollwright.domain.invoices.runs:draft_for", nth=nth
    ) as it:
        kill_at_marker(it)
    with tenant_scope(world.tenant.pk):
        group = group_of(run)
        assert (group.status, group.done) == ("running", nth - 1)
        assert Invoice.objects.count() == nth - 1
    with worker_process(fresh_db):
        until(lambda: ended(world, run))
    with tenant_scope(world.tenant.pk):
        assert (group_of(run).sentence, digest()) == ("4 of 4 done.", whole)
        assert queries.check_sums() == []
    assert queued() == 0


def test_two_workers_at_once_do_nothing_twice(fresh_db: str) -> None:
    """And a job that is in the queue twice is done once."""
    world = four_customers()
    with tenant_scope(world.tenant.pk):
        whole = undisturbed()
        run = start()
        again = app.configure_task(runs.DRAFT)
        for one in parts(group_of(run)):
            again.defer(tenant=world.tenant.pk, job=one.pk)
    with worker_process(fresh_db, concurrency=2), worker_process(fresh_db, concurrency=2):
        until(lambda: ended(world, run) and queued() == 0)
    with tenant_scope(world.tenant.pk):
        group = group_of(run)
        assert (group.status, group.done, digest()) == ("done", 4, whole)


def ended(world: World, run: BillingRun) -> bool:
    with tenant_scope(world.tenant.pk):
        return not group_of(run).is_open
