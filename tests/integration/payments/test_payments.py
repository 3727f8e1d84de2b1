"""Money that comes in: once, on the oldest invoices, with a receipt."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from tests.support.billing import ANNA, NOVEMBER, Books, as_data, bill_and_issue, said
from tollwright.data.models import Allocation, Invoice, Payment
from tollwright.domain.errors import KeyReused
from tollwright.domain.invoices.operations import Correction, credit, debit
from tollwright.domain.invoices.queries import check_sums, document_of
from tollwright.domain.ledger import queries as ledger
from tollwright.domain.payments import queries
from tollwright.domain.payments.operations import AmountInvalid, CannotSettle, record_payment
from tollwright.domain.validation import FieldInvalid

DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)
JANUARY = datetime(2027, 1, 4, 9, tzinfo=UTC)
EUR = 1_000_000


def pay(
    books: Books,
    amount_micros: int,
    key: str = "k1",
    *,
    to: list[Invoice] | None = None,
    currency: str = "EUR",
    method: str = "transfer",
    reference: str = "bank 7",
    at: datetime = JANUARY,
    received: datetime | None = None,
    confirmed: bool = True,
) -> Payment:
    return record_payment(
        customer=books.world.customer,
        amount_micros=amount_micros,
        currency=currency,
        method=method,
        reference=reference,
        received_at=received or at,
        key=key,
        allocate_to=to,
        confirmed=confirmed,
        at=at,
        by=ANNA,
        render=as_data,
    )


def three_months(books: Books) -> list[Invoice]:
    """October, November and December over 100, 200 and 300, 19 % on top: 119, 238, 357."""
    for month, amount in ((10, 100), (11, 200), (12, 300)):
        books.call(f"2026-{month}-15T10:00", amount * EUR)
    return bill_and_issue(until=JANUARY)


def state(invoices: list[Invoice]) -> list[tuple[str, int]]:
    for invoice in invoices:
        invoice.refresh_from_db()
    return [(invoice.status, invoice.paid_micros // EUR) for invoice in invoices]


def test_the_oldest_is_settled_first(books: Books) -> None:
    """300 settles October's 119 and 181 of November's 238."""
    invoices = three_months(books)
    payment = pay(books, 300 * EUR)
    assert state(invoices) == [("paid", 119), ("finalised", 181), ("finalised", 0)]
    assert ledger.balance(books.world.customer) == 414 * EUR
    assert [
        (one.invoice, one.open_micros // EUR) for one in queries.open_invoices(books.world.customer)
    ] == [(invoices[1], 57), (invoices[2], 357)]
    assert queries.left_of(payment) == 0
    assert check_sums() == []


def test_named_invoices_are_settled_and_the_rest_is_credit(books: Books) -> None:
    invoices = three_months(books)
    payment = pay(books, 400 * EUR, to=[invoices[2]])
    assert state(invoices) == [("finalised", 0), ("finalised", 0), ("paid", 357)]
    assert queries.left_of(payment) == 43 * EUR
    assert queries.credit_of(books.world.customer) == 43 * EUR
    assert check_sums() == []


def test_credit_is_used_before_new_money(books: Books) -> None:
    """43 left over, then 76 more: October's 119 is settled."""
    invoices = three_months(books)
    pay(books, 400 * EUR, to=[invoices[2]])
    pay(books, 76 * EUR, "k2")
    assert state(invoices) == [("paid", 119), ("finalised", 0), ("paid", 357)]
    assert queries.credit_of(books.world.customer) == 0
    assert check_sums() == []


def test_money_ahead_is_used_when_the_invoice_comes(books: Books) -> None:
    """Paid 200 ahead; the invoice over 119 says there is nothing to pay, 81 stay."""
    pay(books, 200 * EUR, at=NOVEMBER)
    assert ledger.balance(books.world.customer) == -200 * EUR
    books.call("2026-10-15T10:00", 100 * EUR)
    (invoice,) = bill_and_issue()
    assert state([invoice]) == [("paid", 119)]
    paper = document_of(invoice)
    assert paper is not None
    told = said(paper.content)
    assert told["totals"][-2:] == [
        {"label": "Paid from your credit", "amount": ["−119.00", ""], "style": ""},
        {"label": "To pay", "amount": ["0.00", ""], "style": "strong"},
    ]
    assert told["payment"] == {"terms": "Nothing is to be paid.", "bank": []}
    assert queries.credit_of(books.world.customer) == 81 * EUR
    assert check_sums() == []


def test_what_a_credit_note_frees_pays_what_is_open(books: Books) -> None:
    """October is paid, then 50 and its 9.50 tax are credited: November asks for the rest only."""
    invoices = three_months(books)
    pay(books, 119 * EUR)
    half = Correction(invoices[0].lines.get(), 50 * EUR)
    credit(
        invoice=invoices[0], reason="Quality", key="c", lines=[half],
        at=JANUARY, by=ANNA, render=as_data,
    )  # fmt: skip
    for invoice in invoices:
        invoice.refresh_from_db()
    assert [(one.status, one.paid_micros) for one in invoices] == [
        ("paid", 59_500_000),
        ("finalised", 59_500_000),
        ("finalised", 0),
    ]
    owed = sum(one.open_micros for one in queries.open_invoices(books.world.customer))
    assert owed == ledger.balance(books.world.customer) == 535_500_000
    assert check_sums() == []


