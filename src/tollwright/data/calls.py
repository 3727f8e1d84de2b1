"""Sources, batches, calls, charges and the quarantine.

`Call` and `Charge` are partitioned by month of `started_at` and made by SQL (0002), not by Django.
Name `started_at` in every query on them.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tollwright.data.base import MICROS, TenantOwned, currency_field


class Source(TenantOwned):
    """A switch or dialler whose records arrive in one format and one zone."""

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    format = models.CharField(max_length=40)
    timezone = models.CharField(max_length=64, help_text="zone of stamps that carry none")
    region = models.CharField(max_length=2, blank=True, help_text="country of national numbers")
    options = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "source"
        constraints = [models.UniqueConstraint(name="source_code_once", fields=["tenant", "code"])]

    def __str__(self) -> str:
        return self.name


class ImportBatch(TenantOwned):
    """One file or push. records = rated + unanswered + duplicates + ignored + quarantined, always.

    rated: billed calls (an amount of 0 included); unanswered: kept for ASR, not charged.
    unused_columns: columns of the file that nobody reads.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="batches")
    filename = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    status = models.CharField(max_length=12, default="done")
    records = models.IntegerField(default=0)
    rated = models.IntegerField(default=0)
    unanswered = models.IntegerField(default=0)
    duplicates = models.IntegerField(default=0)
    ignored = models.IntegerField(default=0)
    quarantined = models.IntegerField(default=0)
    unused_columns = ArrayField(models.TextField(), default=list)
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=200)
    rolled_back_at = models.DateTimeField(null=True)
    rolled_back_by = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "import_batch"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="import_batch_file_once",
                fields=["source", "sha256"],
                condition=models.Q(status="done"),
            ),
            models.CheckConstraint(
                name="import_batch_status", condition=models.Q(status__in=["done", "rolled_back"])
            ),
            models.CheckConstraint(
                name="import_batch_adds_up",
                condition=models.Q(
                    records=models.F("rated")
                    + models.F("unanswered")
                    + models.F("duplicates")
                    + models.F("ignored")
                    + models.F("quarantined")
                ),
            ),
        ]


class RawChunk(TenantOwned):
    """A piece of a batch's file as it came, compressed, to be replayed and shown."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="chunks")
    seq = models.IntegerField()
    first_line = models.BigIntegerField(help_text="1-based number of the chunk's first line")
    content = models.BinaryField()

    class Meta:
        db_table = "raw_chunk"
        constraints = [models.UniqueConstraint(name="raw_chunk_once", fields=["batch", "seq"])]


class ChannelHalf(TenantOwned):
    """A side of a channel that leads back into its switch, as a row told it: the other side may
    come in another file. See `core.formats.halves.Half`."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="+")
    meet = models.CharField(max_length=600, help_text="what both sides name")
    far = models.BooleanField()
    call_key = models.CharField(max_length=600)
    stays = models.BooleanField(help_text="the call counts whatever the other side is")
    at = models.DateTimeField(help_text="when its row began")

    class Meta:
        db_table = "channel_half"
        constraints = [
            models.UniqueConstraint(
                name="channel_half_once", fields=["source", "meet", "far", "call_key"]
            )
        ]
        indexes = [models.Index(name="channel_half_of_batch", fields=["batch"])]


class Quarantine(TenantOwned):
    """A record that could not be parsed, attributed or rated; reprocessed once that is mended."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="quarantine")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    line_no = models.BigIntegerField()
    call_key = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=40)
    detail = models.TextField()
    raw = models.TextField()
    record = models.JSONField(null=True, help_text="the normalised call, if it could be parsed")
    status = models.CharField(max_length=12, default="open")
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "quarantine"
        ordering = ["-id"]
        indexes = [models.Index(name="quarantine_open", fields=["tenant", "status", "reason"])]
        constraints = [
            models.CheckConstraint(
                name="quarantine_status",
                condition=models.Q(
                    status__in=["open", "reentered", "corrected", "dismissed", "rolled_back"]
                ),
            )
        ]


class Call(models.Model):
    """One customer leg. (source, call_key, revision) is unique; a change is a new revision."""

    id = models.BigIntegerField(primary_key=True)
    tenant = models.ForeignKey("data.Tenant", on_delete=models.DO_NOTHING, db_constraint=False)
    source = models.ForeignKey(Source, on_delete=models.DO_NOTHING, db_constraint=False)
    batch = models.ForeignKey(ImportBatch, on_delete=models.DO_NOTHING, db_constraint=False)
    line_no = models.BigIntegerField()
    call_key = models.TextField()
    revision = models.SmallIntegerField(default=0)
    is_current = models.BooleanField(default=True)
    group_key = models.TextField()
    direction = models.TextField()
    customer = models.ForeignKey(
        "data.Customer", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    campaign = models.ForeignKey(
        "data.Campaign", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    caller = models.TextField()
    called = models.TextField(help_text="E.164 digits without +")
    dialled = models.TextField(help_text="as the caller dialled it")
    started_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    answered_ms = models.BigIntegerField()
    cause = models.TextField()
    disposition = models.TextField()
    trunk = models.TextField()
    agent = models.TextField()

    class Meta:
        managed = False
        db_table = "call"


class Charge(models.Model):
    """What one leg of the money of one call costs; replays from the call and the card version.

    `is_current` falls when re-rating writes a new revision; `invoice_line` is set by billing.
    Nothing else of a row ever changes (a trigger refuses).
    """

    id = models.BigIntegerField(primary_key=True)
    tenant = models.ForeignKey("data.Tenant", on_delete=models.DO_NOTHING, db_constraint=False)
    call = models.ForeignKey(
        Call, on_delete=models.DO_NOTHING, db_constraint=False, related_name="charges"
    )
    started_at = models.DateTimeField(help_text="the call's, the partition key")
    leg = models.TextField(help_text="sell, buy or parent")
    level = models.SmallIntegerField(default=0)
    revision = models.SmallIntegerField(default=0)
    is_current = models.BooleanField(default=True)
    customer = models.ForeignKey(
        "data.Customer", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    campaign = models.ForeignKey(
        "data.Campaign", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    card_version = models.ForeignKey(
        "data.CardVersion", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    plan_version = models.ForeignKey(
        "data.PlanVersion",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    rate_no = models.IntegerField(help_text="row number of the rate in the version")
    prefix = models.TextField()
    billed_s = models.IntegerField()
    allowance_s = models.IntegerField(default=0)
    amount_micros = models.BigIntegerField(help_text=MICROS)
    currency = currency_field()
    rated_at = models.DateTimeField()
    invoice_line_id = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "charge"
