"""Puts the table of 0052 under the law; a migration later, when its keys are there."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql" / "0053_resellers_guarded.sql"


class Migration(migrations.Migration):
    """One table protected; a reseller is one customer's campaign at a time."""

    dependencies = [("data", "0052_resellers")]
    operations = [migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop)]
