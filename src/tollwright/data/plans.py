"""Call plans, their dated versions, and who is on which."""

from __future__ import annotations

from django.db import models

from tollwright.data.base import MICROS, TenantOwned, currency_field, is_currency


class CallPlan(TenantOwned):
    """What is sold: fees, allowances and a sell card, with a routing policy."""

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "call_plan"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(name="call_plan_code_once", fields=["tenant", "code"])
        ]

    def __str__(self) -> str:
        return self.name


class PlanVersion(TenantOwned):
    """Draft → published; a published version never changes."""

    plan = models.ForeignKey(CallPlan, on_delete=models.PROTECT, related_name="versions")
    number = models.IntegerField()
    status = models.CharField(max_length=10, default="draft")
    currency = currency_field()
    card = models.ForeignKey("data.RateCard", on_delete=models.PROTECT, related_name="+")
    routing_policy = models.CharField(max_length=12, default="least_cost")
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "plan_version"
        ordering = ["plan", "-number"]
        constraints = [
            models.UniqueConstraint(name="plan_version_number_once", fields=["plan", "number"]),
            is_currency(),
            models.CheckConstraint(
                name="plan_version_published_whole",
                condition=models.Q(status="draft", published_at__isnull=True)
                | models.Q(status="published", published_at__isnull=False),
            ),
            models.CheckConstraint(
                name="plan_version_routing",
                condition=models.Q(
                    routing_policy__in=["least_cost", "quality", "priority", "percentage"]
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} v{self.number}"


class PlanFee(TenantOwned):
    """A fee of a version. registration: once; subscription and support: per billing period."""

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="fees")
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=200)
    amount_micros = models.BigIntegerField(help_text=MICROS)
    timing = models.CharField(max_length=8, default="advance")

    class Meta:
        db_table = "plan_fee"
        ordering = ["version", "id"]
        constraints = [
            models.CheckConstraint(
                name="plan_fee_kind",
                condition=models.Q(kind__in=["registration", "subscription", "support"]),
            ),
            models.CheckConstraint(
                name="plan_fee_timing", condition=models.Q(timing__in=["advance", "arrears"])
            ),
            models.CheckConstraint(
                name="plan_fee_not_negative", condition=models.Q(amount_micros__gte=0)
            ),
        ]


class Subscription(TenantOwned):
    """Binds a plan version to a customer, or to one of its campaigns, from a day on."""

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(
        "data.Customer", on_delete=models.PROTECT, related_name="subscriptions"
    )
    campaign = models.ForeignKey("data.Campaign", null=True, blank=True, on_delete=models.PROTECT)
    starts_on = models.DateField(help_text="first day, in the customer's zone")
    ends_on = models.DateField(null=True, blank=True, help_text="last day, inclusive")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "subscription"
        ordering = ["customer", "starts_on", "id"]
        constraints = [
            models.CheckConstraint(
                name="subscription_period",
                condition=models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
            )
        ]
