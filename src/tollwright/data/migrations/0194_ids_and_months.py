"""A batch takes the ids it needs; a month's tables are made beside their parents, then attached."""

from __future__ import annotations

from django.db import migrations

from tollwright.data.functions import ApplyFunction


class Migration(migrations.Migration):
    """Nobody waits for a month to be made."""

    dependencies = [("data", "0151_invoice_at_start")]
    operations = [
        ApplyFunction("tollwright_claim_ids", "ea34076562b7"),
        ApplyFunction("tollwright_ensure_months", "c7eba0d4c7aa"),
    ]
