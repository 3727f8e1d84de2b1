"""A draft issued as a job: refused at once where it can be, made after the request, once."""

from __future__ import annotations

import pytest

from tests.integration.jobs.test_billing_runs import four_customers, start
from tests.support.billing import ANNA, NOVEMBER
from tests.support.jobs import kill_at_marker, until, work_off, worker_process
from tollwright.data.models import Document, Invoice, Job
from tollwright.data.scope import tenant_scope
from tollwright.domain.invoices import operations, requests
from tollwright.domain.ledger.queries import trial_balance


def drafted() -> list[Invoice]:
    """The run's drafts: of 21.00, 22.00, 23.00 and 24.00 before 19 % tax."""
    start()
    work_off()
    return list(Invoice.objects.filter(status="draft").order_by("net_micros"))


def test_what_is_refused_is_refused_at_once(db: None) -> None:
    """And leaves neither a job nor a number taken."""
    world = four_customers()
    with tenant_scope(world.tenant.pk):
        draft = drafted()[0]
        job = requests.request_finalise(invoice=draft, early=True, at=NOVEMBER, by=ANNA)
        assert Document.objects.count() == 0
        work_off()
        job.refresh_from_db()
        draft.refresh_from_db()
        assert (job.status, job.subject, job.subject_id) == ("done", "invoice", draft.pk)
        assert job.sentence == f"Issued as {draft.number}."
        before = Job.objects.count()
        with pytest.raises(operations.NotADraft):
            requests.request_finalise(invoice=draft, early=True, at=NOVEMBER, by=ANNA)
        assert Job.objects.count() == before


def is_open(tenant_id: int, job: Job) -> bool:
    with tenant_scope(tenant_id):
        return Job.objects.get(pk=job.pk).is_open


def test_a_worker_killed_in_the_middle_of_a_document(fresh_db: str) -> None:
    """24.99 (two months of 10.00 and a call over 1.00, 19 % tax): numbered and its document made,
    nothing committed; of two others one issues it, once."""
    world = four_customers()
    with tenant_scope(world.tenant.pk):
        draft = drafted()[0]
        job = requests.request_finalise(invoice=draft, early=True, at=NOVEMBER, by=ANNA)
    where = "tollwright.domain.invoices.operations:finalise"
    with worker_process(fresh_db, stop_in=where, nth=1) as it:
        kill_at_marker(it)
    with tenant_scope(world.tenant.pk):
        assert Document.objects.count() == 0
    with worker_process(fresh_db), worker_process(fresh_db):
        until(lambda: not is_open(world.tenant.pk, job))
    with tenant_scope(world.tenant.pk):
        job.refresh_from_db()
        draft.refresh_from_db()
        assert (job.status, job.subject_id) == ("done", draft.pk)
        assert str(draft.number).endswith("-000001")
        assert Document.objects.count() == 1
        assert {row.kind: row.balance_micros for row in trial_balance()}["receivable"] == 24_990_000
