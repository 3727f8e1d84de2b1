"""A provider with a row in every table that belongs to a provider.

A new table gets its row here: the law of tenancy counts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import connection

from tests.support.world import START, World, make_world
from tollwright.data import models as m
from tollwright.data.api import ApiRequest
from tollwright.data.rerating import (
    RerateProposal,
    RerateProposalCall,
    RerateProposalLine,
    Rerating,
)
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By, record
from tollwright.domain.events.operations import record as tell

NOV = datetime(2026, 11, 1, tzinfo=UTC)
ANNA = By("anna@north.example", "192.0.2.7")
HASH = "0" * 64


@dataclass(frozen=True)
class Furnished:
    """The world and the rows that tests break laws with. Invoice `issued` is finalised."""

    world: World
    card: m.RateCard
    version: m.CardVersion  # published
    plan_version: m.PlanVersion  # published
    issued: m.Invoice
    draft: m.Invoice
    line: m.InvoiceLine  # of issued
    charge: m.Charge  # on that line


def furnish(slug: str) -> Furnished:
    """Write one row (at least) into each of a provider's tables."""
    world = make_world(slug)
    with tenant_scope(world.tenant.id):
        card, version = _rates(world)
        _carriers(world)
        plan_version = _plans(world, card)
        _access(world, slug)
        issued, line, draft = _invoices(world)
        charge = _calls(world, version, line)
        _finalise(issued, line)
        _money(world, issued)
        _taken_back(world, issued)
        _rerating(world, issued, line, charge)
        _jobs(world)
        record(by=ANNA, at=NOV, action="furnished", subject="tenant", subject_id=world.tenant.id)
    return Furnished(world, card, version, plan_version, issued, draft, line, charge)


def _rates(world: World) -> tuple[m.RateCard, m.CardVersion]:
    card = m.RateCard.objects.create(
        tenant=world.tenant, code="AZ", name="A to Z", currency="EUR", created_at=START
    )
    version = m.CardVersion.objects.create(
        tenant=world.tenant, card=card, number=1, created_at=START, created_by="anna"
    )
    m.Rate.objects.create(
        tenant=world.tenant, version=version, row_no=0, prefix="44", price_nanos=12_000_000
    )
    version.status, version.content_hash = "published", HASH
    version.published_at = version.effective_from = START
    version.save()
    m.DeckImport.objects.create(
        tenant=world.tenant,
        card=card,
        filename="az.csv",
        sha256=HASH,
        content=b"code,price\n44,0.012\n",
        mode="replace",
        version=version,
        created_at=START,
        created_by="anna",
    )
    m.Rule.objects.create(
        tenant=world.tenant,
        setting="due_days",
        value=14,
        effective_from=START,
        set_at=START,
        set_by="anna",
    )
    m.Identifier.objects.create(
        tenant=world.tenant,
        campaign=world.campaign,
        kind="accountcode",
        value="acme",
        valid_from=START,
    )
    return card, version


def _carriers(world: World) -> None:
    carrier = m.Carrier.objects.create(
        tenant=world.tenant, code="TEL", name="Telco", created_at=START
    )
    m.Trunk.objects.create(tenant=world.tenant, carrier=carrier, value="gw-*", valid_from=START)
    buy = m.RateCard.objects.create(
        tenant=world.tenant, code="BUY", name="Telco A to Z", side="buy", currency="EUR",
        created_at=START,
    )  # fmt: skip
    m.CarrierCard.objects.create(tenant=world.tenant, carrier=carrier, card=buy, valid_from=START)


def _plans(world: World, card: m.RateCard) -> m.PlanVersion:
    plan = m.CallPlan.objects.create(tenant=world.tenant, code="PRO", name="Pro", created_at=START)
    version = m.PlanVersion.objects.create(
        tenant=world.tenant, plan=plan, number=1, currency="EUR", card=card, created_at=START
    )
    m.PlanFee.objects.create(
        tenant=world.tenant, version=version, kind="support", name="Care", amount_micros=1
    )
    version.status, version.published_at = "published", START
    version.save()
    m.Subscription.objects.create(
        tenant=world.tenant,
        version=version,
        customer=world.customer,
        starts_on=date(2026, 10, 1),
        created_at=START,
    )
    return version


def _access(world: World, slug: str) -> None:
    user = m.User.objects.create_user(f"anna@{slug}.example")
    m.Membership.objects.create(tenant=world.tenant, user=user, role="owner")
    m.ApiKey.objects.create(
        tenant=world.tenant,
        name="dialler",
        prefix=f"tw_{world.tenant.id}",
        key_sha256=f"{world.tenant.id:064}",
        role="billing",
        created_at=START,
    )
    ApiRequest.objects.create(
        tenant=world.tenant, key="k1", payload_sha256=HASH, status=201, asked_at=NOV, asked_by="x"
    )


