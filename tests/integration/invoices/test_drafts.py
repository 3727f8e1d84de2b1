"""Drafts: what is due for a period, once, however often it is asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.support.billing import (
    ANNA,
    NOVEMBER,
    Books,
    bill,
    bill_and_issue,
    issue,
    line,
    rows,
    say,
)
from tollwright.core.billing.periods import day_of
from tollwright.data.models import Charge, Invoice, InvoiceLine, Subscription
from tollwright.domain.errors import KeyReused
from tollwright.domain.invoices import operations, queries

DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)
JANUARY = datetime(2027, 1, 4, 9, tzinfo=UTC)
GOLD = [
    ("registration", 50_000_000, "advance"),
    ("subscription", 31_000_000, "advance"),
    ("support", 9_990_000, "arrears"),
]


def only(drafts: Iterable[Invoice]) -> Invoice:
    (found,) = drafts
    return found


def test_a_first_month(books: Books) -> None:
    """Begun on 11 October: 21 of 31 days, November in advance, and five calls."""
    books.subscribe(GOLD, starts_on="2026-10-11")
    for minute in range(5):
        books.call(f"2026-10-15T10:0{minute}", 123_456 + minute, billed_s=66)
    draft = only(queries.drafts(bill()))
    assert rows(draft) == [
        ("registration", "Plan 1: Registration", 50_000_000),
        ("subscription", "Plan 1: Subscription", 21_000_000),
        ("subscription", "Plan 1: Subscription", 31_000_000),
        ("support", "Plan 1: Support", 6_770_000),
        ("usage", "Spring sale", 617_290),
    ]
    assert [(one.days, one.of_days) for one in queries.invoice_lines(draft)] == [
        (None, None),
        (21, 31),
        (30, 30),
        (21, 31),
        (None, None),
    ]
    usage = line(draft, 5)
    assert (usage.calls, usage.billed_s) == (5, 330)
    assert (draft.net_micros, draft.tax_micros) == (109_387_290, 20_780_000)
    assert (draft.rounding_micros, draft.total_micros) == (2_710, 130_170_000)
    assert (draft.status, draft.number, draft.period_zone) == ("draft", None, "Europe/Berlin")
    assert queries.check_sums() == []


def test_the_same_key_is_the_same_run(books: Books) -> None:
    books.call("2026-10-15T10:00", 1_000_000)
    run = bill("nightly")
    assert bill("nightly") == run
    with pytest.raises(KeyReused):
        bill("nightly", DECEMBER)


def test_another_run_makes_the_same_drafts(books: Books) -> None:
    books.subscribe(GOLD, starts_on="2026-10-11")
    books.call("2026-10-15T10:00", 1_000_000)
    before = only(queries.drafts(bill("one")))
    lines = rows(before)
    after = only(queries.drafts(bill("two")))
    assert (after.pk, rows(after), after.total_micros) == (before.pk, lines, before.total_micros)


def test_a_call_that_comes_before_finalising_is_taken_in(books: Books) -> None:
    books.call("2026-10-15T10:00", 1_000_000)
    draft = only(queries.drafts(bill("one")))
    books.call("2026-10-16T10:00", 500_000)
    again = only(queries.drafts(bill("two")))
    assert again.pk == draft.pk
    assert rows(again) == [("usage", "Spring sale", 1_500_000)]
    assert line(again, 1).calls == 2


def test_a_rerated_call_leaves_for_its_new_charge(books: Books) -> None:
    """1.00 was wrong, 0.40 is right: the draft says 0.40 after the next run."""
    call = books.call("2026-10-15T10:00", 1_000_000)
    bill("one")
    start = datetime(2026, 10, 15, 10, tzinfo=UTC)
    Charge.objects.filter(pk=call, started_at=start).update(is_current=False)
    books.charge(call, start, books.world.campaign, 400_000, charge_id=1000, revision=1)
    draft = only(queries.drafts(bill("two")))
    assert rows(draft) == [("usage", "Spring sale", 400_000)]
    assert Charge.objects.get(pk=call, started_at=start).invoice_line_id is None
    assert queries.check_sums() == []


def test_late_usage_goes_on_the_next_invoice(books: Books) -> None:
    books.call("2026-10-15T10:00", 1_000_000)
    bill_and_issue("october")
    books.call("2026-10-20T10:00", 300_000)  # arrives in November
    books.call("2026-11-05T10:00", 200_000)
    draft = only(queries.drafts(bill("november", DECEMBER)))
    assert rows(draft) == [("usage", "Spring sale", 500_000)]


def test_late_usage_goes_on_a_note_of_its_own_where_the_rules_say_so(books: Books) -> None:
    say("late_usage", "own_invoice")
    books.call("2026-10-15T10:00", 1_000_000)
    bill_and_issue("october")
    books.call("2026-10-20T10:00", 300_000)
    books.call("2026-11-05T10:00", 200_000)
    for key in ("one", "two"):
        found = list(queries.drafts(bill(key, DECEMBER)))
        assert [(one.document_type, rows(one)) for one in found] == [
            ("debit_note", [("usage", "Spring sale", 300_000)]),
            ("invoice", [("usage", "Spring sale", 200_000)]),
        ]
    issued = [issue(one, DECEMBER).number for one in found]
    assert issued == ["NC-DN-2026-000001", "NC-INV-2026-000002"]
    assert queries.check_sums() == []


def test_an_earlier_late_call_joins_the_late_note(books: Books) -> None:
    say("late_usage", "own_invoice")
    books.call("2026-10-15T10:00", 1_000_000)
    bill_and_issue("october")
    books.call("2026-10-20T10:00", 300_000)
    bill("one", DECEMBER)
    books.call("2026-10-10T10:00", 40_000)
    note = only(queries.drafts(bill("two", DECEMBER)))
    assert (note.document_type, rows(note)) == (
        "debit_note",
        [("usage", "Spring sale", 340_000)],
    )


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "UTC", "America/New_York"])
def test_a_draft_survives_a_change_of_zone(books: Books, zone: str) -> None:
    books.subscribe(GOLD, starts_on="2026-10-01")
    books.call("2026-10-15T10:00", 1_000_000)
    before = rows(only(queries.drafts(bill("one"))))
    say("timezone", zone)
    assert rows(only(queries.drafts(bill("two")))) == before


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "UTC", "America/New_York"])
def test_days_are_billed_once_across_a_change_of_zone(books: Books, zone: str) -> None:
    """Berlin's October is issued; November's midnights are those of the new zone."""
    books.subscribe(GOLD, starts_on="2026-10-01")
    books.call("2026-10-15T10:00", 1_000_000)
    bill_and_issue("october")
    for moment in ("2026-10-31T14:00", "2026-10-31T23:30", "2026-11-30T14:00"):
        books.call(moment, 200_000)
    say("timezone", zone, since=datetime(2026, 11, 5, tzinfo=UTC))
    draft = only(queries.drafts(bill("november", DECEMBER)))
    assert rows(draft) == [
        ("subscription", "Plan 1: Subscription", 31_000_000),  # December's
        ("support", "Plan 1: Support", 9_990_000),
        ("usage", "Spring sale", 600_000),
    ]


def test_a_call_at_the_edge_is_in_one_period_only(books: Books) -> None:
    """Midnight in Berlin is 22:00 UTC in October and 23:00 in November."""
    books.call("2026-10-31T22:59:59", 1)
    books.call("2026-10-31T23:00:00", 20)
    books.call("2026-09-30T22:00:00", 300_000)
    found = list(queries.drafts(bill("both", DECEMBER)))
    assert [rows(one) for one in found] == [
        [("usage", "Spring sale", 300_001)],
        [("usage", "Spring sale", 20)],
    ]


def test_months_in_advance_follow_one_another(books: Books) -> None:
    """Each invoice carries the next month's subscription and the last one's support."""
    books.subscribe(GOLD, starts_on="2026-10-11")
    bill_and_issue("october")
    (november,) = bill_and_issue("november", DECEMBER)
    (december,) = bill_and_issue("december", JANUARY)
    for invoice in (november, december):
        assert rows(invoice) == [
            ("subscription", "Plan 1: Subscription", 31_000_000),
            ("support", "Plan 1: Support", 9_990_000),
        ]
    assert december.number == "NC-INV-2027-000001"
    assert queries.check_sums() == []


def test_three_months_at_once_are_three_drafts(books: Books) -> None:
    books.subscribe([("support", 10_000_000, "arrears")], starts_on="2026-10-01")
    found = list(queries.drafts(bill("late", JANUARY)))
    assert [one.net_micros for one in found] == [10_000_000] * 3
    assert [rows(one) for one in queries.drafts(bill("again", JANUARY))] == [
        [("support", "Plan 1: Support", 10_000_000)]
    ] * 3


def test_a_subscription_that_ends_pays_for_its_days(books: Books) -> None:
    """Support until 10 October, the 10th included: 10 of 31 days."""
    books.subscribe(
        [("support", 31_000_000, "arrears"), ("subscription", 31_000_000, "advance")],
        starts_on="2026-10-01",
        ends_on="2026-10-10",
    )
    assert rows(only(queries.drafts(bill()))) == [
        ("subscription", "Plan 1: Subscription", 10_000_000),
        ("support", "Plan 1: Support", 10_000_000),
    ]


def test_days_paid_in_advance_come_back_when_it_ends(books: Books) -> None:
    """30.00 for December was paid; it ends on the 10th: 21 of 31 days come back, once."""
    subscription = books.subscribe(
        [("subscription", 30_000_000, "advance")], starts_on="2026-11-01"
    )
    bill_and_issue("october", DECEMBER)
    Subscription.objects.filter(pk=subscription.pk).update(ends_on="2026-12-10")
    books.call("2026-12-02T10:00", 25_000_000)
    draft = only(queries.drafts(bill("december", JANUARY)))
    assert rows(draft) == [
        ("correction", "Plan 1: Subscription", -20_320_000),
        ("usage", "Spring sale", 25_000_000),
    ]
    issue(draft, JANUARY)
    february = datetime(2027, 2, 2, 9, tzinfo=UTC)
    assert list(queries.drafts(bill("january", february))) == []


def test_an_earlier_draft_stays_when_a_later_one_is_issued(books: Books) -> None:
    books.subscribe([("support", 31_000_000, "arrears")], starts_on="2026-10-01")
    books.call("2026-10-15T10:00", 1_000_000)
    books.call("2026-11-15T10:00", 2_000_000)
    october, november = queries.drafts(bill("one", DECEMBER))
    before = rows(october)
    issue(november, DECEMBER)
    assert only(queries.drafts(bill("two", DECEMBER))) == october
    assert rows(october) == before
    assert queries.check_sums() == []


def test_drafts_give_nothing_back_that_only_a_draft_had_billed(books: Books) -> None:
    """December in advance stood on November's draft when it became known that it ends."""
    gold = books.subscribe([("subscription", 31_000_000, "advance")], starts_on="2026-10-01")
    assert len(queries.drafts(bill("one", DECEMBER))) == 2
    Subscription.objects.filter(pk=gold.pk).update(ends_on=date(2026, 11, 15))
    draft = only(queries.drafts(bill("two", DECEMBER)))
    assert rows(draft) == [
        ("subscription", "Plan 1: Subscription", 31_000_000),
        ("subscription", "Plan 1: Subscription", 15_500_000),
    ]


