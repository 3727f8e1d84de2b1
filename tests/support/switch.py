"""A provider whose switch writes calls: a source, a published card, two campaigns, and files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.db import connection

from tests.support.world import START, World, make_world
from tollwright.data.models import (
    Campaign,
    CardVersion,
    Customer,
    Identifier,
    Rate,
    RateCard,
    Rule,
    Source,
)
from tollwright.data.scope import tenant_scope

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Switch:
    """`world` with a source AST (Asterisk, 21 columns), card RETAIL and campaigns of two customers.

    Account code ACME means SPRING of Acme, BETA means AUTUMN of Beta. RETAIL prices +44 at 0.60
    and +49 at 0.12 a minute, both 60/60; +4412 is blocked.
    """

    world: World
    source: Source
    card: RateCard
    version: CardVersion
    beta: Campaign

    @property
    def tenant_id(self) -> int:
        return int(self.world.tenant.pk)


RATES = (
    ("44", "United Kingdom", 600_000_000, False),
    ("4412", "United Kingdom, blocked", 600_000_000, True),
    ("49", "Germany", 120_000_000, False),
)


def make_switch(slug: str) -> Switch:
    """Write the provider; calls of both campaigns are priced by the rule default_card."""
    world = make_world(slug)
    tenant = world.tenant
    with tenant_scope(tenant.pk):
        source = Source.objects.create(
            tenant=tenant, code="AST", name="Asterisk", format="asterisk_csv",
            timezone="UTC", region="DE", created_at=START,
        )  # fmt: skip
        beta = Customer.objects.create(
            tenant=tenant, legal_entity=world.entity, code="BETA", name="Beta Ltd",
            address="2 High Street\nLondon", country="GB", currency="EUR",
            timezone="Europe/Berlin", created_at=START,
        )  # fmt: skip
        autumn = Campaign.objects.create(
            tenant=tenant, customer=beta, code="AUTUMN", name="Autumn sale", created_at=START
        )
        for value, campaign in (("ACME", world.campaign), ("BETA", autumn)):
            Identifier.objects.create(
                tenant=tenant, campaign=campaign, kind="accountcode", value=value,
                valid_from=datetime(2026, 1, 1, tzinfo=UTC),
            )  # fmt: skip
        card, version = make_card(world, "RETAIL", RATES)
        set_rule(world, "default_card", "RETAIL")
    return Switch(world, source, card, version, autumn)


def make_card(
    world: World,
    code: str,
    rates: Sequence[tuple[str, str, int, bool]],
    allowances: Sequence[dict[str, object]] = (),
) -> tuple[RateCard, CardVersion]:
    """A card with one published version, 60/60, from START on."""
    card = RateCard.objects.create(
        tenant=world.tenant, code=code, name=code.title(), currency="EUR", created_at=START
    )
    return card, add_version(card, 1, START, rates, allowances)


def add_version(
    card: RateCard,
    number: int,
    since: datetime,
    rates: Sequence[tuple[str, str, int, bool]],
    allowances: Sequence[dict[str, object]] = (),
    published_at: datetime = START,
) -> CardVersion:
    """A published version of a card: (prefix, name, nanos a minute, blocked) by row."""
    version = CardVersion.objects.create(
        tenant=card.tenant, card=card, number=number, created_at=START, created_by="test",
        options={
            "side": "sell", "currency": "EUR", "timezone": "UTC", "allowances": list(allowances)
        },
    )  # fmt: skip
    Rate.objects.bulk_create(
        Rate(
            tenant=card.tenant, version=version, row_no=row, prefix=prefix, name=name,
            price_nanos=nanos, unit_s=60, first_s=60, next_s=60, blocked=blocked,
        )
        for row, (prefix, name, nanos, blocked) in enumerate(rates)
    )  # fmt: skip
    CardVersion.objects.filter(pk=version.pk).update(
        status="published", effective_from=since, published_at=published_at, published_by="test",
        content_hash=sha256(f"{card.code} {rates} {allowances}".encode()).hexdigest(),
    )  # fmt: skip
    return version


def set_rule(
    world: World, setting: str, value: object, *, campaign: Campaign | None = None,
    since: datetime = datetime(2026, 1, 1, tzinfo=UTC), set_at: datetime = START,
) -> Rule:  # fmt: skip
    """A rule of the tenant, or of one campaign."""
    return Rule.objects.create(
        tenant=world.tenant, setting=setting, value=value, effective_from=since, set_at=set_at,
        set_by="test", campaign=campaign, customer=campaign.customer if campaign else None,
    )  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row of Asterisk's Master.csv; `wait_s` seconds of ringing, then `seconds` of talk."""

    called: str = "+442079460000"
    seconds: int = 61
    account: str = "ACME"
    key: int = 1
    minute: int = 0
    wait_s: int = 5
    caller: str = "+4930123456"
    disposition: str = ""

    def text(self) -> str:
        """The line, 21 columns; the key is the uniqueid's last part and the sequence."""
        start = NOON + timedelta(minutes=self.minute)
        answer = start + timedelta(seconds=self.wait_s)
        end = answer + timedelta(seconds=self.seconds)
        word = self.disposition or ("ANSWERED" if self.seconds else "NO ANSWER")
        epoch = int(start.timestamp())
        cells = (
            f'"{self.account}","{self.caller}","{self.called}","from-uac",'
            f'"""x"" <{self.caller}>","PJSIP/uac-{self.key:08x}","PJSIP/gw-{self.key:08x}","Dial",'
            f'"PJSIP/gw,30","{start:%F %T}","{answer:%F %T}"'
            if self.seconds
            else f'"{self.account}","{self.caller}","{self.called}","from-uac",'
            f'"""x"" <{self.caller}>","PJSIP/uac-{self.key:08x}","PJSIP/gw-{self.key:08x}","Dial",'
            f'"PJSIP/gw,30","{start:%F %T}",""'
        )
        total = self.wait_s + self.seconds
        return (
            f'{cells},"{end:%F %T}",{total},{self.seconds},"{word}","DOCUMENTATION",'
            f'"pbx1-{epoch}.{self.key}","","","pbx1-{epoch}.{self.key}",{self.key}\n'
        )


def master_csv(rows: Iterable[Row | str]) -> bytes:
    """A file of rows; a str is a line as it is."""
    return "".join(row.text() if isinstance(row, Row) else row + "\n" for row in rows).encode()


def raw_connection() -> object:
    """Django's own psycopg connection, inside the transaction that is open."""
    connection.ensure_connection()
    return connection.connection
