"""Re-rating a million stored calls: the difference report, the same as a what-if; then what
carriers take for them, and what customers pay whose plan prices from that.

    python -m bench.rerate [--calls 1000000] [--profile]

Starts an embedded PostgreSQL of its own, writes calls and charges by generate_series on a card of
30 000 prefixes, and measures reports in which every call costs another amount: nothing can be
left out. The floor is reading the very same columns. Whatever is compiled is compiled before.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bench.common import Figure, peak_mb, report, say, timed
from bench.ingest import PREFIXES, buy_from_carrier, rates, scratch_database

if TYPE_CHECKING:
    from tests.support.switch import Switch

    from tollwright.domain.rerating.scope import CallScope
    from tollwright.store.calls import Cursor

FIRST = datetime(2026, 10, 3, tzinfo=UTC)
AT = datetime(2026, 12, 31, tzinfo=UTC)
GOAL_S = 15.0

CALLS = """
INSERT INTO call (id, started_at, answered_at, ended_at, answered_ms, batch_id, line_no, tenant_id,
                  source_id, customer_id, campaign_id, call_key, trunk, caller, called)
SELECT n, t, t + interval '5 s', t + interval '5 s' + ms * interval '1 ms', ms, 1, n, %(tenant)s,
       %(source)s, %(customer)s, %(campaign)s, 'k' || n, 'gw',
       '4930' || lpad((n * 7919 %% 1000000)::text, 6, '0'),
       (ARRAY['49171', '44207', '33612', '39333', '48201'])[(1 + n %% 5)::int]
       || lpad((n * 104729 %% 10000000)::text, 7, '0')
  FROM (SELECT n, %(first)s::timestamptz + n * interval '5 s' AS t,
               1000 + (n * 15485863 %% 400000) AS ms
          FROM generate_series(1::bigint, %(calls)s) n) made
"""
CHARGES = """
INSERT INTO charge (id, call_id, started_at, rated_at, amount_micros, tenant_id, customer_id,
                    campaign_id, card_version_id, rate_no, billed_s, leg, currency, prefix)
SELECT id + %(shift)s, id, started_at, started_at, answered_ms * 10 + 1, tenant_id, customer_id,
       campaign_id, %(version)s, 0, answered_ms / 1000, %(leg)s, 'EUR', left(called, 5)
  FROM call
"""


def write(switch: Switch, version_id: int, calls: int) -> None:
    """The calls and their charges, one call every five seconds."""
    from django.db import connection

    from tollwright.data.scope import tenant_scope

    names: dict[str, int | datetime] = {
        "tenant": switch.tenant_id, "source": switch.source.pk, "calls": calls, "first": FIRST,
        "customer": switch.world.customer.pk, "campaign": switch.world.campaign.pk,
        "version": version_id,
    }  # fmt: skip
    with tenant_scope(switch.tenant_id), connection.cursor() as cursor:
        cursor.execute("SELECT tollwright_ensure_months(%s, %s)", [FIRST, AT])
        cursor.execute(CALLS, names)
    charge(switch, version_id, "sell", 0)


def charge(switch: Switch, version_id: int, leg: str, shift: int) -> None:
    """A charge of the leg for every call, its id the call's and `shift`."""
    from django.db import connection, connections

    from tollwright.data.scope import tenant_scope

    names: dict[str, int | str] = {"version": version_id, "leg": leg, "shift": shift}
    with tenant_scope(switch.tenant_id), connection.cursor() as cursor:
        cursor.execute(CHARGES, names)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE call")
        cursor.execute("ANALYZE charge")


def buy(switch: Switch, calls: int) -> None:
    """All calls are a carrier's and cost something; their customer's plan prices from that."""
    from tollwright.core.rating.legs import CostPlus
    from tollwright.data.models import CardVersion
    from tollwright.data.scope import tenant_scope
    from tollwright.domain.audit.operations import By
    from tollwright.domain.plans import operations as plans

    by, since = By("bench"), FIRST
    buy_from_carrier(switch)
    with tenant_scope(switch.tenant_id):
        version = CardVersion.objects.get(card__code="TEL")
        plan = plans.create_plan(code="PLUS", name="Plus", at=since, by=by)
        draft = plans.draft_version(
            plan=plan, card=switch.card, currency="EUR", cost_plus=CostPlus(markup_ppm=150_000),
            at=since, by=by,
        )  # fmt: skip
        plans.subscribe(
            customer=switch.world.customer, starts_on=since.date(), at=since, by=by,
            version=plans.publish_version(version=draft, at=since, by=by),
        )  # fmt: skip
    charge(switch, version.pk, "buy", calls)


