"""A count of requests by API key, that all processes share."""

from __future__ import annotations

from django.db import migrations

SQL = """
CREATE TABLE request_count (
    subject varchar(100) PRIMARY KEY,
    minute bigint NOT NULL,
    requests integer NOT NULL
) WITH (fillfactor = 50);
SELECT tollwright_grant();
"""


class Migration(migrations.Migration):
    """A row a key, written in place."""

    dependencies = [("data", "0187_secrets_sealed")]
    operations = [migrations.RunSQL(SQL, "DROP TABLE request_count;")]
