"""Call plans, their dated versions, and who is on which."""

from __future__ import annotations

from typing import cast

from django.db import models

from tollwright.core.billing.fees import MOST_INTERVALS, FeeTerms, Interval
from tollwright.core.money import MICRO
from tollwright.core.rating.legs import MAX_LIMIT, MAX_MARKUP_PPM, CostPlus
from tollwright.data.base import MICROS, TenantOwned, currency_field, is_currency

CARD_ALONE = models.Q(
    pricing="card", markup_ppm=0, fixed_micros=0, floor_micros=None, cap_micros=None
)


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
    """Draft → published; a published version never changes.

    With `pricing` cost_plus a call's price comes from what it costs: see `cost_plus`. The card
    then says which destinations are open, how many seconds are billed, and the rounding.
    """

    plan = models.ForeignKey(CallPlan, on_delete=models.PROTECT, related_name="versions")
    number = models.IntegerField()
    status = models.CharField(max_length=10, default="draft")
    currency = currency_field()
    card = models.ForeignKey("data.RateCard", on_delete=models.PROTECT, related_name="+")
    routing_policy = models.CharField(max_length=12, default="least_cost")
    pricing = models.CharField(max_length=9, default="card")
    markup_ppm = models.BigIntegerField(default=0, help_text="parts in a million of the cost")
    fixed_micros = models.BigIntegerField(default=0, help_text=MICROS)
    floor_micros = models.BigIntegerField(null=True, help_text=MICROS)
    cap_micros = models.BigIntegerField(null=True, help_text=MICROS)
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
            models.CheckConstraint(
                name="plan_version_pricing",
                condition=CARD_ALONE | models.Q(pricing="cost_plus"),
            ),
            models.CheckConstraint(
                name="plan_version_markup",
                condition=models.Q(markup_ppm__range=(-MICRO, MAX_MARKUP_PPM)),
            ),
            models.CheckConstraint(
                name="plan_version_per_call",
                condition=models.Q(fixed_micros__range=(0, MAX_LIMIT))
                & (models.Q(floor_micros=None) | models.Q(floor_micros__range=(0, MAX_LIMIT)))
                & (models.Q(cap_micros=None) | models.Q(cap_micros__range=(0, MAX_LIMIT))),
            ),
            models.CheckConstraint(
                name="plan_version_floor_under_cap",
                condition=models.Q(floor_micros=None)
                | models.Q(cap_micros=None)
                | models.Q(floor_micros__lte=models.F("cap_micros")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} v{self.number}"

    @property
    def cost_plus(self) -> CostPlus | None:
        """How a call's price comes from its cost; None where the card prices it."""
        if self.pricing == "card":
            return None
        return CostPlus(self.markup_ppm, self.fixed_micros, self.floor_micros, self.cap_micros)

    @property
    def price_from_cost(self) -> str:
        """`the call's cost + 15 %, at least 0.005 EUR a call`; '' where the card prices it."""
        terms = self.cost_plus
        if terms is None:
            return ""
        per_call = terms.fixed_micros or (terms.floor_micros, terms.cap_micros) != (None, None)
        return f"the call's {terms.words(self.currency)}{' a call' if per_call else ''}"


class PlanFee(TenantOwned):
    """A fee of a version: so much for `interval_count` intervals, or once (registration always)."""

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="fees")
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=200)
    amount_micros = models.BigIntegerField(help_text=MICROS)
    timing = models.CharField(max_length=8, default="advance")
    interval = models.CharField(max_length=9, default="month")
    interval_count = models.SmallIntegerField(default=1)
    anchor = models.CharField(max_length=8, default="calendar")
    proration = models.CharField(max_length=6, default="day")
    of_days = models.SmallIntegerField(null=True, help_text="a part is a share of; null: its own")
    unused = models.CharField(max_length=9, default="give_back")

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
            models.CheckConstraint(
                name="plan_fee_interval",
                condition=models.Q(interval="once", interval_count=1)
                | models.Q(
                    interval__in=["day", "week", "month", "quarter", "half_year", "year"],
                    interval_count__range=(1, MOST_INTERVALS),
                ),
            ),
            models.CheckConstraint(
                name="plan_fee_registration_once",
                condition=~models.Q(kind="registration") | models.Q(interval="once"),
            ),
            models.CheckConstraint(
                name="plan_fee_terms",
                condition=models.Q(
                    anchor__in=["calendar", "start"],
                    proration__in=["day", "second", "none"],
                    unused__in=["give_back", "keep"],
                ),
            ),
            models.CheckConstraint(
                name="plan_fee_of_days",
                condition=models.Q(of_days=None)
                | models.Q(of_days=30, interval="month", interval_count=1, proration="day"),
            ),
        ]

    @property
    def terms(self) -> FeeTerms:
        """How it was sold, as core computes with it."""
        return FeeTerms(
            amount_micros=self.amount_micros,
            interval=cast(Interval, self.interval),
            count=self.interval_count,
            anchor=self.anchor,
            timing=self.timing,
            proration=self.proration,
            of_days=self.of_days,
            unused=self.unused,
        )


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
