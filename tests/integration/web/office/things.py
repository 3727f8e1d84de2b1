"""One row of everything that an address of the office can name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from tests.support.shop import Shop
from tollwright.core.rating.legs import CostPlus
from tollwright.data.audit import AuditEntry
from tollwright.data.calls import ImportBatch, Quarantine
from tollwright.data.invoices import BillingRun, InvoiceLine
from tollwright.data.jobs import Job
from tollwright.data.rerating import RerateProposal, RerateProposalLine, Rerating
from tollwright.data.scope import tenant_scope
from tollwright.domain.access import operations as access
from tollwright.domain.audit.operations import By
from tollwright.domain.carriers import operations as carriers
from tollwright.domain.customers import operations as customers
from tollwright.domain.jobs.operations import keep_file
from tollwright.domain.payments import operations as payments
from tollwright.domain.plans import operations as plans
from tollwright.domain.rates import operations as rates

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
BY = By("test")
DECK = b"Prefix,Destination,Price\n44,United Kingdom,0.50\n33,France,0.40\n"


@dataclass(frozen=True)
class Things:
    """A provider's rows and, per address with an id, the arguments that name one of them."""

    shop: Shop
    args: dict[str, tuple[object, ...]]


def make_things(shop: Shop) -> Things:
    """A draft and a published version of card and plan, a preview, a key, a run and the rest."""
    with tenant_scope(shop.tenant_id):
        known = _of_customer(shop) | _of_prices(shop) | _of_traffic(shop) | _of_carriers()
        return Things(shop, known | _rest(shop))


def _of_carriers() -> dict[str, tuple[object, ...]]:
    carrier = carriers.create_carrier(code="TEL", name="Telco", at=AT, by=BY)
    trunk = carriers.add_trunk(carrier=carrier, value="telco-*", valid_from=AT, at=AT, by=BY)
    names = ("carrier", "carrier-edit", "carrier-card", "trunk-new")
    return {**dict.fromkeys(names, (carrier.pk,)), "trunk-end": (trunk.pk,)}


def _of_customer(shop: Shop) -> dict[str, tuple[object, ...]]:
    acme = shop.acme
    identifier = customers.add_identifier(
        campaign=acme.campaign,
        kind="accountcode",
        value="ACME",
        valid_from=datetime(2026, 9, 1, tzinfo=UTC),
        at=AT,
        by=BY,
    )
    customer: tuple[object, ...] = (acme.customer.pk,)
    names = ("customer", "customer-edit", "statement", "campaign-new", "subscribe")
    campaign: tuple[object, ...] = (acme.campaign.pk,)
    return (
        dict.fromkeys(names, customer)
        | dict.fromkeys(("campaign", "campaign-edit", "identifier-new"), campaign)
        | {"identifier-end": (identifier.pk,), "entity": (shop.world.entity.pk,)}
    )


def _of_prices(shop: Shop) -> dict[str, tuple[object, ...]]:
    plan = plans.create_plan(code="STD", name="Standard", at=AT, by=BY)
    fee = {"kind": "subscription", "name": "Monthly", "amount_micros": 49_000_000}
    terms: dict[str, Any] = {
        "plan": plan, "card": shop.card, "currency": "EUR", "at": AT, "by": BY,
    }  # fmt: skip
    published = plans.draft_version(**terms, fees=[fee])
    plans.publish_version(version=published, at=AT, by=BY)
    from_cost = CostPlus(150_000, 1_000, 5_000, 1_000_000)
    draft = plans.draft_version(**terms, cost_plus=from_cost)
    subscription = plans.subscribe(
        customer=shop.acme.customer,
        version=published,
        starts_on=date(2026, 10, 1),
        at=AT,
        by=BY,
    )
    deck = {"card": shop.card, "content": DECK, "mode": "amend", "at": AT, "by": BY}
    applied = rates.preview_deck(**deck, filename="a.csv")  # type: ignore[arg-type]  # mixed dict
    version = rates.apply_deck(deck_import=applied, at=AT, by=BY)
    waiting = rates.preview_deck(**deck, filename="b.csv")  # type: ignore[arg-type]  # mixed dict
    return {
        **dict.fromkeys(("plan", "plan-version-new"), (plan.pk,)),
        **dict.fromkeys(("plan-publish", "plan-discard"), (draft.pk,)),
        "subscription-end": (subscription.pk,),
        **dict.fromkeys(("card", "card-compare", "deck-upload"), (shop.card.pk,)),
        "card-diff": (shop.card.pk, 1, 2),
        **dict.fromkeys(("card-version", "card-publish", "card-discard"), (version.pk,)),
        "card-revert": (shop.version.pk,),
        **dict.fromkeys(("deck", "deck-remap", "deck-apply", "deck-discard"), (waiting.pk,)),
    }


