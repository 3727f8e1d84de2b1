"""The rows of the list of legal entities."""

from __future__ import annotations

from dataclasses import dataclass

from tollwright.domain.listing import Listed, listed
from tollwright.domain.tenants import queries


@dataclass(frozen=True, slots=True)
class EntityRow:
    """Who signs invoices."""

    pk: int
    name: str
    number_prefix: str
    country: str
    tax_id: str
    iban: str


def entity_rows() -> Listed[EntityRow]:
    """Who signs, by name."""
    return listed(queries.legal_entities(), EntityRow)
