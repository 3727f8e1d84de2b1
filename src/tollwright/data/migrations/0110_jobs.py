"""What goes on after the request: jobs and their files. 0111 puts the tables under the law."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Two tables."""

    dependencies = [
        ("data", "0071_payload_sha256"),
    ]

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        help_text="which work, as billing.draft_customer", max_length=40
                    ),
                ),
                ("title", models.CharField(help_text="as people read it", max_length=200)),
                (
                    "subject",
                    models.CharField(
                        blank=True, help_text="kind of thing it is about", max_length=40
                    ),
                ),
                (
                    "subject_id",
                    models.BigIntegerField(
                        help_text="which one; known at the end at least", null=True
                    ),
                ),
                (
                    "arguments",
                    models.JSONField(
                        default=dict, help_text="what the work needs: ids and choices"
                    ),
                ),
                (
                    "lock",
                    models.CharField(
                        blank=True, help_text="one at a time, in order", max_length=60
                    ),
                ),
                ("status", models.CharField(default="queued", max_length=10)),
                ("done", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField(default=0, help_text="0: not known")),
                ("sentence", models.TextField(blank=True)),
                ("asked_at", models.DateTimeField()),
                ("asked_by", models.CharField(max_length=200)),
                (
                    "address",
                    models.CharField(
                        blank=True, help_text="where from, for the audit", max_length=45
                    ),
                ),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "told_at",
                    models.DateTimeField(help_text="when who asked was told of its end", null=True),
                ),
                (
                    "queue_id",
                    models.BigIntegerField(
                        help_text="its row in the queue; null: a group", null=True
                    ),
                ),
                ("idempotency_key", models.CharField(max_length=100, null=True)),
                (
                    "parent",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="data.job",
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
                "db_table": "job",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="JobFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("media_type", models.CharField(blank=True, max_length=100)),
                ("result", models.BooleanField(default=False)),
                ("piece_no", models.IntegerField()),
                ("content", models.BinaryField()),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="data.job",
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
                "db_table": "job_file",
                "ordering": ["job", "result", "piece_no"],
            },
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["parent", "status"], name="job_parts"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", False), ("told_at__isnull", True)),
                fields=["tenant", "asked_by"],
                name="job_to_tell",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("status", "failed")), fields=["tenant"], name="job_failed"
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.UniqueConstraint(
                fields=("tenant", "idempotency_key"), name="job_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["queued", "running", "done", "failed", "cancelled"])
                ),
                name="job_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("status__in", ("queued", "running"))),
                    models.Q(
                        models.Q(("status__in", ("queued", "running")), _negated=True),
                        ("ended_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="job_ended",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("done__gte", 0),
                    models.Q(("total", 0), ("done__lte", models.F("total")), _connector="OR"),
                ),
                name="job_progress",
            ),
        ),
        migrations.AddConstraint(
            model_name="jobfile",
            constraint=models.UniqueConstraint(
                fields=("job", "result", "piece_no"), name="job_file_once"
            ),
        ),
    ]
