"""Who changed what, when, from where; each row carries the hash of the one before."""

from __future__ import annotations

from django.db import models

from tollwright.data.base import TenantOwned


class AuditEntry(TenantOwned):
    """An append-only row of a tenant's chain: hash = SHA-256(previous hash + canonical row)."""

    seq = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    address = models.CharField(max_length=45, blank=True, help_text="where from: IP, cli, job")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=60, help_text="kind of thing changed")
    subject_id = models.CharField(max_length=60)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "audit_entry"
        ordering = ["-seq"]
        constraints = [models.UniqueConstraint(name="audit_seq_once", fields=["tenant", "seq"])]
        indexes = [
            models.Index(name="audit_by_subject", fields=["tenant", "subject", "subject_id"])
        ]
