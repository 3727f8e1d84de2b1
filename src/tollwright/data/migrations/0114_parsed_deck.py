"""A previewed deck is kept as it was read: apply may be another process than preview."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column."""

    dependencies = [("data", "0081_fee_intervals")]
    operations = [
        migrations.AddField(
            "deckimport",
            "parsed",
            models.BinaryField(
                help_text="its rows as they were read, while it is previewed", null=True
            ),
        )
    ]
