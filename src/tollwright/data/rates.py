"""Rate cards, their versions, their rows, and the decks they came from."""

from __future__ import annotations

from django.db import models

from tollwright.data.base import TenantOwned, currency_field, is_currency


class RateCard(TenantOwned):
    """A named list of prices; what it says at a moment is its published version."""

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    side = models.CharField(max_length=4, default="sell")
    currency = currency_field()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "rate_card"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(name="rate_card_code_once", fields=["tenant", "code"]),
            is_currency(),
            models.CheckConstraint(
                name="rate_card_side", condition=models.Q(side__in=["sell", "buy"])
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CardVersion(TenantOwned):
    """Draft → published; once published, neither it nor its rates change (a trigger refuses)."""

    card = models.ForeignKey(RateCard, on_delete=models.PROTECT, related_name="versions")
    number = models.IntegerField()
    status = models.CharField(max_length=10, default="draft")
    effective_from = models.DateTimeField(
        null=True, help_text="calls answered from here on are priced by it; set at publishing"
    )
    options = models.JSONField(
        default=dict, help_text="the card file without its rates: zone, family, rounding, bands, …"
    )
    content_hash = models.CharField(max_length=64, blank=True)
    changes = models.JSONField(default=dict, help_text="counts against the version before")
    tag = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "card_version"
        ordering = ["card", "-number"]
        constraints = [
            models.UniqueConstraint(name="card_version_number_once", fields=["card", "number"]),
            models.CheckConstraint(
                name="card_version_published_whole",
                condition=models.Q(
                    status="draft", published_at__isnull=True, effective_from__isnull=True
                )
                | (
                    models.Q(
                        status="published", published_at__isnull=False, effective_from__isnull=False
                    )
                    & ~models.Q(content_hash="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.card} v{self.number}"


class Rate(TenantOwned):
    """One row of a version. `row_no` is its place: core's rate index, from 0."""

    # a deck has hundreds of thousands of rows: one reference, (tenant, version), is checked for
    # each, and what is looked up is found by the version's two indexes below
    tenant = models.ForeignKey(
        "data.Tenant",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    version = models.ForeignKey(
        CardVersion, on_delete=models.PROTECT, related_name="rates", db_index=False
    )
    row_no = models.IntegerField()
    prefix = models.CharField(max_length=20, blank=True)
    name = models.CharField(max_length=200, blank=True)
    price_nanos = models.BigIntegerField(help_text="10⁻⁹ of the currency per unit_s")
    unit_s = models.IntegerField(default=60)
    first_s = models.IntegerField(default=1)
    next_s = models.IntegerField(default=1)
    connect_fee_micros = models.BigIntegerField(default=0)
    blocked = models.BooleanField(default=False)
    effective_from = models.DateTimeField(null=True)
    effective_to = models.DateTimeField(null=True)
    extra = models.JSONField(
        null=True, help_text="the row's other keys in the card file's form: band, steps, grace, …"
    )

    class Meta:
        db_table = "rate"
        ordering = ["version", "row_no"]
        constraints = [
            models.UniqueConstraint(name="rate_row_once", fields=["version", "row_no"]),
            models.CheckConstraint(
                name="rate_prefix_is_digits", condition=models.Q(prefix__regex="^[0-9]*$")
            ),
        ]
        indexes = [models.Index(name="rate_by_prefix", fields=["version", "prefix"])]

    def __str__(self) -> str:
        return f"{self.prefix} {self.name}"


class DeckImport(TenantOwned):
    """An uploaded deck: the file, how its columns are read, and what the preview said."""

    card = models.ForeignKey(RateCard, on_delete=models.PROTECT, related_name="imports")
    filename = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    mapping = models.JSONField(default=dict)
    mode = models.CharField(max_length=8, help_text="replace the whole card, or amend it")
    summary = models.JSONField(default=dict)
    parsed = models.BinaryField(
        null=True, help_text="its rows as they were read, while it is previewed"
    )
    version = models.OneToOneField(
        CardVersion, null=True, on_delete=models.PROTECT, related_name="deck_import"
    )
    status = models.CharField(max_length=10, default="previewed")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)

    class Meta:
        db_table = "deck_import"
        constraints = [
            models.CheckConstraint(
                name="deck_import_mode", condition=models.Q(mode__in=["replace", "amend"])
            ),
            models.CheckConstraint(
                name="deck_import_status",
                condition=models.Q(status__in=["previewed", "applied", "discarded"]),
            ),
        ]
