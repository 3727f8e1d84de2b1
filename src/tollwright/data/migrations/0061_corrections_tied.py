"""Ties 0060's reference to its tenant; a migration later, when the key is there."""

from __future__ import annotations

from django.db import migrations

PROTECT = "SELECT tollwright_protect('rerate_proposal_call');"


class Migration(migrations.Migration):
    """One reference."""

    dependencies = [("data", "0060_corrections")]
    operations = [migrations.RunSQL(PROTECT, reverse_sql=migrations.RunSQL.noop)]
