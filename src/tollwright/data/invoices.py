"""Billing runs, invoices and credit notes, their lines, and the stored documents."""

from __future__ import annotations

from datetime import timedelta

from django.db import models

from tollwright.core.billing.periods import Span, day_of
from tollwright.data.base import MICROS, TenantOwned, currency_field, is_currency


class BillingRun(TenantOwned):
    """One pass over all customers for the periods that ended before `until`."""

    until = models.DateTimeField()
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=200)
    idempotency_key = models.CharField(max_length=100)

    class Meta:
        db_table = "billing_run"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="billing_run_once", fields=["tenant", "idempotency_key"])
        ]


class Invoice(TenantOwned):
    """An invoice or a credit note (amounts of a credit note are negative).

    Draft → finalised → paid | void | written_off. net = sum of lines; tax = sum of InvoiceTax;
    total = net + tax + rounding, a whole number of the currency's minor units (EN 16931 BT-114).
    Finalised, only status, paid and void columns may change (a trigger refuses the rest).
    """

    run = models.ForeignKey(
        BillingRun, null=True, on_delete=models.PROTECT, related_name="invoices"
    )
    legal_entity = models.ForeignKey("data.LegalEntity", on_delete=models.PROTECT)
    customer = models.ForeignKey("data.Customer", on_delete=models.PROTECT, related_name="invoices")
    document_type = models.CharField(max_length=12, default="invoice")
    corrects = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections"
    )
    status = models.CharField(max_length=12, default="draft")
    number = models.CharField(max_length=40, null=True)  # null: none taken yet
    currency = currency_field()
    detail = models.CharField(max_length=12, default="summary")
    period_from = models.DateTimeField()
    period_to = models.DateTimeField()
    period_zone = models.CharField(max_length=64)
    period_first = models.DateField(null=True, help_text="null: the day of period_from")
    period_last = models.DateField(null=True, help_text="inclusive; null: the day before period_to")
    at_start = models.BooleanField(
        default=False, help_text="of the first day of a plan, before any period has ended"
    )
    issued_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    finalised_at = models.DateTimeField(null=True)
    net_micros = models.BigIntegerField(default=0, help_text=MICROS)
    tax_micros = models.BigIntegerField(default=0, help_text=MICROS)
    rounding_micros = models.BigIntegerField(default=0, help_text=MICROS)
    total_micros = models.BigIntegerField(default=0, help_text=MICROS)
    paid_micros = models.BigIntegerField(default=0, help_text=MICROS)
    void_reason = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=200, blank=True, help_text="why it was credited or debited")
    idempotency_key = models.CharField(max_length=100, null=True, help_text="of a correction")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "invoice"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="invoice_number_once", fields=["tenant", "number"]),
            models.UniqueConstraint(name="correction_once", fields=["tenant", "idempotency_key"]),
            is_currency(),
            models.UniqueConstraint(
                name="one_invoice_per_period",
                fields=["customer", "currency", "period_from", "at_start"],
                condition=models.Q(document_type="invoice") & ~models.Q(status="void"),
            ),
            models.CheckConstraint(
                name="invoice_status",
                condition=models.Q(
                    status__in=["draft", "finalised", "paid", "void", "written_off"]
                ),
            ),
            models.CheckConstraint(
                name="invoice_document_type",
                condition=models.Q(document_type__in=["invoice", "credit_note", "debit_note"]),
            ),
            models.CheckConstraint(
                name="invoice_detail",
                condition=models.Q(detail__in=["summary", "by_campaign", "itemised"]),
            ),
            models.CheckConstraint(
                name="invoice_adds_up",
                condition=models.Q(
                    total_micros=models.F("net_micros")
                    + models.F("tax_micros")
                    + models.F("rounding_micros")
                ),
            ),
            models.CheckConstraint(
                name="invoice_period_days",
                condition=models.Q(period_first=None, period_last=None)
                | models.Q(period_last__gte=models.F("period_first")),
            ),
            models.CheckConstraint(
                name="invoice_number_when_finalised",
                condition=models.Q(status="draft", number__isnull=True)
                | (~models.Q(status="draft") & models.Q(number__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"draft {self.pk}"

    @property
    def days(self) -> Span:
        """The days of its period, on the calendar of its zone."""
        if self.period_first is not None and self.period_last is not None:
            return Span(self.period_first, self.period_last + timedelta(days=1))
        zone = self.period_zone
        return Span(day_of(self.period_from, zone), day_of(self.period_to, zone))


class InvoiceLine(TenantOwned):
    """An amount on paper. A usage line is the exact sum of the charges that name it.

    A recurring fee is billed once for each day, on invoices that are not void (a trigger).
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    position = models.IntegerField()
    kind = models.CharField(max_length=12)
    campaign = models.ForeignKey(
        "data.Campaign", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    subscription = models.ForeignKey(
        "data.Subscription", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    fee = models.ForeignKey(
        "data.PlanFee", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    corrects = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="corrections",
        db_constraint=False,  # sql/0010 makes one that carries the tenant
    )
    description = models.CharField(max_length=300)
    period_from = models.DateTimeField(null=True)
    period_to = models.DateTimeField(null=True)
    days = models.IntegerField(null=True, help_text="recurring fee: days billed")
    of_days = models.IntegerField(null=True, help_text="recurring fee: days of the whole period")
    interval_first = models.DateField(
        null=True, help_text="recurring fee: its interval's first day"
    )
    interval_end = models.DateField(
        null=True, help_text="recurring fee: the day after its interval"
    )
    calls = models.IntegerField(null=True, help_text="usage: calls behind the line")
    billed_s = models.BigIntegerField(null=True, help_text="usage: billed seconds behind the line")
    amount_micros = models.BigIntegerField(help_text=MICROS)
    tax_category = models.CharField(max_length=10, default="S")
    tax_rate = models.DecimalField(max_digits=7, decimal_places=4, help_text="percent")

    class Meta:
        db_table = "invoice_line"
        ordering = ["invoice", "position"]
        constraints = [
            models.UniqueConstraint(name="invoice_line_once", fields=["invoice", "position"]),
            models.CheckConstraint(
                name="invoice_line_kind",
                condition=models.Q(
                    kind__in=["registration", "subscription", "support", "usage", "correction"]
                ),
            ),
            models.CheckConstraint(
                name="invoice_line_share",
                condition=models.Q(days__isnull=True, of_days__isnull=True)
                | models.Q(days__gte=1, of_days__gte=models.F("days")),
            ),
        ]


class InvoiceTax(TenantOwned):
    """Tax per category and rate, computed on the sum of its lines and rounded once."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="taxes")
    category = models.CharField(max_length=10)
    rate = models.DecimalField(max_digits=7, decimal_places=4, help_text="percent")
    base_micros = models.BigIntegerField(help_text=MICROS)
    tax_micros = models.BigIntegerField(help_text=MICROS)

    class Meta:
        db_table = "invoice_tax"
        ordering = ["invoice", "category", "rate"]
        constraints = [
            models.UniqueConstraint(name="invoice_tax_once", fields=["invoice", "category", "rate"])
        ]


class WriteOff(TenantOwned):
    """What of an invoice will not be paid any more; negative: that is taken back.

    The sum of an invoice's rows is above zero exactly while it is `written_off` (a trigger).
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="write_offs")
    amount_micros = models.BigIntegerField(help_text=MICROS)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)
    idempotency_key = models.CharField(max_length=100)
    entry = models.OneToOneField("data.Entry", on_delete=models.PROTECT, related_name="write_off")

    class Meta:
        db_table = "write_off"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="write_off_once", fields=["tenant", "idempotency_key"]),
            models.CheckConstraint(name="write_off_moves", condition=~models.Q(amount_micros=0)),
        ]


class Document(TenantOwned):
    """The bytes that were issued, with their hash; never rendered again, never changed."""

    invoice = models.OneToOneField(
        Invoice, null=True, on_delete=models.PROTECT, related_name="document"
    )
    receipt = models.OneToOneField(
        "data.Receipt", null=True, on_delete=models.PROTECT, related_name="document"
    )
    payment_change = models.OneToOneField(
        "data.PaymentChange",
        null=True,
        on_delete=models.PROTECT,
        related_name="document",
        db_constraint=False,  # sql/0092 makes one that carries the tenant
    )
    filename = models.CharField(max_length=100)
    media_type = models.CharField(max_length=50, default="application/pdf")
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "document"
        constraints = [
            models.CheckConstraint(
                name="document_of_one_thing",
                condition=models.Q(
                    invoice__isnull=False, receipt__isnull=True, payment_change__isnull=True
                )
                | models.Q(invoice__isnull=True, receipt__isnull=False, payment_change__isnull=True)
                | models.Q(
                    invoice__isnull=True, receipt__isnull=True, payment_change__isnull=False
                ),
            )
        ]
