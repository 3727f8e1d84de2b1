"""Who calls, what their key's role allows, and who is written into the audit."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja.security import HttpBearer

from tollwright.domain.access.queries import KeyAccess
from tollwright.domain.audit.operations import By
from tollwright.domain.entities import Role
from tollwright.domain.errors import DomainError
from tollwright.web.shared.tenancy import actor, address

Need = Literal[
    "read", "customers", "rates", "plans", "calls", "billing", "payments", "what_if", "rerate"
]  # fmt: skip
STAFF = frozenset({Role.OWNER, Role.BILLING, Role.RATES, Role.SUPPORT, Role.AUDITOR})
MAY: dict[Need, frozenset[Role]] = {
    "read": STAFF,
    "customers": frozenset({Role.OWNER, Role.BILLING, Role.SUPPORT}),
    "rates": frozenset({Role.OWNER, Role.RATES}),
    "plans": frozenset({Role.OWNER, Role.BILLING, Role.RATES}),
    "calls": frozenset({Role.OWNER, Role.BILLING, Role.RATES, Role.SUPPORT}),
    "billing": frozenset({Role.OWNER, Role.BILLING}),
    "payments": frozenset({Role.OWNER, Role.BILLING}),
    "what_if": frozenset({Role.OWNER, Role.BILLING, Role.RATES, Role.AUDITOR}),
    "rerate": frozenset({Role.OWNER, Role.BILLING, Role.RATES}),
}


class RoleTooSmall(DomainError):
    """The key's role does not do this."""

    kind, code = "forbidden", "role_too_small"


class BearerKey(HttpBearer):
    """`Authorization: Bearer <key>`. TenantMiddleware has looked the key up already."""

    def authenticate(self, request: HttpRequest, token: str) -> KeyAccess | None:
        """What the key opens; None is a 401."""
        _ = token
        found: KeyAccess | None = getattr(request, "key_access", None)
        return found


def require(request: HttpRequest, need: Need) -> None:
    """Raises RoleTooSmall unless the key's role may do it."""
    state: Any = request
    role = state.key_access.role
    if role not in MAY[need]:
        wanted = ", ".join(sorted(MAY[need]))
        raise RoleTooSmall(f"A key of role {role} may not do this; it takes one of: {wanted}.")


def by(request: HttpRequest) -> By:
    """The key, for the audit."""
    return By(actor(request), address(request))
