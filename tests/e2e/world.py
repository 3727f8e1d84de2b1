"""The provider that the browser meets: one customer, last month's calls, nothing billed yet."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tollwright.data.models import Role, Tenant
from tollwright.data.scope import tenant_scope
from tollwright.domain.access import operations as access
from tollwright.domain.audit.operations import By
from tollwright.domain.calls import operations as calls
from tollwright.domain.customers import operations as customers
from tollwright.domain.rates import operations as rates
from tollwright.domain.rules.operations import set_rule
from tollwright.domain.tenants import operations as tenants

PASSWORD = "correct horse battery"
STAFF, CLIENT, LONE = "owner@harbour.example", "finance@acme.example", "totp@harbour.example"
ZONE = ZoneInfo("Europe/Berlin")
BY = By("test")


@dataclass(frozen=True)
class Harbour:
    """What the stories need to know. `day` is the calls' day, in the month before this one."""

    tenant: Tenant
    day: datetime
    at: datetime


def make_harbour(now: datetime) -> Harbour:
    """Three calls of 61, 30 and 3600 s on the 10th of last month at 0.60 a minute, whole minutes.

    1.20 + 0.60 + 36.00 = 37.80 net, 44.98 with 19 % tax. And one call of an account nobody knows.
    """
    first = now.astimezone(ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    day = (first - timedelta(days=1)).replace(day=10, hour=9)
    start = day - timedelta(days=60)
    tenant = tenants.create_tenant(
        slug="harbour", name="Harbour Voice", currency="EUR", timezone="Europe/Berlin",
        region="DE", at=start, by=BY,
    )  # fmt: skip
    with tenant_scope(tenant.pk):
        _people_and_customer(start)
        _prices(start)
        calls.create_source(
            code="SW1", name="Main switch", format="freeswitch_csv", timezone="Europe/Berlin",
            region="DE", at=start, by=BY,
        )  # fmt: skip
        calls.ingest(
            source_code="SW1", filename="Master.csv", stream=io.BytesIO(records(day)), at=now, by=BY
        )
    return Harbour(tenant, day, now)


def _people_and_customer(start: datetime) -> None:
    entity = tenants.create_legal_entity(
        name="Harbour Voice GmbH", address="Hafenstraße 5\n20457 Hamburg\nGermany", country="DE",
        number_prefix="HV", tax_id="DE136695976", iban="DE89370400440532013000", at=start, by=BY,
    )  # fmt: skip
    acme = customers.create_customer(
        legal_entity=entity, code="ACME", name="Acme Research Ltd",
        address="1 High Street\nLondon\nUnited Kingdom", country="GB", currency="EUR",
        timezone="Europe/Berlin", email="bills@acme.example", at=start, by=BY,
    )  # fmt: skip
    campaign = customers.create_campaign(
        customer=acme, code="SPRING", name="Spring survey", at=start, by=BY
    )
    customers.add_identifier(
        campaign=campaign, kind="accountcode", value="acme", valid_from=start, at=start, by=BY
    )
    for email, role, customer in (
        (STAFF, Role.OWNER, None), (LONE, Role.SUPPORT, None), (CLIENT, Role.PORTAL_ADMIN, acme),
    ):  # fmt: skip
        user = access.create_user(email=email, password=PASSWORD, at=start, by=BY)
        access.grant_role(user=user, role=role, customer=customer, at=start, by=BY)


def _prices(start: datetime) -> None:
    card = rates.create_card(code="AZ", name="A to Z", currency="EUR", at=start, by=BY)
    rows = [
        {"prefix": "44", "name": "United Kingdom", "price": "0.6", "first_s": 60, "next_s": 60},
        {"prefix": "49", "name": "Germany", "price": "0.3", "first_s": 1, "next_s": 1},
    ]
    draft = rates.save_draft(card=card, data={"rates": rows}, at=start, by=BY)
    rates.publish_version(version=draft, effective_from=start, at=start, by=BY)
    for setting, value in (("default_card", "AZ"), ("tax_rate", "19")):
        set_rule(setting=setting, value=value, scope="tenant", at=start, by=BY)


def records(day: datetime) -> bytes:
    """The switch's csv: a line a call, an hour apart."""
    told = [(61, "acme", "k1"), (30, "acme", "k2"), (3600, "acme", "k3"), (60, "nobody", "k4")]
    return "".join(
        _line(day + timedelta(hours=hour), seconds, account, key)
        for hour, (seconds, account, key) in enumerate(told)
    ).encode()


def _line(started: datetime, seconds: int, account: str, key: str) -> str:
    answered = started + timedelta(seconds=4)
    ended = answered + timedelta(seconds=seconds)
    stamps = [moment.strftime("%Y-%m-%d %H:%M:%S") for moment in (started, answered, ended)]
    cells = [
        "", "004930123456", "00442079460000", "default", *stamps, str(seconds + 4), str(seconds),
        "NORMAL_CLEARING", f"uuid-{key}", "", account, "PCMA", "PCMA",
    ]  # fmt: skip
    return ",".join(f'"{cell}"' for cell in cells) + "\n"
