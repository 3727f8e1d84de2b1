"""Applied re-ratings and their proposals for invoiced calls. Runs sql/0040."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations, models
from django.db.models import PROTECT, F, Q

SQL = Path(__file__).parent.parent / "sql" / "0040_rerating.sql"
MICROS = "integer micros (10⁻⁶) of the currency"


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
    """Four tables."""

    dependencies = [("data", "0031_checks_at_commit")]
    operations = [
        migrations.CreateModel(
            name="Rerating",
            fields=[
                _id(),
                ("idempotency_key", models.CharField(max_length=100)),
                ("scope", models.JSONField(default=dict)),
                ("fingerprint", models.CharField(max_length=64)),
                (
                    "sums",
                    models.JSONField(
                        default=list, help_text="per currency: old, new and difference, micros"
                    ),
                ),
                ("calls", models.IntegerField(default=0)),
                ("revised", models.IntegerField(default=0)),
                ("proposed", models.IntegerField(default=0)),
                ("refused", models.IntegerField(default=0)),
                ("applied_at", models.DateTimeField()),
                ("applied_by", models.CharField(max_length=200)),
                ("tenant", _to("tenant")),
            ],
            options={"db_table": "rerating", "ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="RerateProposal",
            fields=[
                _id(),
                ("status", models.CharField(default="proposed", max_length=10)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(blank=True, max_length=200)),
                ("invoice", _to("invoice")),
                ("rerating", _to("rerating", "proposals")),
                ("tenant", _to("tenant")),
            ],
            options={"db_table": "rerate_proposal", "ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="RerateProposalLine",
            fields=[
                _id(),
                ("calls", models.IntegerField(help_text="whose amount changes")),
                ("old_micros", models.BigIntegerField(help_text=MICROS)),
                ("new_micros", models.BigIntegerField(help_text=MICROS)),
                ("up_micros", models.BigIntegerField(help_text="sum of the increases, micros")),
                (
                    "down_micros",
                    models.BigIntegerField(help_text="sum of the decreases, micros; not negative"),
                ),
                ("invoice_line", _to("invoiceline")),
                ("proposal", _to("rerateproposal", "lines")),
                ("tenant", _to("tenant")),
            ],
            options={"db_table": "rerate_proposal_line", "ordering": ["proposal", "id"]},
        ),
        migrations.CreateModel(
            name="RerateProposalCall",
            fields=[
                _id(),
                ("charge_id", models.BigIntegerField()),
                ("call_id", models.BigIntegerField()),
                ("started_at", models.DateTimeField(help_text="the partition key of the charge")),
                ("card_version_id", models.BigIntegerField()),
                ("plan_version_id", models.BigIntegerField(null=True)),
                ("rate_no", models.IntegerField()),
                ("billed_s", models.IntegerField()),
                ("allowance_s", models.IntegerField()),
                ("amount_micros", models.BigIntegerField(help_text=MICROS)),
                ("pending", models.BooleanField(default=True)),
                ("line", _to("rerateproposalline", "waiting")),
                ("tenant", _to("tenant")),
            ],
            options={"db_table": "rerate_proposal_call"},
        ),
        migrations.AddConstraint(
            "rerating",
            models.UniqueConstraint(fields=("tenant", "idempotency_key"), name="rerating_once"),
        ),
        migrations.AddConstraint(
            "rerateproposal",
            models.UniqueConstraint(fields=("rerating", "invoice"), name="rerate_proposal_once"),
        ),
        migrations.AddConstraint(
            "rerateproposal",
            models.CheckConstraint(
                name="rerate_proposal_status",
                condition=Q(status__in=["proposed", "accepted", "rejected"]),
            ),
        ),
        migrations.AddConstraint(
            "rerateproposal",
            models.CheckConstraint(
                name="rerate_proposal_decided",
                condition=Q(status="proposed", decided_at__isnull=True)
                | (~Q(status="proposed") & Q(decided_at__isnull=False)),
            ),
        ),
        migrations.AddConstraint(
            "rerateproposalline",
            models.UniqueConstraint(
                fields=("proposal", "invoice_line"), name="rerate_proposal_line_once"
            ),
        ),
        migrations.AddConstraint(
            "rerateproposalline",
            models.CheckConstraint(
                name="rerate_proposal_line_adds_up",
                condition=Q(new_micros=F("old_micros") + F("up_micros") - F("down_micros")),
            ),
        ),
        migrations.AddConstraint(
            "rerateproposalcall",
            models.UniqueConstraint(
                fields=("charge_id",), condition=Q(pending=True), name="rerate_charge_waits_once"
            ),
        ),
        migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop),
    ]
