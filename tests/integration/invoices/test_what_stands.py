"""What stands of a fee: after notes, give-backs and voids no day is paid twice."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from tests.support.billing import (
    ANNA,
    Books,
    as_data,
    bill,
    bill_and_issue,
    issue_run,
    line,
    rows,
    said,
    say,
)
from tollwright.data.models import Campaign, Invoice, PlanVersion, Subscription
from tollwright.domain.invoices import credit_notes, operations, queries
from tollwright.domain.invoices.operations import Correction

EUR = 1_000_000
FEB = datetime(2027, 2, 2, 9, tzinfo=UTC)  # when January is billed
MAR = datetime(2027, 3, 2, 9, tzinfo=UTC)
MAY = datetime(2027, 5, 2, 9, tzinfo=UTC)
APR = datetime(2027, 4, 2, 9, tzinfo=UTC)
FEE = "Plan 1: Subscription"


def month(books: Books, euros: int, timing: str, starts_on: str = "2027-01-01") -> Subscription:
    return books.subscribe([("subscription", euros * EUR, timing)], starts_on=starts_on)


def end(subscription: Subscription, day: str | None) -> None:
    Subscription.objects.filter(pk=subscription.pk).update(
        ends_on=None if day is None else date.fromisoformat(day)
    )


def void(invoice: Invoice, at: datetime) -> None:
    operations.void(invoice=invoice, reason="Wrong", at=at, by=ANNA)


def credit(
    invoice: Invoice, key: str, amount_micros: int | None = None, position: int = 1
) -> Invoice:
    """A credit note on one line, or on all that is left."""
    lines = None
    if amount_micros is not None:
        lines = [Correction(line(invoice, position), amount_micros)]
    return operations.credit(
        invoice=invoice, reason="Agreed", key=key, lines=lines, at=FEB, by=ANNA, render=as_data
    )


def billed() -> int:
    """Net of all documents that stand, in micros."""
    documents = Invoice.objects.exclude(status__in=["draft", "void"])
    return sum(documents.values_list("net_micros", flat=True))


def test_what_was_credited_whole_is_not_given_back(books: Books) -> None:
    """100.00 for February is credited, then it ends on 31 January: 0 more, not -100."""
    held = month(books, 100, "advance")
    (january,) = bill_and_issue("january", FEB)
    assert [row[2] for row in rows(january)] == [100 * EUR, 100 * EUR]
    credit(january, "c1", 100 * EUR, position=2)
    end(held, "2027-01-31")
    assert bill_and_issue("february", MAR) == []
    assert billed() == 100 * EUR
    assert queries.check_sums() == []


def test_what_was_credited_in_part_gives_back_the_rest(books: Books) -> None:
    """30.00 of February's 100.00 are credited; ended on 31 January, the other 70.00 go back."""
    held = month(books, 100, "advance")
    (january,) = bill_and_issue("january", FEB)
    credit(january, "c1", 30 * EUR, position=2)
    end(held, "2027-01-31")
    (february,) = bill_and_issue("february", MAR)
    assert rows(february) == [("correction", FEE, -70 * EUR)]
    assert billed() == 100 * EUR
    assert queries.check_sums() == []


def test_what_was_given_back_cannot_be_credited_again(books: Books) -> None:
    """31.00 for January, ended on the 20th: 11.00 went back, so 20.00 are left to credit."""
    held = month(books, 31, "arrears")
    (january,) = bill_and_issue("january", FEB)
    end(held, "2027-01-20")
    (february,) = bill_and_issue("february", MAR)
    assert rows(february) == [("correction", FEE, -11 * EUR)]
    with pytest.raises(credit_notes.BeyondInvoice):
        credit(january, "c1", 20 * EUR + 1)
    credit(january, "c2")
    assert billed() == 0
    assert queries.check_sums() == []


