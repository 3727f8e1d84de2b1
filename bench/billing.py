"""A billing run: many small customers by two workers, one large one, how the time grows, documents.

    python -m bench.billing [--customers 400] [--calls 200000] [--large 100000] [--rounds 3]
                            [--documents 100] [--profile]

Starts an embedded PostgreSQL of its own and writes rated calls of one month by set-based SQL.
Nothing is analysed by hand: what the planner knows is what autovacuum has told it by then. The goal
is a ratio: a customer with twice the calls takes at most 2.3 times as long; the median of rounds
that take turns. The sizes of a large provider: --customers 2000 --calls 1000000 --large 500000.
"""

from __future__ import annotations

import argparse
import cProfile
import multiprocessing
import pstats
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.common import Figure, report, say, timed
from bench.ingest import backend_cpu, database, owner_connection, scratch_database

if TYPE_CHECKING:
    from tests.support.switch import Switch

FIRST, ENDS = datetime(2026, 10, 2, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
AT = datetime(2026, 11, 9, tzinfo=UTC)
GROWTH = 2.3
WORKERS = 2
AT_ONCE = 10  # customers that a worker takes together

CUSTOMERS = """
INSERT INTO customer SELECT (jsonb_populate_record(c, jsonb_build_object(
       'id', %(first)s + n, 'code', 'C' || %(first)s + n, 'name', 'Customer ' || %(first)s + n))).*
  FROM customer c, generate_series(0, %(customers)s - 1) n WHERE c.id = %(customer)s
"""
CAMPAIGNS = """
INSERT INTO campaign SELECT (jsonb_populate_record(c, jsonb_build_object(
       'id', %(first)s + n, 'customer_id', %(first)s + n, 'code', 'K' || %(first)s + n))).*
  FROM campaign c, generate_series(0, %(customers)s - 1) n WHERE c.id = %(campaign)s
"""
CALLS = """
INSERT INTO call (id, started_at, answered_at, ended_at, answered_ms, batch_id, line_no, tenant_id,
                  source_id, customer_id, campaign_id, call_key, caller, called)
SELECT %(id)s + n, t, t, t + interval '60 s', 60000, 1, n, %(tenant)s, %(source)s,
       %(first)s + n %% %(customers)s, %(first)s + n %% %(customers)s, 'k' || %(id)s + n,
       '4930' || lpad((n * 7919 %% 1000000)::text, 6, '0'),
       '49171' || lpad((n * 104729 %% 10000000)::text, 7, '0')
  FROM (SELECT n, %(begins)s::timestamptz + n * %(apart)s * interval '1 us' AS t
          FROM generate_series(0::bigint, %(calls)s - 1) n) made
"""
CHARGES = """
INSERT INTO charge (id, call_id, started_at, rated_at, amount_micros, tenant_id, customer_id,
                    campaign_id, card_version_id, rate_no, billed_s, leg, currency, prefix)
SELECT id, id, started_at, started_at, 120000, tenant_id, customer_id, campaign_id, %(version)s, 2,
       60, 'sell', 'EUR', '49'
  FROM call WHERE id >= %(id)s
"""


@dataclass(slots=True)
class Books:
    """Rows so far; customers are numbered from `_customer` on."""

    switch: Switch
    _customer: int = 1_000_000
    _call: int = 1

    def write(self, customers: int, calls: int) -> list[int]:
        """So many customers who share so many calls of October; their ids."""
        switch = self.switch
        names: dict[str, Any] = {
            "first": self._customer, "customers": customers, "calls": calls, "id": self._call,
            "customer": switch.world.customer.pk, "campaign": switch.world.campaign.pk,
            "tenant": switch.tenant_id, "source": switch.source.pk, "begins": FIRST,
            "version": switch.version.pk, "apart": 28 * 86_400 * 10**6 // calls,
        }  # fmt: skip
        connection = owner_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT tollwright_ensure_months(%s, %s)", [FIRST, AT])
            for statement in (CUSTOMERS, CAMPAIGNS, CALLS, CHARGES):
                cursor.execute(statement, names)
        connection.commit()
        self._customer += customers
        self._call += calls
        return list(range(names["first"], self._customer))


@contextmanager
def growing() -> Iterator[dict[str, int]]:
    """Bytes of WAL, and by how many the charges' tables and indexes grow, known after the block."""
    found: dict[str, int] = {}
    sizes = (
        "SELECT pg_current_wal_insert_lsn() - '0/0', sum(pg_total_relation_size(relid))::bigint"
        " FROM pg_partition_tree('charge')"
    )
    connection = owner_connection()
    before = connection.execute(sizes).fetchone() or (0, 0)
    yield found
    after = connection.execute(sizes).fetchone() or (0, 0)
    found |= {"wal": int(after[0] - before[0]), "bytes": int(after[1] - before[1])}
    connection.commit()


def join(home: str) -> None:
    """A worker's beginning."""
    database(Path(home)).__enter__()


def draft(tenant_id: int, run_id: int, customers: Sequence[int]) -> int:
    """Each in a transaction of its own; how many drafts there are."""
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.invoices import runs

    with tenant_scope(tenant_id):
        return sum(len(runs.draft_for(run_id=run_id, customer_id=one)) for one in customers)


def open_run(tenant_id: int) -> int:
    """A run up to the end of October."""
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.audit.operations import By
    from tollwright.domain.invoices.operations import open_run as opened

    with tenant_scope(tenant_id):
        run, _ = opened(until=ENDS, key="bench", at=AT, by=By("bench"))
    return int(run.pk)


def draft_many(home: Path, books: Books, run_id: int, customers: int, calls: int) -> list[Figure]:
    """Two workers draft for all of them."""
    say(f"{customers:,} customers with {calls:,} calls")
    ids = books.write(customers, calls)
    parts = [ids[at : at + AT_ONCE] for at in range(0, customers, AT_ONCE)]
    tenant = books.switch.tenant_id
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(WORKERS, spawn, join, (str(home),)) as pool:
        list(pool.map(draft, [tenant] * WORKERS, [run_id] * WORKERS, [[]] * WORKERS))
        with growing() as grown, timed() as span:
            drafts = sum(pool.map(draft, [tenant] * len(parts), [run_id] * len(parts), parts))
    if drafts != customers:
        raise AssertionError(f"{drafts} drafts for {customers} customers")
    name = f"draft {customers:,} customers, {calls:,} calls"
    return [
        Figure(name, span.seconds, "s", note=f"{WORKERS} workers"),
        Figure("draft: time a customer", span.seconds / customers * 1e3, "ms"),
        Figure("draft: WAL a call", grown["wal"] / calls, "bytes"),
        Figure(
            "draft: growth of charges and their indexes a call", grown["bytes"] / calls, "bytes"
        ),
    ]


def draft_large(books: Books, run_id: int, calls: int, rounds: int) -> list[Figure]:
    """One customer with `calls`, one with twice as many, and so on in turn."""
    seconds: dict[int, list[float]] = {calls: [], 2 * calls: []}
    server = 0.0
    for turn in range(rounds):
        say(f"customers with {calls:,} and {2 * calls:,} calls, {turn + 1} of {rounds}")
        for size, found in seconds.items():
            (customer,) = books.write(1, size)
            before = backend_cpu()
            with timed() as span:
                draft(books.switch.tenant_id, run_id, [customer])
            server += backend_cpu() - before
            found.append(span.seconds)
    one, two = median(seconds[calls]), median(seconds[2 * calls])
    return [
        Figure(f"draft one customer with {2 * calls:,} calls", two, "s"),
        Figure("draft: PostgreSQL's CPU a call", server / (3 * calls * rounds) * 1e6, "us"),
        Figure("draft: time of twice the calls", two / one, "x", GROWTH, note="median"),
    ]


def issue(books: Books, documents: int) -> list[Figure]:
    """Numbers, ledger, PDF of the first drafts, one after the other as a provider's numbers are."""
    from tollwright.data.models import Invoice
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.audit.operations import By
    from tollwright.domain.invoices import operations
    from tollwright.gateways.typst import render

    with tenant_scope(books.switch.tenant_id):
        first, *drafts = Invoice.objects.filter(status="draft").order_by("id")[: documents + 1]
        operations.finalise(invoice=first, at=AT, by=By("bench"), render=render)  # warms the fonts
        with timed() as span:
            for one in drafts:
                operations.finalise(invoice=one, at=AT, by=By("bench"), render=render)
    return [Figure("issue: documents a second", len(drafts) / span.seconds, "1/s", better="higher")]


def main() -> None:
    """Run it; see the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=400)
    parser.add_argument("--calls", type=int, default=200_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    profile = cProfile.Profile()
    with scratch_database() as home:
        from tests.support.switch import make_switch

        books = Books(make_switch("bench"))
        run_id = open_run(books.switch.tenant_id)
        figures = draft_many(home, books, run_id, options.customers, options.calls)
        if options.profile:
            profile.enable()
        figures += issue(books, min(options.documents, options.customers - 1))
        figures += draft_large(books, run_id, options.large, options.rounds)
        profile.disable()
        report(figures)
    if options.profile:
        pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
