"""Who is billed, for which work, and how a call finds them."""

from __future__ import annotations

from django.db import models

from tollwright.core.labels.choices import IDENTIFIER_KIND
from tollwright.data.base import TenantOwned, currency_field, is_currency


class Customer(TenantOwned):
    """Who is billed."""

    legal_entity = models.ForeignKey("data.LegalEntity", on_delete=models.PROTECT)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    address = models.TextField(help_text="lines as printed, country last")
    country = models.CharField(max_length=2)
    tax_id = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    currency = currency_field()
    timezone = models.CharField(max_length=64)
    status = models.CharField(max_length=12, default="active")
    billing_anchor = models.DateField(
        null=True, help_text="the day that anniversary counts from; once set, it stays"
    )
    created_at = models.DateTimeField()

    class Meta:
        db_table = "customer"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(name="customer_code_once", fields=["tenant", "code"]),
            is_currency(),
            models.CheckConstraint(
                name="customer_status",
                condition=models.Q(status__in=["active", "suspended", "closed"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Campaign(TenantOwned):
    """A piece of a customer's work: a dialler campaign, a queue, an in-group, a project."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="campaigns")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, default="dialler")
    status = models.CharField(max_length=12, default="active")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "campaign"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(name="campaign_code_once", fields=["tenant", "code"]),
            models.CheckConstraint(
                name="campaign_kind",
                condition=models.Q(kind__in=["dialler", "queue", "in_group", "project"]),
            ),
            models.CheckConstraint(
                name="campaign_status", condition=models.Q(status__in=["active", "closed"])
            ),
        ]

    def __str__(self) -> str:
        return self.name


class IdentifierKind(models.TextChoices):
    """What in a call's record can name the campaign, strongest first."""

    CAMPAIGN = "campaign", IDENTIFIER_KIND["campaign"].text
    ACCOUNTCODE = "accountcode", IDENTIFIER_KIND["accountcode"].text
    USER = "user", IDENTIFIER_KIND["user"].text
    DOMAIN = "domain", IDENTIFIER_KIND["domain"].text
    TRUNK = "trunk", IDENTIFIER_KIND["trunk"].text
    SOURCE_IP = "source_ip", IDENTIFIER_KIND["source_ip"].text
    CONTEXT = "context", IDENTIFIER_KIND["context"].text
    CLI = "cli", IDENTIFIER_KIND["cli"].text
    DID = "did", IDENTIFIER_KIND["did"].text


class Identifier(TenantOwned):
    """How a call is attributed: this value, while it is valid, means this campaign.

    One value means one campaign at a time; a trigger refuses an overlap.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="identifiers")
    kind = models.CharField(max_length=12, choices=IdentifierKind.choices)
    value = models.CharField(max_length=100)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "identifier"
        constraints = [
            models.UniqueConstraint(
                name="identifier_once", fields=["tenant", "kind", "value", "valid_from"]
            ),
            models.CheckConstraint(
                name="identifier_period",
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gt=models.F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"
