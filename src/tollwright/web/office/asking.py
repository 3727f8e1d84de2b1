"""A question over many calls: asked as a job, waited for on a page, answered at its own address."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import redirect

from tollwright.domain.entities import Job
from tollwright.domain.jobs import operations
from tollwright.domain.rerating.requests import job_for
from tollwright.web.office.forms import OfficeForm
from tollwright.web.office.jobs import need_of
from tollwright.web.office.links import to
from tollwright.web.office.page import StaffRequest, show
from tollwright.web.office.permissions import may
from tollwright.web.shared.filters import needed_id

JOB = "job"


def ask(
    request: StaffRequest,
    form: OfficeForm,
    kind: str,
    question: dict[str, object],
    enqueue: Callable[[], Job],
) -> Job | HttpResponse | None:
    """The job that has the answer; or where it is waited for; None: refused, the form says why.

    The address holds the question, and once it is asked the job: so it can be left, shared, sorted
    and exported without being asked again.
    """
    number = request.GET.get(JOB, "")
    job = job_for(needed_id(number, "Job"), kind, question) if number else None
    if job is None:
        asked = form.attempt(enqueue)
        return None if asked is None else redirect(_address(request, asked))
    if job.status == "done":
        operations.told([job], at=request.at)
        return job
    if job.status == "failed":
        operations.told([job], at=request.at)
        form.add_error(None, job.sentence)
        return None
    return show(
        request,
        "job.html",
        job.title,
        job=job,
        progress=job,
        retry=may(request.membership.role, need_of(job)),
        crumbs=[("Jobs", to("jobs"))],
    )


def _address(request: StaffRequest, job: Job) -> str:
    asked = request.GET.copy()
    asked[JOB] = str(job.pk)
    return f"{request.path}?{asked.urlencode()}"
