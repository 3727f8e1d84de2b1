"""Tenants that buy from others: whose customer they are there. 0053 puts the table under the law."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import PROTECT, F, Q


def _to(model: str, **more: object) -> models.ForeignKey:
    return models.ForeignKey(on_delete=PROTECT, related_name="+", to=f"data.{model}", **more)


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("data", "0061_corrections_tied")]
    operations = [
        migrations.CreateModel(
            name="Reseller",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateTimeField()),
                ("valid_to", models.DateTimeField(blank=True, null=True)),
                ("campaign", _to("campaign")),
                ("reseller", _to("tenant")),
                (
                    "source",
                    _to(
                        "source",
                        help_text="where the reseller's calls come from, in the parent's books",
                    ),
                ),
                ("tenant", _to("tenant")),
            ],
            options={"db_table": "reseller"},
        ),
        migrations.AddConstraint(
            "reseller",
            models.CheckConstraint(
                name="reseller_period",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
            ),
        ),
    ]
