"""Finalising, voiding, crediting: numbers, ledger and papers move together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from unittest.mock import patch

import pytest
from django.db import IntegrityError, connection, transaction

from tests.support.billing import (
    ANNA,
    NOVEMBER,
    OCTOBER_ENDS,
    Books,
    as_data,
    bill,
    bill_and_issue,
    figures,
    issue,
    issue_run,
    line,
    rows,
    said,
    say,
)
from tests.support.jobs import work_off
from tollwright.data.models import (
    AuditEntry,
    Charge,
    Document,
    Entry,
    Invoice,
    InvoiceLine,
    NumberSeries,
    Posting,
)
from tollwright.domain.errors import KeyReused
from tollwright.domain.invoices import operations, queries, requests
from tollwright.domain.invoices.credit_notes import BeyondInvoice, NothingToCorrect
from tollwright.domain.invoices.numbering import SeriesAhead
from tollwright.domain.invoices.operations import Correction
from tollwright.domain.ledger import queries as ledger

DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)


class NoPaper(RuntimeError):
    pass


def no_paper(kind: str, payload: object) -> bytes:
    raise NoPaper(kind)


def credit(
    invoice: Invoice, key: str, lines: list[Correction] | None = None, reason: str = "Outage"
) -> Invoice:
    return operations.credit(
        invoice=invoice, reason=reason, key=key, lines=lines, at=DECEMBER, by=ANNA, render=as_data
    )


def october(books: Books, amount_micros: int = 109_387_290) -> Invoice:
    """An issued invoice over that net amount: 130.17 with tax for 109.38729."""
    books.call("2026-10-15T10:00", amount_micros)
    (invoice,) = bill_and_issue("october")
    return invoice


def postings(key: str) -> dict[str, int]:
    found = Posting.objects.filter(entry__idempotency_key=key).select_related("account")
    return {posting.account.kind: posting.amount_micros for posting in found}


def test_an_issued_invoice_has_number_days_entry_and_paper(books: Books) -> None:
    say("due_days", 30)
    invoice = october(books)
    assert (invoice.number, invoice.status) == ("NC-INV-2026-000001", "finalised")
    assert (str(invoice.issued_on), str(invoice.due_on)) == ("2026-11-02", "2026-12-02")
    assert postings(f"invoice:{invoice.pk}") == {
        "receivable": 130_170_000,
        "revenue": -109_387_290,
        "tax": -20_780_000,
        "rounding": -2_710,
    }
    assert ledger.balance(books.world.customer) == 130_170_000
    paper = queries.document_of(invoice)
    assert paper is not None
    assert paper.filename == "NC-INV-2026-000001.pdf"
    assert paper.sha256 == hashlib.sha256(bytes(paper.content)).hexdigest()
    assert AuditEntry.objects.filter(action="invoice.finalise", subject_id=invoice.pk).exists()
    assert queries.check_sums() == []


def test_the_day_is_the_issuers(books: Books) -> None:
    """Half past eleven in the evening of 31 December UTC is 2027 in Berlin."""
    books.call("2026-11-15T10:00", 1_000_000)
    (invoice,) = bill_and_issue("eve", datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    assert (str(invoice.issued_on), invoice.number) == ("2027-01-01", "NC-INV-2027-000001")


def test_finalising_twice_is_finalising_once(books: Books) -> None:
    invoice = october(books)
    assert issue(invoice) == invoice
    assert NumberSeries.objects.get().last_number == 1
    assert Entry.objects.count() == 1


def test_numbers_have_no_gap_when_one_fails(books: Books) -> None:
    """The paper of the second fails: its number is given to the next, its draft is as before."""
    for code in ("BETA", "GAMMA"):
        _, campaign = books.customer(code)
        books.call("2026-10-15T10:00", 1_000_000, campaign=campaign)
    books.call("2026-10-15T10:00", 1_000_000)
    first, second, third = queries.drafts(bill())
    assert issue(first).number == "NC-INV-2026-000001"
    with pytest.raises(NoPaper), transaction.atomic():
        operations.finalise(invoice=second, at=NOVEMBER, by=ANNA, render=no_paper)
    second.refresh_from_db()
    assert (second.status, second.number) == ("draft", None)
    assert [issue(third).number, issue(second).number] == [
        "NC-INV-2026-000002",
        "NC-INV-2026-000003",
    ]
    assert queries.check_sums() == []


def test_no_number_is_of_a_day_before_the_last(books: Books) -> None:
    """Issued on 1 December; with the clock back at 2 November, or in the year before, nothing is
    taken, and a series of its own (credit notes) goes on. A job that waited issues today."""
    books.call("2026-10-15T10:00", 1_000_000)
    first, second = bill().invoices.all()[:1], books.customer("BETA")
    assert first
    issue(first[0], DECEMBER)
    books.call("2026-10-15T10:00", 1_000_000, campaign=second[1])
    (draft,) = bill("again").invoices.filter(status="draft")
    early = datetime(2025, 12, 31, tzinfo=UTC)
    for at in (NOVEMBER, early):
        with pytest.raises(SeriesAhead) as refused:
            operations.finalise(invoice=draft, at=at, by=ANNA, render=as_data, early=True)
        assert str(refused.value) == (
            f"The last number of NC-INV is of 2026-12-01, so none of {at:%Y-%m-%d} can follow it."
            " Set the server's clock right, or wait until that day."
        )
    assert NumberSeries.objects.get(document_type="invoice").last_number == 1
    job = requests.request_finalise(invoice=draft, early=True, at=NOVEMBER, by=ANNA)
    with patch("tollwright.jobs.billing.now", lambda: DECEMBER):
        work_off()
    job.refresh_from_db()
    draft.refresh_from_db()
    assert (job.status, draft.number) == ("done", "NC-INV-2026-000002"), job.sentence
    assert str(draft.issued_on) == "2026-12-01"


def test_a_draft_whose_calls_changed_is_not_issued(books: Books) -> None:
    call = books.call("2026-10-15T10:00", 1_000_000)
    books.call("2026-10-15T10:01", 1_000_000)
    (draft,) = queries.drafts(bill("one"))
    Charge.objects.filter(pk=call).update(is_current=False)
    with pytest.raises(operations.DraftOutdated, match="run billing again"):
        issue(draft)
    bill("two")
    assert issue(draft).net_micros == 1_000_000


def test_grace_for_late_calls(books: Books) -> None:
    say("finalise_grace_days", 3)
    books.call("2026-10-15T10:00", 1_000_000)
    run = bill()
    early = datetime(2026, 11, 3, 22, 59, tzinfo=UTC)
    late = datetime(2026, 11, 3, 23, 0, tzinfo=UTC)
    (draft,) = queries.drafts(run)
    with pytest.raises(operations.TooEarly) as refused:
        issue(draft, early)
    assert str(refused.value) == (
        "The draft for Acme Ltd waits for late calls until 2026-11-04 00:00"
        ' (rule "Wait for late calls").'
    )
    assert left_of(issue_run(run, early)) == ([], [("ACME", "invoice_in_grace")])
    assert left_of(issue_run(run, late)) == ([("ACME", 1_190_000)], [])


def test_somebody_who_was_asked_may_issue_within_the_grace(books: Books) -> None:
    say("finalise_grace_days", 3)
    books.call("2026-10-15T10:00", 1_000_000)
    (draft,) = queries.drafts(bill())
    done = operations.finalise(invoice=draft, at=NOVEMBER, by=ANNA, render=as_data, early=True)
    assert (done.number, done.status) == ("NC-INV-2026-000001", "finalised")


def left_of(issued: operations.Issued) -> tuple[list[tuple[str, int]], list[tuple[str, str]]]:
    """(code, total) of what was issued, (code, why) of what was not."""
    return (
        [(one.customer.code, one.total_micros) for one in issued.invoices],
        [(one.draft.customer.code, one.why.code) for one in issued.left],
    )


def test_one_outdated_draft_holds_up_nobody_else(books: Books) -> None:
    """Acme's calls were withdrawn: Beta and Gamma get their invoices, and Acme is named."""
    call = books.call("2026-10-15T10:00", 1_000_000)
    for code, amount in (("BETA", 2_000_000), ("GAMMA", 3_000_000)):
        _, campaign = books.customer(code)
        books.call("2026-10-15T10:00", amount, campaign=campaign)
    run = bill("one")
    Charge.objects.filter(pk=call).update(is_current=False)
    issued = issue_run(run)
    assert left_of(issued) == (
        [("BETA", 2_380_000), ("GAMMA", 3_570_000)],
        [("ACME", "draft_outdated")],
    )
    assert [one.number for one in issued.invoices] == ["NC-INV-2026-000001", "NC-INV-2026-000002"]
    assert queries.drafts(run).count() == 1


