"""One row by its id, or a refusal that says nothing about other tenants."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet

from tollwright.data.scope import current_tenant_id
from tollwright.domain.errors import NotFound

M = TypeVar("M", bound=Model)


def by_id(rows: QuerySet[M], pk: int, what: str) -> M:
    """The row with that id among those of the tenant at work. Raises NotFound."""
    found = rows.filter(tenant_id=current_tenant_id(), pk=pk).first()
    if found is None:
        raise NotFound(f"There is no {what} {pk}.")
    return found
