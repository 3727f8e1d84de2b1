"""What every table shares."""

from __future__ import annotations

from django.db import models

MICROS = "integer micros (10⁻⁶) of the currency"


class TenantOwned(models.Model):
    """A row of one tenant. PostgreSQL shows it to that tenant only (row-level security)."""

    tenant = models.ForeignKey("data.Tenant", on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


def currency_field() -> models.CharField[str, str]:
    """An ISO 4217 code."""
    return models.CharField(max_length=3)


def is_currency(field: str = "currency") -> models.CheckConstraint:
    """The field holds three capital letters."""
    return models.CheckConstraint(
        name="%(class)s_currency_is_iso", condition=models.Q(**{f"{field}__regex": "^[A-Z]{3}$"})
    )
