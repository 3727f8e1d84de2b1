"""What happened is told in its own transaction, numbered without gaps, and stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction

from tests.support.billing import ANNA, NOVEMBER, Books, as_data, bill, issue, open_books, say
from tests.support.world import World, make_world
from tollwright.data.models import Invoice
from tollwright.data.scope import tenant_scope
from tollwright.domain.customers.operations import update_customer
from tollwright.domain.events.operations import TYPES, record
from tollwright.domain.events.queries import events, events_of
from tollwright.domain.invoices import operations as invoices
from tollwright.domain.payments.operations import record_payment


def told(after: int = 0) -> list[tuple[str, int]]:
    return [(one.type, one.sequence) for one in events().filter(pk__gt=after)]


@pytest.fixture
def books(world: World) -> Books:
    with tenant_scope(world.tenant.pk):
        say("tax_rate", "19")
        return open_books(world)


def test_the_life_of_an_invoice(world: World, books: Books) -> None:
    """1.00 and 19 %: drafted, finalised, paid with the payment; drafting again is not told."""
    with tenant_scope(world.tenant.pk):
        books.call("2026-10-15T10:00", 1_000_000)
        (draft,) = bill().invoices.all()
        bill("again")
        invoice = issue(draft)
        record_payment(
            customer=world.customer, amount_micros=1_190_000, currency="EUR", method="transfer",
            received_at=NOVEMBER, key="p", at=NOVEMBER, by=ANNA, render=as_data,
        )  # fmt: skip
        assert told() == [
            ("invoice.drafted", 1),
            ("invoice.finalised", 2),
            ("payment.received", 1),
            ("invoice.paid", 3),
        ]
        drafted, finalised, paid = events_of("invoice", invoice.pk)
        figures = {
            "id": invoice.pk, "customer": world.customer.pk, "corrects": None, "currency": "EUR",
            "net": "1.00", "tax": "0.19", "total": "1.19",
        }  # fmt: skip
        assert drafted.payload == figures | {"number": None, "paid": "0.00"}
        assert finalised.payload == figures | {"number": invoice.number, "paid": "0.00"}
        assert paid.payload == figures | {"number": invoice.number, "paid": "1.19"}
        assert (paid.version, paid.at, paid.object_id) == (1, NOVEMBER, invoice.pk)


def test_void_credit_and_delete(world: World, books: Books) -> None:
    with tenant_scope(world.tenant.pk):
        books.call("2026-10-15T10:00", 1_000_000)
        (draft,) = bill().invoices.all()
        invoices.void(invoice=issue(draft), reason="typo", at=NOVEMBER, by=ANNA)
        (again,) = bill("again").invoices.filter(status="draft")
        invoices.drop_draft(invoice=again, at=NOVEMBER, by=ANNA)
        (third,) = bill("third").invoices.filter(status="draft")
        note = invoices.credit(
            invoice=issue(third), reason="goodwill", key="c", at=NOVEMBER, by=ANNA, render=as_data
        )
        assert told() == [
            ("invoice.drafted", 1),
            ("invoice.finalised", 2),
            ("invoice.voided", 3),
            ("invoice.drafted", 1),
            ("invoice.deleted", 2),
            ("invoice.drafted", 1),
            ("invoice.finalised", 2),
            ("credit_note.finalised", 1),
            ("invoice.paid", 3),
        ]
        (event,) = events_of("credit_note", note.pk)
        assert (event.payload["total"], event.payload["corrects"]) == ("-1.19", third.pk)


def test_a_customer_is_suspended_closed_and_restored(world: World) -> None:
    with tenant_scope(world.tenant.pk):
        for status in ("suspended", "closed", "active", "active"):
            update_customer(customer=world.customer, at=NOVEMBER, by=ANNA, status=status)
        assert told() == [
            ("customer.suspended", 1),
            ("customer.closed", 2),
            ("customer.restored", 3),
        ]


def test_a_draft_that_a_run_lets_go_of_is_told(world: World, books: Books) -> None:
    """Its only call is withdrawn: the next run has nothing to draft."""
    with tenant_scope(world.tenant.pk):
        books.call("2026-10-15T10:00", 1_000_000)
        (draft,) = bill().invoices.all()
        pk = draft.pk
        say("billing_enabled", True)
        with connections["default"].cursor() as cursor:
            cursor.execute("UPDATE charge SET is_current = false")
        bill("again")
        assert Invoice.objects.count() == 0
        assert [one.type for one in events_of("invoice", pk)] == [
            "invoice.drafted",
            "invoice.deleted",
        ]


def test_what_is_rolled_back_is_not_told(fresh_db: str) -> None:
    world = make_world("north")
    with tenant_scope(world.tenant.pk):
        say("tax_rate", "19")
        open_books(world).call("2026-10-15T10:00", 1_000_000)
    with transaction.atomic():
        with tenant_scope(world.tenant.pk):
            bill()
            assert told() == [("invoice.drafted", 1)]
        transaction.set_rollback(True)
    with tenant_scope(world.tenant.pk):
        assert told() == []
        bill()
        assert told() == [("invoice.drafted", 1)]


def test_the_numbers_of_an_object_have_no_gap_however_many_tell(fresh_db: str) -> None:
    """Eight at once, each third of which is rolled back: 1 … n in the order of the commits."""
    world = make_world("north")

    def tell(number: int) -> None:
        try:
            with transaction.atomic(), tenant_scope(world.tenant.pk):
                record("invoice.paid", object_id=7, payload={"no": number}, at=NOVEMBER)
                record("invoice.paid", object_id=8 + number % 2, payload={}, at=NOVEMBER)
                transaction.set_rollback(number % 3 == 0)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(tell, range(60)))
    with tenant_scope(world.tenant.pk):
        assert [one.sequence for one in events_of("invoice", 7)] == list(range(1, 41))
        for pk in (8, 9):
            assert [one.sequence for one in events_of("invoice", pk)] == list(range(1, 21))
        numbers = [one.payload["no"] for one in events_of("invoice", 7)]
        assert sorted(numbers) == [number for number in range(60) if number % 3]
        assert [one.pk for one in events_of("invoice", 7)] == sorted(
            one.pk for one in events_of("invoice", 7)
        )


def test_objects_of_another_tenant_have_numbers_of_their_own(db: None) -> None:
    for slug in ("north", "south"):
        with tenant_scope(make_world(slug).tenant.pk):
            record("invoice.paid", object_id=7, payload={}, at=NOVEMBER)
            assert [one.sequence for one in events()] == [1]


def test_an_unknown_type_is_a_bug(world: World) -> None:
    with tenant_scope(world.tenant.pk), pytest.raises(ValueError, match=r"invoice\.eaten is no"):
        record("invoice.eaten", object_id=1, payload={}, at=NOVEMBER + timedelta(1))
    assert all(len(one) <= 60 for one in TYPES)
