"""Which providers there are, and the one at work."""

from __future__ import annotations

from django.db import connection
from django.db.models import QuerySet

from tollwright.data.scope import current_tenant_id
from tollwright.data.tenants import LegalEntity, Tenant
from tollwright.domain.lookup import by_id


def tenant_id_by_slug(slug: str) -> int | None:
    """For the command line and sign-up, before a tenant is set; None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tollwright_tenant_by_slug(%s)", [slug])
        (found,) = cursor.fetchone()
    return None if found is None else int(found)


def tenant_slugs() -> list[str]:
    """Every provider of this installation, by slug."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT slug FROM tollwright_tenant_slugs()")
        return [slug for (slug,) in cursor.fetchall()]


def current_tenant() -> Tenant:
    """The provider whose scope this is."""
    return Tenant.objects.get(id=current_tenant_id())


def legal_entities() -> QuerySet[LegalEntity]:
    """Who may sign documents, oldest first."""
    return LegalEntity.objects.filter(tenant_id=current_tenant_id()).order_by("id")


def legal_entity_by_id(pk: int) -> LegalEntity:
    """Raises NotFound."""
    return by_id(legal_entities(), pk, "legal entity")


def only_legal_entity() -> LegalEntity | None:
    """The one that signs everything; None where there are several, or none."""
    found = list(legal_entities()[:2])
    return found[0] if len(found) == 1 else None
