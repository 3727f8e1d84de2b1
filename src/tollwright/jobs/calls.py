"""Taking files of call records in, each in one transaction of its own."""

from __future__ import annotations

from tempfile import TemporaryFile

from tollwright.data.calls import ImportBatch
from tollwright.data.jobs import Job
from tollwright.domain.calls import operations, requests
from tollwright.domain.jobs import queries as jobs
from tollwright.domain.jobs.operations import Outcome
from tollwright.jobs.runner import Progress, asked_by, handles


@handles(requests.IMPORT)
def import_file(job: Job, progress: Progress) -> Outcome:
    """The file that was kept with the job."""
    head = jobs.file_of(job)
    with TemporaryFile() as stream:
        for piece in jobs.pieces(job):
            stream.write(piece)
        stream.seek(0)
        result = operations.ingest(
            source_code=job.arguments["source"],
            filename=head.name,
            stream=stream,
            at=job.asked_at,
            by=asked_by(job),
            progress=progress,
        )
    return Outcome(result.sentence, "import_batch", result.batch_id)


@handles(requests.ROLL_BACK)
def roll_back(job: Job, _progress: Progress) -> Outcome:
    """A file's calls and charges are deleted; the file is kept."""
    batch = ImportBatch.objects.get(pk=int(job.subject_id or 0))
    result = operations.roll_back_batch(batch=batch, at=job.asked_at, by=asked_by(job))
    return Outcome(result.sentence, "import_batch", batch.pk)


@handles(requests.REPLAY)
def replay(job: Job, progress: Progress) -> Outcome:
    """A file that was rolled back, once more."""
    batch = ImportBatch.objects.get(pk=int(job.subject_id or 0))
    result = operations.replay_batch(
        batch=batch, at=job.asked_at, by=asked_by(job), progress=progress
    )
    return Outcome(result.sentence, "import_batch", result.batch_id)
