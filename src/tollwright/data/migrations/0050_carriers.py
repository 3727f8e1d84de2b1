"""Carriers, their trunks and their buy cards. 0051 puts the tables under the law."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import PROTECT, F, Q


def _id() -> tuple[str, models.Field]:
    return (
        "id",
        models.BigAutoField(
            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
        ),
    )


def _to(model: str, related_name: str = "+") -> models.ForeignKey:
    return models.ForeignKey(on_delete=PROTECT, related_name=related_name, to=f"data.{model}")


class Migration(migrations.Migration):
    """Three tables."""

    dependencies = [("data", "0014_rate_one_reference")]
    operations = [
        migrations.CreateModel(
            name="Carrier",
            fields=[
                _id(),
                ("code", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
                ("tenant", _to("tenant")),
            ],
            options={"db_table": "carrier", "ordering": ["name", "id"]},
        ),
        migrations.CreateModel(
            name="Trunk",
            fields=[
                _id(),
                ("value", models.CharField(max_length=100)),
                ("valid_from", models.DateTimeField()),
                ("valid_to", models.DateTimeField(blank=True, null=True)),
                ("carrier", _to("carrier", "trunks")),
                ("tenant", _to("tenant")),
            ],
            options={"db_table": "trunk"},
        ),
        migrations.CreateModel(
            name="CarrierCard",
            fields=[
                _id(),
                ("valid_from", models.DateTimeField()),
                ("card", _to("ratecard")),
                ("carrier", _to("carrier", "cards")),
                ("tenant", _to("tenant")),
            ],
            options={"db_table": "carrier_card", "ordering": ["carrier", "-valid_from", "-id"]},
        ),
        migrations.AddConstraint(
            "carrier",
            models.UniqueConstraint(fields=("tenant", "code"), name="carrier_code_once"),
        ),
        migrations.AddConstraint(
            "trunk",
            models.UniqueConstraint(fields=("tenant", "value", "valid_from"), name="trunk_once"),
        ),
        migrations.AddConstraint(
            "trunk",
            models.CheckConstraint(
                name="trunk_period",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
            ),
        ),
    ]
