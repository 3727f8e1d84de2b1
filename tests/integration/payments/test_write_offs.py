"""Giving up what will not be paid, and taking that back."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from tests.integration.payments.test_payments import EUR, JANUARY, pay, state, three_months
from tests.support.billing import ANNA, Books, as_data
from tollwright.data.models import AuditEntry, Entry, Invoice, WriteOff
from tollwright.domain.errors import KeyReused
from tollwright.domain.invoices.operations import WrittenOff, credit, void
from tollwright.domain.invoices.queries import check_sums, overdue, with_open
from tollwright.domain.invoices.write_offs import (
    NothingOpen,
    NotWrittenOff,
    undo_write_off,
    write_off,
)
from tollwright.domain.ledger import queries as ledger
from tollwright.domain.payments.operations import CannotSettle


def off(invoice: Invoice, key: str = "w1", reason: str = "Insolvent") -> WriteOff:
    return write_off(invoice=invoice, reason=reason, key=key, at=JANUARY, by=ANNA)


def undo(invoice: Invoice, key: str = "u1", reason: str = "They paid") -> WriteOff:
    return undo_write_off(invoice=invoice, reason=reason, key=key, at=JANUARY, by=ANNA)


def loss() -> int:
    rows = {row.kind: row.balance_micros for row in ledger.trial_balance()}
    return rows.get("write_off", 0) // EUR


def test_what_is_open_is_written_off_and_taken_back(books: Books) -> None:
    """Of November's 238, 181 are paid: 57 are given up."""
    invoices = three_months(books)
    pay(books, 300 * EUR)
    row = off(invoices[1])
    assert row.amount_micros == 57 * EUR
    assert state(invoices) == [("paid", 119), ("written_off", 181), ("finalised", 0)]
    assert (ledger.balance(books.world.customer), loss()) == (357 * EUR, 57)
    (left,) = with_open(Invoice.objects.filter(pk=invoices[1].pk))
    assert vars(left)["open_micros"] == 0
    assert invoices[1] not in overdue(at=JANUARY)
    last = ledger.statement(books.world.customer).rows[-1]
    assert (last.kind, last.memo) == ("write_off", f"Write-off of {invoices[1].number}: Insolvent")
    assert check_sums() == []
    undo(invoices[1])
    assert state(invoices) == [("paid", 119), ("finalised", 181), ("finalised", 0)]
    assert (ledger.balance(books.world.customer), loss()) == (414 * EUR, 0)
    off(invoices[1], "w2")
    assert (ledger.balance(books.world.customer), loss()) == (357 * EUR, 57)
    actions = AuditEntry.objects.filter(action__startswith="invoice.writ").order_by("id")
    assert [one.action for one in actions] == [
        "invoice.written_off", "invoice.write_off_undone", "invoice.written_off",
    ]  # fmt: skip
    assert check_sums() == []


def test_each_is_done_once(books: Books) -> None:
    invoices = three_months(books)
    row = off(invoices[0])
    assert off(invoices[0]) == row
    with pytest.raises(NothingOpen):
        off(invoices[0], "w2")
    with pytest.raises(KeyReused):
        off(invoices[1])
    with pytest.raises(KeyReused):
        off(invoices[0], reason="Else")
    with pytest.raises(KeyReused):
        undo(invoices[0], "w1", "Insolvent")
    back = undo(invoices[0])
    assert undo(invoices[0]) == back
    with pytest.raises(NotWrittenOff):
        undo(invoices[0], "u2")
    assert Entry.objects.filter(kind="write_off").count() == 2


def test_what_is_settled_or_no_invoice_is_not_written_off(books: Books) -> None:
    invoices = three_months(books)
    pay(books, 119 * EUR)
    note = credit(
        invoice=invoices[1], reason="x", key="c", at=JANUARY, by=ANNA, render=as_data
    )  # fmt: skip
    for invoice in (invoices[0], invoices[1], note):
        with pytest.raises(NothingOpen):
            off(invoice)


def test_money_for_a_written_off_invoice_needs_the_write_off_taken_back(books: Books) -> None:
    invoices = three_months(books)
    off(invoices[0])
    with pytest.raises(CannotSettle):
        pay(books, 119 * EUR, to=[invoices[0]])
    undo(invoices[0])
    pay(books, 119 * EUR, to=[invoices[0]])
    assert state(invoices[:1]) == [("paid", 119)]
    assert check_sums() == []


def test_what_is_written_off_is_not_voided_or_credited(books: Books) -> None:
    invoices = three_months(books)
    off(invoices[0])
    with pytest.raises(WrittenOff):
        void(invoice=invoices[0], reason="x", at=JANUARY, by=ANNA)
    with pytest.raises(WrittenOff):
        credit(invoice=invoices[0], reason="x", key="c", at=JANUARY, by=ANNA, render=as_data)


def say_behind_the_domain(invoice: Invoice, status: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        Invoice.objects.filter(pk=invoice.pk).update(status=status)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("status", ["written_off", "finalised"])
def test_the_status_without_its_row_is_refused(books: Books, status: str) -> None:
    invoices = three_months(books)
    if status == "finalised":
        off(invoices[0])
    with pytest.raises(IntegrityError, match=f"is {status} with"):
        say_behind_the_domain(invoices[0], status)