def test_days_given_back_are_due_again_when_it_goes_on_after_all(books: Books) -> None:
    """November was billed in advance, half of it given back, and then wanted again."""
    gold = books.subscribe([("subscription", 30_000_000, "advance")], starts_on="2026-10-01")
    bill_and_issue("october")
    seen = []
    for month, last in enumerate((date(2026, 11, 15), date(2026, 11, 30), date(2026, 11, 20))):
        Subscription.objects.filter(pk=gold.pk).update(ends_on=last)
        (invoice,) = bill_and_issue(f"run {month}", DECEMBER.replace(year=2027, month=month + 1))
        seen += rows(invoice)
    assert seen == [
        ("correction", "Plan 1: Subscription", -15_000_000),
        ("subscription", "Plan 1: Subscription", 15_000_000),
        ("correction", "Plan 1: Subscription", -10_000_000),
    ]
    assert queries.check_sums() == []


def test_fees_of_a_campaign_and_currencies_apart(books: Books) -> None:
    books.subscribe([("support", 5_000_000, "arrears")], starts_on="2026-10-01", currency="USD")
    books.call("2026-10-15T10:00", 1_000_000)
    books.call("2026-10-15T10:01", 2_000_000, currency="USD")
    found = {one.currency: rows(one) for one in queries.drafts(bill())}
    assert found == {
        "EUR": [("usage", "Spring sale", 1_000_000)],
        "USD": [("support", "Plan 1: Support", 5_000_000), ("usage", "Spring sale", 2_000_000)],
    }


