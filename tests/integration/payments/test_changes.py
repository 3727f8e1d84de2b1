"""Money that is taken back, that settles other invoices, and what is asked before it is booked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from tests.integration.payments.test_payments import (
    DECEMBER,
    EUR,
    JANUARY,
    pay,
    state,
    three_months,
)
from tests.support.billing import ANNA, Books, as_data, said
from tollwright.data.models import Allocation, AuditEntry, Entry, Invoice, Payment, PaymentChange
from tollwright.domain.errors import KeyReused
from tollwright.domain.invoices.queries import check_sums
from tollwright.domain.ledger import queries as ledger
from tollwright.domain.payments import queries
from tollwright.domain.payments.operations import (
    AlreadyReversed,
    AmountInvalid,
    CannotSettle,
    NeedsConfirmation,
    ReceivedInFuture,
    Share,
    reallocate_payment,
    reverse_payment,
)
from tollwright.domain.validation import FieldInvalid


def reverse(payment: Payment, reason: str = "Bounced", key: str = "r1") -> PaymentChange:
    return reverse_payment(
        payment=payment, reason=reason, key=key, at=JANUARY, by=ANNA, render=as_data
    )


def reallocate(payment: Payment, *to: Share, key: str = "a1") -> PaymentChange:
    return reallocate_payment(
        payment=payment, to=to, reason="Other invoice", key=key, at=JANUARY, by=ANNA, render=as_data
    )


def shares(payment: Payment) -> list[tuple[str, int]]:
    return [
        (str(one.invoice.number)[-6:], (one.amount_micros or 0) // EUR)
        for one in queries.settled_by(payment)
    ]


def paper(change: PaymentChange) -> dict[str, object]:
    stored = queries.change_document(change)
    assert stored is not None
    return said(stored.content)


def test_a_bounced_payment_opens_what_it_had_settled(books: Books) -> None:
    """300 had settled October's 119 and 181 of November's 238; the receipt stays as it was."""
    invoices = three_months(books)
    payment = pay(books, 300 * EUR)
    receipt = queries.receipt_document(payment)
    assert receipt is not None
    change = reverse(payment)
    assert state(invoices) == [("finalised", 0), ("finalised", 0), ("finalised", 0)]
    assert ledger.balance(books.world.customer) == 714 * EUR
    assert queries.credit_of(books.world.customer) == queries.left_of(payment) == 0
    assert shares(payment) == []
    again = queries.receipt_document(payment)
    assert again is not None and bytes(again.content) == bytes(receipt.content)
    assert queries.reversal_of(queries.payments().get()) == change
    rows = ledger.statement(books.world.customer).rows
    assert [(row.kind, row.memo, row.amount_micros // EUR) for row in rows[-2:]] == [
        ("payment", "Payment bank 7", -300),
        ("payment_reversal", "Reversal of payment bank 7: Bounced", 300),
    ]
    assert check_sums() == []


def test_a_reversal_has_a_document_of_its_own(books: Books) -> None:
    three_months(books)
    payment = pay(books, 300 * EUR)
    change = reverse(payment)
    assert change.number == "NC-REV-2027-000001"
    told = paper(change)
    assert told["title"] == "Reversal of a payment"
    assert told["text"] == (
        "The payment of 300.00 EUR that receipt NC-RCT-2027-000001 confirms is reversed. What it "
        "had settled is open again."
    )
    assert ["Reason", "Bounced"] in told["facts"]  # type: ignore[operator]  # a list
    rows = [(row["amount"], row["left"]) for row in told["rows"]]  # type: ignore[attr-defined]
    assert rows == [(["119.00", ""], "119.00"), (["181.00", ""], "238.00")]
    assert told["totals"] == [{"label": "Reversed", "amount": ["300.00", ""], "style": "strong"}]
    entry = AuditEntry.objects.order_by("-id")[0]
    assert entry.action == "payment.reverse"


def test_a_payment_is_reversed_once(books: Books) -> None:
    three_months(books)
    payment = pay(books, 300 * EUR)
    change = reverse(payment)
    assert reverse(payment) == change
    with pytest.raises(KeyReused):
        reverse(payment, "Typed wrongly")
    with pytest.raises(AlreadyReversed):
        reverse(payment, key="r2")
    with pytest.raises(AlreadyReversed):
        reallocate(payment)
    with pytest.raises(FieldInvalid):
        reverse(pay(books, 10 * EUR, "k2"), reason=" ", key="r3")
    assert Entry.objects.filter(kind="payment_reversal").count() == 1
    assert check_sums() == []


def test_what_was_left_of_a_reversed_payment_is_no_credit(books: Books) -> None:
    """800 of 714: 86 over, which go too; the next 119 pay October."""
    invoices = three_months(books)
    reverse(pay(books, 800 * EUR))
    assert queries.credit_of(books.world.customer) == 0
    pay(books, 119 * EUR, "k2")
    assert state(invoices) == [("paid", 119), ("finalised", 0), ("finalised", 0)]
    assert ledger.balance(books.world.customer) == 595 * EUR
    assert check_sums() == []


def settle_behind_the_domain(payment: Payment, invoice: Invoice) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        Invoice.objects.filter(pk=invoice.pk).update(paid_micros=EUR)
        Allocation.objects.create(
            tenant=payment.tenant, payment=payment, invoice=invoice, amount_micros=EUR, at=JANUARY
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def reverse_behind_the_domain(payment: Payment, like: PaymentChange) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        PaymentChange.objects.create(
            tenant=payment.tenant, payment=payment, kind="reversal", reason="x",
            legal_entity=like.legal_entity, number="X-1", issued_on=like.issued_on,
            at=JANUARY, recorded_by="x", idempotency_key="x", payload_sha256="0" * 64,
            entry=payment.entry,
        )  # fmt: skip
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_database_keeps_a_reversed_payment_from_settling(books: Books) -> None:
    invoices = three_months(books)
    bounced, good = pay(books, 10 * EUR), pay(books, 10 * EUR, "k2")
    change = reverse(bounced)
    with pytest.raises(IntegrityError, match="is reversed and has 1000000 micros allocated"):
        settle_behind_the_domain(bounced, invoices[2])
    with pytest.raises(IntegrityError, match="is reversed and has 10000000 micros allocated"):
        reverse_behind_the_domain(good, change)


def test_a_payment_comes_to_settle_another_invoice(books: Books) -> None:
    """Booked on October and November, meant for December: the ledger stays, a document says it."""
    invoices = three_months(books)
    payment = pay(books, 300 * EUR)
    entries = Entry.objects.count()
    change = reallocate(payment, Share(invoices[2]))
    assert state(invoices) == [("finalised", 0), ("finalised", 0), ("finalised", 300)]
    assert shares(payment) == [("000003", 300)]
    assert Entry.objects.count() == entries
    assert ledger.balance(books.world.customer) == 414 * EUR
    assert change.number == "NC-ALC-2027-000001"
    told = paper(change)
    assert told["text"] == (
        "The payment of 300.00 EUR that receipt NC-RCT-2027-000001 confirms settles these invoices "
        "instead of those named there."
    )
    assert [row["amount"] for row in told["rows"]] == [["300.00", ""]]  # type: ignore[attr-defined]
    entry = AuditEntry.objects.order_by("-id")[0]
    assert (entry.action, entry.before) == (
        "payment.reallocate",
        {"settles": {str(invoices[0].number): 119 * EUR, str(invoices[1].number): 181 * EUR}},
    )
    assert check_sums() == []


def test_amounts_are_shared_by_hand(books: Books) -> None:
    """100 on October, 50 on December, 150 stay as credit; then back, in their order."""
    invoices = three_months(books)
    payment = pay(books, 300 * EUR)
    reallocate(payment, Share(invoices[0], 100 * EUR), Share(invoices[2], 50 * EUR))
    assert state(invoices) == [("finalised", 100), ("finalised", 0), ("finalised", 50)]
    assert queries.credit_of(books.world.customer) == 150 * EUR
    reallocate(payment, Share(invoices[0]), Share(invoices[1]), key="a2")
    assert state(invoices) == [("paid", 119), ("finalised", 181), ("finalised", 0)]
    reallocate(payment, key="a3")
    assert queries.credit_of(books.world.customer) == 300 * EUR
    assert check_sums() == []


@pytest.mark.parametrize(
    ("amounts", "error"),
    [
        ({0: 120}, CannotSettle),  # October has 119 open
        ({0: 119, 2: 182}, AmountInvalid),  # 301 of 300
        ({0: -1}, AmountInvalid),
        ({0: 0}, AmountInvalid),
    ],
)
def test_shares_that_cannot_be_change_nothing(
    books: Books, amounts: dict[int, int], error: type[Exception]
) -> None:
    invoices = three_months(books)
    payment = pay(books, 300 * EUR)
    with pytest.raises(error):
        reallocate(payment, *(Share(invoices[at], euro * EUR) for at, euro in amounts.items()))
    assert state(invoices) == [("paid", 119), ("finalised", 181), ("finalised", 0)]
    assert not PaymentChange.objects.exists()


def test_the_same_reallocation_is_done_once(books: Books) -> None:
    invoices = three_months(books)
    payment = pay(books, 300 * EUR)
    change = reallocate(payment, Share(invoices[2]))
    assert reallocate(payment, Share(invoices[2])) == change
    with pytest.raises(KeyReused):
        reallocate(payment, Share(invoices[1]))


@pytest.mark.parametrize(
    ("euro", "received", "sentence"),
    [  # 714 are open, so that 1 428 are taken as they are
        (1_428, JANUARY, ""),
        (1_428.01, JANUARY, "1,428.01 EUR is more than twice what Acme Ltd has open, 714.00 EUR."),
        (1e9, JANUARY, "1,000,000,000.00 EUR is more than twice"),
        (1, datetime(2026, 1, 3, 9, tzinfo=UTC), ""),
        (1, datetime(2026, 1, 1, 9, tzinfo=UTC), "1 January 2026 is more than a year ago."),
    ],
)
def test_what_is_unusual_is_asked_once(
    books: Books, euro: float, received: datetime, sentence: str
) -> None:
    three_months(books)
    amount = round(euro * EUR)
    if sentence:
        with pytest.raises(NeedsConfirmation, match=sentence):
            pay(books, amount, received=received, confirmed=False)
        assert not Payment.objects.exists()
        pay(books, amount, received=received, confirmed=True)
        assert sentence in str(AuditEntry.objects.order_by("-id")[0].after)
    payment = pay(books, amount, received=received, confirmed=bool(sentence))
    assert Payment.objects.get() == payment


def test_where_nothing_is_open_any_payment_is_asked(books: Books) -> None:
    with pytest.raises(NeedsConfirmation, match=r"has nothing open in EUR: 5\.00 EUR would stay"):
        pay(books, 5 * EUR, confirmed=False)


def test_money_of_a_coming_day_is_refused(books: Books) -> None:
    """The provider's day: 23:30 UTC is the next day in Berlin, and later that day is today's."""
    three_months(books)
    midnight = datetime(2027, 1, 4, 23, 0, tzinfo=UTC)
    with pytest.raises(ReceivedInFuture, match="5 January 2027 has not come yet"):
        pay(books, EUR, received=midnight)
    pay(books, EUR, received=datetime(2027, 1, 4, 22, 59, tzinfo=UTC), confirmed=False)
    assert DECEMBER < JANUARY
