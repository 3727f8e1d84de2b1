"""A tax rate has as many decimals on a line as in its rule: four."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """7.9125 % is kept as that."""

    dependencies = [("data", "0188_requests_counted")]
    operations = [
        migrations.AlterField(
            "invoiceline",
            "tax_rate",
            models.DecimalField(max_digits=7, decimal_places=4, help_text="percent"),
        ),
        migrations.AlterField(
            "invoicetax",
            "rate",
            models.DecimalField(max_digits=7, decimal_places=4, help_text="percent"),
        ),
    ]