def test_nothing_due_makes_no_invoice(books: Books) -> None:
    books.call("2026-10-15T10:00", 0)
    assert list(queries.drafts(bill())) == []
    assert not Invoice.objects.exists()


def test_a_draft_with_nothing_left_goes(books: Books) -> None:
    call = books.call("2026-10-15T10:00", 1_000_000)
    bill("one")
    Charge.objects.filter(pk=call).update(is_current=False)
    bill("two")
    assert not Invoice.objects.exists()
    assert not InvoiceLine.objects.exists()
    assert Charge.objects.get(pk=call).invoice_line_id is None


def test_a_dropped_draft_lets_its_calls_go(books: Books) -> None:
    books.call("2026-10-15T10:00", 1_000_000)
    draft = only(queries.drafts(bill("one")))
    operations.drop_draft(invoice=draft, at=NOVEMBER, by=ANNA)
    assert list(Charge.objects.values_list("invoice_line_id", flat=True)) == [None]
    assert rows(only(queries.drafts(bill("two")))) == [("usage", "Spring sale", 1_000_000)]


def test_billing_off_waits(books: Books) -> None:
    """Off for a campaign its calls wait, off for the customer all does; on again all is billed."""
    quiet = books.campaign("QUIET")
    books.call("2026-10-15T10:00", 1_000_000)
    books.call("2026-10-15T10:01", 2_000_000, campaign=quiet)
    say("billing_enabled", False, quiet)
    assert rows(only(queries.drafts(bill("one")))) == [("usage", "Spring sale", 1_000_000)]
    say("billing_enabled", True, quiet)
    assert rows(only(queries.drafts(bill("two")))) == [
        ("usage", "Campaign QUIET", 2_000_000),
        ("usage", "Spring sale", 1_000_000),
    ]


