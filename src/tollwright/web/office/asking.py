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
from tollwright.web.shared.labels import job_title

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
    job = job_for(job_asked(request), kind, question)
    if job is None:
        asked = form.attempt(enqueue)
        return None if asked is None else redirect(address_of(request, asked))
    return answered(request, form, job)


def job_asked(request: StaffRequest) -> int:
    """The job that the address names; 0: none."""
    number = request.GET.get(JOB, "")
    return needed_id(number, "Job") if number else 0


def answered(request: StaffRequest, form: OfficeForm, job: Job | None) -> Job | HttpResponse | None:
    """The job when it has its answer, the page that waits for it, or None: the form says why."""
    if job is None:
        return None
    if job.status == "done":
        operations.told([job], at=request.at)
        return job
    if job.status == "failed":
        operations.told([job], at=request.at)
        if not form.is_bound:  # what was asked is not in the address: its own page says why not
            return redirect(to("job", job.pk))
        form.add_error(None, job.sentence)
        return None
    return show(
        request,
        "job.html",
        job_title(job),
        job=job,
        progress=job,
        retry=may(request.membership.role, need_of(job)),
        crumbs=[("Jobs", to("jobs"))],
    )


def address_of(request: StaffRequest, job: Job) -> str:
    """Where the job's answer will be."""
    asked = request.GET.copy()
    asked[JOB] = str(job.pk)
    return f"{request.path}?{asked.urlencode()}"
