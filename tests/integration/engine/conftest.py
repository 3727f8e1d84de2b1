"""A provider with a switch, in a database that the engine commits to."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from tests.support.switch import Row, Switch, make_switch, master_csv
from tollwright.engine.ingest import BatchResult, ingest_file

AT = datetime(2026, 11, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Plant:
    """The engine at work for one provider."""

    connection: psycopg.Connection[Any]
    switch: Switch

    def ingest(self, *rows: Row | str, filename: str = "Master.csv") -> BatchResult:
        """Take in a Master.csv of these rows."""
        return self.take(master_csv(rows), filename)

    def take(
        self,
        content: bytes,
        filename: str = "Master.csv",
        source: str = "AST",
        progress: Callable[[int, int], None] | None = None,
    ) -> BatchResult:
        """Take in these bytes."""
        return ingest_file(
            self.connection, tenant_id=self.switch.tenant_id, source_code=source,
            filename=filename, stream=io.BytesIO(content), at=AT, by="test", progress=progress,
        )  # fmt: skip

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the provider sees, in a transaction of its own."""
        with self.connection.transaction():
            self.connection.execute(
                "SELECT set_config('tollwright.tenant_id', %s, true)", [str(self.switch.tenant_id)]
            )
            return self.connection.execute(sql).fetchall()

    def run(self, sql: str) -> None:
        """Change something as the provider."""
        with self.connection.transaction():
            self.connection.execute(
                "SELECT set_config('tollwright.tenant_id', %s, true)", [str(self.switch.tenant_id)]
            )
            self.connection.execute(sql)

    def totals(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that must be equal when two ways lead to one result (ids apart)."""
        return {
            "calls": self.rows(
                "SELECT call_key, revision, is_current, customer_id, campaign_id, called, caller,"
                " started_at, answered_ms, line_no FROM call ORDER BY 1, 2"
            ),
            "charges": self.rows(
                "SELECT call_key, ch.revision, ch.is_current, amount_micros, billed_s, prefix,"
                " card_version_id FROM charge ch JOIN call c ON c.id = ch.call_id ORDER BY 1, 2"
            ),
            "days": self.rows(
                "SELECT campaign_id, day, currency, calls, answered, answered_ms, billed_s,"
                " sell_micros FROM usage_day WHERE calls > 0 ORDER BY 1, 2, 3"
            ),
            "quarantine": self.rows(
                "SELECT line_no, call_key, reason, raw FROM quarantine WHERE status = 'open'"
                " ORDER BY 1"
            ),
        }

    def check_sums(self) -> None:
        """Every day's sums are those of the calls and charges that stand."""
        summed = self.rows(
            "SELECT c.campaign_id, (c.started_at AT TIME ZONE 'Europe/Berlin')::date,"
            " coalesce(ch.currency, 'EUR'), count(*), count(answered_at), sum(answered_ms),"
            " coalesce(sum(billed_s), 0), coalesce(sum(amount_micros), 0)"
            " FROM call c LEFT JOIN charge ch ON ch.call_id = c.id AND ch.is_current"
            " WHERE c.is_current GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )
        assert summed == self.totals()["days"]


@pytest.fixture
def plant(fresh_db: str, engine_connection: psycopg.Connection[Any]) -> Plant:
    """A provider `north` whose database the engine writes to."""
    return Plant(engine_connection, make_switch("north"))
