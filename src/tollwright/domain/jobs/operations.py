"""The life of a job: queued in the transaction that wants it, worked on, ended once.

A worker loads a job by its id (`begin`), does its work in one transaction that also marks it done
(`claim` … `finish`), so that the work is done once however often a worker is killed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q
from procrastinate.contrib.django import app
from procrastinate.types import JSONDict

from tollwright.data.jobs import OPEN, Job, JobFile
from tollwright.data.scope import current_tenant_id
from tollwright.domain.audit.operations import By, record
from tollwright.domain.database import database
from tollwright.domain.jobs.errors import JobEnded
from tollwright.store import jobs as store

PIECE_BYTES = 1024 * 1024
BATCH = 500
NIGHTLY = "nightly."
MOST_FORGOTTEN = 20_000  # a night; the rest the next


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done: `kind` names the worker's function, the rest is for it and for people.

    `name`: of what it is about; the label of the kind says what is done with it.

    `lock`: jobs of one lock are worked on one after the other, in the order they were asked.
    """

    kind: str
    name: str = ""
    subject: str = ""
    subject_id: int | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    lock: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it: a sentence, and the thing that was made, where there is one."""

    sentence: str
    subject: str = ""
    subject_id: int | None = None


@transaction.atomic
def enqueue(
    work: Work,
    *,
    at: datetime,
    by: By,
    key: str | None = None,
    file: tuple[str, Iterable[bytes]] | None = None,
) -> Job:
    """Ask for the work; a worker takes it up when this transaction commits, never otherwise.

    `file`: its name and bytes, kept for the worker. The same key again is the same job.
    """
    job, is_new = _row(work, at=at, by=by, key=key)
    if is_new:
        if file is not None:
            keep_file(job, file[0], file[1])
        _queue([job])
    return job


@transaction.atomic
def enqueue_group(
    work: Work, parts: Sequence[Work], *, at: datetime, by: By, key: str | None = None
) -> Job:
    """Ask for all the parts; the group is how far they are. A group of none is done at once."""
    group, is_new = _row(work, at=at, by=by, key=key)
    if not is_new:
        return group
    rows = Job.objects.bulk_create(
        [_new(part, at, by, parent_id=group.pk) for part in parts], batch_size=BATCH
    )
    _queue(rows)
    group.total = len(rows)
    group.save(update_fields=["total"])
    if not rows:
        _end(group.pk, "done", "There was nothing to do.", at)
        group.refresh_from_db()
    return group


@transaction.atomic
def begin(job_id: int, *, at: datetime) -> Job | None:
    """Mark the job as being worked on; None when it has ended or is not there any more."""
    job = Job.objects.select_for_update().filter(pk=job_id, status__in=OPEN).first()
    if job is None:
        return None
    job.status, job.started_at, job.done = "running", job.started_at or at, 0
    job.save(update_fields=["status", "started_at", "done"])
    if job.parent_id is not None:
        waiting = Job.objects.filter(pk=job.parent_id, status="queued")
        waiting.update(status="running", started_at=at)
    return job


def claim(job_id: int) -> Job | None:
    """The job, for this transaction alone; None when somebody else has ended it meanwhile."""
    store.lock_job(database(), job_id=job_id)
    return Job.objects.filter(pk=job_id, status__in=OPEN).first()


@transaction.atomic
def finish(job: Job, outcome: Outcome, *, at: datetime) -> None:
    """Mark it done, in the transaction of its work; the file it worked on is let go of."""
    changes: dict[str, Any] = {}
    if outcome.subject:
        changes = {"subject": outcome.subject, "subject_id": outcome.subject_id}
    JobFile.objects.filter(job=job, result=False).delete()
    if job.total:
        changes["done"] = F("total")
    _end(job.pk, "done", outcome.sentence, at, **changes)


@transaction.atomic
def fail(job_id: int, sentence: str, *, at: datetime) -> None:
    """Mark it failed, with the sentence why; a job that has ended stays as it is."""
    _end(job_id, "failed", sentence, at)


@transaction.atomic
def give_back(job_id: int) -> None:
    """The worker stops before the job's end: it waits again."""
    Job.objects.filter(pk=job_id, status="running").update(status="queued", done=0)


