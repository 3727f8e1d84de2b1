"""Who carries the calls: carriers, the trunks that lead to them, and what they take."""

from __future__ import annotations

from django.db import models

from tollwright.data.base import TenantOwned


class Carrier(TenantOwned):
    """Who terminates calls for the provider, and takes money for it."""

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "carrier"
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(name="carrier_code_once", fields=["tenant", "code"])]

    def __str__(self) -> str:
        return self.name


class Trunk(TenantOwned):
    """What switches write for a way to the carrier: this text, or all that begins so (`gw-*`).

    One text means one carrier at a time; a trigger refuses an overlap.
    """

    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="trunks")
    value = models.CharField(max_length=100)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "trunk"
        constraints = [
            models.UniqueConstraint(name="trunk_once", fields=["tenant", "value", "valid_from"]),
            models.CheckConstraint(
                name="trunk_period",
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gt=models.F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return self.value


class CarrierCard(TenantOwned):
    """The buy card of a carrier from a moment on, until the next one begins. Never changed: of two
    that begin at one moment the one written last holds."""

    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="cards")
    card = models.ForeignKey("data.RateCard", on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateTimeField()

    class Meta:
        db_table = "carrier_card"
        ordering = ["carrier", "-valid_from", "-id"]
