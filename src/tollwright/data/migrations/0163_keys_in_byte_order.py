"""Keys of calls stand in the order of their bytes: the rows of one line are found by it."""

from __future__ import annotations

from django.db import migrations

# The order of many languages leaves "/" out; the database that comes along has the right one.
SQL = """
DO $$
BEGIN
    IF NOT ('B' < 'a' AND '1.1/2' < '1.10' AND '1.10' < '1.1~2') THEN
        ALTER TABLE call ALTER COLUMN call_key TYPE text COLLATE "C";
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    """No row is rewritten; the index of keys is made anew where the order changes."""

    dependencies = [("data", "0176_series_by_day")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
