"""Take a batch's file in again, from the bytes that were kept, by today's settings."""

from __future__ import annotations

import io
import tempfile
from datetime import datetime
from typing import Any, BinaryIO, cast

import psycopg

from tollwright.engine.ingest import raw
from tollwright.engine.ingest.errors import NotPossible
from tollwright.engine.ingest.import_file import BatchResult, Progress, ingest_file
from tollwright.engine.ingest.rollback import roll_back
from tollwright.engine.resale import legs
from tollwright.engine.resale.batch import BatchContext
from tollwright.store import batches, calls, resellers


def replay(
    connection: psycopg.Connection[Any],
    *,
    tenant_id: int,
    batch_id: int,
    at: datetime,
    by: str,
    progress: Progress | None = None,
) -> BatchResult:
    """Roll the batch back if it stands, and ingest its bytes again, in one transaction.

    Raises NotPossible as `roll_back` does, and what `ingest_file` raises.
    """
    with connection.transaction():
        cursor = calls.cursor_on(connection)
        batches.set_tenant(cursor, tenant_id)
        old = batches.lock_batch(cursor, batch_id)
        if old is None:
            raise NotPossible(f"There is no batch {batch_id}.")
        if resellers.check_resold(cursor, old.source_id):
            raise NotPossible(
                f"Batch {batch_id} ({old.filename}) has no file: a reseller imported its"
                " calls, and can replay them."
            )
        if old.status == "done":
            roll_back(connection, tenant_id=tenant_id, batch_id=batch_id, at=at, by=by, keep=True)
        with file_of(cursor, batch_id) as stream:
            result = ingest_file(
                connection, tenant_id=tenant_id, source_code=old.source_code,
                filename=old.filename, stream=stream, at=at, by=by, progress=progress,
            )  # fmt: skip
        batches.move_calls(cursor, batch_id, result.batch_id)
        batch = BatchContext(tenant_id, old.source_id, result.batch_id, old.tenant_zone, at)
        parent = legs.open_parent(cursor, batch)
        if parent is not None:
            parent.take_over(batch_id)
        return result


def file_of(cursor: calls.Cursor, batch_id: int) -> BinaryIO:
    """The batch's file as it came, at its beginning."""
    file = tempfile.SpooledTemporaryFile(max_size=raw.IN_MEMORY)  # noqa: SIM115  # the caller closes it
    for chunk in batches.fetch_chunks(cursor, batch_id):
        file.write(raw.original(bytes(chunk.content)))
    file.seek(0, io.SEEK_SET)
    return cast(BinaryIO, file)
