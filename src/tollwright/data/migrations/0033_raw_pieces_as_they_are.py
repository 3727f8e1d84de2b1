"""Raw pieces arrive compressed: the database does not try once more."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """Pieces to come are stored as they are; the ones there are stay readable."""

    dependencies = [("data", "0053_resellers_guarded")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE raw_chunk ALTER COLUMN content SET STORAGE EXTERNAL",
            reverse_sql="ALTER TABLE raw_chunk ALTER COLUMN content SET STORAGE EXTENDED",
        )
    ]
