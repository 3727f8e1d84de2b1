"""A plan's first invoice: on its first day, or with the first period that has ended."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tests.support.billing import ANNA, Books, bill, bill_and_issue, issue_run, rows, say
from tollwright.data.models import Invoice
from tollwright.domain.invoices import operations, queries

EUR = 1_000_000
NOV_11 = datetime(2026, 11, 11, 9, tzinfo=UTC)
NOV_20 = datetime(2026, 11, 20, 9, tzinfo=UTC)
DEC_2 = datetime(2026, 12, 2, 9, tzinfo=UTC)
FEES = [
    ("registration", 50 * EUR, "advance"),
    ("subscription", 30 * EUR, "advance"),
    ("support", 9 * EUR, "arrears"),
]
FIRST = [
    ("registration", "Plan 1: Registration", 50 * EUR),
    ("subscription", "Plan 1: Subscription", 20 * EUR),  # 20 of 30 days
]
REST = [
    ("subscription", "Plan 1: Subscription", 30 * EUR),  # December
    ("support", "Plan 1: Support", 6 * EUR),
    ("usage", "Spring sale", 1 * EUR),
]


def told(found: list[Invoice]) -> list[tuple[bool, str, list[tuple[str, str, int]]]]:
    return [(one.at_start, str(one.days.first), rows(one)) for one in found]


def test_on_the_first_day_what_is_due_in_advance(books: Books) -> None:
    """From 11 November: a run of that day; the rest, and calls, when November is over."""
    books.subscribe(FEES, starts_on="2026-11-11")
    books.call("2026-11-11T08:00", 1 * EUR)
    assert list(queries.drafts(bill("before", datetime(2026, 11, 10, 22, tzinfo=UTC)))) == []
    run = bill("first day", NOV_11)
    assert told(list(queries.drafts(run))) == [(True, "2026-11-11", FIRST)]
    assert issue_run(run, NOV_11).left == ()
    assert bill_and_issue("again", NOV_20) == []
    assert told(bill_and_issue("november", DEC_2)) == [(False, "2026-11-01", REST)]
    assert queries.check_sums() == []


def test_a_draft_of_the_first_day_stays_one_until_the_period_is_over(books: Books) -> None:
    """Drafted anew each run; when November is over, its invoice has all of it."""
    books.subscribe(FEES, starts_on="2026-11-11")
    books.call("2026-11-12T08:00", 1 * EUR)
    for key, at in (("one", NOV_11), ("two", NOV_20)):
        assert told(list(queries.drafts(bill(key, at)))) == [(True, "2026-11-11", FIRST)]
    found = list(queries.drafts(bill("november", DEC_2)))
    assert [(one, sorted(lines)) for one, _, lines in told(found)] == [
        (False, sorted([*FIRST, *REST]))
    ]


def test_off_it_waits_for_the_period(books: Books) -> None:
    say("bill_at_start", False)
    books.subscribe(FEES, starts_on="2026-11-11")
    assert list(queries.drafts(bill("first day", NOV_11))) == []


def test_a_void_first_invoice_is_due_again(books: Books) -> None:
    books.subscribe(FEES, starts_on="2026-11-11")
    (first,) = bill_and_issue("first day", NOV_11)
    operations.void(invoice=first, reason="Wrong", at=NOV_20, by=ANNA)
    assert told(bill_and_issue("again", NOV_20)) == [(True, "2026-11-11", FIRST)]


def test_a_plan_from_the_first_of_a_period_has_both_invoices(books: Books) -> None:
    """From 1 November: the first day's and November's have the same first moment."""
    books.subscribe(FEES, starts_on="2026-11-01")
    (first,) = bill_and_issue("first day", datetime(2026, 11, 1, 9, tzinfo=UTC))
    (november,) = bill_and_issue("november", DEC_2)
    assert first.period_from == november.period_from
    assert (first.net_micros, november.net_micros) == (80 * EUR, 39 * EUR)
    assert november.days.last == date(2026, 11, 30)
    assert queries.check_sums() == []
