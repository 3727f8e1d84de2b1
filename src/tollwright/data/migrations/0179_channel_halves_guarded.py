"""Puts the table of 0178 under the law: rows of one tenant, references within it."""

from __future__ import annotations

from django.db import migrations

SQL = "SELECT tollwright_protect('channel_half'); SELECT tollwright_grant();"


class Migration(migrations.Migration):
    """One table protected, once its references are there."""

    dependencies = [("data", "0178_channel_halves")]
    operations = [migrations.RunSQL(SQL, reverse_sql=migrations.RunSQL.noop)]
