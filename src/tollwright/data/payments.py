"""Money that came in, what it was for, and the paper for it."""

from __future__ import annotations

from django.db import models

from tollwright.data.base import MICROS, TenantOwned, currency_field, is_currency


class Payment(TenantOwned):
    """Money received from a customer. What is not allocated stays as their credit."""

    customer = models.ForeignKey("data.Customer", on_delete=models.PROTECT, related_name="payments")
    currency = currency_field()
    amount_micros = models.BigIntegerField(help_text=MICROS)
    method = models.CharField(max_length=12, default="transfer")
    reference = models.CharField(max_length=100, blank=True)
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)
    idempotency_key = models.CharField(max_length=100)
    entry = models.OneToOneField("data.Entry", on_delete=models.PROTECT, related_name="payment")

    class Meta:
        db_table = "payment"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="payment_once", fields=["tenant", "idempotency_key"]),
            is_currency(),
            models.CheckConstraint(
                name="payment_is_positive", condition=models.Q(amount_micros__gt=0)
            ),
            models.CheckConstraint(
                name="payment_method",
                condition=models.Q(method__in=["transfer", "card", "direct_debit", "cash"]),
            ),
        ]


class Allocation(TenantOwned):
    """How much of a payment settles which invoice; negative: so much is the payer's credit again.

    In a payment's place may stand `credit`: an invoice with a negative total, which gives money
    back. A trigger refuses more than was paid, given back or billed.
    """

    payment = models.ForeignKey(
        Payment, null=True, on_delete=models.PROTECT, related_name="allocations"
    )
    credit = models.ForeignKey(
        "data.Invoice",
        null=True,
        on_delete=models.PROTECT,
        related_name="set_off",
        db_constraint=False,  # sql/0013 makes one that carries the tenant
    )
    invoice = models.ForeignKey(
        "data.Invoice", on_delete=models.PROTECT, related_name="allocations"
    )
    amount_micros = models.BigIntegerField(help_text=MICROS)
    at = models.DateTimeField()

    class Meta:
        db_table = "allocation"
        ordering = ["payment", "id"]
        constraints = [
            models.CheckConstraint(name="allocation_moves", condition=~models.Q(amount_micros=0)),
            models.CheckConstraint(
                name="allocation_of_one_source",
                condition=models.Q(payment__isnull=False, credit__isnull=True)
                | models.Q(payment__isnull=True, credit__isnull=False),
            ),
        ]


class Receipt(TenantOwned):
    """The paper for a payment, with a series of its own."""

    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="receipt")
    legal_entity = models.ForeignKey("data.LegalEntity", on_delete=models.PROTECT)
    number = models.CharField(max_length=40)
    issued_on = models.DateField()

    class Meta:
        db_table = "receipt"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(name="receipt_number_once", fields=["tenant", "number"])
        ]

    def __str__(self) -> str:
        return self.number


class PaymentChange(TenantOwned):
    """What became of a payment after its receipt; each change has a document of its own.

    `reversal`: the money is not ours (bounced, typed wrongly), once a payment. `reallocation`: it
    settles other invoices. Triggers hold that nothing stays allocated of a reversed payment.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=12)
    reason = models.CharField(max_length=200)
    legal_entity = models.ForeignKey("data.LegalEntity", on_delete=models.PROTECT)
    number = models.CharField(max_length=40)
    issued_on = models.DateField()
    at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)
    idempotency_key = models.CharField(max_length=100)
    payload_sha256 = models.CharField(max_length=64, help_text="what the key was used for")
    entry = models.OneToOneField(
        "data.Entry", null=True, on_delete=models.PROTECT, related_name="payment_change"
    )

    class Meta:
        db_table = "payment_change"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                name="payment_change_once", fields=["tenant", "idempotency_key"]
            ),
            models.UniqueConstraint(name="payment_change_number_once", fields=["tenant", "number"]),
            models.UniqueConstraint(
                name="payment_reversed_once",
                fields=["payment"],
                condition=models.Q(kind="reversal"),
            ),
            models.CheckConstraint(
                name="payment_change_kind",
                condition=models.Q(kind="reversal", entry__isnull=False)
                | models.Q(kind="reallocation", entry__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.number
