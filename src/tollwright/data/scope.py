"""Whose rows PostgreSQL shows: set per transaction, enforced by row-level security."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction

PLATFORM = 0  # no tenant: may write platform rules, sees no tenant's rows

_tenant: ContextVar[int | None] = ContextVar("tenant", default=None)


class NoTenant(RuntimeError):
    """Code that needs a tenant ran outside `tenant_scope`: a bug, never the user's fault."""


def current_tenant_id() -> int:
    """The tenant of the running transaction. Raises NoTenant outside a scope."""
    tenant_id = _tenant.get()
    if tenant_id is None:
        raise NoTenant("no tenant is set; wrap the call in tenant_scope(tenant_id)")
    return tenant_id


@contextmanager
def tenant_scope(tenant_id: int) -> Iterator[None]:
    """A transaction that sees and writes the rows of one tenant (or PLATFORM)."""
    before = _tenant.get()
    with transaction.atomic():
        _tell("tollwright.tenant_id", tenant_id)
        token = _tenant.set(tenant_id)
        try:
            yield
        finally:
            _tenant.reset(token)
            if not connection.needs_rollback:  # an outer transaction goes on without this tenant
                _tell("tollwright.tenant_id", "" if before is None else before)


@contextmanager
def user_scope(user_id: int) -> Iterator[None]:
    """A transaction in which a user's own memberships, at every tenant, are visible."""
    with transaction.atomic():
        _tell("tollwright.user_id", user_id)
        try:
            yield
        finally:
            if not connection.needs_rollback:
                _tell("tollwright.user_id", "")


def _tell(name: str, value: int | str) -> None:
    with connection.cursor() as cursor:  # `true`: forgotten when the transaction ends
        cursor.execute("SELECT set_config(%s, %s, true)", [name, str(value)])