def test_a_void_document_takes_its_give_back_with_it(books: Books) -> None:
    """31.00 for January in arrears, ended on the 20th: February's invoice is 50.00 less 11.00.

    January is voided and billed again, with 20.00 and what February gave back: 70.00 in all.
    """
    held = month(books, 31, "arrears")
    (january,) = bill_and_issue("january", FEB)
    end(held, "2027-01-20")
    books.call("2027-02-10T10:00", 50 * EUR)
    (february,) = bill_and_issue("february", MAR)
    assert february.net_micros == 39 * EUR
    void(january, MAR)
    (again,) = bill_and_issue("again", MAR)
    assert rows(again) == [("subscription", FEE, 20 * EUR), ("correction", FEE, 11 * EUR)]
    assert [one.days for one in queries.invoice_lines(again)] == [20, None]
    assert billed() == 70 * EUR
    assert bill_and_issue("more", APR) == []
    assert queries.check_sums() == []


def test_both_voided_are_billed_as_if_all_had_been_known(books: Books) -> None:
    """January billed again, then February voided: its 11.00 are given back no more, nor taken."""
    held = month(books, 31, "arrears")
    (january,) = bill_and_issue("january", FEB)
    end(held, "2027-01-20")
    books.call("2027-02-10T10:00", 50 * EUR)
    (february,) = bill_and_issue("february", MAR)
    void(january, MAR)
    (again,) = bill_and_issue("again", MAR)
    void(february, MAR)
    (last,) = bill_and_issue("last", APR)
    assert sorted(rows(last)) == [
        ("correction", FEE, -11 * EUR),
        ("usage", "Spring sale", 50 * EUR),
    ]
    assert again.net_micros == 31 * EUR
    assert billed() == 70 * EUR
    assert queries.check_sums() == []


def test_an_end_that_moves_day_by_day_keeps_what_it_would_at_once(books: Books) -> None:
    """31, 30, 29, 28 January on a fee of 10.00: 9.03 are kept."""
    held = month(books, 10, "arrears")
    bill_and_issue("january", FEB)
    seen = []
    for number, day in enumerate(("2027-01-31", "2027-01-30", "2027-01-29", "2027-01-28")):
        end(held, day)
        at = datetime(2027, 3 + number, 2, 9, tzinfo=UTC)
        seen += [row[2] for one in bill_and_issue(f"run {number}", at) for row in rows(one)]
    assert seen == [-320_000, -330_000, -320_000]
    assert billed() == 9_030_000
    assert queries.check_sums() == []


@pytest.mark.parametrize(
    "ends", [["2027-01-28", "2027-01-29", "2027-01-30", None], ["2027-01-15", "2027-01-31", None]]
)
def test_an_end_that_moves_on_bills_the_month_as_at_once(
    books: Books, ends: list[str | None]
) -> None:
    """10.00 of 30 days a month; January in parts, and of two taxes, is 10.00 in all."""
    say("tax_rate", "21", since=datetime(2027, 1, 9, 23, tzinfo=UTC))
    held = books.subscribe(
        [("subscription", 10 * EUR, "arrears")], starts_on="2027-01-01", of_days=30
    )
    for number, day in enumerate(ends):
        end(held, day)
        bill_and_issue(f"run {number}", datetime(2027, 2, 2 + number, 9, tzinfo=UTC))
        assert queries.check_sums() == []
    bill_and_issue("february", MAR)
    assert billed() == 20 * EUR
    assert queries.check_sums() == []


def test_a_part_by_seconds_says_them(books: Books) -> None:
    """50.00 a month from 25 October, which has 25 hours in Berlin: 11.34, where days say 11.29."""
    books.subscribe(
        [("subscription", 50 * EUR, "arrears")], starts_on="2026-10-25", proration="second"
    )
    (october,) = bill_and_issue("october", FEB.replace(year=2026, month=11))
    paper = queries.document_of(october)
    assert paper is not None
    row = said(paper.content)["table"]["rows"][0]
    assert row["detail"] == "25 – 31 October 2026, 608,400 of 2,682,000 seconds"
    assert [row[2] for row in rows(october)] == [11_340_000]
    assert queries.check_sums() == []


def test_unused_days_may_be_kept(books: Books) -> None:
    held = books.subscribe(
        [("subscription", 28 * EUR, "advance")], starts_on="2027-01-01", unused="keep"
    )
    bill_and_issue("january", FEB)
    end(held, "2027-02-10")
    assert bill_and_issue("february", MAR) == []
    assert billed() == 56 * EUR


