"""System-level billing: settings that cascade platform → tenant → customer → campaign."""

from __future__ import annotations

from django.db import models


class Rule(models.Model):
    """One setting at one scope from one moment on. A change is a new row; rows are append-only.

    tenant is null for a platform rule, which every tenant can read. The scope is the narrowest of
    tenant, customer and campaign that is set.
    """

    tenant = models.ForeignKey("data.Tenant", null=True, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey("data.Customer", null=True, blank=True, on_delete=models.PROTECT)
    campaign = models.ForeignKey("data.Campaign", null=True, blank=True, on_delete=models.PROTECT)
    setting = models.CharField(max_length=40)
    value = models.JSONField(null=True, help_text="null: withdrawn here, the scope above decides")
    locked = models.BooleanField(default=False, help_text="scopes below may not override it")
    effective_from = models.DateTimeField()
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "rule"
        indexes = [models.Index(name="rule_by_setting", fields=["tenant", "setting"])]
        constraints = [
            models.CheckConstraint(
                name="rule_has_one_scope",
                condition=models.Q(customer__isnull=True, campaign__isnull=True)
                | models.Q(tenant__isnull=False, customer__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.setting} = {self.value}"
