"""What happened. 0113 puts the table under the law."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One table."""

    dependencies = [
        ("data", "0090_answered_has_its_instant"),
    ]

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "type",
                    models.CharField(
                        help_text="object.past_tense, as invoice.finalised", max_length=60
                    ),
                ),
                ("object_kind", models.CharField(max_length=40)),
                ("object_id", models.BigIntegerField()),
                ("sequence", models.BigIntegerField()),
                ("version", models.IntegerField(default=1, help_text="of the payload's shape")),
                ("payload", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
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
                "db_table": "event",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["tenant", "type", "id"], name="event_by_type")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "object_kind", "object_id", "sequence"),
                        name="event_sequence_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("type__regex", "^[a-z_]+\\.[a-z_]+$")),
                        name="event_type_names_its_object",
                    ),
                ],
            },
        ),
    ]
