"""A provider with everything a screen can show: calls, charges, invoices, payments, papers.

Rows are written straight, so that screens can be tested without the operations that make them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count

from django.contrib.auth.hashers import make_password
from django.db import connection

from tests.support.world import START, World, make_world
from tollwright.data.models import (
    Account,
    Allocation,
    Call,
    Campaign,
    CardVersion,
    Charge,
    Customer,
    Document,
    Entry,
    ImportBatch,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    Membership,
    Payment,
    Posting,
    RateCard,
    Receipt,
    Role,
    Source,
    UsageDay,
    User,
)
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.rates import operations as rates

PASSWORD = "a long enough word"
_ids = count(1_000_000)


@dataclass(frozen=True)
class Books:
    """One customer's rows."""

    customer: Customer
    campaign: Campaign
    user: User
    invoice: Invoice
    draft: Invoice
    payment: Payment
    receipt: Receipt
    calls: tuple[Call, ...]
    charges: tuple[Charge, ...]


@dataclass(frozen=True)
class Shop:
    """A tenant with two customers, the second to look at the first with wrong eyes."""

    world: World
    source: Source
    card: RateCard
    version: CardVersion
    acme: Books
    other: Books

    @property
    def tenant_id(self) -> int:
        return int(self.world.tenant.pk)


def make_shop(slug: str) -> Shop:
    """Two customers, three calls each in October 2026: 61 s, 30 s and one not answered.

    0.60 a minute, 60/60: 1.20 and 0.60, the first on a finalised and paid invoice of 1.43
    (1.20 and 19 % tax), the second not yet billed.
    """
    world = make_world(slug)
    with tenant_scope(world.tenant.pk):
        source = Source.objects.create(
            tenant=world.tenant, code="SW1", name="Switch", format="freeswitch_csv",
            timezone="Europe/Berlin", region="DE", created_at=START,
        )  # fmt: skip
        card, version = make_card(world)
        beta = Customer.objects.create(
            tenant=world.tenant, legal_entity=world.entity, code="BETA", name="Beta Ltd",
            address="2 High Street\nLondon\nUnited Kingdom", country="GB", currency="EUR",
            timezone="Europe/Berlin", created_at=START,
        )  # fmt: skip
        other = Campaign.objects.create(
            tenant=world.tenant, customer=beta, code="AUTUMN", name="Autumn sale", created_at=START
        )
        shop = (world, source, version)
        acme = _account(*shop, campaign=world.campaign, email=f"acme@{slug}.example", number="1")
        second = _account(*shop, campaign=other, email=f"beta@{slug}.example", number="2")
        return Shop(world, source, card, version, acme, second)


def make_card(world: World) -> tuple[RateCard, CardVersion]:
    """A published card: 0.60 a minute in whole minutes to +44."""
    by = By("test")
    card = rates.create_card(code="AZ", name="A to Z", currency="EUR", at=START, by=by)
    row = {"prefix": "44", "name": "United Kingdom", "price": "0.6", "first_s": 60, "next_s": 60}
    draft = rates.save_draft(card=card, data={"timezone": "UTC", "rates": [row]}, at=START, by=by)
    version = rates.publish_version(version=draft, effective_from=START, at=START, by=by)
    return card, version


@cache
def _hashed() -> str:
    return make_password(PASSWORD)  # slow by design: once for all tests


def make_user(world: World, email: str, role: Role, customer: Customer | None = None) -> User:
    """Somebody who signs in with PASSWORD."""
    user = User.objects.create_user(email)
    user.password = _hashed()
    user.save(update_fields=["password"])
    Membership.objects.create(tenant=world.tenant, user=user, role=role, customer=customer)
    return user


def _account(
    world: World, source: Source, version: CardVersion, *,
    campaign: Campaign, email: str, number: str,
) -> Books:  # fmt: skip
    customer = campaign.customer
    batch = ImportBatch.objects.create(
        tenant=world.tenant, source=source, filename=f"{number}.csv", size=1, records=3, rated=2,
        unanswered=1, sha256=hashlib.sha256(f"{world.tenant.pk}{number}".encode()).hexdigest(),
        received_at=START, received_by="test",
    )  # fmt: skip
    moment = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
    calls = tuple(
        add_call(batch, campaign, moment + timedelta(hours=hour), seconds)
        for hour, seconds in enumerate((61, 30, 0))
    )
    charges = (
        add_charge(calls[0], version, 1_200_000, 120),
        add_charge(calls[1], version, 600_000, 60),
    )
    UsageDay.objects.create(
        tenant=world.tenant, customer=customer, campaign=campaign, day=date(2026, 10, 5),
        currency="EUR", calls=3, answered=2, answered_ms=91_000, billed_s=180,
        sell_micros=1_800_000, buy_micros=777_000, bought=2,
    )  # fmt: skip
    invoice = _invoice(world, customer, campaign, number, charges[0])
    draft = Invoice.objects.create(
        tenant=world.tenant, legal_entity=world.entity, customer=customer, currency="EUR",
        period_from=datetime(2026, 10, 31, 23, tzinfo=UTC),
        period_to=datetime(2026, 11, 30, 23, tzinfo=UTC),
        period_zone="Europe/Berlin", created_at=START,
    )  # fmt: skip
    payment, receipt = _payment(world, customer, invoice, number)
    user = make_user(world, email, Role.PORTAL_ADMIN, customer)
    return Books(customer, campaign, user, invoice, draft, payment, receipt, calls, charges)


