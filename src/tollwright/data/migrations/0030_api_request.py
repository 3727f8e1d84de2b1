"""The table of API writes by idempotency key, under row-level security from its first moment."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

PROTECT = "SELECT tollwright_protect('api_request'); SELECT tollwright_grant();"


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("data", "0003_guards")]
    operations = [
        migrations.CreateModel(
            name="ApiRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        primary_key=True, serialize=False, verbose_name="ID", auto_created=True
                    ),
                ),
                ("key", models.CharField(max_length=100)),
                (
                    "wish_sha256",
                    models.CharField(max_length=64, help_text="of method, path and body"),
                ),
                (
                    "status",
                    models.IntegerField(
                        null=True, help_text="null only while the work is being done"
                    ),
                ),
                ("answer", models.JSONField(null=True)),
                ("asked_at", models.DateTimeField()),
                ("asked_by", models.CharField(max_length=200)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="data.tenant",
                    ),
                ),
            ],
            options={"db_table": "api_request"},
        ),
        migrations.AddConstraint(
            model_name="apirequest",
            constraint=models.UniqueConstraint(fields=("tenant", "key"), name="api_request_once"),
        ),
        migrations.RunSQL(PROTECT, reverse_sql=migrations.RunSQL.noop),
    ]