def _of_traffic(shop: Shop) -> dict[str, tuple[object, ...]]:
    batch = ImportBatch.objects.earliest("id")
    record = Quarantine.objects.create(
        tenant_id=shop.tenant_id,
        batch=batch,
        source=shop.source,
        line_no=7,
        reason="unknown_account",
        detail="No identifier fits accountcode GHOST.",
        raw='"GHOST","<script>alert(1)</script>"',
        created_at=AT,
    )
    call = shop.acme.calls[0]
    return {
        **dict.fromkeys(("batch", "batch-roll-back", "batch-replay"), (batch.pk,)),
        "quarantined": (record.pk,),
        "call": (int(f"{call.started_at:%Y%m}"), call.pk),
    }


def _rerating(shop: Shop, line: InvoiceLine) -> dict[str, tuple[object, ...]]:
    rerating = Rerating.objects.create(
        tenant_id=shop.tenant_id,
        idempotency_key="things",
        scope={"first": AT.isoformat(), "prefix": "44"},
        sums=[{"currency": "EUR", "old": 1_200_000, "new": 600_000}],
        proposed=1,
        applied_at=AT,
        applied_by="test",
    )
    proposal = RerateProposal.objects.create(
        tenant_id=shop.tenant_id, rerating=rerating, invoice=shop.acme.invoice
    )
    RerateProposalLine.objects.create(
        tenant_id=shop.tenant_id,
        proposal=proposal,
        invoice_line=line,
        calls=1,
        old_micros=1_200_000,
        new_micros=600_000,
        up_micros=0,
        down_micros=600_000,
    )
    names = ("rerate-proposal", "rerate-accept", "rerate-reject")
    return {"rerating": (rerating.pk,), **dict.fromkeys(names, (proposal.pk,))}


def _job(shop: Shop) -> Job:
    return Job.objects.create(
        tenant_id=shop.tenant_id, kind="billing.run", name="1", status="failed",
        sentence="3 of 4 done.", asked_at=AT, asked_by="test", ended_at=AT, queue_id=1,
    )  # fmt: skip


def _export(shop: Shop) -> Job:
    """Asked for by who the tests sign in as."""
    job = Job.objects.create(
        tenant_id=shop.tenant_id, kind="exports.table", name="calls.csv", status="done",
        asked_at=AT, asked_by="owner@north.example", ended_at=AT, told_at=AT, queue_id=2,
    )  # fmt: skip
    keep_file(job, "calls.csv", [b"a"], media_type="text/csv", result=True)
    return job


def _rest(shop: Shop) -> dict[str, tuple[object, ...]]:
    run = BillingRun.objects.create(
        tenant_id=shop.tenant_id,
        until=AT,
        started_at=AT,
        started_by="test",
        idempotency_key="things",
    )
    key, _secret = access.issue_api_key(name="Switch", role="support", at=AT, by=BY)
    line = InvoiceLine.objects.filter(invoice=shop.acme.invoice).earliest("id")
    member = shop.acme.user.memberships.get()
    change = payments.reallocate_payment(
        payment=shop.acme.payment, to=[payments.Share(shop.acme.invoice)], reason="As before",
        key="things", at=AT, by=BY, render=lambda _kind, _payload: b"%PDF",
    )  # fmt: skip
    issued, draft = (shop.acme.invoice.pk,), (shop.acme.draft.pk,)
    return {
        **dict.fromkeys(("run", "run-finalise"), (run.pk,)),
        **_rerating(shop, line),
        **dict.fromkeys(("invoice", "invoice-pdf", "invoice-void", "invoice-credit"), issued),
        **dict.fromkeys(("invoice-finalise", "invoice-drop"), draft),
        "invoice-calls": (line.pk,),
        **dict.fromkeys(
            ("payment", "payment-pdf", "payment-reverse", "payment-allocate"),
            (shop.acme.payment.pk,),
        ),
        "payment-change-pdf": (change.pk,),
        **dict.fromkeys(("invoice-write-off", "invoice-write-off-undo"), (shop.acme.invoice.pk,)),
        **dict.fromkeys(("access-withdraw", "access-address"), (member.pk,)),
        "key-revoke": (key.pk,),
        **dict.fromkeys(("job", "job-retry", "job-cancel"), (_job(shop).pk,)),
        "job-file": (_export(shop).pk,),
        "audit-entry": (AuditEntry.objects.earliest("seq").pk,),
    }
