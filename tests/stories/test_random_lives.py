"""A customer's life at random: whatever meets, the laws of fees and of money hold after each step.

Plans begin, are dated back, end, go on; months are billed, voided, credited and debited; zone,
cycle, bill day and tax change; money comes. No day of a fee stands twice, no line gives back more
than stands of it, every figure equals its rows, the ledger sums to zero; and when all has ended and
nothing was noted, each day of each plan has cost its share, once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.billing import ANNA, Books, as_data, bill_and_issue, open_books, say
from tests.support.world import make_world
from tollwright.data.models import Invoice, InvoiceLine, Subscription
from tollwright.data.scope import tenant_scope
from tollwright.domain.errors import DomainError
from tollwright.domain.invoices import operations, queries
from tollwright.domain.invoices.fee_lines import days_of_line
from tollwright.domain.invoices.operations import Correction
from tollwright.domain.ledger.queries import trial_balance
from tollwright.domain.payments.operations import record_payment

Step = tuple[str, tuple[int, int, int]]
CENT, START, DAY = 10_000, date(2027, 1, 1), timedelta(days=1)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo")
CYCLES = ("monthly", "weekly", "anniversary", "fortnightly")
DAYS = st.integers(0, 100)
CENTS = st.integers(0, 20_000)


@dataclass
class Life:
    """The books of one customer, and the day that it is."""

    books: Books
    today: date = START
    plans: list[Subscription] = field(default_factory=list)
    acts: int = 0
    noted: bool = False

    @property
    def at(self) -> datetime:
        return datetime(self.today.year, self.today.month, self.today.day, 12, tzinfo=UTC)

    def subscribe(self, first: int, cents: int, terms: int) -> None:
        """From an earlier day too."""
        timing = ("advance", "arrears")[terms % 2]
        interval = ("month", "quarter", "week")[terms // 2 % 3]
        proration = ("day", "second")[terms // 6 % 2]
        anchor = ("calendar", "start")[terms // 12 % 2]
        fee = ("subscription", (cents + 200) * CENT, timing)  # no day is for nothing
        self.plans.append(
            self.books.subscribe(
                [fee], starts_on=str(START + first * DAY),
                interval=interval, proration=proration, anchor=anchor,
            )
        )  # fmt: skip

    def end(self, which: int, day: int, on: int) -> None:
        """Earlier or later than it ended before, or not at all."""
        if self.plans:
            plan = self.plans[which % len(self.plans)]
            plan.ends_on = None if on == 0 else max(START + day * DAY, plan.starts_on)
            plan.save()

    def call(self, day: int, cents: int, _: int) -> None:
        self.books.call(f"{START + day * DAY}T23:30", cents * CENT)

    def bill(self, days: int, *_: int) -> None:
        self.today += days * DAY
        bill_and_issue(f"run {self.acts}", self.at)

    def void(self, which: int, *_: int) -> None:
        if issued := self._issued():
            operations.void(
                invoice=issued[which % len(issued)], reason="Wrong", at=self.at, by=ANNA
            )

    def note(self, which: int, cents: int, kind: int) -> None:
        """On all that is left, or on one line."""
        if not (issued := self._issued()):
            return
        self.noted, invoice = True, issued[which % len(issued)]
        place = list(queries.invoice_lines(invoice))[cents % invoice.lines.count()]
        part = [Correction(place, (cents + 1) * CENT)]
        told: dict[str, Any] = {
            "invoice": invoice, "reason": "Agreed", "key": f"note {self.acts}", "at": self.at,
            "by": ANNA, "render": as_data,
        }  # fmt: skip
        if kind == 0:
            operations.credit(**told)
        else:
            (operations.credit, operations.debit)[kind - 1](**told, lines=part)

    def pay(self, days: int, cents: int, _: int) -> None:
        """Typed today, come some days ago."""
        record_payment(
            customer=self.books.world.customer, amount_micros=(cents + 1) * CENT, currency="EUR",
            method="cash", received_at=self.at - days * DAY, key=f"pay {self.acts}", at=self.at,
            by=ANNA, confirmed=True, render=as_data,
        )  # fmt: skip

    def rule(self, day: int, value: int, which: int) -> None:
        """From some day on, past ones too."""
        since = datetime(2027, 1, 1, tzinfo=UTC) + day * DAY
        name = ("tax_rate", "timezone", "cycle", "bill_day")[which % 4]
        values = {
            "tax_rate": ("19", "21", "7.9125")[value % 3],
            "timezone": ZONES[value % 3],
            "cycle": CYCLES[value % 4],
            "bill_day": 1 + value % 31,
        }
        say(name, values[name], since=since)

    def _issued(self) -> list[Invoice]:
        found = Invoice.objects.exclude(status__in=["draft", "void"])
        return list(found.exclude(document_type="credit_note").order_by("id"))


ACTS: dict[str, st.SearchStrategy[tuple[int, int, int]]] = {
    "subscribe": st.tuples(DAYS, CENTS, st.integers(0, 23)),
    "end": st.tuples(st.integers(0, 3), DAYS, st.integers(0, 3)),
    "call": st.tuples(DAYS, CENTS, st.just(0)),
    "bill": st.tuples(st.integers(1, 45), st.just(0), st.just(0)),
    "void": st.tuples(st.integers(0, 9), st.just(0), st.just(0)),
    "note": st.tuples(st.integers(0, 9), CENTS, st.integers(0, 2)),
    "pay": st.tuples(st.integers(0, 20), CENTS, st.just(0)),
    "rule": st.tuples(DAYS, st.integers(0, 30), st.integers(0, 3)),
}
STEP = st.one_of([st.tuples(st.just(name), told) for name, told in ACTS.items()])
FIRST = st.tuples(st.just("subscribe"), ACTS["subscribe"])


@settings(
    max_examples=10, deadline=None, derandomize=True,
    phases=[Phase.generate],  # to shrink a life takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(first=FIRST, steps=st.lists(STEP, min_size=4, max_size=10))
def test_the_laws_hold_through_a_life(
    db: None,
    first: Step,
    steps: list[Step],
) -> None:
    with undone():
        world = make_world("north")
        with tenant_scope(world.tenant.pk):
            say("tax_rate", "19")
            live(
                Life(open_books(world)), [first, ("bill", (32, 0, 0)), *steps, ("bill", (45, 0, 0))]
            )


def live(life: Life, steps: Sequence[Step]) -> None:
    """Act by act, with the laws after each; in the end all is closed."""
    for name, told in steps:
        life.acts += 1
        act: Callable[[int, int, int], None] = getattr(life, name)
        try:
            with transaction.atomic():
                act(*told)
        except DomainError:
            continue  # refused whole: nothing moved
        hold_laws()
    if not life.noted:
        close(life)


@contextmanager
def undone() -> Iterator[None]:
    """What the block writes is checked as a commit would and taken back."""
    with transaction.atomic():
        yield
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)


def hold_laws() -> None:
    """The check of sums, the ledger, and the days of fees counted anew."""
    assert queries.check_sums() == []
    sums: Counter[str] = Counter()
    for row in trial_balance():
        sums[row.currency] += row.balance_micros
    assert not any(sums.values())
    for days in days_billed().values():
        assert set(days.values()) <= {0, 1}


def days_billed() -> dict[int, Counter[date]]:
    """By subscription: how often each day stands, from the lines alone."""
    found: dict[int, Counter[date]] = defaultdict(Counter)
    lines = {one.pk: one for one in fee_lines()}
    for one in lines.values():
        gives = one.kind == "correction" and one.amount_micros < 0
        if one.kind == "correction" and not (gives and one.corrects_id in lines):
            continue
        if gives and lines[one.corrects_id or 0].kind == "correction":
            continue
        for day in days_of(one):
            found[one.subscription_id or 0][day] += -1 if gives else 1
    return found


def fee_lines() -> list[InvoiceLine]:
    found = InvoiceLine.objects.filter(fee__isnull=False, invoice__document_type="invoice")
    return list(found.exclude(invoice__status="void").select_related("invoice").order_by("id"))


def days_of(line: InvoiceLine) -> Iterator[date]:
    span = days_of_line(line)
    return (span.first + number * DAY for number in range(span.days))


def close(life: Life) -> None:
    """All ends: each day of each plan stands, once, and no plan costs more than its days."""
    last_day = START + 120 * DAY
    for plan in life.plans:
        plan.ends_on = max(min(plan.ends_on or last_day, last_day), plan.starts_on)
        plan.save()
    life.today = max(life.today, last_day)
    for _ in range(3):
        life.acts += 1
        life.bill(62)
    hold_laws()
    billed, lines, documents = days_billed(), fee_lines(), Invoice.objects.count()
    for plan in life.plans:
        length = ((plan.ends_on or last_day) - plan.starts_on).days + 1
        stands = {day for day, times in billed[plan.pk].items() if times}
        assert stands == {plan.starts_on + number * DAY for number in range(length)}
        fee = plan.version.fees.get()
        total = sum(one.amount_micros for one in lines if one.subscription_id == plan.pk)
        least, most = {"week": (7, 7), "month": (31, 28), "quarter": (92, 90)}[fee.interval]
        cents = documents * CENT + fee.amount_micros * length // 2000  # a day has 23 to 25 hours
        assert fee.amount_micros * length // least - cents <= total
        assert total <= fee.amount_micros * length // most + cents
