"""Puts the table of 0112 under the law: append-only, numbered by PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql" / "0113_events_guarded.sql"


class Migration(migrations.Migration):
    """One table protected; its sequence has no gaps."""

    dependencies = [("data", "0112_events")]
    operations = [migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop)]
