"""What billing adds: corrections of lines, shares of days, fees once per day. Runs sql/0010."""

from __future__ import annotations

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).parent.parent / "sql" / "0010_billing.sql"


class Migration(migrations.Migration):
    """Columns, then the constraints that Django cannot say."""

    dependencies = [("data", "0004_platform"), ("data", "0030_api_request")]
    operations = [
        migrations.RemoveConstraint(model_name="invoiceline", name="fee_billed_once_per_period"),
        migrations.AddField(
            "invoice",
            "note",
            models.CharField(
                blank=True, max_length=200, default="", help_text="why it was credited or debited"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "invoice",
            "idempotency_key",
            models.CharField(max_length=100, null=True, help_text="of a correction"),
        ),
        migrations.AddConstraint(
            "invoice",
            models.UniqueConstraint(fields=("tenant", "idempotency_key"), name="correction_once"),
        ),
        migrations.AddField(
            "invoiceline",
            "corrects",
            models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="data.invoiceline",
            ),
        ),
        migrations.AddField(
            "invoiceline",
            "days",
            models.IntegerField(null=True, help_text="recurring fee: days billed"),
        ),
        migrations.AddField(
            "invoiceline",
            "of_days",
            models.IntegerField(null=True, help_text="recurring fee: days of the whole period"),
        ),
        migrations.AddConstraint(
            "invoiceline",
            models.CheckConstraint(
                name="invoice_line_share",
                condition=models.Q(days__isnull=True, of_days__isnull=True)
                | models.Q(days__gte=1, of_days__gte=models.F("days")),
            ),
        ),
        migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop),
    ]
