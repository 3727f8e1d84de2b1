"""A fee has an interval of its own. Fees that there are become monthly, registrations once."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q

from tollwright.data.functions import ApplyFunction

# Published fees are guarded against UPDATE; a change of type rewrites the column and is none.
REGISTRATIONS_ONCE = """
ALTER TABLE plan_fee ALTER COLUMN "interval" TYPE varchar(9)
    USING CASE kind WHEN 'registration' THEN 'once' ELSE 'month' END
"""


class Migration(migrations.Migration):
    """Columns and constraints of a fee's interval; a fee's days and registrations billed once."""

    dependencies = [("data", "0100_functions_in_files")]
    operations = [
        migrations.AddField("planfee", "interval", models.CharField(max_length=9, default="month")),
        migrations.AddField("planfee", "interval_count", models.SmallIntegerField(default=1)),
        migrations.AddField(
            "planfee", "anchor", models.CharField(max_length=8, default="calendar")
        ),
        migrations.AddField("planfee", "proration", models.CharField(max_length=4, default="day")),
        migrations.AddField(
            "planfee",
            "of_days",
            models.SmallIntegerField(null=True, help_text="a part is a share of; null: its own"),
        ),
        migrations.AddField(
            "planfee", "unused", models.CharField(max_length=9, default="give_back")
        ),
        migrations.RunSQL(REGISTRATIONS_ONCE, reverse_sql=migrations.RunSQL.noop),
        migrations.AddConstraint(
            "planfee",
            models.CheckConstraint(
                name="plan_fee_interval",
                condition=Q(interval="once", interval_count=1)
                | Q(
                    interval__in=["day", "week", "month", "quarter", "half_year", "year"],
                    interval_count__range=(1, 24),
                ),
            ),
        ),
        migrations.AddConstraint(
            "planfee",
            models.CheckConstraint(
                name="plan_fee_registration_once",
                condition=~Q(kind="registration") | Q(interval="once"),
            ),
        ),
        migrations.AddConstraint(
            "planfee",
            models.CheckConstraint(
                name="plan_fee_terms",
                condition=Q(
                    anchor__in=["calendar", "start"],
                    proration__in=["day", "none"],
                    unused__in=["give_back", "keep"],
                ),
            ),
        ),
        migrations.AddConstraint(
            "planfee",
            models.CheckConstraint(
                name="plan_fee_of_days",
                condition=Q(of_days=None)
                | Q(of_days=30, interval="month", interval_count=1, proration="day"),
            ),
        ),
        ApplyFunction("tollwright_fee_once", "6b6d852daad4"),
    ]
