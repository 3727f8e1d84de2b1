"""Double entry: accounts, entries, postings. Append-only; every entry sums to zero (a trigger)."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from tollwright.data.base import MICROS, TenantOwned, currency_field, is_currency


class Account(TenantOwned):
    """An account of one currency. receivable: one per customer; the others one per tenant."""

    kind = models.CharField(max_length=12)
    customer = models.ForeignKey(
        "data.Customer", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    currency = currency_field()

    class Meta:
        db_table = "account"
        constraints = [
            models.UniqueConstraint(
                name="account_once",
                fields=["tenant", "kind", "customer", "currency"],
                nulls_distinct=False,
            ),
            is_currency(),
            models.CheckConstraint(
                name="account_kind",
                condition=models.Q(
                    kind__in=["receivable", "revenue", "tax", "cash", "rounding", "write_off"]
                ),
            ),
            models.CheckConstraint(
                name="account_receivable_has_customer",
                condition=models.Q(kind="receivable", customer__isnull=False)
                | (~models.Q(kind="receivable") & models.Q(customer__isnull=True)),
            ),
        ]


class Entry(TenantOwned):
    """A movement of money; its postings sum to zero. The key makes it move once.

    It stands on the day it is of (money came, an invoice was issued), whenever it was typed.
    """

    kind = models.CharField(max_length=20)
    memo = models.CharField(max_length=200)
    at = models.DateTimeField(help_text="when it happened, never to come")
    recorded_at = models.DateTimeField(db_default=Now(), help_text="written at")
    idempotency_key = models.CharField(max_length=100)

    class Meta:
        db_table = "entry"
        constraints = [
            models.UniqueConstraint(name="entry_once", fields=["tenant", "idempotency_key"])
        ]


class Posting(TenantOwned):
    """A signed amount on an account. Positive on a receivable: the customer owes it."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="postings")
    amount_micros = models.BigIntegerField(help_text=MICROS)

    class Meta:
        db_table = "posting"
        constraints = [
            models.CheckConstraint(name="posting_not_zero", condition=~models.Q(amount_micros=0))
        ]