def test_billing_switched_off_since_the_draft_was_made(books: Books) -> None:
    """Off from 2 November: the draft of October waits, and none is made any more."""
    books.call("2026-10-15T10:00", 1_000_000)
    run = bill("one", until=OCTOBER_ENDS, at=OCTOBER_ENDS)
    say("billing_enabled", False, books.world.customer, NOVEMBER)
    (draft,) = queries.drafts(run)
    with pytest.raises(operations.BillingOff) as refused:
        issue(draft)
    assert str(refused.value) == (
        'Billing is off for Acme Ltd (rule "Billing"): switch it on, or delete the draft.'
    )
    assert left_of(issue_run(run)) == ([], [("ACME", "billing_off")])
    operations.drop_draft(invoice=draft, at=NOVEMBER, by=ANNA)
    assert queries.drafts(bill("two", until=OCTOBER_ENDS, at=NOVEMBER)).count() == 0
    say("billing_enabled", True, books.world.customer, DECEMBER)
    (back,) = queries.drafts(bill("three", until=OCTOBER_ENDS, at=DECEMBER))
    assert issue(back, DECEMBER).net_micros == 1_000_000


def test_a_campaign_switched_off_since_the_draft_was_made(books: Books) -> None:
    """Its line waits: billing run again leaves it out, the rest is issued."""
    held = books.campaign("HELD")
    books.call("2026-10-15T10:00", 1_000_000)
    books.call("2026-10-15T10:01", 5_000_000, campaign=held)
    (draft,) = queries.drafts(bill("one", until=OCTOBER_ENDS, at=OCTOBER_ENDS))
    say("billing_enabled", False, held, NOVEMBER)
    with pytest.raises(operations.BillingOff, match="off for Campaign HELD of Acme Ltd"):
        issue(draft)
    bill("two", until=OCTOBER_ENDS, at=NOVEMBER)
    assert rows(issue(draft)) == [("usage", "Spring sale", 1_000_000)]
    assert queries.check_sums() == []


