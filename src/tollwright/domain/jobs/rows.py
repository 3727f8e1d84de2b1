"""The rows of the lists of jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tollwright.domain.jobs import queries
from tollwright.domain.listing import Listed, listed


@dataclass(frozen=True, slots=True)
class JobRow:
    """What was asked for, by whom, and what came of it."""

    pk: int
    kind: str
    name: str
    asked_at: datetime
    asked_by: str
    ended_at: datetime | None
    sentence: str
    status: str


def job_rows() -> Listed[JobRow]:
    """The jobs, newest first."""
    return listed(queries.jobs(), JobRow)