@transaction.atomic
def cancel(*, job: Job, at: datetime, by: By) -> Job:
    """Take back what no worker has begun, or discard what failed. Raises JobEnded."""
    own = Job.objects.select_for_update().get(pk=job.pk)
    waiting = list(Job.objects.select_for_update().filter(parent=own, status="queued"))
    failed = list(Job.objects.select_for_update().filter(parent=own, status="failed"))
    if own.status == "failed" or (own.status == "queued" and own.queue_id is not None):
        waiting, failed = [*waiting, *([own] if own.status == "queued" else [])], [*failed, own]
    if not waiting and not failed:
        raise JobEnded(f"{own.title} is {own.status}: it cannot be cancelled.")
    for one in {*waiting, *failed}:
        _cancel_row(one, at)
    parts = [one for one in waiting if one.parent_id is not None]
    if parts:
        _count_ended(int(parts[0].parent_id or 0), len(parts), at)
    _record("job.cancel", own, at, by)
    own.refresh_from_db()
    return own


@transaction.atomic
def retry(*, job: Job, at: datetime, by: By) -> Job:
    """Try again what failed or was cancelled: the job, or those parts of it. Raises JobEnded.

    It is asked for anew: a document that it issues is of this day.
    """
    again = ("failed", "cancelled")
    own = Job.objects.select_for_update().get(pk=job.pk)
    found = list(Job.objects.select_for_update().filter(parent=own, status__in=again))
    if own.queue_id is not None and own.status in again:
        found = [own]
    if not found:
        raise JobEnded(f"{own.title} is {own.status}: there is nothing to try again.")
    for one in found:
        if not one.kind.startswith(NIGHTLY):  # it is of its night, whenever it is done
            one.asked_at = at
        _open_again(one)
    _queue(found)
    if found[0].parent_id is not None:
        group = Job.objects.select_for_update().get(pk=found[0].parent_id)
        _open_again(group)
        Job.objects.filter(pk=group.pk).update(done=F("done") - len(found))
    _record("job.retry", own, at, by)
    own.refresh_from_db()
    return own


def told(jobs: Sequence[Job], *, at: datetime) -> None:
    """Who asked has been told of their end."""
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(told_at=at)


def keep_file(
    job: Job, name: str, pieces: Iterable[bytes], *, media_type: str = "", result: bool = False
) -> None:
    """Keep a file for the job, or the file it made, in pieces that fit a row."""
    for number, piece in enumerate(_bounded(pieces)):
        JobFile.objects.create(
            tenant_id=job.tenant_id,
            job=job,
            name=name[:255],
            media_type=media_type,
            result=result,
            piece_no=number,
            content=piece,
        )


@transaction.atomic
def forget_files(*, ended_before: datetime) -> int:
    """Delete the files of jobs that ended before then; how many pieces those were."""
    old = JobFile.objects.filter(job__ended_at__lt=ended_before)
    return old.delete()[0]


@transaction.atomic
def forget_jobs(*, ended_before: datetime, keep: str) -> int:
    """Delete jobs that ended well or were cancelled before then, with their parts; how many.

    What failed stays until somebody tries it again or discards it. Of the kind `keep` the newest
    stays too: when it was is what the next one goes by.
    """
    newest = Job.objects.filter(kind=keep, status="done").order_by("-asked_at").values("pk")[:1]
    old = Job.objects.filter(ended_at__lt=ended_before, status__in=["done", "cancelled"])
    wholes = old.filter(parent__isnull=True).exclude(
        pk__in=list(newest.values_list("pk", flat=True))
    )
    heads = list(wholes.order_by("id").values_list("pk", flat=True)[:MOST_FORGOTTEN])
    gone = Job.objects.filter(Q(pk__in=heads) | Q(parent__in=heads))
    JobFile.objects.filter(job__in=gone).delete()
    gone.filter(parent__isnull=False).delete()
    gone.delete()
    return len(heads)


