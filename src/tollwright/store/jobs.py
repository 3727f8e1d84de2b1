"""A job's lock, and its progress as others see it while its own transaction is open."""

from __future__ import annotations

from typing import Any

import psycopg

from tollwright.store.sql import statements

SQL = statements("jobs.sql")


def lock_job(connection: psycopg.Connection[Any], *, job_id: int) -> None:
    """Wait until nobody else works on the job; held until the caller's transaction ends."""
    psycopg.Cursor(connection).execute(SQL["lock_job"], {"job_id": str(job_id)})


def set_progress(
    connection: psycopg.Connection[Any], *, tenant_id: int, job_id: int, done: int, total: int
) -> None:
    """Write how far a running job is, at once: `connection` is not the work's own."""
    with connection.transaction():
        cursor = psycopg.Cursor(connection)
        cursor.execute(SQL["set_tenant"], {"tenant_id": str(tenant_id)})
        values = {"tenant_id": tenant_id, "job_id": job_id, "done": done, "total": total}
        cursor.execute(SQL["set_progress"], values)
