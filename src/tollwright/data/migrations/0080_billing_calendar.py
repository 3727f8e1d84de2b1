"""What keeps a customer's billing periods as they were: its first day, and what documents stand for."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """The anchor of `anniversary` once it is known, and the days of a document's period."""

    dependencies = [("data", "0111_jobs_guarded")]
    operations = [
        migrations.AddField(
            "customer",
            "billing_anchor",
            models.DateField(
                null=True, help_text="the day that anniversary counts from; once set, it stays"
            ),
        ),
        migrations.AddField(
            "invoice",
            "period_first",
            models.DateField(null=True, help_text="null: the day of period_from"),
        ),
        migrations.AddField(
            "invoice",
            "period_last",
            models.DateField(null=True, help_text="inclusive; null: the day before period_to"),
        ),
        migrations.AddConstraint(
            "invoice",
            models.CheckConstraint(
                name="invoice_period_days",
                condition=models.Q(period_first=None, period_last=None)
                | models.Q(period_last__gte=models.F("period_first")),
            ),
        ),
    ]
