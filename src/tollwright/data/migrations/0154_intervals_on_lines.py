"""A fee's line says the interval of which it bills a part; a part may go by seconds."""

from __future__ import annotations

from django.db import migrations, models

TERMS = "plan_fee_terms"


def _terms(*prorations: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=TERMS,
        condition=models.Q(
            anchor__in=["calendar", "start"],
            proration__in=prorations,
            unused__in=["give_back", "keep"],
        ),
    )


class Migration(migrations.Migration):
    """Older lines have none: they are priced alone, as they were billed."""

    dependencies = [("data", "0153_entries_of_their_day")]
    operations = [
        migrations.AddField(
            "invoiceline",
            "interval_first",
            models.DateField(null=True, help_text="recurring fee: its interval's first day"),
        ),
        migrations.AddField(
            "invoiceline",
            "interval_end",
            models.DateField(null=True, help_text="recurring fee: the day after its interval"),
        ),
        migrations.AlterField(
            "planfee", "proration", models.CharField(max_length=6, default="day")
        ),
        migrations.RemoveConstraint("planfee", TERMS),
        migrations.AddConstraint("planfee", _terms("day", "second", "none")),
    ]
