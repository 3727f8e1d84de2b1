"""A job keeps the name of what it is about; what it is called is its kind's label."""

from __future__ import annotations

from django.db import migrations, models

# Titles were sentences: what their kind says goes, the name stays.
NAMES = """
UPDATE job SET name = CASE
    WHEN kind LIKE 'nightly.%' OR kind LIKE 'rerating.%' THEN ''
    ELSE regexp_replace(name,
        '^(Accept proposal|Finalise the draft for|Finalise run|Billing run|Import|Replay|Roll back'
        '|Apply|Draft|Preview|Publish|Go back to|Export) ', '')
    END
 WHERE kind NOT IN ('billing.draft_customer');
"""


class Migration(migrations.Migration):
    """`title` becomes `name`."""

    dependencies = [("data", "0170_domains_and_contexts")]
    operations = [
        migrations.RenameField("job", "title", "name"),
        migrations.AlterField(
            "job",
            "name",
            models.CharField(max_length=200, blank=True, help_text="of what it is about"),
        ),
        migrations.RunSQL(NAMES.replace("%", "%%"), reverse_sql=migrations.RunSQL.noop),
    ]
