"""What is being worked on, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q, QuerySet

from tollwright.data.jobs import OPEN, Job, JobFile
from tollwright.data.scope import tenant_scope
from tollwright.domain.errors import NotFound

MOST_TOLD = 5


def jobs(*, status: str = "") -> QuerySet[Job]:
    """What was asked for, newest first, without the parts of groups."""
    found = Job.objects.filter(parent__isnull=True)
    return found.filter(status=status) if status else found


def job_by_id(job_id: int) -> Job:
    """Raises NotFound."""
    found = Job.objects.select_related("parent").filter(pk=job_id).first()
    if found is None:
        raise NotFound(f"There is no job {job_id}.")
    return found


def parts(job: Job) -> QuerySet[Job]:
    """The parts of a group, as they were asked for."""
    return job.parts.order_by("id")


def open_jobs(kind: str) -> QuerySet[Job]:
    """Those of the kind that wait or are being worked on."""
    return Job.objects.filter(kind=kind, status__in=OPEN)


def parts_not_done(group: Job) -> QuerySet[Job]:
    """The parts of a group that wait, run, failed or were cancelled."""
    return parts(group).exclude(status="done")


def parts_failed(group: Job) -> QuerySet[Job]:
    """The parts of a group that failed, as they were asked for."""
    return parts(group).filter(status="failed")


def job_about(kind: str, subject: str, subject_id: int) -> Job | None:
    """The newest job of that kind about that thing."""
    return Job.objects.filter(kind=kind, subject=subject, subject_id=subject_id).first()


def to_tell(actor: str) -> list[Job]:
    """Jobs whose end the person who asked has not been told of, oldest first."""
    ended = jobs().filter(asked_by=actor, told_at__isnull=True, ended_at__isnull=False)
    return list(ended.order_by("id")[:MOST_TOLD])


def failed() -> int:
    """How many failed and were neither tried again nor discarded."""
    return jobs().filter(status="failed").count()


def pieces(job: Job, *, result: bool = False) -> Iterator[bytes]:
    """The bytes of its file, in order, a piece at a time."""
    found = JobFile.objects.filter(job=job, result=result).order_by("piece_no")
    for piece_no in list(found.values_list("piece_no", flat=True)):
        yield bytes(found.values_list("content", flat=True).get(piece_no=piece_no))


def pieces_apart(job: Job, *, result: bool = False) -> Iterator[bytes]:
    """The same, each read in a transaction of its own: for who goes on when ours is over."""
    found = JobFile.objects.filter(job=job, result=result).order_by("piece_no")
    numbers = list(found.values_list("piece_no", flat=True))  # now, while they may be seen

    def read(piece_no: int) -> bytes:
        with tenant_scope(job.tenant_id):
            return bytes(found.values_list("content", flat=True).get(piece_no=piece_no))

    return map(read, numbers)


def file_of(job: Job, *, result: bool = False) -> JobFile:
    """The head of its file: name and media type, without the bytes. Raises NotFound."""
    found = JobFile.objects.filter(job=job, result=result).defer("content")
    head = found.order_by("piece_no").first()
    if head is None:
        raise NotFound("Its file is not kept any more: upload it again.")
    return head


def waiting_or_failed(group: Job) -> QuerySet[Job]:
    """The parts of a group that ended otherwise than asked for, as they were asked for."""
    return parts(group).filter(Q(status="failed") | Q(sentence__startswith="It waits"))
