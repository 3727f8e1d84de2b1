"""From a request to a tenant: one transaction per request that sees one tenant's rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tollwright.domain.access import queries as access
from tollwright.domain.access.operations import seconds_to_wait
from tollwright.domain.access.queries import KeyAccess
from tollwright.domain.entities import PORTAL_ROLES, Membership
from tollwright.domain.tenants.scope import tenant_scope

Handler = Callable[[HttpRequest], HttpResponse]
SESSION_KEY = "membership"
AFTER_COMMIT = "after_commit"  # of a response: what answers in its place, with nothing locked


class TenantMiddleware:
    """Sets `request.membership` (a session's user) or `request.key_access` (an API key), and runs
    the request in that tenant's scope. A response of 500 or more rolls everything back."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request inside its tenant, or without any when nobody is signed in."""
        tenant_id = _by_key(request) if request.path.startswith("/api/") else _by_session(request)
        if tenant_id is None:
            return self.get_response(request)
        wait = _seconds_to_wait(request)
        if wait:
            return HttpResponse(status=429, headers={"Retry-After": str(wait)})
        with tenant_scope(tenant_id):
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        after = getattr(response, AFTER_COMMIT, None)
        return response if after is None else after()


def staff_membership(request: HttpRequest) -> Membership | None:
    """The request's membership if it is a staff role."""
    membership = membership_of(request)
    return membership if membership is not None and membership.role not in PORTAL_ROLES else None


def portal_membership(request: HttpRequest) -> Membership | None:
    """The request's membership if it is a customer's."""
    membership = membership_of(request)
    return membership if membership is not None and membership.role in PORTAL_ROLES else None


def membership_of(request: HttpRequest) -> Membership | None:
    """The membership the signed-in user works as."""
    found: Membership | None = getattr(request, "membership", None)
    return found


def actor(request: HttpRequest) -> str:
    """Who acts, for the audit: the user's e-mail or the key's name."""
    key = getattr(request, "key_access", None)
    return f"key:{key.name}" if key is not None else str(getattr(request.user, "email", ""))


def address(request: HttpRequest) -> str:
    """Where from, for the audit."""
    return str(request.META.get("REMOTE_ADDR", ""))


def _by_session(request: HttpRequest) -> int | None:
    state: Any = request
    state.membership = None
    if not request.user.is_authenticated:
        return None
    mine = access.memberships_of(int(request.user.pk))
    if not mine:
        return None
    wanted = request.session.get(SESSION_KEY)
    state.membership = next((one for one in mine if one.pk == wanted), mine[0])
    return int(state.membership.tenant_id)


def _seconds_to_wait(request: HttpRequest) -> int:
    key: KeyAccess | None = getattr(request, "key_access", None)
    if key is None:
        return 0
    return seconds_to_wait(
        key_id=key.key_id, most=settings.API_REQUESTS_A_MINUTE, at=timezone.now()
    )


def _by_key(request: HttpRequest) -> int | None:
    state: Any = request
    state.key_access = None
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        return None
    state.key_access = access.key_access(key.strip())
    return None if state.key_access is None else int(state.key_access.tenant_id)
