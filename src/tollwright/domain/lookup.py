"""One row by its id, or a refusal that says nothing about other tenants."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet

from tollwright.data.scope import current_tenant_id
from tollwright.domain.errors import NotFound

M = TypeVar("M", bound=Model)
Kind = type[Model]


def by_id(rows: QuerySet[M], pk: int, what: str) -> M:
    """The row with that id among those of the tenant at work. Raises NotFound."""
    found = rows.filter(tenant_id=current_tenant_id(), pk=pk).first()
    if found is None:
        raise NotFound(f"There is no {what} {pk}.")
    return found


def find(kind: type[M], pk: int, *related: str) -> M:
    """The row of that id with what is `related` to it; for pages, whose address names it.

    Raises NotFound, which says nothing about other tenants: row-level security hides theirs.
    """
    found = kind._default_manager.select_related(*related).filter(pk=pk).first()
    if found is None:
        raise NotFound("There is nothing at this address, or it is not yours to see.")
    return found


def name_of(kind: Kind, pk: int, field: str = "name") -> str:
    """What the row of that id is called; '' when there is none."""
    found = kind._default_manager.filter(pk=pk).values_list(field, flat=True).first()
    return "" if found is None else str(found)
