"""Runs sql/0011_fee_days.sql."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql" / "0011_fee_days.sql"


class Migration(migrations.Migration):
    """A fee's days by the calendar of their invoice."""

    dependencies = [("data", "0032_calls_by_time")]
    operations = [migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop)]
