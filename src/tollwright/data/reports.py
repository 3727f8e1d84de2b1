"""Rollups, written in the same transaction as the rows that they sum."""

from __future__ import annotations

from django.db import models

from tollwright.data.base import TenantOwned, currency_field


class UsageDay(TenantOwned):
    """One campaign's calls of one day of the tenant's zone. Sums of current calls and charges."""

    customer = models.ForeignKey("data.Customer", on_delete=models.PROTECT, related_name="+")
    campaign = models.ForeignKey("data.Campaign", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    currency = currency_field()
    calls = models.IntegerField(default=0)
    answered = models.IntegerField(default=0)
    answered_ms = models.BigIntegerField(default=0)
    billed_s = models.BigIntegerField(default=0)
    sell_micros = models.BigIntegerField(default=0)
    buy_micros = models.BigIntegerField(default=0)
    bought = models.IntegerField(default=0, db_default=0, help_text="calls with a cost")

    class Meta:
        db_table = "usage_day"
        constraints = [
            models.UniqueConstraint(
                name="usage_day_once", fields=["tenant", "campaign", "day", "currency"]
            )
        ]
