"""The rows of the lists of re-ratings and proposals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tollwright.data.models import Rerating
from tollwright.domain.listing import Listed, listed
from tollwright.domain.rerating import queries


@dataclass(frozen=True, slots=True)
class ReratingRow:
    """An applied re-rating; `scope` says which calls."""

    pk: int
    applied_at: datetime
    applied_by: str
    scope: dict[str, Any]
    calls: int
    revised: int
    proposed: int
    refused: int


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposed note, and what it would change before tax."""

    pk: int
    invoice_id: int
    invoice: str
    customer: str
    calls: int
    currency: str
    difference_micros: int
    status: str


def rerating_rows() -> Listed[ReratingRow]:
    """Applied re-ratings, newest first."""
    return listed(queries.reratings(), ReratingRow)


def proposal_rows(*, status: str = "", rerating: Rerating | None = None) -> Listed[ProposalRow]:
    """Proposals, newest first; of a status, of a re-rating."""
    return listed(
        queries.proposals(status=status, rerating=rerating),
        ProposalRow,
        invoice=lambda one: str(one.invoice),
        customer="invoice__customer__name",
        calls=lambda one: sum(line.calls for line in one.lines.all()),
        currency="invoice__currency",
        difference_micros=queries.difference_of,
    )
