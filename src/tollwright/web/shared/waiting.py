"""A response that waits a little for a job, once the request's own transaction is over."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep

from django.http import HttpResponse

from tollwright.domain.jobs import queries
from tollwright.domain.tenants.scope import current_tenant_id, tenant_scope
from tollwright.web.shared.tenancy import AFTER_COMMIT

SECONDS_BETWEEN_LOOKS = 0.05


def when_ended(
    response: HttpResponse, job_id: int, seconds: int, answer: Callable[[], HttpResponse]
) -> HttpResponse:
    """The response, in whose place `answer()` goes out if the job ends within so many seconds.

    It is waited for after the commit: before, no worker sees the job, and here nothing is locked.
    `answer` runs in the tenant's scope.
    """
    tenant_id = current_tenant_id()

    def later() -> HttpResponse:
        ends = monotonic() + seconds
        while not (ended := _has_ended(tenant_id, job_id)) and monotonic() < ends:
            pause()
        if not ended:
            return response
        with tenant_scope(tenant_id):
            return answer()

    setattr(response, AFTER_COMMIT, later)
    return response


def pause() -> None:
    """Between two looks."""
    sleep(SECONDS_BETWEEN_LOOKS)


def _has_ended(tenant_id: int, job_id: int) -> bool:
    with tenant_scope(tenant_id):
        return not queries.job_by_id(job_id).is_open
