"""What is being worked on: how far it is, what became of it, and trying again what failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect

from tollwright.core.labels.facts import actor_text
from tollwright.domain.entities import Job
from tollwright.domain.errors import NotFound
from tollwright.domain.exports.requests import TABLE
from tollwright.domain.jobs import operations, queries
from tollwright.domain.jobs.rows import job_rows
from tollwright.domain.rerating import requests
from tollwright.web.office.forms import ConfirmForm, posted
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, done, listing, page, show
from tollwright.web.office.permissions import Need, may
from tollwright.web.shared.exports import attached
from tollwright.web.shared.filters import since, until
from tollwright.web.shared.formatting import Status
from tollwright.web.shared.labels import job_title
from tollwright.web.shared.tables import (
    Column,
    Filter,
    Table,
    TablePage,
    field_has,
    field_is,
    short,
)
from tollwright.web.shared.waiting import when_ended

BOTH = ("GET", "POST")
STATES = [(one, one) for one in ("queued", "running", "done", "failed", "cancelled")]
MOST_PARTS = 200
MOMENT_S = 1
THEN = "then"  # in the address: when it is done, go to what it made
# What a job is about -> the page of it.
PAGES = {
    "billing_run": "run",
    "invoice": "invoice",
    "customer": "customer",
    "source": "batches",
    "import_batch": "batch",
    "rate_card": "card",
    "deck_import": "deck",
    "card_version": "card-version",
    "rerating": "rerating",
    "rerate_proposal": "rerate-proposal",
}
# The right that it takes to try again what one's colleagues asked for, by the area of its kind.
NEEDS: dict[str, Need] = {
    "billing": "billing",
    "calls": "calls",
    "rates": "rates",
    "rerating": "rerate",
}


@page()
def index(request: StaffRequest) -> HttpResponse:
    """What was asked for, newest first."""
    table = Table(
        "Jobs",
        job_rows(),
        [
            Column("no", "No.", lambda one: one.pk, "pk", row("job")),
            Column("title", "What", job_title, "name", row("job")),
            Column("asked", "Asked", lambda one: one.asked_at, "asked_at"),
            Column("by", "By", lambda one: actor_text(one.asked_by), "asked_by"),
            Column("ended", "Ended", lambda one: one.ended_at, "ended_at"),
            Column("sentence", "Result", lambda one: one.sentence or None),
            Column("status", "Status", lambda one: Status(one.status), "status"),
        ],
        [
            Filter("title", "What", field_has("name")),
            Filter("status", "Status", field_is("status"), choices=STATES),
            Filter("by", "By", field_has("asked_by")),
            Filter("from", "Asked from", since("asked_at"), kind="date"),
            Filter("to", "Asked to", until("asked_at"), kind="date"),
        ],
        order="-no",
        empty="No jobs yet. Billing runs, imports and other long work appear here.",
        filename="jobs",
    )
    return listing(request, "Jobs", table)


@page()
def one(request: StaffRequest, pk: int) -> HttpResponse:
    """A job: it may be left and come back to; while it is open the page asks again by itself."""
    job = queries.job_by_id(pk)
    if not job.is_open and job.asked_by == request.by.actor:
        operations.told([job], at=request.at)
    if job.status == "done" and THEN in request.GET and result_of(job):
        done(request, job.sentence)
        return redirect(result_of(job))
    parent = [(job_title(job.parent), to("job", job.parent_id))] if job.parent is not None else []
    return show(
        request,
        "job.html",
        job_title(job),
        job=job,
        progress=job,
        result=result_of(job),
        parts=parts_table(job),
        retry=may(request.membership.role, need_of(job)),
        crumbs=[("Jobs", to("jobs")), *parent],
    )


@page()
def file(request: StaffRequest, pk: int) -> HttpResponse:
    """What it made, for who asked for it."""
    job = queries.job_by_id(pk)
    if job.asked_by != request.by.actor:
        raise NotFound("There is no such file.")
    head = queries.file_of(job, result=True)
    pieces = queries.pieces_apart(job, result=True)
    streamed = StreamingHttpResponse(pieces, content_type=head.media_type)
    return cast(HttpResponse, attached(streamed, head.name))


@page(methods=BOTH)
def retry(request: StaffRequest, pk: int) -> HttpResponse:
    """Do again what failed or was cancelled."""
    return _act(request, pk, operations.retry, "Try again", "What failed is tried again.")


@page(methods=BOTH)
def cancel(request: StaffRequest, pk: int) -> HttpResponse:
    """Take back what nobody began; discard what failed."""
    return _act(request, pk, operations.cancel, "Cancel", "What had not begun is cancelled.")


def _act(
    request: StaffRequest, pk: int, act: Callable[..., Job], title: str, sentence: str
) -> HttpResponse:
    job = queries.job_by_id(pk)
    if not may(request.membership.role, need_of(job)):
        return show(
            request,
            "refused.html",
            "Not done",
            status=403,
            sentence="Your role does not allow this.",
            back=to("job", pk),
        )
    form = ConfirmForm(posted(request))
    if request.method == "POST" and form.is_valid():
        acted = form.attempt(act, job=job, at=request.at, by=request.by)
        if acted is not None:
            done(request, sentence)
            return redirect(to("job", pk))
    return show(
        request,
        "form.html",
        f"{title}: {job_title(job)}",
        form=form,
        lead=job.sentence,
        button=title,
        back=to("job", pk),
        crumbs=[("Jobs", to("jobs")), (job_title(job), to("job", pk))],
    )


def waiting(job: Job) -> str:
    """Where to send who asked: the job's page, and from there to what it made."""
    return to("job", job.pk, **{THEN: "result"})


def soon(job: Job) -> HttpResponse:
    """The same for what is mostly done in a moment: who asked does not see that it was a job."""
    response = redirect(waiting(job))
    return when_ended(response, job.pk, MOMENT_S, lambda: response)


def need_of(job: Job) -> Need:
    """The right that acting on the job takes."""
    return NEEDS.get(job.kind.partition(".")[0], "billing")


def result_of(job: Job) -> str:
    """The page of what it is about or made; '' where there is none."""
    if job.kind == TABLE:
        return to("job-file", job.pk)
    if job.kind == requests.WHAT_IF:
        return to("what-if-file", job=job.pk)
    name = PAGES.get(job.subject)
    if name == "batches":
        return to(name, source=job.subject_id)
    return to(name, job.subject_id) if name and job.subject_id is not None else ""


def waits_or_failed(group: Job) -> TablePage | None:
    """The parts of a group that ended otherwise than asked for, each with its sentence."""
    found = queries.waiting_or_failed(group)
    listed = list(found[:MOST_PARTS])
    return _parts(listed) if listed else None


def parts_table(job: Job) -> TablePage | None:
    """The parts of a group, those that failed first."""
    found = list(queries.parts(job)[: MOST_PARTS * 50])
    if not found:
        return None
    found.sort(key=lambda one: (one.status != "failed", one.pk))
    return _parts(found[:MOST_PARTS])


def _parts(found: list[Job]) -> TablePage:
    columns = [
        Column("title", "Part", job_title, "", row("job")),
        Column("sentence", "Result", lambda one: one.sentence or None),
        Column("status", "Status", lambda one: Status(one.status)),
    ]
    return short("Parts", found, columns, "No parts.")
