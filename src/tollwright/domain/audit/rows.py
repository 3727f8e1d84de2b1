"""The rows of the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tollwright.domain.audit import queries
from tollwright.domain.listing import Listed, listed


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Who did what to which thing, and its fields before and after."""

    pk: int
    seq: int
    at: datetime
    actor: str
    address: str
    action: str
    subject: str
    subject_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def audit_rows() -> Listed[AuditRow]:
    """The tenant's audit rows, newest first."""
    return listed(queries.history(), AuditRow)
