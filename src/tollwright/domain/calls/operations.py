"""Taking calls in, and putting right what came in wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO

from django.db import transaction

from tollwright.core.formats import registry
from tollwright.data.calls import ImportBatch, Source
from tollwright.data.scope import current_tenant_id
from tollwright.domain import validation
from tollwright.domain.audit.operations import By, record
from tollwright.domain.database import database, database_cursor
from tollwright.domain.errors import DomainError, NotFound
from tollwright.domain.events.operations import Payload
from tollwright.domain.events.operations import record as tell
from tollwright.engine import ingest as engine
from tollwright.store import batches


class SourceCodeTaken(DomainError):
    """Another source of this provider has the code."""

    kind, code = "conflict", "source_code_taken"


class ImportFailed(DomainError):
    """Nothing of the file was written; the sentence says what to do."""

    kind, code = "conflict", "not_taken_in"


class SourceUnusable(DomainError):
    """The source's format or options cannot be used."""

    code = "source_unusable"


class BatchStays(DomainError):
    """The batch cannot be rolled back or replayed as it stands."""

    kind, code = "conflict", "batch_stays"


@transaction.atomic
def create_source(
    *,
    code: str,
    name: str,
    format: str,
    timezone: str,
    region: str = "",
    options: Mapping[str, object] | None = None,
    at: datetime,
    by: By,
) -> Source:
    """A switch or dialler whose records come in `format`; `timezone` is that of its text stamps.

    `options` are those of `core.formats.base.Options`: encoding, columns, server, legs, layout.
    Raises SourceCodeTaken; FieldInvalid or SourceUnusable for what cannot be used.
    """
    if format not in registry.FORMATS:
        known = ", ".join(sorted(registry.FORMATS))
        raise validation.FieldInvalid(
            "format", f"There is no CDR format {format!r}; known are {known}."
        )
    fields: dict[str, Any] = {
        "code": validation.text("code", code, longest=40),
        "name": validation.text("name", name, longest=200),
        "format": format,
        "timezone": validation.timezone(timezone),
        "region": validation.country(region, "region") if region else "",
        "options": dict(options or {}),
    }
    taken = SourceCodeTaken(f"There is a source {code!r} already: choose another code.")
    with validation.explained({"source_code_once": taken}):
        source = Source.objects.create(tenant_id=current_tenant_id(), created_at=at, **fields)
    with _refusals():
        engine.open_source(database_cursor(), source.code)
    record(
        by=by, at=at, action="source.created", subject="source", subject_id=source.pk, after=fields
    )
    return source


@transaction.atomic
def ingest(
    *,
    source_code: str,
    filename: str,
    stream: BinaryIO,
    at: datetime,
    by: By,
    progress: Callable[[int, int], None] | None = None,
) -> engine.BatchResult:
    """Take a file of a source in, all or nothing; a file that came before changes nothing.

    Raises NotFound for an unknown source, SourceUnusable, ImportFailed.
    """
    with _refusals():
        result = engine.ingest_file(
            database(), tenant_id=current_tenant_id(), source_code=source_code,
            filename=filename, stream=stream, at=at, by=by.actor, progress=progress,
        )  # fmt: skip
    if not result.already:
        figures: dict[str, int] = {name: getattr(result, name) for name in COUNTS}
        record(
            by=by, at=at, action="batch.ingested", subject="import_batch",
            subject_id=result.batch_id, after={"filename": filename, **figures},
        )  # fmt: skip
        told: Payload = {
            "id": result.batch_id,
            "source": source_code,
            "filename": filename,
            **figures,
        }
        tell("import.completed", object_id=result.batch_id, payload=told, at=at)
    return result


COUNTS = ("records", "rated", "unanswered", "duplicates", "ignored", "quarantined")


@transaction.atomic
def reprocess(*, ids: Sequence[int], at: datetime, by: By) -> engine.Reentered:
    """Try quarantined records once more; those that are refused again stay, with today's reason."""
    with _refusals():
        result = engine.reprocess(
            database(), tenant_id=current_tenant_id(), ids=ids, at=at, by=by.actor
        )
    if ids:
        record(
            by=by, at=at, action="quarantine.reentered", subject="quarantine",
            subject_id=span_text(ids), after={"result": result.sentence},
        )  # fmt: skip
    return result


@transaction.atomic
def dismiss(*, ids: Sequence[int], at: datetime, by: By) -> int:
    """Quarantined records that shall never be calls; how many were open and are now dismissed."""
    cursor = database_cursor()
    count = batches.resolve_quarantined(cursor, ids, status="dismissed", at=at, by=by.actor[:200])
    if count:
        record(
            by=by, at=at, action="quarantine.dismissed", subject="quarantine",
            subject_id=span_text(ids), after={"rows": count},
        )  # fmt: skip
    return count


@transaction.atomic
def roll_back_batch(*, batch: ImportBatch, at: datetime, by: By) -> engine.RolledBack:
    """Take a batch's calls and charges away; its file is kept. Raises BatchStays."""
    with _refusals():
        result = engine.roll_back(
            database(), tenant_id=current_tenant_id(), batch_id=batch.pk, at=at, by=by.actor
        )
    record(
        by=by, at=at, action="batch.rolled_back", subject="import_batch", subject_id=batch.pk,
        after={"result": result.sentence},
    )  # fmt: skip
    told: Payload = {"id": batch.pk, "filename": batch.filename}
    tell("import.rolled_back", object_id=batch.pk, payload=told, at=at)
    batch.refresh_from_db()
    return result


def refuse_rolled_back(batch: ImportBatch) -> None:
    """Raise BatchStays unless there is something to take away."""
    if batch.status != "done":
        raise BatchStays(f"Batch {batch.pk} ({batch.filename}) is rolled back already.")


@transaction.atomic
def replay_batch(
    *,
    batch: ImportBatch,
    at: datetime,
    by: By,
    progress: Callable[[int, int], None] | None = None,
) -> engine.BatchResult:
    """Take a batch's file in again by today's settings, as a new batch. Raises BatchStays."""
    with _refusals():
        result = engine.replay(
            database(), tenant_id=current_tenant_id(), batch_id=batch.pk, at=at, by=by.actor,
            progress=progress,
        )  # fmt: skip
    record(
        by=by, at=at, action="batch.replayed", subject="import_batch", subject_id=batch.pk,
        after={"batch": result.batch_id, "result": result.sentence},
    )  # fmt: skip
    told: Payload = {"id": result.batch_id, "filename": batch.filename, "replays": batch.pk}
    tell("import.completed", object_id=result.batch_id, payload=told, at=at)
    batch.refresh_from_db()
    return result


def span_text(ids: Sequence[int]) -> str:
    """Which rows, in short, for the record."""
    return str(ids[0]) if len(ids) == 1 else f"{min(ids)}..{max(ids)} ({len(ids)})"


@contextmanager
def _refusals() -> Iterator[None]:
    """The engine's refusals as the domain's."""
    try:
        yield
    except engine.UnknownSource as error:
        raise NotFound(str(error)) from error
    except engine.BadSource as error:
        raise SourceUnusable(str(error)) from error
    except engine.NotPossible as error:
        raise BatchStays(str(error)) from error
    except engine.IngestError as error:
        raise ImportFailed(str(error)) from error
