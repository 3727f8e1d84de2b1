"""What billing tests stand on: plans in a line, calls by the table, documents as data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from tests.support.world import World
from tollwright.core.money import micros
from tollwright.data.models import (
    BillingRun,
    CallPlan,
    Campaign,
    CardVersion,
    Customer,
    ImportBatch,
    Invoice,
    InvoiceLine,
    PlanFee,
    PlanVersion,
    Rate,
    RateCard,
    Source,
    Subscription,
)
from tollwright.domain.audit.operations import By
from tollwright.domain.invoices import operations as invoices
from tollwright.domain.invoices import queries
from tollwright.domain.rules.operations import set_rule

ANNA = By("anna@north.example", "10.0.0.1")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 2, 9, tzinfo=UTC)  # when October is billed
OCTOBER_ENDS = datetime(2026, 10, 31, 23, tzinfo=UTC)  # midnight in Berlin


def as_data(kind: str, payload: Mapping[str, Any]) -> bytes:
    """A renderer that keeps what it was told, so that a test can read the document."""
    return json.dumps({"kind": kind, **payload}).encode()


def said(document: bytes | memoryview) -> dict[str, Any]:
    """What `as_data` was told."""
    found: dict[str, Any] = json.loads(bytes(document))
    return found


@dataclass
class Books:
    """The world with a card, so that there can be calls."""

    world: World
    version: CardVersion
    batch: ImportBatch
    calls: int = 0

    def call(
        self,
        at: str,
        amount_micros: int,
        *,
        campaign: Campaign | None = None,
        billed_s: int = 60,
        currency: str = "EUR",
        called: str = "442071838750",
    ) -> int:
        """A rated call that started at that moment (UTC); the id of it and of its charge."""
        self.calls += 1
        number, where = self.calls, campaign or self.world.campaign
        start = datetime.fromisoformat(at).replace(tzinfo=UTC)
        self._rows(number, start, where, amount_micros, billed_s, currency, called)
        return number

    def _rows(
        self,
        number: int,
        start: datetime,
        campaign: Campaign,
        amount_micros: int,
        billed_s: int,
        currency: str,
        called: str,
    ) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT tollwright_ensure_months(%s, %s)", [start, start])
            cursor.execute(
                "INSERT INTO call (id, started_at, answered_at, ended_at, answered_ms, batch_id, "
                "line_no, tenant_id, source_id, customer_id, campaign_id, call_key, called) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    number,
                    start,
                    start,
                    start + timedelta(seconds=billed_s),
                    billed_s * 1000,
                    self.batch.pk,
                    number,
                    self.world.tenant.pk,
                    self.batch.source_id,
                    campaign.customer_id,
                    campaign.pk,
                    f"call-{number}",
                    called,
                ],
            )
            self.charge(number, start, campaign, amount_micros, billed_s, currency)

    def charge(
        self,
        number: int,
        start: datetime,
        campaign: Campaign,
        amount_micros: int,
        billed_s: int = 60,
        currency: str = "EUR",
        *,
        charge_id: int | None = None,
        revision: int = 0,
    ) -> None:
        """The sell charge of call `number`."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO charge (id, call_id, started_at, rated_at, amount_micros, tenant_id, "
                "customer_id, campaign_id, card_version_id, rate_no, billed_s, leg, currency, "
                "prefix, revision) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 0, %s, 'sell', %s, '44', %s)",
                [
                    charge_id or number,
                    number,
                    start,
                    start,
                    amount_micros,
                    self.world.tenant.pk,
                    campaign.customer_id,
                    campaign.pk,
                    self.version.pk,
                    billed_s,
                    currency,
                    revision,
                ],
            )

    def subscribe(
        self,
        fees: Sequence[tuple[str, int, str]],
        *,
        starts_on: str,
        ends_on: str | None = None,
        customer: Customer | None = None,
        campaign: Campaign | None = None,
        currency: str = "EUR",
        **terms: Any,
    ) -> Subscription:
        """A plan with these fees (kind, micros, timing; `terms` of all) and the customer on it."""
        tenant, count = self.world.tenant, CallPlan.objects.count() + 1
        plan = CallPlan.objects.create(
            tenant=tenant, code=f"P{count}", name=f"Plan {count}", created_at=LONG_AGO
        )
        version = PlanVersion.objects.create(
            tenant=tenant,
            plan=plan,
            number=1,
            currency=currency,
            card=self.version.card,
            created_at=LONG_AGO,
        )
        for kind, amount_micros, timing in fees:
            PlanFee.objects.create(
                tenant=tenant,
                version=version,
                kind=kind,
                name=kind.title(),
                amount_micros=amount_micros,
                timing=timing,
                **{"interval": "once" if kind == "registration" else "month", **terms},
            )
        return Subscription.objects.create(
            tenant=tenant,
            version=version,
            customer=customer or self.world.customer,
            campaign=campaign,
            starts_on=date.fromisoformat(starts_on),
            ends_on=date.fromisoformat(ends_on) if ends_on else None,
            created_at=LONG_AGO,
        )

    def customer(self, code: str) -> tuple[Customer, Campaign]:
        """Another customer with one campaign."""
        tenant = self.world.tenant
        customer = Customer.objects.create(
            tenant=tenant,
            legal_entity=self.world.entity,
            code=code,
            name=f"{code.title()} Ltd",
            address="2 Low Street\nLeeds\nUnited Kingdom",
            country="GB",
            currency="EUR",
            timezone="Europe/Berlin",
            created_at=LONG_AGO,
        )
        return customer, self.campaign(f"{code}-1", customer)

    def campaign(self, code: str, customer: Customer | None = None) -> Campaign:
        """Another campaign of the customer."""
        return Campaign.objects.create(
            tenant=self.world.tenant,
            customer=customer or self.world.customer,
            code=code,
            name=f"Campaign {code}",
            created_at=LONG_AGO,
        )


