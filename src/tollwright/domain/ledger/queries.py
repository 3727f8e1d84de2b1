"""What the ledger says. Positive: the customer owes.

Entries count from when they happened: a payment from when the money came, not when it was typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, Sum

from tollwright.data.models import Customer, Posting


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One entry on a customer's account, and what they owe after it.

    `at`: when it happened; `recorded_at`: when it was written.
    """

    at: datetime
    recorded_at: datetime
    kind: str
    memo: str
    amount_micros: int
    balance_micros: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A customer's account in one currency over [since, until)."""

    currency: str
    opening_micros: int
    rows: tuple[StatementRow, ...]
    closing_micros: int


@dataclass(frozen=True, slots=True)
class TrialRow:
    """The sum of an account kind in one currency."""

    kind: str
    currency: str
    balance_micros: int


def balance(customer: Customer, *, currency: str = "", at: datetime | None = None) -> int:
    """What the customer owes in micros of `currency` (default: their own); before `at` if given."""
    return _sum(_receivable(customer, currency or customer.currency), at)


def balances(customer: Customer) -> dict[str, int]:
    """What the customer owes per currency; a currency that they never moved is absent."""
    rows = (
        Posting.objects.filter(account__kind="receivable", account__customer=customer)
        .values("account__currency")
        .annotate(sum=Sum("amount_micros"))
        .order_by("account__currency")
    )
    return {row["account__currency"]: int(row["sum"]) for row in rows}


def statement(
    customer: Customer,
    *,
    currency: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> Statement:
    """The customer's entries in order of time, with the balance after each."""
    code = currency or customer.currency
    account = _receivable(customer, code)
    opening = _sum(account, since) if since else 0
    span = (Q(entry__at__gte=since) if since else Q()) & (Q(entry__at__lt=until) if until else Q())
    found = Posting.objects.filter(account & span).select_related("entry")
    running, rows = opening, []
    for posting in found.order_by("entry__at", "entry_id", "id"):
        running += posting.amount_micros
        entry = posting.entry
        rows.append(
            StatementRow(
                entry.at, entry.recorded_at, entry.kind, entry.memo, posting.amount_micros, running
            )
        )
    return Statement(code, opening, tuple(rows), running)


def trial_balance(*, at: datetime | None = None) -> list[TrialRow]:
    """Each account kind's sum per currency; the sums of a currency come to zero."""
    found = Posting.objects.filter(Q(entry__at__lt=at) if at else Q())
    rows = (
        found.values("account__kind", "account__currency")
        .annotate(sum=Sum("amount_micros"))
        .order_by("account__currency", "account__kind")
    )
    return [
        TrialRow(row["account__kind"], row["account__currency"], int(row["sum"])) for row in rows
    ]


def _receivable(customer: Customer, currency: str) -> Q:
    return Q(account__kind="receivable", account__customer=customer, account__currency=currency)


def _sum(account: Q, before: datetime | None) -> int:
    found = Posting.objects.filter(account & (Q(entry__at__lt=before) if before else Q()))
    return int(found.aggregate(sum=Sum("amount_micros"))["sum"] or 0)
