"""A provider over months, as its staff work: files in, months billed, documents out, money in.

Switch, card and rows are those of `tests.support.switch`: RETAIL is 0.60 a minute to +44 and 0.12
to +49, in whole minutes; Acme and Beta pay 19 % tax on the sum of an invoice.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.support.billing import ANNA, as_data, bill, issue_run, say
from tests.support.switch import NOON, Row, Switch, make_card, make_switch, master_csv
from tests.support.world import START
from tollwright.data.models import (
    CallPlan,
    Customer,
    Invoice,
    InvoiceLine,
    PlanVersion,
    Subscription,
)
from tollwright.data.scope import tenant_scope
from tollwright.domain.calls import operations as calls
from tollwright.domain.calls.queries import open_ids
from tollwright.domain.invoices.queries import check_sums, invoice_lines
from tollwright.domain.ledger import queries as ledger
from tollwright.domain.plans import operations as plans
from tollwright.domain.rerating import operations as rerating
from tollwright.domain.rerating import queries as reratings
from tollwright.domain.rerating.corrections import Corrected, correct
from tollwright.domain.rerating.scope import CallScope
from tollwright.engine.ingest import BatchResult

# (kind, micros before tax, micros with tax) of a document
Told = tuple[str, int, int]
Fee = tuple[str, int, str]  # kind, micros, timing
PRICES = [("44", "United Kingdom", 600_000_000, False), ("49", "Germany", 120_000_000, False)]


def minute(day: str, clock: str = "12:00") -> int:
    """The place of a moment (UTC) on the rows' time line: minutes after NOON of 2 November."""
    moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)
    return int((moment - NOON).total_seconds()) // 60


def midnight(day: str, hour: int = 23) -> datetime:
    """Midnight in Berlin at the end of that day, in winter."""
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


@dataclass
class Journey:
    """The provider and its two customers."""

    switch: Switch
    issued: dict[int, Invoice] = field(default_factory=dict)

    @property
    def acme(self) -> Customer:
        return self.switch.world.customer

    @property
    def beta(self) -> Customer:
        return self.switch.beta.customer

    def take(self, name: str, *rows: Row, at: datetime) -> BatchResult:
        """A file of the switch comes in."""
        stream = io.BytesIO(master_csv(rows))
        return calls.ingest(source_code="AST", filename=name, stream=stream, at=at, by=ANNA)

    def close(self, month: str, last: str, *, at: datetime) -> list[Told]:
        """Bill all up to the last day's midnight and issue it; the documents, in order."""
        run = bill(month, midnight(last), at)
        issue_run(run, at)
        found = list(Invoice.objects.filter(run=run).exclude(status="draft").order_by("id"))
        return [self._keep(invoice) for invoice in found]

    def sell(
        self, code: str, *fees: Fee, free_s: int = 0, plan: CallPlan | None = None
    ) -> PlanVersion:
        """A published plan, or the next version of `plan`, by the prices of RETAIL.

        `free_s`: seconds to +44 that each billing period has free.
        """
        card = self.switch.card
        if free_s:
            free = {"name": "free", "prefixes": ["44"], "unit": "seconds", "amount": free_s}
            card, _ = make_card(self.switch.world, f"CARD-{code}", PRICES, [free])
        plan = plan or plans.create_plan(code=code, name=code.title(), at=START, by=ANNA)
        told = [dict(zip(("kind", "amount_micros", "timing"), fee, strict=True)) for fee in fees]
        draft = plans.draft_version(
            plan=plan, card=card, currency="EUR", at=START, by=ANNA,
            fees=[{**fee, "name": str(fee["kind"]).title()} for fee in told],
        )  # fmt: skip
        return plans.publish_version(version=draft, at=START, by=ANNA)

    def subscribe(self, version: PlanVersion, starts_on: str, *, at: datetime) -> Subscription:
        """Acme is on it from that day on; a plan that runs then ends the day before."""
        return plans.subscribe(
            customer=self.acme, version=version, starts_on=date.fromisoformat(starts_on),
            end_earlier=True, at=at, by=ANNA,
        )  # fmt: skip

    def end(self, subscription: Subscription, ends_on: str, *, at: datetime) -> None:
        """It ends after that day."""
        day = date.fromisoformat(ends_on)
        plans.end_subscription(subscription=subscription, ends_on=day, at=at, by=ANNA)

    def lines(self) -> list[list[tuple[str, str, int]]]:
        """Of Acme's documents that stand, in order: (kind, days, micros) of each line."""
        issued = Invoice.objects.filter(customer=self.acme).exclude(status__in=["draft", "void"])
        return [
            [(line.kind, self._days(line), line.amount_micros) for line in invoice_lines(one)]
            for one in issued.order_by("id")
        ]

    @staticmethod
    def _days(line: InvoiceLine) -> str:
        if line.period_from is None or line.period_to is None:
            return ""
        zone = ZoneInfo(line.invoice.period_zone)
        last = line.period_to.astimezone(zone) - timedelta(days=1)
        return f"{line.period_from.astimezone(zone):%d.%m}-{last:%d.%m}"

    def correct(self, *, at: datetime) -> Corrected:
        """What waits in quarantine is proposed as corrections of issued invoices."""
        return correct(ids=open_ids(), at=at, by=ANNA)

    def accept_all(self, *, at: datetime) -> list[Told]:
        """Every open proposal is accepted; the notes, in order."""
        notes: list[Invoice] = []
        for proposal in [one for one in reratings.proposals() if one.status == "proposed"]:
            notes += rerating.accept(proposal=proposal, at=at, by=ANNA, render=as_data)
        return [self._keep(note) for note in notes]

    def rerate(self, key: str, scope: CallScope | None = None, *, at: datetime) -> tuple[int, int]:
        """Apply what the report says now: (calls revised, calls proposed)."""
        scope = scope or CallScope()
        report = reratings.difference_report(scope, at=at)
        done = rerating.apply(scope=scope, fingerprint=report.fingerprint, key=key, at=at, by=ANNA)
        return done.revised, done.proposed

    def owes(self, customer: Customer) -> int:
        """The customer's balance in micros."""
        return ledger.balance(customer)

    def statement(self, customer: Customer) -> list[tuple[str, int, int]]:
        """(kind, amount, balance after it) of each entry on the customer's account."""
        rows = ledger.statement(customer).rows
        return [(row.kind, row.amount_micros, row.balance_micros) for row in rows]

    def _keep(self, invoice: Invoice) -> Told:
        self.issued[invoice.pk] = invoice
        return invoice.document_type, invoice.net_micros, invoice.total_micros


@contextmanager
def begun(slug: str = "north") -> Iterator[Journey]:
    """A provider at work; in the end every figure of every document is the sum of its rows."""
    switch = make_switch(slug)
    with tenant_scope(switch.tenant_id):
        say("tax_rate", "19")
        yield Journey(switch)
        assert check_sums() == []
