"""Sides of channels that lead back into their switch, which meet over files."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One table; 0179 puts it under the law."""

    dependencies = [
        ("data", "0177_jobs_named"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChannelHalf",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("meet", models.CharField(help_text="what both sides name", max_length=600)),
                ("far", models.BooleanField()),
                ("call_key", models.CharField(max_length=600)),
                (
                    "stays",
                    models.BooleanField(help_text="the call counts whatever the other side is"),
                ),
                ("at", models.DateTimeField(help_text="when its row began")),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="data.importbatch",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="data.source",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="data.tenant",
                    ),
                ),
            ],
            options={
                "db_table": "channel_half",
                "indexes": [models.Index(fields=["batch"], name="channel_half_of_batch")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "meet", "far", "call_key"), name="channel_half_once"
                    )
                ],
            },
        ),
    ]
