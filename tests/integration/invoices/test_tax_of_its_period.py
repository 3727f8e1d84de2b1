"""Each line has the tax of its own period, and what gives it back has the same, not today's."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from tests.support.billing import (
    ANNA,
    Books,
    as_data,
    bill,
    bill_and_issue,
    issue_run,
    line,
    say,
)
from tollwright.data.models import Invoice, InvoiceTax
from tollwright.domain.invoices import operations, queries
from tollwright.domain.invoices.operations import Correction

EUR, CENT = 1_000_000, 10_000
NOVEMBER_BEGINS = datetime(2026, 10, 31, 23, tzinfo=UTC)  # in Berlin
DEC_2 = datetime(2026, 12, 2, 9, tzinfo=UTC)
JAN_4 = datetime(2027, 1, 4, 9, tzinfo=UTC)
Told = list[tuple[str, int, str]]


def told(invoice: Invoice) -> Told:
    """(kind, micros, percent) of each line."""
    lines = queries.invoice_lines(invoice)
    return [(one.kind, one.amount_micros, f"{one.tax_rate.normalize():f}") for one in lines]


def taxes(invoice: Invoice) -> list[tuple[str, int, int]]:
    found = queries.taxes_of(invoice)
    return [(f"{one.rate.normalize():f}", one.base_micros, one.tax_micros) for one in found]


def test_a_fee_in_advance_has_the_tax_of_its_month(books: Books) -> None:
    """19 % to October, 21 % from November: on October's invoice stand both."""
    say("tax_rate", "21", since=NOVEMBER_BEGINS)
    books.subscribe([("subscription", 100 * EUR, "advance")], starts_on="2026-10-01")
    (october,) = bill_and_issue("october")
    assert told(october) == [
        ("subscription", 100 * EUR, "19"),
        ("subscription", 100 * EUR, "21"),
    ]
    assert taxes(october) == [("19", 100 * EUR, 19 * EUR), ("21", 100 * EUR, 21 * EUR)]
    assert queries.check_sums() == []


def test_a_late_call_has_the_tax_of_its_start(books: Books) -> None:
    """A call of October comes after October's invoice: on November's it is taxed at 19 %."""
    say("tax_rate", "21", since=NOVEMBER_BEGINS)
    books.call("2026-10-10T10:00", 1 * EUR)
    bill_and_issue("october")
    books.call("2026-10-31T22:59", 2 * EUR)
    books.call("2026-10-31T23:00", 4 * EUR)
    (november,) = bill_and_issue("november", DEC_2)
    assert told(november) == [("usage", 2 * EUR, "19"), ("usage", 4 * EUR, "21")]
    assert queries.check_sums() == []


def test_a_month_is_cut_where_its_tax_changes(books: Books) -> None:
    """21 % from 15 October: 14 of 31 days and the calls before it at 19 %; 10.00 is 4.52 + 5.48."""
    say("tax_rate", "21", since=datetime(2026, 10, 14, 22, tzinfo=UTC))
    books.subscribe([("support", 10 * EUR, "arrears")], starts_on="2026-10-01")
    books.call("2026-10-14T21:59", 1 * EUR)
    books.call("2026-10-14T22:00", 2 * EUR)
    (october,) = bill_and_issue("october")
    assert told(october) == [
        ("support", 452 * CENT, "19"),
        ("support", 548 * CENT, "21"),
        ("usage", 1 * EUR, "19"),
        ("usage", 2 * EUR, "21"),
    ]
    days = [(one.days, one.of_days) for one in queries.invoice_lines(october)[:2]]
    assert days == [(14, 31), (17, 31)]
    assert queries.check_sums() == []


def test_calls_of_a_draft_move_when_their_tax_changes(books: Books) -> None:
    """And back: a rate that holds again has one line, not two."""
    for day in (5, 15, 25):
        books.call(f"2026-10-{day:02}T10:00", 1 * EUR)
    (draft,) = queries.drafts(bill("one"))
    assert told(draft) == [("usage", 3 * EUR, "19")]
    say("tax_rate", "16", since=datetime(2026, 10, 10, tzinfo=UTC))
    say("tax_rate", "19", since=datetime(2026, 10, 20, tzinfo=UTC))
    run = bill("two")
    (draft,) = queries.drafts(run)
    assert sorted(told(draft)) == [("usage", 1 * EUR, "16"), ("usage", 2 * EUR, "19")]
    assert issue_run(run).left == ()
    assert queries.check_sums() == []


def test_what_is_given_back_has_the_tax_it_was_charged_with(books: Books) -> None:
    """100.00 charged at 19 %; today holds 21 %: 119.00 come back, not 121.00."""
    held = books.subscribe([("subscription", 100 * EUR, "advance")], starts_on="2026-10-01")
    (october,) = bill_and_issue("october")
    say("tax_rate", "21", since=NOVEMBER_BEGINS)
    held.ends_on = date(2026, 10, 31)
    held.save()
    (november,) = bill_and_issue("november", DEC_2)
    assert told(november) == [("correction", -100 * EUR, "19")]
    assert november.total_micros == -119 * EUR
    assert [one.tax_micros for one in (october, november)] == [38 * EUR, -19 * EUR]


def test_a_note_has_the_tax_of_its_line(books: Books) -> None:
    books.call("2026-10-10T10:00", 100 * EUR)
    (october,) = bill_and_issue("october")
    say("tax_rate", "21")
    note = operations.credit(
        invoice=october, reason="Agreed", key="c1", at=DEC_2, by=ANNA, render=as_data
    )
    assert (told(note), note.total_micros) == ([("correction", -100 * EUR, "19")], -119 * EUR)


def test_registration_has_the_tax_of_the_day_on_which_the_plan_begins(books: Books) -> None:
    say("tax_rate", "21", since=NOVEMBER_BEGINS)
    say("bill_at_start", False)
    books.subscribe([("registration", 10 * EUR, "advance")], starts_on="2026-10-31")
    assert told(bill_and_issue("october")[0]) == [("registration", 10 * EUR, "19")]


def test_a_rate_has_four_decimals(books: Books) -> None:
    """7.9125 % of 100 000.00 is 7 912.50."""
    say("tax_rate", "7.9125")
    books.call("2026-10-10T10:00", 100_000 * EUR)
    (october,) = bill_and_issue("october")
    assert taxes(october) == [("7.9125", 100_000 * EUR, 7_912_500_000)]
    assert line(october, 1).tax_rate == Decimal("7.9125")
    assert queries.check_sums() == []


def test_notes_line_by_line_come_to_the_whole(books: Books) -> None:
    """20 lines of 0.03 and 19 %: 0.60 + 0.11. Each credited alone would be 0.04: 0.80 in all."""
    for number in range(20):
        campaign = books.campaign(f"K{number:02}")
        books.call("2026-10-10T10:00", 3 * CENT, campaign=campaign)
    (october,) = bill_and_issue("october")
    assert october.total_micros == 71 * CENT
    notes = [
        operations.credit(
            invoice=october, reason="Agreed", key=f"c{position}",
            lines=[Correction(line(october, position), 3 * CENT)],
            at=DEC_2, by=ANNA, render=as_data,
        )
        for position in range(1, 21)
    ]  # fmt: skip
    assert sum(note.total_micros for note in notes) == -71 * CENT
    assert sum(note.tax_micros for note in notes) == -11 * CENT
    assert {note.total_micros for note in notes} == {-4 * CENT, -3 * CENT}
    found = InvoiceTax.objects.filter(invoice__document_type="credit_note")
    assert sum(found.values_list("tax_micros", flat=True)) == -11 * CENT
    assert queries.check_sums() == []