def _invoice(world: World, run: m.BillingRun, month: int) -> m.Invoice:
    return m.Invoice.objects.create(
        tenant=world.tenant,
        run=run,
        legal_entity=world.entity,
        customer=world.customer,
        currency="EUR",
        period_from=datetime(2026, month, 1, tzinfo=UTC),
        period_to=datetime(2026, month + 1, 1, tzinfo=UTC),
        period_zone="Europe/Berlin",
        created_at=NOV,
    )


def _invoices(world: World) -> tuple[m.Invoice, m.InvoiceLine, m.Invoice]:
    run = m.BillingRun.objects.create(
        tenant=world.tenant, until=NOV, started_at=NOV, started_by="anna", idempotency_key="oct"
    )
    invoice, draft = _invoice(world, run, 10), _invoice(world, run, 11)
    line = m.InvoiceLine.objects.create(
        tenant=world.tenant,
        invoice=invoice,
        position=1,
        kind="usage",
        campaign=world.campaign,
        description="Calls",
        amount_micros=10_000_000,
        tax_rate="19",
    )
    m.InvoiceTax.objects.create(
        tenant=world.tenant,
        invoice=invoice,
        category="S",
        rate="19",
        base_micros=10_000_000,
        tax_micros=1_900_000,
    )
    m.NumberSeries.objects.create(
        tenant=world.tenant, legal_entity=world.entity, document_type="invoice", year=2026
    )
    return invoice, line, draft


def _finalise(invoice: m.Invoice, line: m.InvoiceLine) -> None:
    invoice.status, invoice.number, invoice.finalised_at = "finalised", "NC-2026-1", NOV
    invoice.net_micros, invoice.tax_micros = line.amount_micros, 1_900_000
    invoice.total_micros = 11_900_000
    invoice.save()


def _calls(world: World, version: m.CardVersion, line: m.InvoiceLine) -> m.Charge:
    source = m.Source.objects.create(
        tenant=world.tenant, code="fs", name="Switch", format="f", timezone="UTC", created_at=START
    )
    batch = m.ImportBatch.objects.create(
        tenant=world.tenant,
        source=source,
        filename="Master.csv",
        sha256=HASH,
        size=1,
        records=1,
        rated=1,
        received_at=NOV,
        received_by="anna",
    )
    m.RawChunk.objects.create(tenant=world.tenant, batch=batch, seq=0, first_line=1, content=b"x")
    m.ChannelHalf.objects.create(
        tenant=world.tenant, source=batch.source, batch=batch, meet="Local/201@out-00000001",
        far=False, call_key="1793700000.1/1", stays=True, at=NOV,
    )  # fmt: skip
    m.Quarantine.objects.create(
        tenant=world.tenant,
        batch=batch,
        source=source,
        line_no=2,
        reason="unparsed",
        detail="",
        raw="x",
        created_at=NOV,
    )
    _usage(world)
    m.Reseller.objects.create(
        tenant=world.tenant, reseller=world.tenant, campaign=world.campaign, source=source,
        valid_from=START,
    )  # fmt: skip
    return _call(world, source, batch, version, line)


def _call(
    world: World,
    source: m.Source,
    batch: m.ImportBatch,
    version: m.CardVersion,
    line: m.InvoiceLine,
) -> m.Charge:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tollwright_ensure_months(%s, %s)", [START, START])
        cursor.execute("SELECT nextval('call_id_block')")
        (call_id,) = cursor.fetchone()
    whose = {"tenant": world.tenant, "customer": world.customer, "campaign": world.campaign}
    call = m.Call.objects.create(
        id=call_id,
        source=source,
        batch=batch,
        line_no=1,
        call_key="c1",
        started_at=START,
        answered_at=START,
        answered_ms=60_000,
        called="442079460000",
        **whose,
    )
    return m.Charge.objects.create(
        id=call_id,
        call=call,
        started_at=START,
        leg="sell",
        card_version=version,
        rate_no=0,
        prefix="44",
        billed_s=60,
        amount_micros=10_000_000,
        currency="EUR",
        rated_at=NOV,
        invoice_line_id=line.pk,
        **whose,
    )


def _usage(world: World) -> None:
    m.UsageDay.objects.create(
        tenant=world.tenant,
        customer=world.customer,
        campaign=world.campaign,
        day=date(2026, 10, 1),
        currency="EUR",
    )


