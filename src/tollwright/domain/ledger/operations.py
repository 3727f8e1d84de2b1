"""Writing entries. Only other areas' operations call this: nobody posts by hand."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tollwright.core.postings import Postings
from tollwright.data.models import Account, Customer, Entry, Posting
from tollwright.data.scope import current_tenant_id


@transaction.atomic
def post(
    *,
    kind: str,
    memo: str,
    key: str,
    customer: Customer,
    currency: str,
    postings: Postings,
    at: datetime,
    happened_at: datetime | None = None,
) -> Entry | None:
    """Write a balanced entry now, `at`; None when there is nothing to post (all amounts zero).

    It stands in balances and statements at the moment it is of, `happened_at` (None: now too); what
    is said to come later today stands at now.

    `key` makes it move once: a second entry of that key is refused by the database. The receivable
    is the customer's; the other accounts are the tenant's.
    """
    if not postings:
        return None
    tenant_id = current_tenant_id()
    entry = Entry.objects.create(
        tenant_id=tenant_id,
        kind=kind,
        memo=memo[:200],
        at=min(happened_at or at, at),
        recorded_at=at,
        idempotency_key=key,
    )
    Posting.objects.bulk_create(
        Posting(
            tenant_id=tenant_id,
            entry=entry,
            account=_account(row.account, customer, currency),
            amount_micros=row.amount_micros,
        )
        for row in postings
    )
    return entry


def _account(kind: str, customer: Customer, currency: str) -> Account:
    account, _ = Account.objects.get_or_create(
        tenant_id=current_tenant_id(),
        kind=kind,
        customer=customer if kind == "receivable" else None,
        currency=currency,
    )
    return account
