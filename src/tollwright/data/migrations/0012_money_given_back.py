"""Money that a credit note frees goes back to the payer's credit: an allocation may be negative."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """The trigger of allocations keeps the sums within what was paid and billed."""

    dependencies = [("data", "0011_fee_days")]
    operations = [
        migrations.RemoveConstraint(model_name="allocation", name="allocation_is_positive"),
        migrations.AddConstraint(
            "allocation",
            models.CheckConstraint(name="allocation_moves", condition=~models.Q(amount_micros=0)),
        ),
    ]
