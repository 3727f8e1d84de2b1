"""The night's work: asked for once a provider and day, whenever a worker is there to ask."""

from __future__ import annotations

from datetime import timedelta

from tollwright.data.jobs import Job
from tollwright.data.scope import tenant_scope
from tollwright.domain.jobs import operations as jobs
from tollwright.domain.jobs.operations import Outcome
from tollwright.domain.nightly import operations
from tollwright.domain.tenants import queries as tenants
from tollwright.jobs import installation
from tollwright.jobs.runner import Progress, blueprint, handles, now

EVERY_TEN_MINUTES = "*/10 * * * *"
FILES_KEPT = timedelta(days=7)


@blueprint.periodic(cron=EVERY_TEN_MINUTES)
@blueprint.task(name="schedule.tick", queueing_lock="schedule.tick")
def tick(timestamp: int) -> None:
    """Look at each provider's clock. The queue makes a tick once, however many workers there are;
    a night's job has a key of its own, so that ticks may come late, twice or not at all."""
    _ = timestamp  # what counts is what time it is now
    for slug in tenants.tenant_slugs():
        tenant_id = tenants.tenant_id_by_slug(slug)
        if tenant_id is not None:
            with tenant_scope(tenant_id):
                operations.request_nightly(at=now())


@handles(operations.MONTHS)
def make_months(job: Job, _progress: Progress) -> Outcome:
    """Tables for the calls to come."""
    return Outcome(operations.make_months(at=job.asked_at))


@handles(operations.DRAFT)
def draft_due(job: Job, _progress: Progress) -> Outcome:
    """A billing run for those of whom a period ended or a plan began."""
    run = operations.draft_due(until=job.asked_at)
    if run is None:
        return Outcome("No period ended, and no plan began.")
    return Outcome(f"Billing run {run.pk} is started.", "billing_run", run.pk)


@handles(operations.OVERDUE)
def tell_overdue(job: Job, _progress: Progress) -> Outcome:
    """Events of the day that went by."""
    return Outcome(operations.tell_overdue(at=job.asked_at))


@handles(operations.BOOKS)
def check_books(_job: Job, _progress: Progress) -> Outcome:
    """Documents against their rows."""
    return Outcome(operations.check_books())


@handles(operations.ROLLUPS)
def check_rollups(job: Job, _progress: Progress) -> Outcome:
    """Sums of days against their charges."""
    return Outcome(operations.check_rollups(at=job.asked_at))


@handles(operations.AUDIT)
def check_audit(_job: Job, _progress: Progress) -> Outcome:
    """The audit chain."""
    return Outcome(operations.check_audit())


@handles(operations.INSTALLATION)
def check_installation(_job: Job, _progress: Progress) -> Outcome:
    """What `tollwright doctor` looks at."""
    wrong = [text for well, text in installation.findings() if not well]
    if wrong:
        raise operations.CheckFailed("; ".join(wrong))
    return Outcome("The installation is well.")


@handles(operations.TIDY)
def tidy(job: Job, _progress: Progress) -> Outcome:
    """Neither jobs nor the files that they worked on or made are kept for ever."""
    files = jobs.forget_files(ended_before=job.asked_at - FILES_KEPT)
    gone = operations.forget_old_jobs(at=job.asked_at)
    return Outcome(f"{files:,} pieces of files and {gone:,} jobs are let go of.")
