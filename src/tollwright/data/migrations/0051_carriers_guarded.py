"""Puts the tables of 0050 under the law; a migration later, when their keys are there."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql" / "0051_carriers_guarded.sql"


class Migration(migrations.Migration):
    """Three tables protected; a trunk leads to one carrier at a time, a carrier takes a buy card."""

    dependencies = [("data", "0050_carriers")]
    operations = [migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop)]
