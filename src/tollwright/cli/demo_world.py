"""The provider, the people, the customers and the prices of the demo. All invented."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tollwright.cli import runtime

if TYPE_CHECKING:
    from tollwright.data.models import RateCard
    from tollwright.domain.audit.operations import By

Say = Callable[[str], None]

PASSWORD = "harbour-demo-2026"  # noqa: S105  # printed for everyone: a demo's
LOGINS = (
    ("owner@harbour.example", "back office: owner"),
    ("auditor@harbour.example", "back office: auditor, read only"),
    ("finance@acme.example", "portal of Acme Outdoor"),
    ("finance@lumen.example", "portal of Lumen Énergie"),
)


def by() -> By:
    """Who acts in the demo."""
    from tollwright.domain.audit.operations import By

    return By(runtime.operator(), "cli")


def renderer() -> Any:
    """What turns a document's payload into a PDF."""
    from tollwright.gateways.typst import render

    return render


def provider(since: datetime) -> int:
    """The provider's tenant id, made when it is not there."""
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.tenants import operations, queries

    found = queries.tenant_id_by_slug("harbour")
    if found is not None:
        return found
    tenant = operations.create_tenant(
        slug="harbour",
        name="Harbour Voice",
        currency="EUR",
        timezone="Europe/Berlin",
        region="DE",
        at=since,
        by=by(),
    )
    with tenant_scope(tenant.pk):
        operations.create_legal_entity(
            name="Harbour Voice GmbH",
            address="Speicherstadt 12\n20457 Hamburg\nGermany",
            country="DE",
            tax_id="DE136695976",
            registration="HRB 100200, Amtsgericht Hamburg",
            email="billing@harbour.example",
            phone="+49 40 66969 123",
            website="harbour.example",
            bank_name="Hafenbank",
            iban="DE89370400440532013000",
            bic="COBADEFFXXX",
            brand_colour="#0b5a6b",
            number_prefix="HV",
            at=since,
            by=by(),
        )
    return int(tenant.pk)


def people(say: Say) -> None:
    """The provider's staff."""
    from tollwright.data.models import User
    from tollwright.domain.access import operations as access

    for email, role in (("owner@harbour.example", "owner"), ("auditor@harbour.example", "auditor")):
        if not User.objects.filter(email=email).exists():
            at = runtime.now()
            user = access.create_user(email=email, password=PASSWORD, at=at, by=by())
            access.grant_role(user=user, role=role, at=at, by=by())
    say("Harbour Voice GmbH, Hamburg, with an owner and an auditor.")


CUSTOMERS: tuple[dict[str, Any], ...] = (
    {
        "code": "ACME",
        "name": "Acme Outdoor GmbH",
        "address": "Bergstraße 7\n80339 München\nGermany",
        "country": "DE",
        "tax_id": "DE129273398",
        "email": "finance@acme.example",
        "campaigns": (
            ("ACME-SPRING", "Spring sale", "dialler"),
            ("ACME-CARE", "Customer care", "queue"),
        ),
    },
    {
        "code": "LUMEN",
        "name": "Lumen Énergie SAS",
        "address": "14 rue des Lilas\n69003 Lyon\nFrance",
        "country": "FR",
        "tax_id": "FR40303265045",
        "email": "finance@lumen.example",
        "campaigns": (("LUMEN", "Contract renewals", "dialler"),),
    },
)


def customers(say: Say, since: datetime) -> None:
    """Both customers, their campaigns, how calls find them, and who signs in for them."""
    from tollwright.data.models import Customer, LegalEntity

    entity = LegalEntity.objects.get(number_prefix="HV")
    for told in CUSTOMERS:
        if not Customer.objects.filter(code=told["code"]).exists():
            _customer(entity, told, since)
        names = ", ".join(name for _, name, _ in told["campaigns"])
        say(f"{told['name']}: campaigns {names}; calls find them by account code.")


def _customer(entity: Any, told: Mapping[str, Any], since: datetime) -> None:
    from tollwright.domain.access import operations as access
    from tollwright.domain.customers import operations as ops

    at = runtime.now()
    fields = {
        name: told[name] for name in ("code", "name", "address", "country", "tax_id", "email")
    }
    customer = ops.create_customer(
        legal_entity=entity, currency="EUR", timezone="Europe/Berlin", at=since, by=by(), **fields
    )
    for code, name, kind in told["campaigns"]:
        campaign = ops.create_campaign(
            customer=customer, code=code, name=name, kind=kind, at=since, by=by()
        )
        ops.add_identifier(
            campaign=campaign, kind="accountcode", value=code, valid_from=since, at=at, by=by()
        )
    user = access.create_user(email=told["email"], password=PASSWORD, at=at, by=by())
    access.grant_role(user=user, role="portal_admin", customer=customer, at=at, by=by())


def key_markets(say: Say, path: Path, since: datetime) -> None:
    """A card from its file form."""
    from tollwright.data.models import RateCard

    if not RateCard.objects.filter(code="KEY").exists():
        _card("KEY", "Key markets", "sell", path, since)
    say(f"The card Key markets, from {path.name}: eight countries, one blocked prefix.")


def carrier(say: Say, path: Path, since: datetime) -> None:
    """Who carries the calls, and what that takes."""
    from tollwright.data.models import Carrier
    from tollwright.domain.carriers import operations as carriers

    if not Carrier.objects.filter(code="ELBE").exists():
        at = runtime.now()
        card = _card("ELBE", "Elbe Carrier", "buy", path, since)
        made = carriers.create_carrier(code="ELBE", name="Elbe Carrier", at=at, by=by())
        carriers.add_trunk(carrier=made, value="*", valid_from=since, at=at, by=by())
        carriers.assign_card(carrier=made, card=card, valid_from=since, at=at, by=by())
    say(f"Elbe Carrier carries every call; what that takes is in {path.name}.")