def test_billing_off_for_the_customer(books: Books) -> None:
    books.call("2026-10-15T10:00", 1_000_000)
    say("billing_enabled", False, books.world.customer)
    assert list(queries.drafts(bill("off"))) == []


@pytest.mark.parametrize(
    ("cycle", "until", "periods"),
    [
        ("weekly", "2026-10-13", ["2026-10-05 to 2026-10-12"]),
        ("fortnightly", "2026-10-27", ["2026-10-05 to 2026-10-19"]),
        ("day", "2026-10-08", ["2026-10-07 to 2026-10-08"]),
        ("anniversary", "2026-10-21", ["2026-09-20 to 2026-10-20"]),
    ],
)
def test_cycles(books: Books, cycle: str, until: str, periods: list[str]) -> None:
    say("cycle", cycle)
    books.call("2026-10-07T10:00", 1_000_000)
    books.world.customer.created_at = datetime(2026, 3, 20, tzinfo=UTC)
    books.world.customer.save()
    end = datetime.fromisoformat(until).replace(tzinfo=UTC)
    found = queries.drafts(bill(until=end))
    zone = "Europe/Berlin"
    assert [
        f"{day_of(one.period_from, zone)} to {day_of(one.period_to, zone)}" for one in found
    ] == periods


def test_a_change_of_cycle_makes_a_short_period(books: Books) -> None:
    """Monthly until November, weekly from then: the week of 26 October was billed to the 31st."""
    books.subscribe([("support", 7_000_000, "arrears")], starts_on="2026-10-01", interval="week")
    (october,) = bill_and_issue("october")
    say("cycle", "weekly", since=datetime(2026, 10, 31, 23, tzinfo=UTC))
    found = list(queries.drafts(bill("weeks", datetime(2026, 11, 10, tzinfo=UTC))))
    assert [(one.days, one.of_days) for one in queries.invoice_lines(october)] == [
        (4, 7), (7, 7), (7, 7), (7, 7),
    ]  # fmt: skip
    assert [(one.days.first, one.days.last, rows(one)) for one in found] == [
        # Sunday 1 November is a period; on Monday the week from 26 October is over, and due
        (date(2026, 11, 1), date(2026, 11, 1), [("support", "Plan 1: Support", 7_000_000)]),
        (date(2026, 11, 2), date(2026, 11, 8), [("support", "Plan 1: Support", 7_000_000)]),
    ]


def test_a_month_costs_a_month_whatever_the_cycle(books: Books) -> None:
    """49.00 a month and 10.00 in arrears, weekly invoices: each once a month.

    In advance on the first invoice on or after the month's first day, Sunday 1 November: on
    Monday's. Without a fee that is due a week has no invoice.
    """
    say("cycle", "weekly")
    books.subscribe(
        [("subscription", 49_000_000, "advance"), ("support", 10_000_000, "arrears")],
        starts_on="2026-10-01",
    )
    found = queries.drafts(bill("weeks", datetime(2026, 12, 10, tzinfo=UTC)))
    assert [(str(one.days.end), rows(one)) for one in found] == [
        ("2026-10-05", [("subscription", "Plan 1: Subscription", 49_000_000)]),
        ("2026-11-02", [
            ("subscription", "Plan 1: Subscription", 49_000_000),
            ("support", "Plan 1: Support", 10_000_000),
        ]),
        ("2026-12-07", [
            ("subscription", "Plan 1: Subscription", 49_000_000),
            ("support", "Plan 1: Support", 10_000_000),
        ]),
    ]  # fmt: skip


