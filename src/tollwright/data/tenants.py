"""Who bills with this system, and who signs the documents."""

from __future__ import annotations

from django.db import models

from tollwright.data.base import TenantOwned, currency_field


class Tenant(models.Model):
    """A call-centre or VoIP provider that bills with this system. A tree: a parent sells to it.

    Row-level security shows a tenant its own row.
    """

    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)
    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=200)
    currency = currency_field()
    timezone = models.CharField(max_length=64)
    region = models.CharField(max_length=2, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "tenant"
        constraints = [
            models.CheckConstraint(
                name="tenant_currency_is_iso", condition=models.Q(currency__regex="^[A-Z]{3}$")
            )
        ]

    def __str__(self) -> str:
        return self.name


class Reseller(TenantOwned):
    """From when to when a tenant's calls are calls of this campaign's customer here.

    The row is the parent's; `reseller` names this tenant as its `parent`, or nothing is charged.
    One reseller is one customer's campaign at a time; a trigger refuses an overlap.
    """

    reseller = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    campaign = models.ForeignKey("data.Campaign", on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(
        "data.Source",
        on_delete=models.PROTECT,
        related_name="+",
        help_text="where the reseller's calls come from, in the parent's books",
    )
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "reseller"
        constraints = [
            models.CheckConstraint(
                name="reseller_period",
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gt=models.F("valid_from")),
            ),
        ]


class LegalEntity(TenantOwned):
    """Who signs the invoice: name, address, tax ids, bank and brand."""

    name = models.CharField(max_length=200)
    address = models.TextField(help_text="lines as printed, country last")
    country = models.CharField(max_length=2)
    tax_id = models.CharField(max_length=40, blank=True)
    registration = models.CharField(max_length=80, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    website = models.CharField(max_length=100, blank=True)
    bank_name = models.CharField(max_length=100, blank=True)
    iban = models.CharField(max_length=34, blank=True)
    bic = models.CharField(max_length=11, blank=True)
    brand_colour = models.CharField(max_length=7, default="#0f5c5c")
    number_prefix = models.CharField(max_length=10, help_text="stands before every document number")

    class Meta:
        db_table = "legal_entity"
        constraints = [
            models.UniqueConstraint(
                name="legal_entity_number_prefix", fields=["tenant", "number_prefix"]
            ),
            models.CheckConstraint(
                name="legal_entity_brand_colour",
                condition=models.Q(brand_colour__regex="^#[0-9a-f]{6}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class NumberSeries(TenantOwned):
    """The last number given per legal entity, document type and year. Counts up by one."""

    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT)
    document_type = models.CharField(max_length=20)
    year = models.IntegerField()
    last_number = models.IntegerField(default=0)
    last_on = models.DateField(null=True, help_text="the day on the document of that number")

    class Meta:
        db_table = "number_series"
        constraints = [
            models.UniqueConstraint(
                name="number_series_once", fields=["legal_entity", "document_type", "year"]
            )
        ]
