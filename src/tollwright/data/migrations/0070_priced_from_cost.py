"""Plan versions that price a call from what it costs."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import F, Q

MICROS = "integer micros (10⁻⁶) of the currency"
MOST_MICROS = 10**15


class Migration(migrations.Migration):
    """Markup, fixed part, floor and cap; versions that there are go on pricing by their card."""

    dependencies = [("data", "0042_proposed_uses")]
    operations = [
        migrations.AddField(
            "planversion", "pricing", models.CharField(max_length=9, default="card")
        ),
        migrations.AddField(
            "planversion",
            "markup_ppm",
            models.BigIntegerField(default=0, help_text="parts in a million of the cost"),
        ),
        migrations.AddField(
            "planversion", "fixed_micros", models.BigIntegerField(default=0, help_text=MICROS)
        ),
        *(
            migrations.AddField(
                "planversion", name, models.BigIntegerField(null=True, help_text=MICROS)
            )
            for name in ("floor_micros", "cap_micros")
        ),
        migrations.AddConstraint(
            "planversion",
            models.CheckConstraint(
                name="plan_version_pricing",
                condition=Q(
                    pricing="card",
                    markup_ppm=0,
                    fixed_micros=0,
                    floor_micros=None,
                    cap_micros=None,
                )
                | Q(pricing="cost_plus"),
            ),
        ),
        migrations.AddConstraint(
            "planversion",
            models.CheckConstraint(
                name="plan_version_markup", condition=Q(markup_ppm__range=(-(10**6), 10**9))
            ),
        ),
        migrations.AddConstraint(
            "planversion",
            models.CheckConstraint(
                name="plan_version_per_call",
                condition=Q(fixed_micros__range=(0, MOST_MICROS))
                & (Q(floor_micros=None) | Q(floor_micros__range=(0, MOST_MICROS)))
                & (Q(cap_micros=None) | Q(cap_micros__range=(0, MOST_MICROS))),
            ),
        ),
        migrations.AddConstraint(
            "planversion",
            models.CheckConstraint(
                name="plan_version_floor_under_cap",
                condition=Q(floor_micros=None)
                | Q(cap_micros=None)
                | Q(floor_micros__lte=F("cap_micros")),
            ),
        ),
    ]
