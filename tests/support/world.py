"""The smallest provider a test can bill with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from tollwright.data.models import Campaign, Customer, LegalEntity, Tenant
from tollwright.data.scope import tenant_scope

START = datetime(2026, 10, 1, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """One tenant's first rows. Enter `tenant_scope(world.tenant.id)` to see them."""

    tenant: Tenant
    entity: LegalEntity
    customer: Customer
    campaign: Campaign


def make_world(slug: str) -> World:
    """Write a tenant with a legal entity, a customer and a campaign; zone and currency as given."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('tenant_id_seq')")
        (tenant_id,) = cursor.fetchone()
    with tenant_scope(tenant_id):
        tenant = Tenant.objects.create(
            id=tenant_id,
            slug=slug,
            name=f"{slug.title()} Calls",
            currency="EUR",
            timezone="Europe/Berlin",
            region="DE",
            created_at=START,
        )
        entity = LegalEntity.objects.create(
            tenant=tenant,
            name=f"{slug.title()} Calls GmbH",
            address="Hauptstraße 1\n10115 Berlin\nGermany",
            country="DE",
            tax_id="DE136695976",
            number_prefix="NC",
        )
        customer = Customer.objects.create(
            tenant=tenant,
            legal_entity=entity,
            code="ACME",
            name="Acme Ltd",
            address="1 High Street\nLondon\nUnited Kingdom",
            country="GB",
            email="bills@acme.example",
            currency="EUR",
            timezone="Europe/Berlin",
            created_at=START,
        )
        campaign = Campaign.objects.create(
            tenant=tenant, customer=customer, code="SPRING", name="Spring sale", created_at=START
        )
    return World(tenant, entity, customer, campaign)
