"""Proposals that a record of the quarantine asks for: it corrects a call that is invoiced."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import PROTECT, Q

STATES = ["open", "reentered", "corrected", "dismissed", "rolled_back"]


class Migration(migrations.Migration):
    """Two columns, and a state more for quarantined records."""

    dependencies = [("data", "0051_carriers_guarded")]
    operations = [
        migrations.AddField(
            "rerateproposalcall",
            "quarantine",
            models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to="data.quarantine"),
        ),
        migrations.AddField("rerateproposalcall", "record", models.JSONField(null=True)),
        migrations.AddConstraint(
            "rerateproposalcall",
            models.CheckConstraint(
                name="rerate_correction_has_its_record",
                condition=Q(quarantine__isnull=True, record__isnull=True)
                | Q(quarantine__isnull=False, record__isnull=False),
            ),
        ),
        migrations.RemoveConstraint("quarantine", "quarantine_status"),
        migrations.AddConstraint(
            "quarantine",
            models.CheckConstraint(name="quarantine_status", condition=Q(status__in=STATES)),
        ),
    ]