def test_a_finalised_invoice_does_not_change(books: Books) -> None:
    """Not its lines, not its amounts, not the charges behind it: the database refuses."""
    invoice = october(books)
    payloads: list[Callable[[], object]] = [
        lambda: Invoice.objects.filter(pk=invoice.pk).update(net_micros=1, total_micros=20_782_711),
        lambda: InvoiceLine.objects.filter(invoice=invoice).update(amount_micros=1),
        lambda: Charge.objects.update(invoice_line_id=None),
        lambda: Document.objects.filter(invoice=invoice).delete(),
    ]
    for payload in payloads:
        with pytest.raises(IntegrityError), transaction.atomic():
            payload()


def test_void_undoes_all_but_the_number(books: Books) -> None:
    books.subscribe([("support", 31_000_000, "arrears")], starts_on="2026-10-01")
    invoice = october(books)
    done = operations.void(invoice=invoice, reason="Wrong customer", at=DECEMBER, by=ANNA)
    assert (done.status, done.number) == ("void", "NC-INV-2026-000001")
    assert ledger.balance(books.world.customer) == 0
    assert list(Charge.objects.values_list("invoice_line_id", flat=True)) == [None]
    assert operations.void(invoice=done, reason="Again", at=DECEMBER, by=ANNA).void_reason == (
        "Wrong customer"
    )
    (again,) = bill_and_issue("again")
    assert again.number == "NC-INV-2026-000002"
    assert rows(again) == [
        ("support", "Plan 1: Support", 31_000_000),
        ("usage", "Spring sale", 109_387_290),
    ]
    assert queries.check_sums() == []


def test_what_is_not_issued_cannot_be_voided_or_credited(books: Books) -> None:
    books.call("2026-10-15T10:00", 1_000_000)
    (draft,) = queries.drafts(bill())
    with pytest.raises(operations.NotIssued):
        operations.void(invoice=draft, reason="Oops", at=DECEMBER, by=ANNA)
    with pytest.raises(operations.NotIssued):
        credit(draft, "c1")