def _card(code: str, name: str, side: str, path: Path, since: datetime) -> RateCard:
    """A card with the file's prices from `since` on."""
    from tollwright.domain.rates import operations as rates

    at = runtime.now()
    card = rates.create_card(code=code, name=name, side=side, currency="EUR", at=at, by=by())
    draft = rates.save_draft(card=card, data=json.loads(path.read_text()), at=at, by=by())
    rates.publish_version(version=draft, effective_from=since, at=at, by=by())
    return card


def rules(say: Say, since: datetime) -> None:
    """System-level rules, and what one customer has of its own."""
    from tollwright.data.models import Customer, Rule
    from tollwright.domain.rules import operations as ops

    system: tuple[tuple[str, object, bool], ...] = (
        ("cycle", "monthly", False),
        ("due_days", 14, False),
        ("finalise_grace_days", 0, False),
        ("tax_rate", "19", False),
        ("second_rounding", "up", True),
        ("late_usage", "next_invoice", False),
    )
    lumen = Customer.objects.get(code="LUMEN")
    own: tuple[tuple[str, object], ...] = (
        ("invoice_detail", "itemised"),
        ("tax_category", "AE"),
        ("tax_rate", "0"),
    )
    if not Rule.objects.filter(tenant__isnull=False).exists():
        at = runtime.now()
        for setting, value, locked in system:
            ops.set_rule(
                setting=setting,
                value=value,
                scope="tenant",
                locked=locked,
                effective_from=since,
                at=at,
                by=by(),
            )
        for setting, value in own:
            ops.set_rule(
                setting=setting, value=value, scope=lumen, effective_from=since, at=at, by=by()
            )
    say("For everyone: " + ", ".join(f"{name} = {value}" for name, value, _ in system) + ".")
    say("second_rounding is locked: no customer can have it otherwise.")
    say("For Lumen Énergie alone: " + ", ".join(f"{name} = {value}" for name, value in own) + ".")


FEE_NAMES = {
    "registration": "registration",
    "subscription": "monthly subscription",
    "support": "support",
}
PLANS: tuple[dict[str, Any], ...] = (
    {
        "code": "STANDARD",
        "name": "Dial Standard",
        "card": "AZ",
        "customer": "ACME",
        "fees": (("registration", "150"), ("subscription", "49"), ("support", "25")),
    },
    {
        "code": "PRO",
        "name": "Dial Pro",
        "card": "KEY",
        "customer": "LUMEN",
        "fees": (("registration", "250"), ("subscription", "199"), ("support", "60")),
    },
    {
        "code": "COST",
        "name": "Dial Cost Plus",
        "card": "KEY",
        "markup_ppm": 400_000,
        "fees": (("subscription", "199"), ("support", "60")),
    },
)


def plans(say: Say) -> None:
    """Two plans with a customer on each, and one that prices from the cost, to compare with."""
    from tollwright.core.rating.legs import CostPlus
    from tollwright.data.models import CallPlan

    for told in PLANS:
        if not CallPlan.objects.filter(code=told["code"]).exists():
            _plan(told)
        fees = ", ".join(f"{kind} {amount} EUR" for kind, amount in told["fees"])
        calls = f"calls by card {told['card']}"
        if "markup_ppm" in told:
            calls = f"calls at {CostPlus(told['markup_ppm']).words('EUR')}"
        whom = told.get("customer", "nobody yet")
        say(f"{told['name']} for {whom}: {fees}; {calls}.")


def _plan(told: Mapping[str, Any]) -> None:
    from tollwright.core.money import micros
    from tollwright.core.rating.legs import CostPlus
    from tollwright.data.models import Customer, RateCard
    from tollwright.domain.plans import operations as ops

    at = runtime.now()
    plan = ops.create_plan(code=told["code"], name=told["name"], at=at, by=by())
    fees = [
        {"kind": kind, "name": FEE_NAMES[kind], "amount_micros": micros(amount)}
        for kind, amount in told["fees"]
    ]
    version = ops.draft_version(
        plan=plan,
        card=RateCard.objects.get(code=told["card"]),
        currency="EUR",
        routing_policy="least_cost",
        cost_plus=CostPlus(told["markup_ppm"]) if "markup_ppm" in told else None,
        fees=fees,
        at=at,
        by=by(),
    )
    version = ops.publish_version(version=version, at=at, by=by())
    if "customer" not in told:
        return
    ops.subscribe(
        customer=Customer.objects.get(code=told["customer"]),
        version=version,
        starts_on=date(2026, 10, 1),
        at=at,
        by=by(),
    )


SOURCES = (
    ("freeswitch", "FreeSWITCH in Hamburg", "freeswitch_csv"),
    ("asterisk", "Asterisk in Hamburg", "asterisk_csv"),
)


def sources(say: Say) -> None:
    """The two switches."""
    from tollwright.data.models import Source
    from tollwright.domain.calls import operations as ops

    for code, name, form in SOURCES:
        if not Source.objects.filter(code=code).exists():
            ops.create_source(
                code=code,
                name=name,
                format=form,
                timezone="Europe/Berlin",
                region="DE",
                at=runtime.now(),
                by=by(),
            )
    say("Two switches whose clocks write Europe/Berlin: " + ", ".join(n for _, n, _ in SOURCES))


def preview_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """A deck preview's summary in sentences."""
    yield f"{summary['rows_read']:,} rows read, {summary['rows']:,} prices in them"
    fates = (f"{count:,} {name}" for name, count in summary["fates"].items() if count)
    yield f"against the card as it is: {', '.join(fates)}"
    yield f"{summary['faults']:,} rows that cannot be used"
