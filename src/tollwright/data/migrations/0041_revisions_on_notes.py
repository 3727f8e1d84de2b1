"""Re-rated revisions of invoiced calls stand on the lines of their notes. Runs sql/0041."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql" / "0041_revisions_on_notes.sql"


class Migration(migrations.Migration):
    """One function."""

    dependencies = [("data", "0005_ties")]
    operations = [migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop)]
