"""The office's pages for a provider with two thousand customers: server time and size of each.

    python -m bench.pages [--customers 2000] [--profile PATH]

Starts an embedded PostgreSQL of its own, writes customers with a campaign, an account, an unpaid
invoice and a payment each, and asks for every list and form as the owner does. No page may take
more than 300 ms on the server or weigh more than 200 kB, however large the tables are.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bench.common import Figure, best_of, report, say
from bench.ingest import scratch_database

if TYPE_CHECKING:
    from django.test import Client
    from tests.support.shop import Shop

    from tollwright.data.customers import Customer
    from tollwright.data.ledger import Entry

GOAL_MS, GOAL_KB = 300.0, 200.0
AT = datetime(2026, 11, 2, tzinfo=UTC)
TIMES = 5
PAID = 10_000_000
PAGES = (
    "", "customers/", "customers/?q=9", "customers/?sort=-balance", "customers/new/",
    "customers/{customer}/", "customers/{customer}/statement/", "customers/{customer}/subscribe/",
    "plans/", "plans/new/", "cards/", "cards/{card}/", "rules/", "rules/history/",
    "rules/?customer=id-{customer}",
    "what-if/", "calls/", "calls/?customer=id-{customer}", "files/", "files/upload/",
    "quarantine/", "sources/", "carriers/", "costs/", "margins/", "billing/", "re-rating/",
    "re-rating/report/", "invoices/", "invoices/?state=overdue", "invoices/{invoice}/",
    "payments/", "payments/new/", "payments/new/?customer=id-{customer}", "company/", "people/",
    "people/new/", "keys/", "jobs/", "audit/", "look-up/customer/?q=99",
)  # fmt: skip


def main() -> None:
    """Run it; see the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=2_000)
    parser.add_argument("--profile", default="", help="a page, such as customers/")
    options = parser.parse_args()
    with scratch_database():
        run(options.customers, profiled=options.profile)


def run(customers: int, *, profiled: str) -> None:
    """Write, warm, measure."""
    from django.test import Client
    from tests.support.shop import make_shop, make_user

    from tollwright.data.access import Role
    from tollwright.data.scope import tenant_scope

    shop = make_shop("bench")
    with tenant_scope(shop.tenant_id):
        user = make_user(shop.world, "owner@bench.example", Role.OWNER)
        say(f"writing {customers:,} customers")
        write(shop, customers)
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    if profiled:
        profile(client, f"/office/{profiled}")
        return
    named = {
        "customer": shop.acme.customer.pk, "invoice": shop.acme.invoice.pk, "card": shop.card.pk,
    }  # fmt: skip
    report([one for page in PAGES for one in measure(client, page.format(**named))])


def write(shop: Shop, count: int) -> None:
    """So many customers, and of each a campaign, an account, an unpaid invoice and a payment."""
    from tollwright.data.customers import Campaign, Customer
    from tollwright.data.invoices import Invoice
    from tollwright.data.payments import Payment

    tenant, entity = shop.world.tenant, shop.world.entity
    customers = Customer.objects.bulk_create(
        Customer(
            tenant=tenant, legal_entity=entity, code=f"C{number:05}",
            name=f"Customer {number:05} Telefonie GmbH", address="Weg 1\nBerlin\nGermany",
            country="DE", currency="EUR", timezone="Europe/Berlin", created_at=AT,
        )
        for number in range(count)
    )  # fmt: skip
    Campaign.objects.bulk_create(
        Campaign(tenant=tenant, customer=one, code=one.code, name="Winter", created_at=AT)
        for one in customers
    )
    Invoice.objects.bulk_create(
        Invoice(
            tenant=tenant, legal_entity=entity, customer=one, currency="EUR",
            period_from=shop.acme.draft.period_from, period_to=shop.acme.draft.period_to,
            period_zone="Europe/Berlin", created_at=AT, total_micros=119_000_000,
            net_micros=100_000_000, tax_micros=19_000_000,
        )
        for one in customers
    )  # fmt: skip
    entries = _book(shop, customers)
    Payment.objects.bulk_create(
        Payment(
            tenant=tenant, customer=one, amount_micros=PAID, currency="EUR", method="transfer",
            reference=one.code, received_at=AT, recorded_at=AT, recorded_by="bench",
            idempotency_key=f"bench-{one.pk}", entry=entry,
        )
        for one, entry in zip(customers, entries, strict=True)
    )  # fmt: skip


def _book(shop: Shop, customers: list[Customer]) -> list[Entry]:
    """The entry of each customer's payment, on an account of its own and the provider's cash."""
    from tollwright.data.ledger import Account, Entry, Posting

    tenant = shop.world.tenant
    cash = Account.objects.get(kind="cash", currency="EUR")
    accounts = Account.objects.bulk_create(
        Account(tenant=tenant, customer=one, kind="receivable", currency="EUR") for one in customers
    )
    entries = Entry.objects.bulk_create(
        Entry(tenant=tenant, kind="payment", memo=one.code, at=AT, idempotency_key=f"e-{one.pk}")
        for one in customers
    )
    Posting.objects.bulk_create(
        Posting(tenant=tenant, entry=entry, account=account, amount_micros=micros)
        for entry, receivable in zip(entries, accounts, strict=True)
        for account, micros in ((receivable, -PAID), (cash, PAID))
    )
    return entries


def measure(client: Client, page: str) -> list[Figure]:
    """Milliseconds on the server, the fastest of a few, and kilobytes of the page."""
    address = f"/office/{page}"
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answers {answer.status_code}")
    took = best_of(TIMES, lambda: client.get(address)) * 1000
    return [
        Figure(f"page {page or 'home'}", took, "ms", GOAL_MS),
        Figure(f"size {page or 'home'}", len(answer.content) / 1000, "kB", GOAL_KB),
    ]


def profile(client: Client, address: str) -> None:
    """Where the time of one page goes."""
    client.get(address)
    with cProfile.Profile() as taken:
        client.get(address)
    pstats.Stats(taken, stream=sys.stderr).sort_stats("cumulative").print_stats(45)


if __name__ == "__main__":
    main()
