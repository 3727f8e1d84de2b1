"""Puts the tables of 0110 under the law, and lets the application use the queue."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql" / "0111_jobs_guarded.sql"


class Migration(migrations.Migration):
    """Two tables protected; the queue's own tables are procrastinate's."""

    dependencies = [("data", "0110_jobs"), ("procrastinate", "0041_post_retry_failed_job")]
    operations = [migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop)]
