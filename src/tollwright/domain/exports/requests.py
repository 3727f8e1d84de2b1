"""Asking for a table as a file after the request: its address says which rows, in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from tollwright.data.jobs import Job
from tollwright.domain.audit.operations import By
from tollwright.domain.errors import DomainError
from tollwright.domain.jobs import queries as jobs
from tollwright.domain.jobs.operations import Work, enqueue

TABLE = "exports.table"
WHOLE = "export_whole"  # of a request that a job makes: where the file goes, however long


@dataclass(frozen=True, slots=True)
class WholeFile:
    """`write(media type, its bytes in pieces)` keeps it; `count` hears the rows so far."""

    write: Callable[[str, Iterator[bytes]], None]
    count: Callable[[int], None]


class ExportRefused(DomainError):
    """Who asked may not see the table any more, or is not there any more."""

    kind, code = "forbidden", "export_refused"


@transaction.atomic
def request_export(
    *, path: str, query: str, filename: str, user_id: int, at: datetime, by: By
) -> Job:
    """Write the table at the address into a file, as the person sees it then.

    Asked again while it is being written, it is the same job.
    """
    arguments = {"path": path, "query": query, "filename": filename, "user": user_id}
    open_ones = jobs.open_jobs(TABLE).filter(asked_by=by.actor[:200], arguments=arguments)
    found = open_ones.first()
    if found is not None:
        return found
    return enqueue(Work(TABLE, filename, arguments=arguments), at=at, by=by)
