"""The rows of the list of carriers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tollwright.domain.carriers import costs, queries
from tollwright.domain.listing import Listed, listed, row_maker


@dataclass(frozen=True, slots=True)
class CarrierRow:
    """A carrier with its trunks and the buy card that holds."""

    pk: int
    code: str
    name: str
    trunk_count: int
    card_id: int | None
    card_name: str | None


@dataclass(frozen=True, slots=True)
class MissingCostRow:
    """An answered call that costs nothing yet, and the code of why."""

    pk: int
    started_at: datetime
    customer: str
    called: str
    answered_ms: int
    trunk: str
    why: str


def missing_cost_rows(
    *, first: datetime, last: datetime, most: int, at: datetime
) -> list[MissingCostRow]:
    """Answered calls started in [first, last) without cost, the newest first, at most so many."""
    calls = list(costs.without_cost(first=first, last=last)[:most])
    why = costs.why_no_cost(calls, at=at)
    of = row_maker(MissingCostRow, customer="customer__name", why=lambda one: why[one.pk])
    return [of(call) for call in calls]


def carrier_rows(*, at: datetime) -> Listed[CarrierRow]:
    """The carriers, as they are at `at`."""
    return listed(queries.carriers_with_counts(at=at), CarrierRow)
