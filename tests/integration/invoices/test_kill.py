"""A process that dies in the middle of finalising, and two that finalise at once."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections

from tests.support.billing import Books, bill, issue, open_books, say
from tests.support.database import prepare
from tests.support.world import World, make_world
from tollwright.data.models import Document, Entry, Invoice, NumberSeries
from tollwright.data.scope import tenant_scope
from tollwright.domain.invoices import queries
from tollwright.domain.ledger.queries import trial_balance

ROOT = Path(__file__).parents[3]


def committed_books() -> World:
    """Three customers, each with calls over 1.00, 2.00 and 3.00."""
    world = make_world("north")
    with tenant_scope(world.tenant.pk):
        say("tax_rate", "19")
        books = open_books(world)
        calls(books)
    return world


def calls(books: Books) -> None:
    campaigns = [books.world.campaign, books.customer("BETA")[1], books.customer("GAMMA")[1]]
    for number, campaign in enumerate(campaigns, start=1):
        for minute in range(number):
            books.call(f"2026-10-15T10:0{minute}", 1_000_000, campaign=campaign)


def kill_at(database: str, world: World, nth: int) -> None:
    """Run the billing process and kill it (SIGKILL) at its nth document."""
    template = os.environ["DATABASE_URL"]
    environment = os.environ | {
        "DATABASE_URL": template.replace(f"/{prepare().template}", f"/{database}"),
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }
    command = [sys.executable, "-m", "tests.support.issue_until_marker"]
    process = subprocess.Popen(
        [*command, str(world.tenant.pk), str(nth)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "here\n"
        process.kill()


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_killed_in_mid_finalise_and_run_again(fresh_db: str, nth: int) -> None:
    """Whole invoices stand, nothing half; the second run ends with the same books."""
    world = committed_books()
    kill_at(fresh_db, world, nth)
    with tenant_scope(world.tenant.pk):
        assert Invoice.objects.exclude(status="draft").count() == nth - 1
        assert Entry.objects.count() == Document.objects.count() == nth - 1
        assert queries.check_sums() == []
        assert queries.drafts().count() == 4 - nth
        bill("again")
        for draft in queries.drafts():
            issue(draft)
        found = queries.invoices().order_by("customer_id")
        assert [(one.number, one.total_micros) for one in found] == [
            ("NC-INV-2026-000001", 1_190_000),
            ("NC-INV-2026-000002", 2_380_000),
            ("NC-INV-2026-000003", 3_570_000),
        ]
        assert NumberSeries.objects.get().last_number == 3
        assert {row.kind: row.balance_micros for row in trial_balance()} == {
            "receivable": 7_140_000,
            "revenue": -6_000_000,
            "tax": -1_140_000,
        }
        assert queries.check_sums() == []


def test_two_who_finalise_at_once_leave_no_gap(fresh_db: str) -> None:
    """Both take all drafts: each is issued once, the numbers are 1 to 3."""
    world = committed_books()
    with tenant_scope(world.tenant.pk):
        drafts = list(queries.drafts(bill()))

    def finalise_all(order: int) -> None:
        try:
            for draft in drafts[::order]:
                with tenant_scope(world.tenant.pk):
                    issue(draft)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(finalise_all, (1, -1)))
    with tenant_scope(world.tenant.pk):
        assert sorted(str(one.number) for one in queries.invoices()) == [
            "NC-INV-2026-000001",
            "NC-INV-2026-000002",
            "NC-INV-2026-000003",
        ]
        assert queries.check_sums() == []
