"""What the ledger says after a month of business."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from tests.support.billing import ANNA, LONG_AGO, NOVEMBER, Books, as_data, bill_and_issue
from tollwright.core.postings import PostingRow, payment_postings
from tollwright.data.models import Posting
from tollwright.domain.invoices import operations as invoices
from tollwright.domain.ledger import queries
from tollwright.domain.ledger.operations import post
from tollwright.domain.payments.operations import record_payment

EUR = 1_000_000
TENTH = datetime(2026, 11, 10, 9, tzinfo=UTC)
TWENTIETH = datetime(2026, 11, 20, 9, tzinfo=UTC)


def a_month(books: Books) -> None:
    """2 Nov: invoice 119. 10 Nov: 100 paid. 20 Nov: all of it credited."""
    books.call("2026-10-15T10:00", 100 * EUR)
    (invoice,) = bill_and_issue()
    record_payment(
        customer=books.world.customer,
        amount_micros=100 * EUR,
        currency="EUR",
        method="transfer",
        reference="R1",
        received_at=TENTH,
        key="k1",
        at=TENTH,
        by=ANNA,
        confirmed=True,
        render=as_data,
    )
    invoices.credit(
        invoice=invoice, reason="Outage", key="c1", at=TWENTIETH, by=ANNA, render=as_data
    )


def test_a_statement_runs_through_the_month(books: Books) -> None:
    a_month(books)
    found = queries.statement(books.world.customer)
    assert [
        (row.memo, row.amount_micros // EUR, row.balance_micros // EUR) for row in found.rows
    ] == [
        ("Invoice NC-INV-2026-000001", 119, 119),
        ("Payment R1", -100, 19),
        ("Credit note NC-CN-2026-000001", -119, -100),
    ]
    assert (found.opening_micros, found.closing_micros) == (0, -100 * EUR)


def test_a_statement_of_some_days_opens_with_what_was_before(books: Books) -> None:
    a_month(books)
    found = queries.statement(books.world.customer, since=TENTH, until=TWENTIETH)
    assert found.opening_micros == 119 * EUR
    assert [row.kind for row in found.rows] == ["payment"]
    assert found.closing_micros == 19 * EUR


def test_balances(books: Books) -> None:
    a_month(books)
    customer = books.world.customer
    assert queries.balance(customer) == -100 * EUR
    assert queries.balance(customer, at=NOVEMBER) == 0
    assert queries.balance(customer, at=TENTH) == 119 * EUR
    assert queries.balance(customer, currency="USD") == 0
    assert queries.balances(customer) == {"EUR": -100 * EUR}


def test_the_trial_balance_sums_to_zero(books: Books) -> None:
    a_month(books)
    found = {row.kind: row.balance_micros // EUR for row in queries.trial_balance()}
    assert found == {"cash": 100, "receivable": -100, "revenue": 0, "tax": 0}
    before = queries.trial_balance(at=TENTH)
    assert sum(row.balance_micros for row in before) == 0
    assert {row.kind: row.balance_micros // EUR for row in before} == {
        "receivable": 119,
        "revenue": -100,
        "tax": -19,
    }


def test_an_entry_moves_once_and_balances(books: Books) -> None:
    """The same key twice, or an entry that is off by one micro, does not commit."""

    def enter(key: str, amount: int) -> None:
        post(
            kind="payment",
            memo="test",
            key=key,
            customer=books.world.customer,
            currency="EUR",
            postings=(*payment_postings(EUR)[:1], PostingRow("receivable", amount)),
            at=LONG_AGO,
        )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")

    enter("once", -EUR)
    for key, amount in (("once", -EUR), ("off", -EUR + 1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            enter(key, amount)
    assert Posting.objects.count() == 2


def test_nothing_to_post_is_no_entry(books: Books) -> None:
    assert (
        post(
            kind="invoice",
            memo="zero",
            key="zero",
            customer=books.world.customer,
            currency="EUR",
            postings=(),
            at=LONG_AGO,
        )
        is None
    )


def test_money_counts_from_the_day_it_came_whenever_it_is_typed(books: Books) -> None:
    """2 Nov: invoice 119. 10 Nov: 100 come, typed on 20 Nov: on 11 Nov 19 are owed, and stay so."""
    books.call("2026-10-15T10:00", 100 * EUR)
    bill_and_issue()
    customer = books.world.customer
    record_payment(
        customer=customer, amount_micros=100 * EUR, currency="EUR", method="transfer",
        received_at=TENTH, key="k1", at=TWENTIETH, by=ANNA, render=as_data,
    )  # fmt: skip
    eleventh = TENTH + timedelta(days=1)
    assert queries.balance(customer, at=TENTH) == 119 * EUR
    assert queries.balance(customer, at=eleventh) == 19 * EUR
    (row,) = queries.statement(customer, since=TENTH, until=eleventh).rows
    assert (row.kind, row.at, row.recorded_at) == ("payment", TENTH, TWENTIETH)
    assert queries.statement(customer, since=TWENTIETH).rows == ()
    cash = {row.kind: row.balance_micros for row in queries.trial_balance(at=eleventh)}["cash"]
    assert cash == 100 * EUR


def test_money_of_later_today_counts_from_when_it_is_typed(books: Books) -> None:
    """A day is typed as its noon, at nine: no entry is of a moment to come."""
    customer = books.world.customer
    record_payment(
        customer=customer, amount_micros=EUR, currency="EUR", method="cash", confirmed=True,
        received_at=TENTH + timedelta(hours=3), key="k1", at=TENTH, by=ANNA, render=as_data,
    )  # fmt: skip
    (row,) = queries.statement(customer).rows
    assert (row.at, row.recorded_at) == (TENTH, TENTH)
