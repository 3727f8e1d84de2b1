"""Long work: how far it is and what became of it; and answering 202 where a caller prefers that."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query, Router, Schema

from tollwright.domain.entities import Job
from tollwright.domain.errors import DomainError
from tollwright.domain.jobs import queries
from tollwright.web.api.idempotency import once
from tollwright.web.api.keys import require
from tollwright.web.api.paging import Page, PagingQuery, page
from tollwright.web.api.shapes import Instant
from tollwright.web.shared.waiting import when_ended

router = Router(tags=["jobs"])
ASYNC = "respond-async"
MOST_PARTS = 200
MOST_WAIT_S = 20
LARGE_BODY = 1024 * 1024  # bytes of a file that goes on as a job, whatever is preferred
LARGE_CARD = 20_000  # rows of a version or deck, alike
WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,4})\b")


class AnswerNotThere(DomainError):
    """The job goes on, or has failed."""

    kind, code = "conflict", "job_has_no_answer"


class JobOut(Schema):
    """A job. queued → running → done | failed; `total` 0: not known.

    `subject` and `subject_id` name what it is about, at its end what it made."""

    id: int
    kind: str
    title: str
    status: str
    done: int
    total: int
    sentence: str
    subject: str
    subject_id: int | None
    asked_at: Instant
    asked_by: str
    started_at: Instant | None
    ended_at: Instant | None


class JobDetail(JobOut):
    """With the parts of a group that are not done, at most 200."""

    parts: list[JobOut]


@router.get("/jobs", response=Page[JobOut], summary="List jobs, newest first")
def list_jobs(
    request: HttpRequest,
    paging: PagingQuery,
    status: Annotated[str, Query(description="queued, running, done, failed, cancelled")] = "",
) -> object:
    """Without the parts of groups."""
    require(request, "read")
    return page(queries.jobs(status=status), paging, _out)


@router.get("/jobs/{int:job_id}", response=JobDetail, summary="Get a job")
def get_job(request: HttpRequest, job_id: int) -> JobDetail:
    """Ask again until `ended_at` is there."""
    require(request, "read")
    job = queries.job_by_id(job_id)
    rest = queries.parts_not_done(job)[:MOST_PARTS]
    return JobDetail(**_out(job).model_dump(), parts=[_out(one) for one in rest])


def prefers_async(request: HttpRequest) -> bool:
    """Whether the caller wants the job's address instead of waiting (RFC 7240)."""
    given = request.headers.get("Prefer", "").lower().split(",")
    return ASYNC in {one.partition(";")[0].strip() for one in given}


def accepted(
    request: HttpRequest, enqueue: Callable[[str], Job], *, required: bool = True
) -> HttpResponse:
    """202 with the job that `enqueue(idempotency key)` asked for, and where it stands."""
    response = once(request, lambda key: _out(enqueue(key)), status=202, required=required)
    if response.status_code == 202:
        number = json.loads(response.content)["id"]
        response["Location"] = reverse("api:get_job", args=[number])
        if prefers_async(request):
            response["Preference-Applied"] = ASYNC
    return response


def waited_for(
    request: HttpRequest, enqueue: Callable[[str], Job], answer: Callable[[int], Schema]
) -> HttpResponse:
    """201 with `answer(job's id)` if the job ends while the caller waits, else 202 with the job.

    A caller bounds the wait by `Prefer: wait=<seconds>` (RFC 7240), `respond-async` waits not at
    all.
    """
    response = accepted(request, enqueue)
    if response.status_code != 202 or prefers_async(request):
        return response
    number = json.loads(response.content)["id"]

    def ended() -> HttpResponse:
        body = answer(number).model_dump_json()
        return HttpResponse(body, status=201, content_type="application/json")

    return when_ended(response, number, wait_of(request), ended)


def wait_of(request: HttpRequest) -> int:
    """The seconds that the caller waits."""
    found = WAIT.search(request.headers.get("Prefer", "").lower())
    return MOST_WAIT_S if found is None else min(int(found[1]), MOST_WAIT_S)


def is_large(body: bytes) -> bool:
    """Whether working on the body takes longer than a caller should wait."""
    return len(body) > LARGE_BODY


def answer_of(job_id: int, kind: str, read: Callable[[Job], Schema]) -> HttpResponse:
    """200 with what the job found out. Raises AnswerNotThere, also for a job of another kind."""
    job = queries.job_by_id(job_id)
    if job.kind != kind:
        raise AnswerNotThere(f"Job {job_id} answers another question.")
    if job.status != "done":
        raise AnswerNotThere(job.sentence or f"Job {job_id} is {job.status}: ask again later.")
    return HttpResponse(read(job).model_dump_json(), content_type="application/json")


def _out(job: Job) -> JobOut:
    return JobOut(**{name: getattr(job, name) for name in JobOut.model_fields})
