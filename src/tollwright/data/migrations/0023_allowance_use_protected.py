"""Puts the table of 0022 under row-level security; a migration later, when its keys are there."""

from __future__ import annotations

from django.db import migrations

PROTECT = "SELECT tollwright_protect('allowance_use'); SELECT tollwright_grant();"


class Migration(migrations.Migration):
    """One table protected."""

    dependencies = [("data", "0022_allowance_use")]
    operations = [migrations.RunSQL(PROTECT, reverse_sql=migrations.RunSQL.noop)]