def test_a_credit_note_takes_the_whole_invoice_back(books: Books) -> None:
    invoice = october(books)
    note = credit(invoice, "c1")
    assert (note.number, note.document_type) == ("NC-CN-2026-000001", "credit_note")
    assert (note.net_micros, note.tax_micros, note.rounding_micros, note.total_micros) == (
        -109_387_290,
        -20_780_000,
        -2_710,
        -130_170_000,
    )
    assert note.corrects == invoice
    assert ledger.balance(books.world.customer) == 0
    invoice.refresh_from_db()
    assert invoice.status == "paid"
    with pytest.raises(NothingToCorrect, match="Nothing is left"):
        credit(invoice, "c2")
    with pytest.raises(operations.AlreadyPaid):
        operations.void(invoice=invoice, reason="Oops", at=DECEMBER, by=ANNA)
    assert queries.check_sums() == []


def test_parts_credited_never_exceed_line_or_invoice(books: Books) -> None:
    """Three notes over 1/3 each round their tax on their own; the last one evens it out."""
    invoice = october(books, 1_000_000)  # 1.00 + 0.19
    usage = line(invoice, 1)
    parts = [333_333, 333_333, 333_334]
    with pytest.raises(BeyondInvoice, match=r"1\.00 EUR left"):
        credit(invoice, "much", [Correction(usage, 1_000_001)])
    notes = [
        credit(invoice, f"c{part}", [Correction(usage, micros)])
        for part, micros in enumerate(parts)
    ]
    assert sum(note.total_micros for note in notes) == -1_190_000
    assert sum(note.tax_micros for note in notes) == -190_000
    assert ledger.balance(books.world.customer) == 0
    with pytest.raises(BeyondInvoice):
        credit(invoice, "more", [Correction(usage, 1)])
    assert queries.check_sums() == []


def test_the_same_credit_key_is_the_same_note(books: Books) -> None:
    invoice = october(books)
    usage = line(invoice, 1)
    note = credit(invoice, "c1", [Correction(usage, 10_000_000)])
    assert credit(invoice, "c1", [Correction(usage, 10_000_000)]) == note
    with pytest.raises(KeyReused):
        credit(invoice, "c1", [Correction(usage, 20_000_000)])
    with pytest.raises(KeyReused):
        credit(invoice, "c1", [Correction(usage, 10_000_000)], reason="Another")


def test_a_debit_note_adds(books: Books) -> None:
    invoice = october(books)
    note = operations.debit(
        invoice=invoice,
        reason="Billed too little",
        key="d1",
        lines=[Correction(line(invoice, 1), 10_000_000)],
        at=DECEMBER,
        by=ANNA,
        render=as_data,
    )
    assert (note.number, note.total_micros) == ("NC-DN-2026-000001", 11_900_000)
    assert ledger.balance(books.world.customer) == 142_070_000
    assert queries.check_sums() == []


def test_what_the_paper_says(books: Books) -> None:
    """Every figure as printed, the times on the customer's clock, names as they were typed."""
    say("invoice_detail", "itemised")
    campaign = books.world.campaign
    campaign.name = "#Sale $x$ *now* ]"
    campaign.save()
    books.subscribe([("support", 31_000_000, "arrears")], starts_on="2026-10-11")
    books.call("2026-10-15T10:00", 617_290, billed_s=66)
    books.call("2026-10-31T22:30", 100_000, billed_s=3723)
    (invoice,) = bill_and_issue()
    paper = queries.document_of(invoice)
    assert paper is not None
    told = said(paper.content)
    assert told["facts"] == [
        ["Invoice number", "NC-INV-2026-000001"],
        ["Date", "2 November 2026"],
        ["Period", "1 – 31 October 2026"],
        ["Customer", "ACME"],
        ["Due", "16 November 2026"],
    ]
    assert told["table"]["rows"] == [
        {
            "text": "Plan 1: Support",
            "detail": "11 – 31 October 2026, 21 of 31 days",
            "calls": "",
            "duration": "",
            "amount": ["21.00", "000"],
        },
        {
            "text": "#Sale $x$ *now* ]",
            "detail": "",
            "calls": "2",
            "duration": "1:03:09",
            "amount": ["0.71729", ""],
        },
    ]
    assert [(one["label"], one["amount"][0]) for one in told["totals"]] == [
        ("Net", "21.71729"),
        ("Tax 19 %", "4.13"),
        ("Rounding", "0.00271"),
        ("Total", "25.85"),
    ]
    assert told["usage"][0]["list"] == [
        [
            "2026-10-15 12:00:00",
            "+44 20 7183 8750",
            "United Kingdom",
            "0:01:06",
            "0:01:06",
            "0.61729",
        ],
        [
            "2026-10-31 23:30:00",
            "+44 20 7183 8750",
            "United Kingdom",
            "1:02:03",
            "1:02:03",
            "0.10000",
        ],
    ]
    assert told["payment"]["terms"] == (
        "Please pay 25.85 EUR by 16 November 2026, quoting NC-INV-2026-000001."
    )


