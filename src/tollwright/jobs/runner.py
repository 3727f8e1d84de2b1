"""How a worker does a job: once, in its tenant's scope, with progress, whoever is killed.

A job's work and the mark that it is done are one transaction, held by a lock of the job's own: a
worker that dies leaves nothing, one that comes late finds it done. What the domain refuses ends
the job with its sentence; what another try may cure (a deadlock, a lost connection, a worker that
is told to stop) puts it back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from types import TracebackType
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection
from procrastinate import Blueprint, JobContext, RetryDecision
from procrastinate.exceptions import JobAborted
from procrastinate.jobs import Job as QueuedJob
from procrastinate.retry import BaseRetryStrategy

from tollwright.data.jobs import Job
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.disk import full_disk
from tollwright.domain.errors import DomainError
from tollwright.domain.jobs import operations
from tollwright.domain.jobs.operations import Outcome
from tollwright.store import jobs as store

log = logging.getLogger(__name__)
blueprint = Blueprint()

MOST_ATTEMPTS = 5
SECONDS_BETWEEN_TRIES = 2
SECONDS_BETWEEN_REPORTS = 0.5
CURABLE = (OperationalError, InterfaceError, psycopg.OperationalError)


class Progress:
    """Called with (done, total) as work goes on, total 0: not known; others see it at once.

    Raises JobAborted when the worker has to stop: the work is undone and taken up again.
    """

    def __init__(self, job: Job, should_stop: Callable[[], bool]) -> None:
        self.job, self.should_stop = job, should_stop
        self.reported = 0.0
        self.beside: psycopg.Connection[Any] | None = None

    def __call__(self, done: int, total: int) -> None:
        if self.should_stop():
            raise JobAborted
        if monotonic() - self.reported < SECONDS_BETWEEN_REPORTS:
            return
        self.reported = monotonic()
        self.job.total = total
        if self.beside is None:  # the work's own connection shows nothing before it commits
            self.beside = psycopg.connect(**_parameters(), autocommit=True)
        store.set_progress(
            self.beside,
            tenant_id=self.job.tenant_id,
            job_id=self.job.pk,
            done=min(done, total) if total else done,
            total=total,
        )

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self.beside is not None:
            self.beside.close()


Handler = Callable[[Job, Progress], Outcome]
HANDLERS: dict[str, Handler] = {}


class TryAgain(BaseRetryStrategy):
    """What another try may cure is tried again, each time a little later."""

    def get_retry_decision(
        self, *, exception: BaseException, job: QueuedJob
    ) -> RetryDecision | None:
        """Whether and when."""
        if isinstance(exception, JobAborted):
            return RetryDecision(retry_in={"seconds": 0})
        if isinstance(exception, CURABLE) and job.attempts + 1 < MOST_ATTEMPTS:
            return RetryDecision(retry_in={"seconds": SECONDS_BETWEEN_TRIES ** (job.attempts + 1)})
        return None


def handles(kind: str) -> Callable[[Handler], Handler]:
    """The function does jobs of this kind."""

    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler

        @blueprint.task(name=kind, pass_context=True, retry=TryAgain())
        def run(context: JobContext, *, tenant: int, job: int) -> None:
            perform(tenant, job, context.should_abort, last=context.job.attempts + 1)

        return handler

    return register


def asked_by(job: Job) -> By:
    """Who asked for the job is who does what it does."""
    return By(job.asked_by, job.address)


def now() -> datetime:
    """The moment at which work goes on; the layers below are told it."""
    return datetime.now(UTC)


def perform(
    tenant_id: int,
    job_id: int,
    should_stop: Callable[[], bool] = lambda: False,
    *,
    last: int = MOST_ATTEMPTS,
) -> None:
    """Do the job if it is still to be done. `last`: the how manieth try this is."""
    with tenant_scope(tenant_id):
        begun = operations.begin(job_id, at=now())
    if begun is None:
        return
    try:
        _work(tenant_id, job_id, should_stop)
    except DomainError as refusal:
        _fail(tenant_id, job_id, str(refusal))
    except JobAborted:
        with tenant_scope(tenant_id):
            operations.give_back(job_id)
        raise
    except CURABLE as error:
        if last >= MOST_ATTEMPTS:
            usual = "The database did not answer in time. Try it again."
            _fail(tenant_id, job_id, full_disk(error) or usual)
        raise
    except Exception as error:
        if full := full_disk(error):
            _fail(tenant_id, job_id, full)
            return
        log.exception("job %s (%s) failed", job_id, begun.kind)
        name = type(error).__name__
        _fail(tenant_id, job_id, f"It failed unexpectedly ({name}); the server's log says where.")


def _work(tenant_id: int, job_id: int, should_stop: Callable[[], bool]) -> None:
    with tenant_scope(tenant_id):
        job = operations.claim(job_id)
        if job is None:
            return
        with Progress(job, should_stop) as progress:
            outcome = HANDLERS[job.kind](job, progress)
        operations.finish(job, outcome, at=now())


def _fail(tenant_id: int, job_id: int, sentence: str) -> None:
    with tenant_scope(tenant_id):
        operations.fail(job_id, sentence, at=now())


def _parameters() -> dict[str, Any]:
    """How Django reaches the database, as psycopg takes it."""
    wanted: dict[str, Any] = connection.get_connection_params()
    return {
        name: value
        for name, value in wanted.items()
        if name not in {"cursor_factory", "context", "prepare_threshold"}
    }
