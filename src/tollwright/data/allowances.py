"""What calls took from the free seconds, calls and money of their cards."""

from __future__ import annotations

from django.db import models

from tollwright.data.base import TenantOwned


class AllowanceUse(TenantOwned):
    """What one pool had given to earlier calls of the billing period, and what it gave this one.

    One row for each pool that the charge's card has for its number. Amounts are seconds, calls or
    micros, by the allowance's unit. Only the rows of charges that stand count; `before` follows
    when a call comes in that was answered earlier, the rows of retired revisions stay as they are.
    """

    charge_id = models.BigIntegerField()
    started_at = models.DateTimeField(help_text="the partition key of the charge")
    answered_at = models.DateTimeField(help_text="the call's, by which pools are drawn on")
    customer = models.ForeignKey("data.Customer", on_delete=models.PROTECT, related_name="+")
    campaign = models.ForeignKey(
        "data.Campaign",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="null: all campaigns of the customer share the pool",
    )
    card = models.ForeignKey("data.RateCard", on_delete=models.PROTECT, related_name="+")
    pool = models.TextField()
    before = models.BigIntegerField(help_text="what earlier calls of the period had taken")
    taken = models.BigIntegerField()

    class Meta:
        db_table = "allowance_use"
        constraints = [
            models.UniqueConstraint(name="allowance_use_once", fields=["charge_id", "pool"]),
            models.CheckConstraint(
                name="allowance_use_not_negative", condition=models.Q(before__gte=0, taken__gte=0)
            ),
        ]
        indexes = [models.Index(name="allowance_use_in_turn", fields=["customer", "answered_at"])]