def _money(world: World, invoice: m.Invoice) -> None:
    owed = m.Account.objects.create(
        tenant=world.tenant, kind="receivable", customer=world.customer, currency="EUR"
    )
    cash = m.Account.objects.create(tenant=world.tenant, kind="cash", currency="EUR")
    entry = m.Entry.objects.create(
        tenant=world.tenant, kind="payment", memo="paid", at=NOV, idempotency_key="p1"
    )
    for account, amount in ((cash, 5_000_000), (owed, -5_000_000)):
        m.Posting.objects.create(
            tenant=world.tenant, entry=entry, account=account, amount_micros=amount
        )
    payment = m.Payment.objects.create(
        tenant=world.tenant,
        customer=world.customer,
        currency="EUR",
        amount_micros=5_000_000,
        received_at=NOV,
        recorded_at=NOV,
        recorded_by="anna",
        idempotency_key="p1",
        entry=entry,
    )
    m.Allocation.objects.create(
        tenant=world.tenant, payment=payment, invoice=invoice, amount_micros=5_000_000, at=NOV
    )
    m.Invoice.objects.filter(pk=invoice.pk).update(paid_micros=5_000_000)
    m.Receipt.objects.create(
        tenant=world.tenant,
        payment=payment,
        legal_entity=world.entity,
        number="NC-R-1",
        issued_on=date(2026, 11, 1),
    )
    m.Document.objects.create(
        tenant=world.tenant,
        invoice=invoice,
        filename="NC-2026-1.pdf",
        sha256=HASH,
        content=b"%PDF",
        created_at=NOV,
    )


def _taken_back(world: World, invoice: m.Invoice) -> None:
    """A payment that was allocated anew, and a write-off that was undone."""
    m.PaymentChange.objects.create(
        tenant=world.tenant,
        payment=m.Payment.objects.get(),
        kind="reallocation",
        reason="other invoice",
        legal_entity=world.entity,
        number="NC-ALC-1",
        issued_on=date(2026, 11, 1),
        at=NOV,
        recorded_by="anna",
        idempotency_key="c1",
        payload_sha256=HASH,
    )
    loss = m.Account.objects.create(tenant=world.tenant, kind="write_off", currency="EUR")
    owed = m.Account.objects.get(kind="receivable")
    for amount in (1_000_000, -1_000_000):
        entry = m.Entry.objects.create(
            tenant=world.tenant, kind="write_off", memo="off", at=NOV, idempotency_key=f"w{amount}"
        )
        for account, micros in ((loss, amount), (owed, -amount)):
            m.Posting.objects.create(
                tenant=world.tenant, entry=entry, account=account, amount_micros=micros
            )
        m.WriteOff.objects.create(
            tenant=world.tenant,
            invoice=invoice,
            amount_micros=amount,
            reason="insolvent",
            at=NOV,
            recorded_by="anna",
            idempotency_key=f"w{amount}",
            entry=entry,
        )


def _rerating(world: World, invoice: m.Invoice, line: m.InvoiceLine, charge: m.Charge) -> None:
    done = Rerating.objects.create(
        tenant=world.tenant, idempotency_key="r1", fingerprint=HASH, applied_at=NOV, applied_by="x"
    )
    proposal = RerateProposal.objects.create(tenant=world.tenant, rerating=done, invoice=invoice)
    proposed = RerateProposalLine.objects.create(
        tenant=world.tenant,
        proposal=proposal,
        invoice_line=line,
        calls=1,
        old_micros=10_000_000,
        new_micros=11_000_000,
        up_micros=1_000_000,
        down_micros=0,
    )
    m.AllowanceUse.objects.create(
        tenant=world.tenant,
        charge_id=charge.pk,
        started_at=START,
        answered_at=START,
        customer=world.customer,
        campaign=world.campaign,
        card_id=charge.card_version.card_id,
        pool="free minutes",
        before=0,
        taken=60,
    )
    RerateProposalCall.objects.create(
        tenant=world.tenant,
        line=proposed,
        charge_id=charge.pk,
        call_id=charge.call_id,
        started_at=START,
        card_version_id=charge.card_version_id,
        rate_no=0,
        billed_s=60,
        allowance_s=0,
        amount_micros=11_000_000,
    )


def _jobs(world: World) -> None:
    tell("payment.received", object_id=1, payload={"amount": "5.00"}, at=NOV)
    job = m.Job.objects.create(
        tenant=world.tenant, kind="calls.import", name="a.csv", asked_at=NOV, asked_by="anna"
    )
    m.JobFile.objects.create(
        tenant=world.tenant, job=job, name="calls.csv", piece_no=0, content=b"a,b"
    )