@pytest.mark.parametrize("detail", ["summary", "by_campaign", "itemised"])
@pytest.mark.parametrize("seed", range(3))
def test_every_printed_sum_is_the_sum_of_what_is_printed(
    books: Books, detail: str, seed: int
) -> None:
    """Eighty calls at odd prices in four campaigns, fees in part: no sum is off by a micro."""
    say("invoice_detail", detail)
    books.subscribe(
        [("subscription", 31_370_000, "advance"), ("support", 12_345_678, "arrears")],
        starts_on="2026-10-07",
    )
    chance = Random(seed)  # noqa: S311  # test data, the same each time
    campaigns = [books.world.campaign, *(books.campaign(f"C{number}") for number in range(3))]
    for number in range(80):
        books.call(
            f"2026-10-{1 + number % 30:02}T1{number % 10}:00",
            chance.choice([0, 733, 7_200, 1_250_000, chance.randrange(10**8)]),
            campaign=chance.choice(campaigns),
            billed_s=chance.randrange(1, 4000),
        )
    (invoice,) = bill_and_issue()
    paper = queries.document_of(invoice)
    assert paper is not None
    sums = figures(said(paper.content))
    assert len(sums) == {"summary": 5, "by_campaign": 9, "itemised": 17}[detail]
    assert {name: shown - counted for name, (shown, counted) in sums.items()} == dict.fromkeys(
        sums, 0
    )
    assert queries.check_sums() == []


def test_reverse_charge_has_no_tax_and_says_so(books: Books) -> None:
    say("tax_category", "AE", books.world.customer)
    invoice = october(books, 10_000_000)
    assert (invoice.tax_micros, invoice.total_micros) == (0, 10_000_000)
    paper = queries.document_of(invoice)
    assert paper is not None
    assert said(paper.content)["tax_notes"] == [
        "Reverse charge: the recipient is liable for the tax."
    ]


GUARDED = ("charge", "invoice", "invoice_line", "invoice_tax", "posting", "document")


@pytest.mark.parametrize(
    ("tamper", "figures"),
    [
        ("UPDATE charge SET amount_micros = amount_micros + 1", {"amount"}),
        ("UPDATE charge SET billed_s = billed_s + 1", {"billed_s"}),
        ("DELETE FROM charge", {"calls", "billed_s", "amount"}),
        ("UPDATE invoice_line SET amount_micros = amount_micros - 1",
         {"amount", "net", "tax base"}),
        ("UPDATE invoice_tax SET tax_micros = tax_micros + 10000",
         {"tax", "total", "tax 19 %"}),
        ("UPDATE posting SET amount_micros = amount_micros * 2",
         {"invoice receivable", "invoice revenue", "invoice tax posting",
          "invoice rounding posting", "balance"}),
        ("UPDATE document SET content = 'x'", {"hash"}),
        ("UPDATE invoice SET number = NULL, status = 'draft'", {"numbers", "balance"}),
    ],
    ids=["amount", "seconds", "calls", "line", "tax", "ledger", "paper", "number"],
)  # fmt: skip
def test_the_check_sees_one_micro(books: Books, tamper: str, figures: set[str]) -> None:
    """The owner of the database switches the guards off and changes a figure; the check tells."""
    october(books)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL ROLE NONE")
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(tamper)
    found = {one.figure for one in queries.check_sums()}
    transaction.set_rollback(True)
    assert figures <= found
