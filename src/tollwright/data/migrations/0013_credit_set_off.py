"""What an invoice gives back settles other invoices, as a payment does. Runs sql/0013."""

from __future__ import annotations

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).parent.parent / "sql" / "0013_credit_set_off.sql"


class Migration(migrations.Migration):
    """An allocation is of a payment, or of the credit of an invoice with a negative total."""

    dependencies = [("data", "0023_allowance_use_protected")]
    operations = [
        migrations.AlterField(
            "allocation",
            "payment",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="allocations",
                to="data.payment",
            ),
        ),
        migrations.AddField(
            "allocation",
            "credit",
            models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="set_off",
                to="data.invoice",
            ),
        ),
        migrations.AddConstraint(
            "allocation",
            models.CheckConstraint(
                name="allocation_of_one_source",
                condition=models.Q(payment__isnull=False, credit__isnull=True)
                | models.Q(payment__isnull=True, credit__isnull=False),
            ),
        ),
        migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop),
    ]
