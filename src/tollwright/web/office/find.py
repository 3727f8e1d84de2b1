"""A row by its id, or the 404 that says nothing about other tenants."""

from __future__ import annotations

from typing import TypeVar

from django.db import models

from tollwright.domain.errors import NotFound

M = TypeVar("M", bound=models.Model)


def find(model: type[M], pk: int, *related: str) -> M:
    """The tenant's row; raises NotFound. Row-level security hides what other tenants have."""
    found = model._default_manager.select_related(*related).filter(pk=pk).first()
    if found is None:
        raise NotFound("There is nothing at this address, or it is not yours to see.")
    return found
