"""Marking charges costs half; statement triggers look at ids first; small tables are analysed."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

from tollwright.data.functions import ApplyFunction

SQL = Path(__file__).parent.parent / "sql" / "0195_charges_marked.sql"


class Migration(migrations.Migration):
    """What is refused stays the same."""

    dependencies = [("data", "0194_ids_and_months")]
    operations = [
        ApplyFunction("tollwright_charges_of_drafts", "aa8f38baff07"),
        ApplyFunction("tollwright_parts_of_published_stay", "467b59eddc3a"),
        migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop),
    ]
