"""One document as a job: refused at once where it can be, made after the request, once."""

from __future__ import annotations

import pytest

from tests.integration.jobs.test_billing_runs import four_customers, start
from tests.support.billing import ANNA, NOVEMBER
from tests.support.jobs import kill_at_marker, until, work_off, worker_process
from tollwright.data.models import Document, Invoice, Job, Payment
from tollwright.data.scope import tenant_scope
from tollwright.domain.invoices import operations, requests
from tollwright.domain.ledger.queries import trial_balance
from tollwright.domain.payments import requests as payments
from tollwright.domain.payments.errors import AmountInvalid


def drafted() -> list[Invoice]:
    """The run's drafts: of 21.00, 22.00, 23.00 and 24.00 before 19 % tax."""
    start()
    work_off()
    return list(Invoice.objects.filter(status="draft").order_by("net_micros"))


def test_a_draft_is_issued_after_the_request_and_a_note_once(db: None) -> None:
    world = four_customers()
    with tenant_scope(world.tenant.pk):
        invoice = drafted()[0]
        job = requests.request_finalise(invoice=invoice, early=True, at=NOVEMBER, by=ANNA)
        assert Document.objects.count() == 0
        work_off()
        job.refresh_from_db()
        invoice.refresh_from_db()
        assert (job.status, job.subject, job.subject_id) == ("done", "invoice", invoice.pk)
        assert job.sentence == f"Issued as {invoice.number}."
        asked = [
            requests.request_credit(
                invoice=invoice, reason="late", key="c", lines=None, at=NOVEMBER, by=ANNA
            )
            for _ in range(2)
        ]
        assert asked[0].pk == asked[1].pk
        work_off()
        note = Invoice.objects.get(document_type="credit_note")
        assert (note.total_micros, Document.objects.count()) == (-invoice.total_micros, 2)


def test_what_is_refused_is_refused_at_once(db: None) -> None:
    """And leaves neither a job nor a number taken."""
    world = four_customers()
    with tenant_scope(world.tenant.pk):
        first, second = drafted()[:2]
        before = Job.objects.count()
        with pytest.raises(operations.NotIssued):
            requests.request_credit(
                invoice=first, reason="late", key="c", lines=None, at=NOVEMBER, by=ANNA
            )
        with pytest.raises(AmountInvalid):
            pay(first, "nothing", 0)
        assert Job.objects.count() == before
        requests.request_finalise(invoice=second, early=True, at=NOVEMBER, by=ANNA)
        work_off()
        second.refresh_from_db()
        assert str(second.number).endswith("-000001")
        with pytest.raises(operations.NotADraft):
            requests.request_finalise(invoice=second, early=True, at=NOVEMBER, by=ANNA)


def is_open(tenant_id: int, job: Job) -> bool:
    with tenant_scope(tenant_id):
        return Job.objects.get(pk=job.pk).is_open


def pay(invoice: Invoice, key: str, micros: int) -> Job:
    return payments.request_payment(
        customer=invoice.customer, amount_micros=micros, currency="EUR", method="transfer",
        reference="", received_at=NOVEMBER, key=key, allocate_to=[invoice], confirmed=False,
        at=NOVEMBER, by=ANNA,
    )  # fmt: skip


def test_a_worker_killed_in_the_middle_of_a_payment(fresh_db: str) -> None:
    """24.99 (two months of 10.00 and a call over 1.00, 19 % tax): booked and its receipt made,
    nothing committed; another worker books it, once."""
    world = four_customers()
    with tenant_scope(world.tenant.pk):
        invoice = drafted()[0]
        requests.request_finalise(invoice=invoice, early=True, at=NOVEMBER, by=ANNA)
        work_off()
        invoice.refresh_from_db()
        job = pay(invoice, "bank 1", invoice.total_micros)
        assert pay(invoice, "bank 1", invoice.total_micros).pk == job.pk
    where = "tollwright.domain.payments.operations:record_payment"
    with worker_process(fresh_db, stop_in=where, nth=1) as it:
        kill_at_marker(it)
    with tenant_scope(world.tenant.pk):
        assert Payment.objects.count() == 0
    with worker_process(fresh_db), worker_process(fresh_db):
        until(lambda: not is_open(world.tenant.pk, job))
    with tenant_scope(world.tenant.pk):
        job.refresh_from_db()
        invoice.refresh_from_db()
        payment = Payment.objects.get()
        assert (job.status, job.subject, job.subject_id) == ("done", "payment", payment.pk)
        assert (invoice.status, invoice.paid_micros) == ("paid", 24_990_000)
        assert Document.objects.count() == 2
        assert {row.kind: row.balance_micros for row in trial_balance()}["receivable"] == 0
