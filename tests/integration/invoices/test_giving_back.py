"""An invoice that gives money back is credit: it settles the next invoice, as a payment would."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.support.billing import ANNA, Books, as_data, bill_and_issue, line, said
from tollwright.data.models import Allocation, Invoice, Payment, Subscription
from tollwright.domain.invoices import operations, queries
from tollwright.domain.invoices.operations import Correction
from tollwright.domain.ledger import queries as ledger
from tollwright.domain.payments import queries as payments
from tollwright.domain.payments.operations import record_payment

NOVEMBER = datetime(2026, 11, 2, 9, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 2, 9, tzinfo=UTC)
JANUARY = datetime(2027, 1, 4, 9, tzinfo=UTC)
EUR = 1_000_000


def pay(books: Books, amount_micros: int, key: str, at: datetime) -> Payment:
    return record_payment(
        customer=books.world.customer, amount_micros=amount_micros, currency="EUR",
        method="transfer", received_at=at, key=key, at=at, by=ANNA, confirmed=True, render=as_data,
    )  # fmt: skip


def left_after_october(books: Books) -> Invoice:
    """31.00 and 30.00 in advance for October and November, ended on 31 October: 35.70 back."""
    held = books.subscribe([("subscription", 30 * EUR, "advance")], starts_on="2026-10-01")
    (first,) = bill_and_issue("october", NOVEMBER)
    assert first.total_micros == 71_400_000  # 60.00 and 19 %
    pay(books, 71_400_000, "october", NOVEMBER)
    Subscription.objects.filter(pk=held.pk).update(ends_on=date(2026, 10, 31))
    (back,) = bill_and_issue("november", DECEMBER)
    assert back.total_micros == -35_700_000
    return back


def fresh(invoice: Invoice) -> tuple[str, int]:
    invoice.refresh_from_db()
    return invoice.status, invoice.paid_micros


def paper(invoice: Invoice) -> dict[str, Any]:
    document = queries.document_of(invoice)
    assert document is not None
    return said(document.content)


def test_what_is_given_back_settles_the_next_invoice(books: Books) -> None:
    """35.70 of 119.00: 83.30 is left to pay, the balance, the paper and the payment say so."""
    back = left_after_october(books)
    customer = books.world.customer
    assert (ledger.balance(customer), payments.credit_of(customer)) == (-35_700_000, 35_700_000)
    assert paper(back)["payment"]["terms"] == (
        "Nothing is to be paid. 35.70 EUR are credited to your account and settle your next"
        " invoice."
    )
    books.call("2026-12-15T10:00", 100 * EUR)
    (invoice,) = bill_and_issue("december", JANUARY)
    assert fresh(invoice) == ("finalised", 35_700_000)
    assert fresh(back) == ("paid", -35_700_000)
    assert (queries.open_micros(invoice), ledger.balance(customer)) == (83_300_000, 83_300_000)
    assert payments.credit_of(customer) == 0
    told = [(one["label"], one["amount"][0]) for one in paper(invoice)["totals"]]
    assert told[-2:] == [("Paid from your credit", "\N{MINUS SIGN}35.70"), ("To pay", "83.30")]
    (used,) = Allocation.objects.filter(credit=back)
    assert (used.payment_id, used.invoice_id, used.amount_micros) == (
        None, invoice.pk, 35_700_000,
    )  # fmt: skip
    pay(books, 83_300_000, "december", JANUARY)
    assert fresh(invoice) == ("paid", 119_000_000)
    assert ledger.balance(customer) == 0
    assert queries.check_sums() == []


def test_it_settles_what_is_open_when_it_is_issued(books: Books) -> None:
    """October is unpaid: 35.70 of its 71.40 are set off at once, and the paper says so."""
    held = books.subscribe([("subscription", 30 * EUR, "advance")], starts_on="2026-10-01")
    (first,) = bill_and_issue("october", NOVEMBER)
    Subscription.objects.filter(pk=held.pk).update(ends_on=date(2026, 10, 31))
    (back,) = bill_and_issue("november", DECEMBER)
    assert (fresh(first), fresh(back)) == (("finalised", 35_700_000), ("paid", -35_700_000))
    told = paper(back)
    assert [(one["label"], one["amount"][0]) for one in told["totals"]][-2:] == [
        ("Set off against open invoices", "35.70"),
        ("Credited", "0.00"),
    ]
    assert told["payment"]["terms"] == "Nothing is to be paid."
    assert queries.check_sums() == []


def test_credit_that_was_used_is_not_taken_back(books: Books) -> None:
    back = left_after_october(books)
    books.call("2026-12-15T10:00", 100 * EUR)
    bill_and_issue("december", JANUARY)
    sentence = "has settled other invoices: debit it instead"
    with pytest.raises(operations.AlreadyPaid, match=sentence):
        operations.void(invoice=back, reason="Oops", at=JANUARY, by=ANNA)
    with pytest.raises(operations.AlreadyPaid, match=sentence):
        operations.credit(
            invoice=back, reason="Oops", key="c1", at=JANUARY, by=ANNA, render=as_data
        )


def test_credit_that_was_not_used_goes_with_its_invoice(books: Books) -> None:
    back = left_after_october(books)
    operations.void(invoice=back, reason="Stays a customer", at=DECEMBER, by=ANNA)
    assert payments.credit_of(books.world.customer) == 0
    assert ledger.balance(books.world.customer) == 0
    assert queries.check_sums() == []


def test_a_credit_note_frees_what_it_settled(books: Books) -> None:
    """December is credited whole: the 35.70 are credit again, and settle January's first."""
    back = left_after_october(books)
    books.call("2026-12-15T10:00", 100 * EUR)
    (invoice,) = bill_and_issue("december", JANUARY)
    operations.credit(
        invoice=invoice, reason="Outage", key="c1",
        lines=[Correction(line(invoice, 1), 90 * EUR)], at=JANUARY, by=ANNA, render=as_data,
    )  # fmt: skip
    assert fresh(invoice) == ("paid", 11_900_000)
    assert fresh(back) == ("paid", -11_900_000)
    assert payments.credit_of(books.world.customer) == 23_800_000
    assert ledger.balance(books.world.customer) == -23_800_000
    assert queries.check_sums() == []


@pytest.mark.parametrize(
    ("tamper", "figures"),
    [
        ("UPDATE invoice SET paid_micros = paid_micros - 1 WHERE total_micros < 0", {"paid"}),
        ("UPDATE allocation SET amount_micros = 35700001 WHERE credit_id IS NOT NULL",
         {"paid", "set off", "open although paid"}),
    ],
    ids=["noted", "beyond"],
)  # fmt: skip
def test_the_check_sees_one_micro(books: Books, tamper: str, figures: set[str]) -> None:
    left_after_october(books)
    books.call("2026-12-15T10:00", 100 * EUR)
    bill_and_issue("december", JANUARY)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL ROLE NONE")
        for table in ("invoice", "allocation"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(tamper)
    found = {one.figure for one in queries.check_sums()}
    transaction.set_rollback(True)
    assert found == figures


def test_the_database_refuses_more_than_is_given_back(books: Books) -> None:
    back = left_after_october(books)
    books.call("2026-12-15T10:00", 100 * EUR)
    (invoice,) = bill_and_issue("december", JANUARY)
    Invoice.objects.filter(pk=back.pk).update(paid_micros=-35_700_001)
    Invoice.objects.filter(pk=invoice.pk).update(paid_micros=35_700_001)
    Allocation.objects.create(
        tenant=books.world.tenant, credit=back, invoice=invoice, amount_micros=1, at=JANUARY
    )
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="set off"):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    transaction.set_rollback(True)