def another_version(held: Subscription, starts_on: str, ends_on: str | None = None) -> Subscription:
    """The customer on the next version of the same plan, which has the same fees."""
    old = held.version
    new = PlanVersion.objects.create(
        tenant=old.tenant, plan=old.plan, number=old.plan.versions.count() + 1,
        currency=old.currency, card=old.card, created_at=old.created_at,
    )  # fmt: skip
    for fee in old.fees.all():
        fee.pk, fee.version = None, new
        fee.save()
    return Subscription.objects.create(
        tenant=old.tenant, version=new, customer=held.customer, campaign=held.campaign,
        starts_on=date.fromisoformat(starts_on), created_at=old.created_at,
        ends_on=None if ends_on is None else date.fromisoformat(ends_on),
    )  # fmt: skip


def registered(books: Books, campaign: Campaign | None = None) -> Subscription:
    return books.subscribe(
        [("registration", 50 * EUR, "advance"), ("support", 10 * EUR, "arrears")],
        starts_on="2027-01-01", ends_on="2027-01-31", campaign=campaign,
    )  # fmt: skip


def test_registration_is_due_once_for_all_versions_of_a_plan(books: Books) -> None:
    """Another version from February, away in March, back in April: 50.00 in January alone."""
    held = registered(books)
    second = another_version(held, "2027-02-01", "2027-02-28")
    another_version(second, "2027-04-01")
    found = queries.drafts(bill("all", datetime(2027, 5, 2, 9, tzinfo=UTC)))
    lines = [row for one in found for row in rows(one)]
    assert [kind for kind, _, _ in lines] == ["registration", "support", "support", "support"]
    issue_run(bill("once more", datetime(2027, 5, 2, 9, tzinfo=UTC)), MAY)
    assert billed() == 80 * EUR


def test_registration_on_a_void_invoice_is_due_again(books: Books) -> None:
    held = registered(books)
    another_version(held, "2027-02-01")
    january, february = bill_and_issue("both", MAR)
    void(january, MAR)
    (again,) = bill_and_issue("again", MAR)
    assert [kind for kind, _, _ in rows(again)] == ["registration", "support"]
    assert [kind for kind, _, _ in rows(february)] == ["support"]


def test_each_campaign_and_each_plan_registers(books: Books) -> None:
    registered(books)
    registered(books, campaign=books.world.campaign)
    registered(books, campaign=books.campaign("QUIET"))
    (draft,) = queries.drafts(bill("january", FEB))
    assert [kind for kind, _, _ in rows(draft)].count("registration") == 3


def test_the_database_refuses_a_second_registration_of_a_plan(books: Books) -> None:
    held = registered(books)
    (january,) = bill_and_issue("january", FEB)
    other = another_version(held, "2027-02-01")
    (february,) = queries.drafts(bill("february", MAR))
    copied = january.lines.get(kind="registration")
    copied.pk, copied.invoice, copied.position = None, february, 99
    copied.subscription, copied.fee = other, other.version.fees.get(kind="registration")
    with pytest.raises(IntegrityError, match="already on invoice"), transaction.atomic():
        copied.save()


def test_the_check_sees_a_fee_of_which_less_than_nothing_stands(books: Books) -> None:
    """A note of 31.00 on a January of which 11.00 went back: made without asking what stands."""
    held = month(books, 31, "arrears")
    (january,) = bill_and_issue("january", FEB)
    note = credit(january, "c1")
    end(held, "2027-01-20")
    assert bill_and_issue("february", MAR) == []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute("ALTER TABLE invoice_line DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE invoice_line SET amount_micros = -31000001 WHERE invoice_id = %s", [note.pk]
        )
    found = [one for one in queries.check_sums() if one.figure == "fee stands"]
    transaction.set_rollback(True)
    assert [(one.document, one.shown, one.counted) for one in found] == [
        ("NC-INV-2027-000001 line 1", 0, -1)
    ]


def test_a_bill_day_bounds_months_of_invoices_and_fees(books: Books) -> None:
    """Months from the 15th: 15 January to 14 February is one, and costs a month."""
    say("bill_day", 15)
    month(books, 31, "arrears")
    found = queries.drafts(bill("both", datetime(2027, 2, 16, tzinfo=UTC)))
    assert [(str(one.days.first), str(one.days.last), one.net_micros) for one in found] == [
        ("2026-12-15", "2027-01-14", 14 * EUR),
        ("2027-01-15", "2027-02-14", 31 * EUR),
    ]


