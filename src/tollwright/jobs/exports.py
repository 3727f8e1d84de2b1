"""Writing a long table into a file: the page itself is asked, as the person who asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django.http import Http404, HttpRequest, QueryDict
from django.urls import resolve

from tollwright.data.access import Membership
from tollwright.data.jobs import Job
from tollwright.domain.access.queries import memberships_of
from tollwright.domain.events.operations import record as tell
from tollwright.domain.exports.requests import TABLE, WHOLE, ExportRefused, WholeFile
from tollwright.domain.jobs.operations import Outcome, keep_file
from tollwright.jobs.runner import Progress, handles, now


@handles(TABLE)
def write_table(job: Job, progress: Progress) -> Outcome:
    """The file, kept with the job for who asked. Raises ExportRefused."""
    name, written = job.arguments["filename"], -1

    def count(rows: int) -> None:
        nonlocal written
        written = rows
        progress(rows, 0)

    def write(media_type: str, pieces: Iterator[bytes]) -> None:
        count(0)
        keep_file(job, name, pieces, media_type=media_type, result=True)

    request = _request(job, _membership(job))
    setattr(request, WHOLE, WholeFile(write, count))
    found = resolve(request.path)
    try:
        found.func(request, *found.args, **found.kwargs)
    except Http404 as error:
        raise ExportRefused("The table is not there any more.") from error
    if written < 0:
        raise ExportRefused("Your role does not allow this any more.")
    payload = {"id": job.pk, "filename": name, "rows": written}
    tell("export.ready", object_id=job.pk, payload=payload, at=now())
    return Outcome(f"{name} has {written:,} rows. It is kept for seven days.")


def _membership(job: Job) -> Membership:
    mine = [one for one in memberships_of(job.arguments["user"]) if one.tenant_id == job.tenant_id]
    if not mine or mine[0].user.email != job.asked_by or not mine[0].user.is_active:
        raise ExportRefused("Who asked for it does not work here any more.")
    return mine[0]


def _request(job: Job, membership: Membership) -> HttpRequest:
    """As the person's browser would send it."""
    request: Any = HttpRequest()
    request.method, request.path = "GET", job.arguments["path"]
    request.path_info = request.path
    request.GET = QueryDict(job.arguments["query"])
    request.META = {"REMOTE_ADDR": job.address, "SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    request.user, request.membership, request.session = membership.user, membership, {}
    return cast(HttpRequest, request)
