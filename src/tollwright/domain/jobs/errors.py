"""What can be refused about a job."""

from __future__ import annotations

from tollwright.domain.errors import DomainError


class JobEnded(DomainError):
    """It is done or being worked on: what was asked is too late, or needs it to have failed."""

    kind, code = "conflict", "job_state"
