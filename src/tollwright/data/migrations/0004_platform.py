"""Runs sql/0004_platform.sql."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql" / "0004_platform.sql"


class Migration(migrations.Migration):
    """SQL that Django's models cannot say."""

    dependencies = [("data", "0030_api_request")]
    operations = [migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop)]
