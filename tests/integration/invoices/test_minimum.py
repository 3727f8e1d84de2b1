"""A sum below the rule minimum_invoice is carried to the next invoice: nothing is lost by it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.support.billing import Books, bill, bill_and_issue, rows, say
from tollwright.domain.invoices import queries

EUR = 1_000_000
NOV_20 = datetime(2026, 11, 20, 9, tzinfo=UTC)
DEC_2 = datetime(2026, 12, 2, 9, tzinfo=UTC)
JAN_4 = datetime(2027, 1, 4, 9, tzinfo=UTC)


def test_a_small_sum_waits_for_the_next_invoice(books: Books) -> None:
    """3.00 of support and 1.00 of calls a month, tax 19 %: 4.76, 9.52; three months are 14.28."""
    say("minimum_invoice", "10")
    books.subscribe([("support", 3 * EUR, "arrears")], starts_on="2026-10-01")
    for month in (10, 11, 12):
        books.call(f"2026-{month}-10T10:00", 1 * EUR)
    assert bill_and_issue("october") == []
    assert bill_and_issue("november", DEC_2) == []
    (december,) = bill_and_issue("december", JAN_4)
    assert (str(december.days.first), december.total_micros) == ("2026-12-01", 14_280_000)
    assert rows(december) == [
        *[("support", "Plan 1: Support", 3 * EUR)] * 3,
        ("usage", "Spring sale", 3 * EUR),
    ]
    assert bill_and_issue("again", JAN_4) == []
    assert queries.check_sums() == []


@pytest.mark.parametrize(("least", "drafts"), [("4.76", 1), ("4.77", 0), ("0", 1)])
def test_the_least_is_invoiced_a_cent_less_is_not(books: Books, least: str, drafts: int) -> None:
    """4.00 and 19 % are 4.76."""
    say("minimum_invoice", least)
    books.call("2026-10-10T10:00", 4 * EUR)
    assert queries.drafts(bill()).count() == drafts


def test_a_small_first_invoice_waits_for_the_period(books: Books) -> None:
    say("minimum_invoice", "100")
    books.subscribe([("subscription", 90 * EUR, "advance")], starts_on="2026-11-16")
    assert bill_and_issue("first day", NOV_20) == []  # 45.00
    (november,) = bill_and_issue("november", DEC_2)
    assert [row[2] for row in rows(november)] == [45 * EUR, 90 * EUR]


def test_a_draft_that_became_too_small_is_dropped(books: Books) -> None:
    books.call("2026-10-10T10:00", 4 * EUR)
    assert queries.drafts(bill()).count() == 1
    say("minimum_invoice", "10")
    assert queries.drafts(bill("again")).count() == 0
    assert queries.check_sums() == []


def test_what_is_given_back_does_not_wait(books: Books) -> None:
    say("minimum_invoice", "10")
    held = books.subscribe([("subscription", 30 * EUR, "advance")], starts_on="2026-10-01")
    bill_and_issue("october")
    held.ends_on = datetime(2026, 11, 28, tzinfo=UTC).date()
    held.save()
    (november,) = bill_and_issue("november", DEC_2)
    assert november.net_micros == -2 * EUR
