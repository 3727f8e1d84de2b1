"""A number series knows the day of its last document, so that none of an earlier day follows it."""

from __future__ import annotations

from django.db import migrations, models

from tollwright.data.functions import ApplyFunction

# For everybody else a series only counts up.
FILL = """
ALTER TABLE number_series DISABLE TRIGGER series_counts;
UPDATE number_series s SET last_on = d.last_on
  FROM (SELECT legal_entity_id, document_type AS kind, max(issued_on) AS last_on
          FROM invoice WHERE issued_on IS NOT NULL GROUP BY 1, 2, extract(year FROM issued_on)
        UNION ALL
        SELECT legal_entity_id, 'receipt', max(issued_on)
          FROM receipt GROUP BY 1, extract(year FROM issued_on)
        UNION ALL
        SELECT legal_entity_id, kind, max(issued_on)
          FROM payment_change GROUP BY 1, 2, extract(year FROM issued_on)) d
 WHERE d.legal_entity_id = s.legal_entity_id AND d.kind = s.document_type
   AND extract(year FROM d.last_on) = s.year;
ALTER TABLE number_series ENABLE TRIGGER series_counts;
"""


class Migration(migrations.Migration):
    """`last_on`, from the documents that are there."""

    dependencies = [("data", "0154_intervals_on_lines")]
    operations = [
        migrations.AddField(
            "numberseries",
            "last_on",
            models.DateField(null=True, help_text="the day on the document of that number"),
        ),
        migrations.RunSQL(FILL, reverse_sql=migrations.RunSQL.noop),
        ApplyFunction("tollwright_series_counts", "c5f6b815a3c7"),
    ]
