"""Two hands at the same calls: nothing is billed twice, nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
import pytest
from django.db import connections

from tests.integration.engine.conftest import Plant
from tests.support.billing import ANNA, as_data, bill
from tests.support.database import prepare
from tests.support.switch import Row, master_csv
from tollwright.data.models import Charge, Customer, Invoice, Payment, Source
from tollwright.data.scope import tenant_scope
from tollwright.domain.invoices import operations, queries
from tollwright.domain.payments.operations import record_payment
from tollwright.engine.ingest import import_file
from tollwright.store import calls

DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)
T = TypeVar("T")


def in_scope(plant: Plant, work: Callable[[], T]) -> T:
    """In a transaction and connection of the thread's own."""
    try:
        with tenant_scope(plant.switch.tenant_id):
            return work()
    finally:
        connections.close_all()


@contextmanager
def billed_between(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Drafting and issuing start when an ingest has compared its records with what is known."""
    marked, go_on = threading.Event(), threading.Event()
    meet = calls.fetch_known_calls

    def waiting(*args: object, **values: object) -> object:
        met = meet(*args, **values)  # type: ignore[arg-type]  # handed on as they came
        go_on.set()
        marked.wait(5)
        return met

    def bill_and_issue() -> None:
        go_on.wait(5)
        (draft,) = queries.drafts(bill("run", DECEMBER))
        marked.set()
        operations.finalise(invoice=draft, at=DECEMBER, by=ANNA, render=as_data)

    monkeypatch.setattr(calls, "fetch_known_calls", waiting)
    with ThreadPoolExecutor(1) as pool:
        issued = pool.submit(in_scope, plant, bill_and_issue)
        yield
        issued.result()


def test_a_correction_that_meets_billing_in_one_transaction_waits(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for the invoice and then finds the call on it: 0.60 billed, never 0.60 and 1.80."""
    plant.ingest(Row(key=1, seconds=60))
    with billed_between(plant, monkeypatch):
        result = plant.ingest(Row(key=1, seconds=180))
    assert result.reasons == {"late_correction": 1}
    with tenant_scope(plant.switch.tenant_id):
        charges = Charge.objects.values_list("is_current", "amount_micros")
        assert list(charges) == [(True, 600_000)]
        assert Invoice.objects.get().net_micros == 600_000
        assert queries.check_sums() == []


def both(plant: Plant, one: Callable[[], T], other: Callable[[], T]) -> list[T]:
    """Two at once."""
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(in_scope, plant, work) for work in (one, other)]
        return [future.result() for future in running]


def test_one_file_twice_at_once_is_one_batch(plant: Plant) -> None:
    rows = [Row(key=key, seconds=60) for key in range(200)]

    def take() -> tuple[int, bool]:
        with psycopg.connect(prepare().app_conninfo(plant.connection.info.dbname)) as mine:
            result = Plant(mine, plant.switch).ingest(*rows)
        return result.rated, result.already

    assert sorted(both(plant, take, take)) == [(200, False), (200, True)]
    assert plant.rows("SELECT count(*), sum(amount_micros) FROM charge") == [(200, 120_000_000)]
    plant.check_sums()


def test_two_sources_on_the_same_days_in_opposite_order(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has written one day when it turns to the other's: they go side by side to the end."""
    with tenant_scope(plant.switch.tenant_id):
        Source.objects.create(
            tenant=plant.switch.world.tenant, code="TWO", name="Two", format="asterisk_csv",
            timezone="UTC", region=plant.switch.source.region,
            options=plant.switch.source.options, created_at=DECEMBER,
        )  # fmt: skip
    plant.ingest(Row(key=9, seconds=60, minute=2 * 24 * 60))  # the month's tables are there
    monkeypatch.setattr(import_file, "CHUNK_ROWS", 1)
    gate, insert = threading.Barrier(2, timeout=30), calls.insert_staged

    def insert_and_meet(*args: Any, **values: Any) -> None:
        insert(*args, **values)
        gate.wait()  # broken, if one of them waits for the other's commit

    monkeypatch.setattr(calls, "insert_staged", insert_and_meet)
    rows = [Row(key=1, seconds=60), Row(key=2, seconds=60, minute=24 * 60)]

    def take(source: str, order: list[Row]) -> Callable[[], int]:
        def work() -> int:
            with psycopg.connect(prepare().app_conninfo(plant.connection.info.dbname)) as mine:
                content = master_csv(order)
                return Plant(mine, plant.switch).take(content, f"{source}.csv", source).rated

        return work

    assert both(plant, take("AST", rows), take("TWO", rows[::-1])) == [2, 2]
    assert plant.rows("SELECT sum(calls), sum(sell_micros) FROM usage_day") == [(5, 3_000_000)]
    plant.check_sums()


def test_one_key_paid_twice_at_once_is_one_payment(plant: Plant) -> None:
    def pay() -> int:
        payment = record_payment(
            customer=Customer.objects.get(code="ACME"), amount_micros=5_000_000, currency="EUR",
            method="transfer", received_at=DECEMBER, key="once", at=DECEMBER, by=ANNA,
            confirmed=True, render=as_data,
        )  # fmt: skip
        return int(payment.pk)

    first, second = both(plant, pay, pay)
    assert first == second
    with tenant_scope(plant.switch.tenant_id):
        assert Payment.objects.count() == 1
        assert queries.check_sums() == []


def test_two_runs_at_once_draft_once(plant: Plant) -> None:
    plant.ingest(*[Row(key=key, seconds=60) for key in range(50)])
    both(plant, lambda: bill("one", DECEMBER), lambda: bill("two", DECEMBER))
    with tenant_scope(plant.switch.tenant_id):
        assert [draft.net_micros for draft in queries.drafts()] == [30_000_000]
        assert queries.check_sums() == []


def test_one_run_asked_for_twice_at_once_is_one_run(plant: Plant) -> None:
    plant.ingest(Row(key=1, seconds=60))
    first, second = both(plant, lambda: bill("one", DECEMBER), lambda: bill("one", DECEMBER))
    assert first == second
