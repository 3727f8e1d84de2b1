"""What a program asked for once under its own key, so that asking again changes nothing."""

from __future__ import annotations

from django.db import models

from tollwright.data.base import TenantOwned


class ApiRequest(TenantOwned):
    """A write that succeeded, by the caller's Idempotency-Key: the payload's hash and its answer.

    It is written in the transaction that does the work; a refused write leaves no row.
    """

    key = models.CharField(max_length=100)
    payload_sha256 = models.CharField(max_length=64, help_text="of method, path and body")
    status = models.IntegerField(null=True, help_text="null only while the work is being done")
    answer = models.JSONField(null=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=200)

    class Meta:
        db_table = "api_request"
        constraints = [models.UniqueConstraint(name="api_request_once", fields=["tenant", "key"])]

    def __str__(self) -> str:
        return self.key
