"""The rows of the list of rules ever set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tollwright.domain.listing import Listed, listed
from tollwright.domain.rules import queries


@dataclass(frozen=True, slots=True)
class RuleListRow:
    """A rule that was set; of the platform without a tenant, of all customers without one."""

    pk: int
    set_at: datetime
    set_by: str
    setting: str
    value: Any
    locked: bool
    tenant_id: int | None
    customer: str | None
    campaign: str | None
    effective_from: datetime
    note: str


def rule_rows() -> Listed[RuleListRow]:
    """Every rule that was ever set, newest first."""
    paths = {"customer": "customer__name", "campaign": "campaign__name"}
    return listed(queries.history(), RuleListRow, **paths)
