"""Who may come in, and as what."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from tollwright.data.access import PORTAL_ROLES, ApiKey, Membership, Role, User
from tollwright.data.scope import current_tenant_id, tenant_scope, user_scope
from tollwright.domain.rules.queries import resolve_for


@dataclass(frozen=True, slots=True)
class KeyAccess:
    """What an API key opens."""

    key_id: int
    tenant_id: int
    role: str
    name: str


def memberships_of(user_id: int) -> list[Membership]:
    """A user's memberships at every tenant, oldest first; each with its tenant and customer."""
    with user_scope(user_id):
        found = list(Membership.objects.filter(user_id=user_id).order_by("id"))
    for membership in found:
        with tenant_scope(membership.tenant_id):
            membership.refresh_from_db(fields=["tenant", "customer"])
            _ = membership.tenant, membership.customer  # fetched now, while it may be seen
    return found


def key_access(key: str) -> KeyAccess | None:
    """What `key` opens; None when it is unknown or revoked."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM tollwright_api_key(%s)", [digest])
        row = cursor.fetchone()
    return None if row is None else KeyAccess(*row)


def needs_second_factor(membership: Membership, *, at: datetime) -> bool:
    """Whether the rule `second_factor` of the provider asks one of this role."""
    asked = str(resolve_for("second_factor", at=at).value)
    staff = membership.role not in PORTAL_ROLES
    return {"owners": membership.role == Role.OWNER, "staff": staff, "everybody": True}.get(
        asked, False
    )


def members() -> QuerySet[Membership]:
    """Who may come in here, by e-mail address."""
    return (
        Membership.objects.filter(tenant_id=current_tenant_id())
        .select_related("user", "customer")
        .order_by("user__email", "id")
    )


def api_keys() -> QuerySet[ApiKey]:
    """The provider's keys, newest first, the revoked ones too."""
    return (
        ApiKey.objects.filter(tenant_id=current_tenant_id())
        .select_related("created_by")
        .order_by("-id")
    )


def user_by_email(email: str) -> User | None:
    """Who signs in with that address."""
    return User.objects.filter(email=email.lower()).first()
