"""East sells to North, North to South, South to Acme: one call, three sales, two months.

Acme pays South 0.60 a minute to +44, in whole minutes. South pays North 0.10, North pays East 0.05.
November has calls of 61 s and 60 s: three minutes. Acme: 1.80, South: 0.30, North: 0.15.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import psycopg
import pytest

from tests.stories.journey import midnight, minute
from tests.support.billing import ANNA, as_data, bill, issue_run
from tests.support.switch import (
    Row,
    Switch,
    add_version,
    make_card,
    make_switch,
    master_csv,
    set_rule,
)
from tests.support.world import START
from tollwright.data.models import Invoice, RateCard
from tollwright.data.scope import tenant_scope
from tollwright.domain.invoices.queries import check_sums
from tollwright.domain.reports.margins import by_campaign
from tollwright.domain.rerating import operations as rerating
from tollwright.domain.rerating import queries as reratings
from tollwright.domain.rerating.scope import CallScope
from tollwright.domain.tenants import reselling
from tollwright.engine.ingest import ingest_file

DEC_2 = datetime(2026, 12, 2, 9, tzinfo=UTC)
DEC_15 = datetime(2026, 12, 15, 9, tzinfo=UTC)
JAN_4 = datetime(2027, 1, 4, 9, tzinfo=UTC)


@dataclass
class Chain:
    """Three providers on one installation; each is the customer Beta of the one above."""

    connection: psycopg.Connection[object]
    east: Switch
    north: Switch
    south: Switch

    def take(self, name: str, *rows: Row, at: datetime) -> None:
        """A file of South's switch comes in."""
        ingest_file(
            self.connection, tenant_id=self.south.tenant_id, source_code="AST", filename=name,
            stream=io.BytesIO(master_csv(rows)), at=at, by="test",
        )  # fmt: skip

    def close(self, month: str, last: str, *, at: datetime) -> list[list[int]]:
        """East, North and South bill the month: the nets of what each issues."""
        return [self._close(one, month, last, at) for one in (self.east, self.north, self.south)]

    def _close(self, seller: Switch, month: str, last: str, at: datetime) -> list[int]:
        with tenant_scope(seller.tenant_id):
            run = bill(month, midnight(last), at)
            issue_run(run, at)
            issued = Invoice.objects.filter(run=run).exclude(status="draft").order_by("id")
            return list(issued.values_list("net_micros", flat=True))

    def kept(self, first: date, last: date) -> list[tuple[int, int]]:
        """What each takes for calls and what they cost it, from East to South."""
        found = []
        for seller in (self.east, self.north, self.south):
            with tenant_scope(seller.tenant_id):
                rows = by_campaign(first, last)
                found.append((sum(r.sell_micros for r in rows), sum(r.buy_micros for r in rows)))
        return found


def sells_to(seller: Switch, buyer: Switch, price_nanos: int) -> None:
    """The seller's campaign AUTUMN of Beta is the buyer."""
    with tenant_scope(seller.tenant_id):
        make_card(seller.world, "WHOLE", (("44", "United Kingdom", price_nanos, False),))
        set_rule(seller.world, "forced_card", "WHOLE", campaign=seller.beta)
        reselling.sell_to(
            reseller_id=buyer.tenant_id, campaign=seller.beta, valid_from=START, at=START, by=ANNA
        )


@pytest.fixture
def chain(fresh_db: str, engine_connection: psycopg.Connection[object]) -> Iterator[Chain]:
    """In the end every figure of every document of the three is the sum of its rows."""
    found = Chain(engine_connection, *(make_switch(name) for name in ("east", "north", "south")))
    sells_to(found.east, found.north, 50_000_000)
    sells_to(found.north, found.south, 100_000_000)
    yield found
    for one in (found.east, found.north, found.south):
        with tenant_scope(one.tenant_id):
            assert check_sums() == []


def test_two_months_of_a_chain(chain: Chain) -> None:
    chain.take(
        "november.csv",
        Row(key=1, seconds=61, minute=minute("2026-11-05")),
        Row(key=2, seconds=60, minute=minute("2026-11-06")),
        at=DEC_2,
    )
    november = date(2026, 11, 1), date(2026, 11, 30)
    assert chain.kept(*november) == [(150_000, 0), (300_000, 150_000), (1_800_000, 300_000)]
    assert chain.close("november", "2026-11-30", at=DEC_2) == [[150_000], [300_000], [1_800_000]]

    # In December North raises what South pays to 0.15, for November too: 0.45 instead of 0.30. The
    # month is invoiced, so it is a proposal; South's cost follows with the accepted note, and what
    # North pays East and what Acme pays South stay.
    with tenant_scope(chain.north.tenant_id):
        card = RateCard.objects.get(code="WHOLE")
        add_version(card, 2, START, (("44", "United Kingdom", 150_000_000, False),))
        report = reratings.difference_report(CallScope(), at=DEC_15)
        rerating.apply(
            scope=CallScope(), fingerprint=report.fingerprint, key="dearer", at=DEC_15, by=ANNA
        )
    assert chain.kept(*november) == [(150_000, 0), (300_000, 150_000), (1_800_000, 300_000)]
    with tenant_scope(chain.north.tenant_id):
        (proposal,) = reratings.proposals()
        (note,) = rerating.accept(proposal=proposal, at=DEC_15, by=ANNA, render=as_data)
        assert (note.document_type, note.net_micros) == ("debit_note", 150_000)
    assert chain.kept(*november) == [(150_000, 0), (450_000, 150_000), (1_800_000, 450_000)]

    # December: one minute to Acme (0.60), at North's new price (0.15) and East's old one (0.05).
    # South's switch sends November's first call again: it is known to all three.
    chain.take(
        "december.csv",
        Row(key=1, seconds=61, minute=minute("2026-11-05")),
        Row(key=3, seconds=30, minute=minute("2026-12-10")),
        at=DEC_15,
    )
    assert chain.close("december", "2026-12-31", at=JAN_4) == [[50_000], [150_000], [600_000]]
    both = date(2026, 11, 1), date(2026, 12, 31)
    assert chain.kept(*both) == [(200_000, 0), (600_000, 200_000), (2_400_000, 600_000)]