def test_a_year_in_advance_stands_once_a_year(books: Books) -> None:
    """120.00 a year from 15 October, counted from then, on monthly invoices."""
    books.subscribe(
        [("subscription", 120_000_000, "advance")],
        starts_on="2026-10-15",
        interval="year",
        anchor="start",
    )
    found = queries.drafts(bill("years", datetime(2028, 1, 10, tzinfo=UTC)))
    assert [(str(one.days.end), one.net_micros) for one in found] == [
        ("2026-11-01", 120_000_000),
        ("2027-11-01", 120_000_000),
    ]


def test_months_from_29_january_are_counted_from_there(books: Books) -> None:
    """29 January + 1 month = 28 February, + 2 = 29 March: three whole months by 1 April."""
    books.subscribe([("support", 30_000_000, "arrears")], starts_on="2027-01-29", anchor="start")
    (draft,) = queries.drafts(bill("spring", datetime(2027, 4, 1, 9, tzinfo=UTC))).filter(
        period_first="2027-02-01"
    )
    found = queries.drafts(bill("spring again", datetime(2027, 5, 1, 9, tzinfo=UTC)))
    lines = [line for one in found for line in queries.invoice_lines(one)]
    assert [(one.days, one.of_days, one.amount_micros) for one in lines] == [
        (30, 30, 30_000_000),  # 29 January to 27 February
        (29, 29, 30_000_000),  # 28 February to 28 March
        (31, 31, 30_000_000),  # 29 March to 28 April
    ]
    assert draft.net_micros == 30_000_000


def test_a_period_that_has_not_ended_is_refused(books: Books) -> None:
    with pytest.raises(operations.UntilInFuture):
        bill("tomorrow", DECEMBER, at=NOVEMBER)
    books.call("2026-10-15T10:00", 1_000_000)
    almost = datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC)
    assert list(queries.drafts(bill("almost", almost))) == []


@pytest.mark.parametrize("calls", [1, 40])
def test_calls_cost_no_query_each(books: Books, calls: int) -> None:
    for number in range(calls):
        books.call(f"2026-10-15T10:{number:02}", 1_000_000)
    with CaptureQueriesContext(connection) as made:
        bill()
    assert len(made) == 32


def test_the_first_anniversary_invoice_keeps_its_day(books: Books) -> None:
    """Entered on the 1st, billed from then without a plan: one from the 11th moves nothing."""
    say("cycle", "anniversary")
    books.call("2026-10-15T10:00", 1_000_000)
    bill_and_issue("october")
    books.subscribe([("support", 30_000_000, "arrears")], starts_on="2026-11-11")
    books.world.customer.refresh_from_db()
    draft = only(queries.drafts(bill("november", DECEMBER)))
    assert (draft.days.first, draft.days.last) == (date(2026, 11, 1), date(2026, 11, 30))


def test_calls_of_a_month_for_nothing_are_not_counted_in_the_next(books: Books) -> None:
    """October's calls cost nothing: no invoice. November's has its own call, not three."""
    books.call("2026-10-05T10:00", 0)
    books.call("2026-10-06T10:00", 0)
    assert bill_and_issue("october") == []
    books.call("2026-11-05T10:00", 1_000_000)
    books.call("2026-11-06T10:00", 0)
    (november,) = bill_and_issue("november", DECEMBER)
    (usage,) = queries.invoice_lines(november)
    assert (usage.calls, usage.billed_s, usage.amount_micros) == (2, 120, 1_000_000)
    assert queries.check_sums() == []


def test_a_late_call_for_nothing_comes_on_no_later_invoice(books: Books) -> None:
    """October is issued when another of its calls comes, and costs nothing: it writes nothing."""
    books.call("2026-10-05T10:00", 1_000_000)
    bill_and_issue("october")
    books.call("2026-10-06T10:00", 0)
    books.call("2026-10-07T10:00", 2_000_000)
    books.call("2026-11-05T10:00", 4_000_000)
    (november,) = bill_and_issue("november", DECEMBER)
    (usage,) = queries.invoice_lines(november)
    assert (usage.calls, usage.amount_micros) == (2, 6_000_000)


def test_a_voided_month_is_billed_with_its_calls_for_nothing(books: Books) -> None:
    books.call("2026-10-05T10:00", 1_000_000)
    books.call("2026-10-06T10:00", 0)
    (october,) = bill_and_issue("october")
    operations.void(invoice=october, reason="Wrong", at=NOVEMBER, by=ANNA)
    (again,) = bill_and_issue("again")
    assert [one.calls for one in queries.invoice_lines(again)] == [2]
