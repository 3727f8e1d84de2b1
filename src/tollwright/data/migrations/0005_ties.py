"""Runs sql/0005_ties.sql."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql" / "0005_ties.sql"


class Migration(migrations.Migration):
    """References that carry the tenant, for tables made since."""

    dependencies = [("data", "0040_rerating")]
    operations = [migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop)]
