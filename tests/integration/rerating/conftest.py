"""A provider whose calls came in from a switch, and prices that change afterwards."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from tests.support.billing import ANNA, as_data
from tests.support.switch import Row, Switch, add_version, make_switch, master_csv
from tests.support.world import START
from tollwright.data.models import CardVersion, Charge, Invoice, Rerating, UsageDay
from tollwright.data.scope import tenant_scope
from tollwright.domain.calls import operations as calls
from tollwright.domain.invoices import operations as invoices
from tollwright.domain.rerating import operations, queries
from tollwright.domain.rerating.report import DifferenceReport
from tollwright.domain.rerating.scope import CallScope

AT = datetime(2026, 11, 3, tzinfo=UTC)
LATER = datetime(2026, 11, 20, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 2, tzinfo=UTC)
NOVEMBER_ENDS = datetime(2026, 11, 30, 23, tzinfo=UTC)  # midnight in Berlin

# Acme: 61 s and 30 s to London, 61 s to Berlin; Beta: 60 s to London. Whole minutes at 0.60 / 0.12.
ROWS = (
    Row(key=1, seconds=61),
    Row(key=2, seconds=30, minute=1),
    Row(key=3, seconds=61, called="+4930987654", minute=2),
    Row(key=4, seconds=60, account="BETA", minute=3),
    Row(key=5, seconds=0, minute=4),
)
CHEAPER = (("44", "United Kingdom", 300_000_000, False), ("49", "Germany", 240_000_000, False))


@dataclass
class Story:
    """The provider; `rate_by` publishes a version for calls of the past, as a correction does."""

    switch: Switch
    versions: int = 1

    def take(self, *rows: Row | str) -> int:
        """Take a file in; its batch."""
        result = calls.ingest(
            source_code="AST", filename="Master.csv", stream=io.BytesIO(master_csv(rows)),
            at=AT, by=ANNA,
        )  # fmt: skip
        return result.batch_id

    def rate_by(self, rates: Sequence[tuple[str, str, int, bool]]) -> CardVersion:
        """Another version of RETAIL that holds from START on."""
        self.versions += 1
        return add_version(self.switch.card, self.versions, START, rates)

    def report(self, scope: CallScope | None = None, at: datetime = LATER) -> DifferenceReport:
        return queries.difference_report(scope or CallScope(), at=at)

    def apply(self, key: str, scope: CallScope | None = None, at: datetime = LATER) -> Rerating:
        """What the report says now."""
        scope = scope or CallScope()
        found = queries.difference_report(scope, at=at)
        return operations.apply(scope=scope, fingerprint=found.fingerprint, key=key, at=at, by=ANNA)

    def bill(self, key: str = "november") -> list[Invoice]:
        """November's invoices, issued."""
        run = invoices.run_billing(until=NOVEMBER_ENDS, key=key, at=DECEMBER, by=ANNA)
        return [
            invoices.finalise(invoice=one, at=DECEMBER, by=ANNA, render=as_data)
            for one in Invoice.objects.filter(run=run, status="draft").order_by("id")
        ]

    def amounts(self) -> dict[str, int]:
        """What stands for each call, in micros."""
        rows = Charge.objects.filter(is_current=True).select_related("call")
        return {
            one.call.call_key.rsplit("/", 1)[1]: one.amount_micros
            for one in rows.order_by("call_id")
        }

    def history(self, key: str) -> list[Charge]:
        """The revisions of a call's charge, oldest first."""
        found = Charge.objects.filter(call__call_key__endswith=f"/{key}", started_at__gte=START)
        return list(found.order_by("revision"))

    def days(self) -> list[tuple[str, int, int, int, int]]:
        """(campaign, calls, answered, billed seconds, micros) by campaign."""
        rows = UsageDay.objects.order_by("campaign__code")
        return list(
            rows.values_list("campaign__code", "calls", "answered", "billed_s", "sell_micros")
        )

    def written(self) -> tuple[int, int]:
        """How many charges and re-ratings there are."""
        return Charge.objects.count(), Rerating.objects.count()


@pytest.fixture
def story(db: None) -> Iterator[Story]:
    """Calls taken in at NOON of 2 November, on card RETAIL."""
    switch = make_switch("north")
    with tenant_scope(switch.tenant_id):
        found = Story(switch)
        found.take(*ROWS)
        yield found
