"""The newest calls of a tenant, whoever's they are: the office's search begins there."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """One index; months to come inherit it."""

    dependencies = [("data", "0041_revisions_on_notes")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX IF NOT EXISTS call_by_time ON call (tenant_id, started_at)",
            reverse_sql="DROP INDEX IF EXISTS call_by_time",
        )
    ]
