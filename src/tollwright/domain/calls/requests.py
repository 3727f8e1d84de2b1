"""Asking for files to be taken in: jobs, one file after the other of a source."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from tollwright.data.calls import ImportBatch, Source
from tollwright.data.jobs import Job
from tollwright.domain.audit.operations import By
from tollwright.domain.calls import operations
from tollwright.domain.jobs.operations import Work, enqueue

IMPORT, REPLAY, ROLL_BACK = "calls.import", "calls.replay", "calls.roll_back"


@transaction.atomic
def request_import(
    *, source: Source, filename: str, pieces: Iterable[bytes], at: datetime, by: By
) -> Job:
    """Keep the file and take it in after the request, all or nothing."""
    work = Work(IMPORT, filename, "source", source.pk, {"source": source.code}, _lock(source.pk))
    return enqueue(work, at=at, by=by, file=(filename, pieces))


@transaction.atomic
def request_replay(*, batch: ImportBatch, at: datetime, by: By) -> Job:
    """Take a rolled-back file in again after the request, by today's settings."""
    name, lock = batch.filename, _lock(batch.source_id)
    return enqueue(Work(REPLAY, name, "import_batch", batch.pk, lock=lock), at=at, by=by)


@transaction.atomic
def request_roll_back(*, batch: ImportBatch, at: datetime, by: By) -> Job:
    """Take a file's calls away after the request. Raises BatchStays for one rolled back already."""
    operations.refuse_rolled_back(batch)
    name, lock = batch.filename, _lock(batch.source_id)
    return enqueue(Work(ROLL_BACK, name, "import_batch", batch.pk, lock=lock), at=at, by=by)


def _lock(source_id: int) -> str:
    return f"source/{source_id}"
