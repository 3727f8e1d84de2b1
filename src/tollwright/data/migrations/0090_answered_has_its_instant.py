"""A call with answered seconds has the instant of its answer: "answered" is asked of one column."""

from __future__ import annotations

from django.db import migrations

FORWARD = """
ALTER TABLE call ADD CONSTRAINT call_answered_at
      CHECK (answered_ms = 0 OR answered_at IS NOT NULL);
"""
BACKWARD = "ALTER TABLE call DROP CONSTRAINT call_answered_at;"


class Migration(migrations.Migration):
    """Ingest has always written it so; existing rows are checked."""

    dependencies = [("data", "0080_billing_calendar")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
