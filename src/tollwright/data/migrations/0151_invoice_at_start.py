"""An invoice of a plan's first day, beside the one of the period in which it lies."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Whether an invoice is one, and one invoice of each kind for a period."""

    dependencies = [("data", "0186_search_path_ends_in_pg_temp")]
    operations = [
        migrations.AddField(
            "invoice",
            "at_start",
            models.BooleanField(
                default=False, help_text="of the first day of a plan, before any period has ended"
            ),
        ),
        migrations.RemoveConstraint("invoice", "one_invoice_per_period"),
        migrations.AddConstraint(
            "invoice",
            models.UniqueConstraint(
                name="one_invoice_per_period",
                fields=["customer", "currency", "period_from", "at_start"],
                condition=Q(document_type="invoice") & ~Q(status="void"),
            ),
        ),
    ]