def test_what_a_credit_note_frees_is_on_the_next_paper(books: Books) -> None:
    books.call("2026-10-15T10:00", 100 * EUR)
    (october,) = bill_and_issue()
    pay(books, 119 * EUR, at=NOVEMBER)
    credit(invoice=october, reason="All", key="c", at=NOVEMBER, by=ANNA, render=as_data)
    books.call("2026-11-15T10:00", 200 * EUR)
    (november,) = bill_and_issue("december", DECEMBER)
    paper = document_of(november)
    assert paper is not None
    assert said(paper.content)["totals"][-1]["amount"] == ["119.00", ""]  # 238 less the credit
    assert ledger.balance(books.world.customer) == 119 * EUR
    assert check_sums() == []


def test_a_debit_note_lets_credit_settle_the_invoice_it_corrects(books: Books) -> None:
    """November was named and overpaid, so that there is credit while October is open."""
    invoices = three_months(books)
    pay(books, 300 * EUR, to=[invoices[1]])
    more = Correction(invoices[0].lines.get(), 10 * EUR)
    debit(
        invoice=invoices[0], reason="More", key="d", lines=[more],
        at=JANUARY, by=ANNA, render=as_data,
    )  # fmt: skip
    assert state(invoices) == [("finalised", 62), ("paid", 238), ("finalised", 0)]
    assert check_sums() == []


def test_a_receipt_says_what_was_settled(books: Books) -> None:
    three_months(books)
    payment = pay(books, 300 * EUR)
    assert payment.receipt.number == "NC-RCT-2027-000001"
    paper = queries.receipt_document(payment)
    assert paper is not None
    told = said(paper.content)
    assert told["kind"] == "receipt"
    assert told["facts"] == [
        ["Receipt number", "NC-RCT-2027-000001"],
        ["Date", "4 January 2027"],
        ["Received on", "4 January 2027"],
        ["Customer", "ACME"],
        ["Method", "Bank transfer"],
        ["Reference", "bank 7"],
    ]
    assert [(row["number"], row["amount"][0], row["left"]) for row in told["rows"]] == [
        ("NC-INV-2027-000001", "119.00", "settled"),
        ("NC-INV-2027-000002", "181.00", "57.00"),
    ]
    assert told["received"] == "300.00 EUR"


def test_the_same_key_moves_money_once(books: Books) -> None:
    three_months(books)
    payment = pay(books, 100 * EUR)
    assert pay(books, 100 * EUR) == payment
    assert Payment.objects.count() == 1
    assert ledger.balance(books.world.customer) == 614 * EUR


@pytest.mark.parametrize(
    "other",
    [{"amount_micros": 101 * EUR}, {"currency": "USD"}, {"method": "cash"}, {"reference": "x"}],
    ids=lambda other: next(iter(other)),
)
def test_the_same_key_with_another_request_is_refused(
    books: Books, other: dict[str, object]
) -> None:
    pay(books, 100 * EUR)
    payload = {"amount_micros": 100 * EUR} | other
    with pytest.raises(KeyReused):
        pay(books, **payload)  # type: ignore[arg-type]  # a table of different arguments


@pytest.mark.parametrize(
    ("amount_micros", "currency"), [(0, "EUR"), (-EUR, "EUR"), (5_000, "EUR"), (500_000, "JPY")]
)
def test_what_cannot_be_paid_is_refused(books: Books, amount_micros: int, currency: str) -> None:
    with pytest.raises(AmountInvalid):
        pay(books, amount_micros, currency=currency)
    assert not Payment.objects.exists()


def test_unknown_words_are_refused(books: Books) -> None:
    with pytest.raises(FieldInvalid, match="choose transfer, card, direct_debit, cash"):
        pay(books, EUR, method="cheque")
    with pytest.raises(FieldInvalid, match="ISO 4217"):
        pay(books, EUR, currency="EURO")


def test_an_invoice_that_waits_for_no_money_cannot_be_named(books: Books) -> None:
    invoices = three_months(books)
    pay(books, 119 * EUR)
    with pytest.raises(CannotSettle, match="NC-INV-2027-000001"):
        pay(books, EUR, "k2", to=[invoices[0]])
    other, campaign = books.customer("BETA")
    books.call("2026-12-15T10:00", EUR, campaign=campaign)
    (theirs,) = bill_and_issue("again", until=JANUARY)
    assert theirs.customer == other
    with pytest.raises(CannotSettle):
        pay(books, EUR, "k3", to=[theirs])


def test_the_database_refuses_more_than_was_paid_or_billed(books: Books) -> None:
    """Whoever writes: an allocation beyond the payment or the invoice does not commit."""
    invoices = three_months(books)
    payment = pay(books, 10 * EUR)

    def allocate(amount_micros: int) -> None:
        Allocation.objects.create(
            tenant=books.world.tenant,
            payment=payment,
            invoice=invoices[2],
            amount_micros=amount_micros,
            at=JANUARY,
        )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    for amount in (EUR, 200 * EUR):
        with pytest.raises(IntegrityError), transaction.atomic():
            allocate(amount)