def open_books(world: World) -> Books:
    """Inside the world's tenant scope: a card with one destination, and a batch for calls."""
    tenant = world.tenant
    card = RateCard.objects.create(
        tenant=tenant,
        code="RETAIL",
        name="Retail",
        side="sell",
        currency="EUR",
        created_at=LONG_AGO,
    )
    version = CardVersion.objects.create(
        tenant=tenant, card=card, number=1, status="draft", created_at=LONG_AGO
    )
    Rate.objects.create(
        tenant=tenant,
        version=version,
        row_no=0,
        prefix="44",
        name="United Kingdom",
        price_nanos=12_000_000,
    )
    source = Source.objects.create(
        tenant=tenant, code="fs", name="FS", format="fs", timezone="UTC", created_at=LONG_AGO
    )
    batch = ImportBatch.objects.create(
        tenant=tenant,
        source=source,
        filename="october.csv",
        sha256=hashlib.sha256(b"october").hexdigest(),
        size=1,
        received_at=LONG_AGO,
        received_by="test",
    )
    return Books(world, version, batch)


def say(setting: str, value: object, scope: Any = "tenant", since: datetime = LONG_AGO) -> None:
    """A rule, in force since long ago."""
    set_rule(setting=setting, value=value, scope=scope, effective_from=since, at=LONG_AGO, by=ANNA)


def bill(key: str = "run", until: datetime = NOVEMBER, at: datetime | None = None) -> BillingRun:
    """Run billing."""
    return invoices.run_billing(until=until, key=key, at=at or until, by=ANNA)


def issue(invoice: Invoice, at: datetime = NOVEMBER) -> Invoice:
    """Finalise with a document that is data."""
    return invoices.finalise(invoice=invoice, at=at, by=ANNA, render=as_data)


def bill_and_issue(key: str = "run", until: datetime = NOVEMBER) -> list[Invoice]:
    """Run billing up to a moment and finalise all of its drafts."""
    run = bill(key, until)
    return list(issue_run(run, until).invoices)


def issue_run(run: BillingRun, at: datetime = NOVEMBER) -> invoices.Issued:
    """Finalise a run's drafts with documents that are data."""
    return invoices.finalise_run(run=run, at=at, by=ANNA, render=as_data)


def rows(invoice: Invoice) -> list[tuple[str, str, int]]:
    """(kind, description, micros) of each line, in order."""
    lines = queries.invoice_lines(invoice)
    return [(line.kind, line.description, line.amount_micros) for line in lines]


def line(invoice: Invoice, position: int) -> InvoiceLine:
    """The line at that place."""
    return InvoiceLine.objects.select_related("invoice").get(invoice=invoice, position=position)


def read(text: str | list[str]) -> int:
    """Micros of an amount as it is printed."""
    shown = text if isinstance(text, str) else text[0]
    return micros(shown.replace(",", "").replace("\N{MINUS SIGN}", "-"))


def figures(told: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Each sum that a document prints, with the sum of the figures printed beneath it."""
    totals = {row["label"]: read(row["amount"]) for row in told["totals"]}
    net, total = totals.pop("Net"), totals.pop("Total")
    after = totals.pop("To pay", None)
    paid = totals.pop("Paid from your credit", 0)
    found = {
        "net": (net, sum(read(row["amount"]) for row in told["table"]["rows"])),
        "tax": (
            sum(read(tax["tax"]) for tax in told["taxes"]),
            sum(amount for label, amount in totals.items() if label.startswith("Tax")),
        ),
        "base": (net, sum(read(tax["base"]) for tax in told["taxes"])),
        "total": (total, net + sum(totals.values())),
        "to pay": (total + paid if after is None else after, total + paid),
    }
    for part in told["usage"]:
        rows = part["destinations"]
        found[part["title"]] = (read(part["amount"]), sum(read(row["amount"]) for row in rows))
        if part["list"]:
            listed = sum(read(call[5]) for call in part["list"])
            found[f"{part['title']}, calls"] = (read(part["amount"]), listed)
            found[f"{part['title']}, count"] = (int(part["calls"]), len(part["list"]))
    return found