def main() -> None:
    """Run it; see the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with scratch_database():
        run(options.calls, profiled=options.profile)


def run(calls: int, *, profiled: bool) -> None:
    """Write, warm, measure."""
    from tests.support.switch import add_version, make_switch

    from tollwright.data.scope import tenant_scope
    from tollwright.domain.rerating.scope import CallScope

    switch = make_switch("bench")
    with tenant_scope(switch.tenant_id):
        version = add_version(switch.card, 2, datetime(2026, 10, 2, tzinfo=UTC), rates(PREFIXES))
    say(f"writing {calls:,} calls")
    write(switch, version.pk, calls)
    with tenant_scope(switch.tenant_id):
        figures = measure(switch, calls, profiled=profiled)
    say("buying them")
    buy(switch, calls)
    with tenant_scope(switch.tenant_id):
        figures += [
            reported(f"re-rate what {calls:,} calls cost", CallScope(leg="cost"), calls),
            reported(f"re-rate {calls:,} calls from their cost", CallScope(), calls),
        ]
    report(figures)


def reported(name: str, scope: CallScope, calls: int) -> Figure:
    """How long a report takes in which every call changes; a first, small one compiles."""
    from tollwright.domain.rerating import queries

    queries.difference_report(replace(scope, first=FIRST, last=FIRST.replace(day=4)), at=AT)
    with timed() as whole:
        found = queries.difference_report(scope, at=AT)
    if (found.calls, found.changed, found.refused) != (calls, calls, {}):
        raise AssertionError(f"{found.calls} calls, {found.changed} changed, {found.refused}")
    return Figure(name, whole.seconds, "s", GOAL_S)


def measure(switch: Switch, calls: int, *, profiled: bool) -> list[Figure]:
    """What takes how long; the first, small report compiles and loads."""
    from tollwright.domain.database import database_cursor
    from tollwright.domain.rerating import queries
    from tollwright.domain.rerating.scope import CallScope
    from tollwright.domain.rerating.whatif import WhatIfRequest, what_if

    say("compiling, and loading the card")
    queries.difference_report(CallScope(first=FIRST, last=FIRST.replace(day=4)), at=AT)
    before = peak_mb()
    with timed() as floor:
        read_only(database_cursor(), calls)
    profile = cProfile.Profile()
    if profiled:
        profile.enable()
    with timed() as whole:
        found = queries.difference_report(CallScope(), at=AT)
    profile.disable()
    if profiled:
        pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(25)
    peak = peak_mb()
    if (found.calls, found.changed, found.refused) != (calls, calls, {}):
        raise AssertionError(f"{found.calls} calls, {found.changed} changed, {found.refused}")
    with timed() as asked:
        what_if(WhatIfRequest(version=switch.card.versions.get(number=2)), CallScope(), at=AT)
    return [
        Figure(f"re-rate {calls:,} calls with report", whole.seconds, "s", GOAL_S),
        Figure("re-rate: calls a second", calls / whole.seconds, "calls/s", better="higher"),
        Figure("re-rate: times reading the columns", whole.seconds / floor.seconds, "x"),
        Figure(f"what-if over {calls:,} calls", asked.seconds, "s", GOAL_S),
        Figure("re-rate: peak memory", peak, "MB", note=f"{before:,.0f} MB before it"),
    ]


def read_only(cursor: Cursor, calls: int) -> None:
    """The floor: the same columns from the same tables, and nothing done with them."""
    from tollwright.store import rerate as store

    store.set_join_memory(cursor)
    scope = store.Scope(FIRST, AT)
    read = sum(len(calls) for calls, _ in store.copy_charges(cursor, scope))
    if read != calls:
        raise AssertionError(f"{read} of {calls} calls were read")


if __name__ == "__main__":
    main()