def leave_queue(job: Job) -> None:
    """Take the job's row out of the queue: it is being done here, without a worker."""
    if job.queue_id is not None:
        app.job_manager.cancel_job_by_id(job.queue_id, delete_job=True)


def _bounded(pieces: Iterable[bytes]) -> Iterable[bytes]:
    empty = True
    for piece in pieces:
        for start in range(0, len(piece), PIECE_BYTES):
            empty = False
            yield piece[start : start + PIECE_BYTES]
    if empty:
        yield b""


def _row(work: Work, *, at: datetime, by: By, key: str | None) -> tuple[Job, bool]:
    new = _new(work, at, by)
    if key is None:
        new.save()
        return new, True
    values = {
        one.attname: getattr(new, one.attname)
        for one in Job._meta.concrete_fields
        if one.attname not in {"id", "tenant_id", "idempotency_key"}
    }
    return Job.objects.get_or_create(
        tenant_id=current_tenant_id(), idempotency_key=key, defaults=values
    )


def _new(work: Work, at: datetime, by: By, parent_id: int | None = None) -> Job:
    return Job(
        tenant_id=current_tenant_id(),
        parent_id=parent_id,
        kind=work.kind,
        name=work.name[:200],
        subject=work.subject,
        subject_id=work.subject_id,
        arguments=dict(work.arguments),
        lock=work.lock,
        asked_at=at,
        asked_by=by.actor[:200],
        address=by.address[:45],
    )


def _queue(jobs: Sequence[Job]) -> None:
    """Rows of the queue, by this transaction's own connection; they carry ids alone."""
    tenant_id = current_tenant_id()
    for (kind, lock), alike in groupby(jobs, lambda one: (one.kind, one.lock)):
        listed = list(alike)
        task = app.configure_task(kind, lock=f"{tenant_id}/{lock}" if lock else None)
        payloads: list[JSONDict] = [{"tenant": tenant_id, "job": job.pk} for job in listed]
        ids = task.batch_defer(*payloads)
        for job, queue_id in zip(listed, ids, strict=True):
            job.queue_id = queue_id
    Job.objects.bulk_update(jobs, ["queue_id"], batch_size=BATCH)


def _end(job_id: int, status: str, sentence: str, at: datetime, **changes: Any) -> None:
    """End an open job once; with the last of its parts a group ends."""
    open_one = Job.objects.filter(pk=job_id, status__in=OPEN)
    if not open_one.update(status=status, sentence=sentence, ended_at=at, **changes):
        return
    parent_id = Job.objects.values_list("parent_id", flat=True).get(pk=job_id)
    if parent_id is not None:
        _count_ended(parent_id, 1, at)


def _count_ended(group_id: int, parts: int, at: datetime) -> None:
    """So many more parts of the group have ended. Others who end parts wait for this commit."""
    Job.objects.filter(pk=group_id).update(done=F("done") + parts)
    group = Job.objects.get(pk=group_id)
    if group.done < group.total:
        return
    ended = dict(group.parts.order_by().values_list("status").annotate(Count("id")))
    failed, well = ended.get("failed", 0), ended.get("done", 0)
    sentence = f"{well:,} of {group.total:,} done."
    if failed:
        sentence += f" {failed:,} failed: each says why, and can be tried again."
    status = "failed" if failed else "done" if well else "cancelled"
    _end(group_id, status, sentence, at)


def _cancel_row(job: Job, at: datetime) -> None:
    leave_queue(job)
    job.status, job.ended_at, job.told_at = "cancelled", at, at
    job.save(update_fields=["status", "ended_at", "told_at"])


def _open_again(job: Job) -> None:
    job.status, job.sentence = "queued", ""
    job.ended_at = job.told_at = None
    job.save(update_fields=["status", "sentence", "asked_at", "ended_at", "told_at"])


def _record(action: str, job: Job, at: datetime, by: By) -> None:
    after = {"kind": job.kind, "title": job.title}
    record(by=by, at=at, action=action, subject="job", subject_id=job.pk, after=after)