def add_call(batch: ImportBatch, campaign: Campaign, started: datetime, seconds: int) -> Call:
    """A call to London; 0 seconds: not answered."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tollwright_ensure_months(%s, %s)", [started, started])
    pk = next(_ids)
    answered = started + timedelta(seconds=4)
    return Call.objects.create(
        id=pk, tenant_id=batch.tenant_id, source_id=batch.source_id, batch_id=batch.pk, line_no=1,
        call_key=f"key-{pk}", group_key="", direction="outbound",
        customer_id=campaign.customer_id, campaign_id=campaign.pk,
        caller="4930123456", called="442079460000", dialled="00442079460000",
        started_at=started, answered_at=answered if seconds else None,
        ended_at=answered + timedelta(seconds=seconds), answered_ms=seconds * 1000,
        cause="NORMAL_CLEARING" if seconds else "NO_ANSWER", disposition="", trunk="", agent="",
    )  # fmt: skip


def add_charge(call: Call, version: CardVersion, micros: int, billed_s: int) -> Charge:
    """The sell charge of a call."""
    return Charge.objects.create(
        id=next(_ids), tenant_id=call.tenant_id, call_id=call.pk, started_at=call.started_at,
        leg="sell", customer_id=call.customer_id, campaign_id=call.campaign_id,
        card_version_id=version.pk, rate_no=0, prefix="44", billed_s=billed_s,
        amount_micros=micros, currency="EUR", rated_at=START,
    )  # fmt: skip


def _invoice(
    world: World, customer: Customer, campaign: Campaign, number: str, charge: Charge
) -> Invoice:
    invoice = Invoice.objects.create(
        tenant=world.tenant, legal_entity=world.entity, customer=customer, currency="EUR",
        period_from=datetime(2026, 9, 30, 22, tzinfo=UTC),
        period_to=datetime(2026, 10, 31, 23, tzinfo=UTC),
        period_zone="Europe/Berlin", created_at=START,
        net_micros=1_200_000, tax_micros=230_000, total_micros=1_430_000,
    )  # fmt: skip
    line = InvoiceLine.objects.create(
        tenant=world.tenant, invoice=invoice, position=1, kind="usage", campaign=campaign,
        description="Calls", calls=1, billed_s=120, amount_micros=1_200_000, tax_rate=19,
    )  # fmt: skip
    InvoiceTax.objects.create(
        tenant=world.tenant, invoice=invoice, category="S", rate=19,
        base_micros=1_200_000, tax_micros=230_000,
    )  # fmt: skip
    Charge.objects.filter(pk=charge.pk).update(invoice_line_id=line.pk)
    invoice.status, invoice.number = "finalised", f"NC-2026-{number:0>5}"
    invoice.issued_on, invoice.due_on = date(2026, 11, 1), date(2026, 11, 15)
    invoice.finalised_at = datetime(2026, 11, 1, 8, tzinfo=UTC)
    invoice.save()
    _paper(world, f"%PDF invoice {number}", invoice=invoice)
    post(
        customer, "receivable", "revenue", 1_430_000,
        key=f"invoice:{invoice.pk}", memo=f"Invoice {invoice.number}",
    )  # fmt: skip
    return invoice


def _payment(
    world: World, customer: Customer, invoice: Invoice, number: str
) -> tuple[Payment, Receipt]:
    entry = post(customer, "cash", "receivable", 1_000_000, key=f"payment:{number}", memo="Payment")
    payment = Payment.objects.create(
        tenant=world.tenant, customer=customer, currency="EUR", amount_micros=1_000_000,
        reference=f"REF-{number}", received_at=datetime(2026, 11, 5, 9, tzinfo=UTC),
        recorded_at=START, recorded_by="test", idempotency_key=f"payment-{number}", entry=entry,
    )  # fmt: skip
    Invoice.objects.filter(pk=invoice.pk).update(paid_micros=1_000_000)
    Allocation.objects.create(
        tenant=world.tenant, payment=payment, invoice=invoice, amount_micros=1_000_000, at=START
    )
    receipt = Receipt.objects.create(
        tenant=world.tenant, payment=payment, legal_entity=world.entity,
        number=f"NCR-2026-{number:0>5}", issued_on=date(2026, 11, 5),
    )  # fmt: skip
    _paper(world, f"%PDF receipt {number}", receipt=receipt)
    return payment, receipt


def _paper(world: World, content: str, **of: object) -> None:
    data = content.encode()
    Document.objects.create(
        tenant=world.tenant, filename=f"{content[5:].replace(' ', '-')}.pdf", content=data,
        sha256=hashlib.sha256(data).hexdigest(), created_at=START, **of,
    )  # fmt: skip


def post(customer: Customer, debit: str, credit: str, micros: int, *, key: str, memo: str) -> Entry:
    """A balanced entry between the customer's receivable and another account."""
    tenant = customer.tenant
    entry = Entry.objects.create(
        tenant=tenant, kind=key.split(":", maxsplit=1)[0], memo=memo,
        at=datetime(2026, 11, 1, 8, tzinfo=UTC), idempotency_key=key,
    )  # fmt: skip
    for kind, signed in ((debit, micros), (credit, -micros)):
        account, _ = Account.objects.get_or_create(
            tenant=tenant, kind=kind, currency="EUR",
            customer=customer if kind == "receivable" else None,
        )  # fmt: skip
        Posting.objects.create(tenant=tenant, entry=entry, account=account, amount_micros=signed)
    return entry
