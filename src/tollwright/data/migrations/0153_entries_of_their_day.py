"""A ledger entry stands at the moment it is of, beside the one at which it was written."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models.functions import Now

# A payment's entry stood at the moment of typing; entries are append-only for everybody else.
MOVE = """
ALTER TABLE entry DISABLE TRIGGER append_only;
UPDATE entry e SET recorded_at = e.at,
       at = coalesce((SELECT least(p.received_at, e.at) FROM payment p WHERE p.entry_id = e.id), e.at);
ALTER TABLE entry ENABLE TRIGGER append_only;
"""


class Migration(migrations.Migration):
    """`recorded_at`; payments move to when the money came."""

    dependencies = [("data", "0152_tax_rates_of_four_decimals")]
    operations = [
        migrations.AddField(
            "entry", "recorded_at", models.DateTimeField(db_default=Now(), help_text="written at")
        ),
        migrations.AlterField(
            "entry", "at", models.DateTimeField(help_text="when it happened, never to come")
        ),
        migrations.RunSQL(MOVE, reverse_sql=migrations.RunSQL.noop),
    ]
