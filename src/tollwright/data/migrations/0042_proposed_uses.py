"""What a proposed revision draws on pools is kept under the id that its charge will have."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two columns of the charges that wait."""

    dependencies = [("data", "0054_calls_bought")]
    operations = [
        migrations.AddField(
            "rerateproposalcall",
            "new_id",
            models.BigIntegerField(
                null=True,
                help_text="the charge to be; what it draws on pools is kept by this id already",
            ),
        ),
        migrations.AddField(
            "rerateproposalcall",
            "rated_at",
            models.DateTimeField(null=True, help_text="by whose rules; null: the re-rating's"),
        ),
        migrations.AddConstraint(
            "rerateproposalcall",
            models.UniqueConstraint(fields=["new_id"], name="rerate_charge_to_be_once"),
        ),
    ]
