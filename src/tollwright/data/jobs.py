"""Work that goes on after the request: what was asked, how far it is, what became of it."""

from __future__ import annotations

from django.db import models

from tollwright.core.labels import label
from tollwright.data.base import TenantOwned

OPEN = ("queued", "running")


class Job(TenantOwned):
    """A piece of work for a worker, or a group of such pieces (its `parts`).

    Queued → running → done | failed; queued or failed → cancelled; failed or cancelled → queued.
    A group is its parts: `done` of `total` have ended, and it ends with the last of them.
    `sentence` is what became of it, in words for the person who asked.
    """

    parent = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="parts", db_index=False
    )
    kind = models.CharField(max_length=40, help_text="which work, as billing.draft_customer")
    name = models.CharField(max_length=200, blank=True, help_text="of what it is about")
    subject = models.CharField(max_length=40, blank=True, help_text="kind of thing it is about")
    subject_id = models.BigIntegerField(null=True, help_text="which one; known at the end at least")
    arguments = models.JSONField(default=dict, help_text="what the work needs: ids and choices")
    lock = models.CharField(max_length=60, blank=True, help_text="one at a time, in order")
    status = models.CharField(max_length=10, default="queued")
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0, help_text="0: not known")
    sentence = models.TextField(blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=200)
    address = models.CharField(max_length=45, blank=True, help_text="where from, for the audit")
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True, help_text="when who asked was told of its end")
    queue_id = models.BigIntegerField(null=True, help_text="its row in the queue; null: a group")
    idempotency_key = models.CharField(max_length=100, null=True)

    class Meta:
        db_table = "job"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="job_once", fields=["tenant", "idempotency_key"]),
            models.CheckConstraint(
                name="job_status",
                condition=models.Q(status__in=["queued", "running", "done", "failed", "cancelled"]),
            ),
            models.CheckConstraint(
                name="job_ended",
                condition=models.Q(status__in=OPEN, ended_at__isnull=True)
                | (~models.Q(status__in=OPEN) & models.Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="job_progress",
                condition=models.Q(done__gte=0)
                & (models.Q(total=0) | models.Q(done__lte=models.F("total"))),
            ),
        ]
        indexes = [
            models.Index(name="job_parts", fields=["parent", "status"]),
            models.Index(
                name="job_to_tell",
                fields=["tenant", "asked_by"],
                condition=models.Q(told_at__isnull=True, ended_at__isnull=False),
            ),
            models.Index(name="job_failed", fields=["tenant"], condition=models.Q(status="failed")),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What it is called, in English: the web says it in the viewer's language."""
        return label("job", self.kind).text.format(name=self.name)

    @property
    def is_open(self) -> bool:
        """Whether it waits or is being worked on."""
        return self.status in OPEN


class JobFile(TenantOwned):
    """A piece of a file that a job works on (`result` false) or made (`result` true), in order."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="files", db_index=False)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100, blank=True)
    result = models.BooleanField(default=False)
    piece_no = models.IntegerField()
    content = models.BinaryField()

    class Meta:
        db_table = "job_file"
        ordering = ["job", "result", "piece_no"]
        constraints = [
            models.UniqueConstraint(name="job_file_once", fields=["job", "result", "piece_no"])
        ]
