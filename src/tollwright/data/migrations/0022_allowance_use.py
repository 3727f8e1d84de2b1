"""What calls took from the pools of their cards. 0023 puts the table under the law."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import PROTECT, Q


def _to(model: str, **more: object) -> models.ForeignKey:
    return models.ForeignKey(on_delete=PROTECT, related_name="+", to=f"data.{model}", **more)


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("data", "0012_money_given_back")]
    operations = [
        migrations.CreateModel(
            name="AllowanceUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("charge_id", models.BigIntegerField()),
                ("started_at", models.DateTimeField(help_text="the partition key of the charge")),
                (
                    "answered_at",
                    models.DateTimeField(help_text="the call's, by which pools are drawn on"),
                ),
                ("pool", models.TextField()),
                (
                    "before",
                    models.BigIntegerField(help_text="what earlier calls of the period had taken"),
                ),
                ("taken", models.BigIntegerField()),
                (
                    "campaign",
                    _to(
                        "campaign",
                        null=True,
                        help_text="null: all campaigns of the customer share the pool",
                    ),
                ),
                ("card", _to("ratecard")),
                ("customer", _to("customer")),
                ("tenant", _to("tenant")),
            ],
            options={"db_table": "allowance_use"},
        ),
        migrations.AddConstraint(
            "allowanceuse",
            models.UniqueConstraint(fields=("charge_id", "pool"), name="allowance_use_once"),
        ),
        migrations.AddConstraint(
            "allowanceuse",
            models.CheckConstraint(
                name="allowance_use_not_negative", condition=Q(before__gte=0, taken__gte=0)
            ),
        ),
        migrations.AddIndex(
            "allowanceuse",
            models.Index(fields=["customer", "answered_at"], name="allowance_use_in_turn"),
        ),
    ]
