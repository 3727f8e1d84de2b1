"""Runs sql/0002_calls.sql."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql" / "0002_calls.sql"


class Migration(migrations.Migration):
    """SQL that Django's models cannot say."""

    dependencies = [("data", "0001_initial")]
    operations = [migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop)]
