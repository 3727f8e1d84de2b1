"""A note on a fee and a moved end: in each order they come to the same."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.support.billing import ANNA, Books, as_data, bill_and_issue, line, rows
from tollwright.data.models import Invoice, Subscription
from tollwright.domain.invoices import operations, queries
from tollwright.domain.invoices.operations import Correction

EUR = 1_000_000
FEB = datetime(2027, 2, 2, 9, tzinfo=UTC)
MAR = datetime(2027, 3, 2, 9, tzinfo=UTC)
APR = datetime(2027, 4, 2, 9, tzinfo=UTC)
MAY = datetime(2027, 5, 2, 9, tzinfo=UTC)


def end(subscription: Subscription, day: str | None) -> None:
    Subscription.objects.filter(pk=subscription.pk).update(
        ends_on=None if day is None else date.fromisoformat(day)
    )


def note(kind: str, invoice: Invoice, euros: int, position: int, at: datetime = FEB) -> Invoice:
    make = {"credit": operations.credit, "debit": operations.debit}[kind]
    return make(
        invoice=invoice, reason="Agreed", key=f"{kind} {invoice.pk} {position} {euros} {at}",
        lines=[Correction(line(invoice, position), euros * EUR)], at=at, by=ANNA, render=as_data,
    )  # fmt: skip


def billed() -> int:
    documents = Invoice.objects.exclude(status__in=["draft", "void"])
    return sum(documents.values_list("net_micros", flat=True))


@pytest.mark.parametrize(("credited", "stands"), [(0, 100), (30, 70), (99, 1), (100, 0)])
def test_a_credit_outlives_an_end_that_is_taken_back(
    books: Books, credited: int, stands: int
) -> None:
    """February's 100.00 less the credit; ended on 31 January, then going on to 28 February."""
    held = books.subscribe([("subscription", 100 * EUR, "advance")], starts_on="2027-01-01")
    (january,) = bill_and_issue("january", FEB)
    if credited:
        note("credit", january, credited, 2)
    end(held, "2027-01-31")
    bill_and_issue("ended", MAR)
    assert billed() == 100 * EUR
    end(held, "2027-02-28")
    bill_and_issue("extended", APR)
    assert billed() == (100 + stands) * EUR
    assert queries.check_sums() == []
    assert bill_and_issue("again", MAY) == []


@pytest.mark.parametrize("reversed_first", [True, False])
def test_a_credit_taken_back_is_given_back_with_the_rest(
    books: Books, reversed_first: bool
) -> None:
    """30.00 of February's 100.00 credited and debited again; ended on 31 January: all goes back."""
    held = books.subscribe([("subscription", 100 * EUR, "advance")], starts_on="2027-01-01")
    (january,) = bill_and_issue("january", FEB)
    note("credit", january, 30, 2)
    if reversed_first:
        note("debit", january, 30, 2)
    end(held, "2027-01-31")
    bill_and_issue("ended", MAR)
    if not reversed_first:
        note("debit", january, 30, 2, MAR)
    bill_and_issue("more", APR)
    assert billed() == 100 * EUR
    assert queries.check_sums() == []
    assert bill_and_issue("again", MAY) == []


@pytest.mark.parametrize("ended_first", [True, False])
def test_a_debit_stands_whether_noted_before_or_after_the_end(
    books: Books, ended_first: bool
) -> None:
    """5.00 more on February's 100.00, of which all goes back but that."""
    held = books.subscribe([("subscription", 100 * EUR, "advance")], starts_on="2027-01-01")
    (january,) = bill_and_issue("january", FEB)
    if not ended_first:
        note("debit", january, 5, 2)
    end(held, "2027-01-31")
    bill_and_issue("ended", MAR)
    if ended_first:
        note("debit", january, 5, 2, MAR)
    bill_and_issue("more", APR)
    assert billed() == 105 * EUR
    assert queries.check_sums() == []


def test_a_debit_on_a_give_back_stands(books: Books) -> None:
    """31.00 less 11.00 given back, of which 5.00 are debited: 25.00, also when it goes on."""
    held = books.subscribe([("subscription", 31 * EUR, "arrears")], starts_on="2027-01-01")
    bill_and_issue("january", FEB)
    end(held, "2027-01-20")
    books.call("2027-02-10T10:00", 50 * EUR)
    (february,) = bill_and_issue("february", MAR)
    place = [row[0] for row in rows(february)].index("correction") + 1
    note("debit", february, 5, place, MAR)
    assert billed() == (31 - 11 + 50 + 5) * EUR
    assert queries.check_sums() == []
    end(held, "2027-01-31")
    bill_and_issue("more", APR)
    assert billed() == (31 + 50 + 5) * EUR
    assert queries.check_sums() == []
    assert bill_and_issue("again", MAY) == []


def test_a_credited_part_that_ends_and_goes_on_a_little(books: Books) -> None:
    """30.00 of February's 100.00 credited, ended on 31 January, then on 7 and on 28 February."""
    held = books.subscribe([("subscription", 100 * EUR, "advance")], starts_on="2027-01-01")
    (january,) = bill_and_issue("january", FEB)
    note("credit", january, 30, 2)
    for key, day, at in (("e", "2027-01-31", MAR), ("f", "2027-02-07", APR)):
        end(held, day)
        bill_and_issue(key, at)
    assert billed() == 100 * EUR  # seven days cost 25.00, of which the credit covers all
    assert queries.check_sums() == []
    end(held, "2027-02-28")
    bill_and_issue("g", MAY)
    assert billed() == 170 * EUR
    assert queries.check_sums() == []
