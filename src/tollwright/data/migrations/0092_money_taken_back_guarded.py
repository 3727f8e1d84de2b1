"""Puts the tables of 0091 under the law; a migration later, when their keys are there."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

from tollwright.data.functions import ApplyFunction

SQL = Path(__file__).parent.parent / "sql" / "0092_money_taken_back.sql"


class Migration(migrations.Migration):
    """Written once; nothing of a reversed payment settles anything; written off is what is so."""

    dependencies = [("data", "0091_money_taken_back")]
    operations = [
        ApplyFunction("tollwright_reversed_settles_nothing", "06e4055d0bcc"),
        ApplyFunction("tollwright_written_off_adds_up", "2737c572ae73"),
        migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop),
    ]
