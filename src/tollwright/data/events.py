"""What happened, for whoever has to hear of it: a row in the transaction that did it."""

from __future__ import annotations

from django.db import models

from tollwright.data.base import TenantOwned


class Event(TenantOwned):
    """`type` happened to an object. Append-only; ids ascend, `sequence` counts an object's own.

    PostgreSQL gives the sequence: 1, 2, 3 … of each object, without gaps, in the order of commits.
    `payload` has ids and amounts as decimal text, in the shape of `version`.
    """

    type = models.CharField(max_length=60, help_text="object.past_tense, as invoice.finalised")
    object_kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    sequence = models.BigIntegerField()
    version = models.IntegerField(default=1, help_text="of the payload's shape")
    payload = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        db_table = "event"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="event_sequence_once",
                fields=["tenant", "object_kind", "object_id", "sequence"],
            ),
            models.CheckConstraint(
                name="event_type_names_its_object",
                condition=models.Q(type__regex=r"^[a-z_]+\.[a-z_]+$"),
            ),
        ]
        indexes = [models.Index(name="event_by_type", fields=["tenant", "type", "id"])]

    def __str__(self) -> str:
        return f"{self.type} {self.object_id}"