@pytest.mark.parametrize(
    ("off_micros", "wrong"), [(10_000, []), (10_001, ["fee x days"]), (-10_001, ["fee x days"])]
)
def test_the_check_holds_a_fee_against_its_days(
    books: Books, off_micros: int, wrong: list[str]
) -> None:
    """20.00 of 31.00 for 20 of 31 days, made a cent more, and a micro beyond that: that is told."""
    books.subscribe(
        [("subscription", 31 * EUR, "arrears")], starts_on="2027-01-01", ends_on="2027-01-20"
    )
    (january,) = bill_and_issue("january", FEB)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute("ALTER TABLE invoice_line DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE invoice_line SET amount_micros = amount_micros + %s WHERE invoice_id = %s",
            [off_micros, january.pk],
        )
    found = [one.figure for one in queries.check_sums() if one.figure.startswith("fee")]
    transaction.set_rollback(True)
    assert found == wrong


@pytest.mark.parametrize(
    ("change", "figure", "shown", "counted"),
    [
        ("UPDATE invoice_line SET amount_micros = -31000001", "credited", 31_000_001, 31_000_000),
        ("UPDATE invoice_line SET tax_rate = 21", "corrections of another tax", 0, 1),
        (
            "UPDATE invoice_tax SET tax_micros = tax_micros - 10000",
            "tax 19 % of its credit notes", -5_900_000, -5_890_000,
        ),
    ],
)  # fmt: skip
def test_the_check_holds_notes_against_their_lines(
    books: Books, change: str, figure: str, shown: int, counted: int
) -> None:
    month(books, 31, "arrears")
    (january,) = bill_and_issue("january", FEB)
    note = credit(january, "c1")
    assert queries.check_sums() == []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL ROLE NONE")
        for table in ("invoice_line", "invoice_tax"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"{change} WHERE invoice_id = %s", [note.pk])
    found = [one for one in queries.check_sums() if one.figure == figure]
    transaction.set_rollback(True)
    assert [(one.shown, one.counted) for one in found] == [(shown, counted)]


def test_the_check_knows_what_a_note_kept_from_going_back(books: Books) -> None:
    """31.00, 20.00 of it credited, ended on the 5th: the 11.00 that stand go back, not 26.00."""
    held = month(books, 31, "arrears")
    (january,) = bill_and_issue("january", FEB)
    credit(january, "c1", 20 * EUR)
    end(held, "2027-01-05")
    (february,) = bill_and_issue("february", MAR)
    assert rows(february) == [("correction", FEE, -11 * EUR)]
    assert billed() == 0
    assert queries.check_sums() == []


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        ("amount_micros = 50000001 WHERE fee_id = %(fee)s", ("fee", 50_000_001, 50_000_000)),
        (
            "fee_id = %(fee)s, period_from = NULL, period_to = NULL, amount_micros = 50000000 "
            "WHERE kind = 'support'",
            ("fee due once", 0, 1),
        ),
    ],
)
def test_the_check_holds_what_is_due_once(
    books: Books, tamper: str, found: tuple[str, int, int]
) -> None:
    """A registration of 50.00 that says a micro more; support of January made another one."""
    held = registered(books)
    bill_and_issue("january", FEB)
    assert queries.check_sums() == []
    registration = held.version.fees.get(kind="registration")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute("ALTER TABLE invoice_line DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE invoice_line SET {tamper}", {"fee": registration.pk})
    seen = [one for one in queries.check_sums() if one.figure.startswith("fee")]
    transaction.set_rollback(True)
    assert [(one.figure, one.shown, one.counted) for one in seen] == [found]


def test_a_registration_that_was_credited_is_not_due_again(books: Books) -> None:
    held = registered(books)
    (january,) = bill_and_issue("january", FEB)
    assert [row[0] for row in rows(january)] == ["registration", "support"]
    credit(january, "c1", 50 * EUR)
    another_version(held, "2027-02-01")
    (february,) = bill_and_issue("february", MAR)
    assert [row[0] for row in rows(february)] == ["support"]
    assert queries.check_sums() == []
