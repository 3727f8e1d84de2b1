"""A file goes in: every record ends in one place, and money is right to the micro."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import psycopg
import pytest

from tests.support.switch import Row, Switch, make_switch, master_csv
from tollwright.engine.ingest import BatchResult, ingest_file

AT = datetime(2026, 11, 3, tzinfo=UTC)


@pytest.fixture
def switch(fresh_db: str) -> Switch:
    """A provider in a database that the engine commits to."""
    return make_switch("north")


def ingest(
    connection: psycopg.Connection, switch: Switch, content: bytes, filename: str = "Master.csv"
) -> BatchResult:
    return ingest_file(
        connection, tenant_id=switch.tenant_id, source_code="AST", filename=filename,
        stream=io.BytesIO(content), at=AT, by="test",
    )  # fmt: skip


def rows(connection: psycopg.Connection, switch: Switch, sql: str) -> list[tuple[object, ...]]:
    tenant = str(switch.tenant_id)
    connection.execute("SELECT set_config('tollwright.tenant_id', %s, true)", [tenant])
    found = connection.execute(sql).fetchall()
    connection.commit()
    return found


def test_calls_are_rated_and_summed(switch: Switch, engine_connection: psycopg.Connection) -> None:
    content = master_csv([Row(key=1, seconds=61), Row(key=2, seconds=60), Row(key=3, seconds=0)])
    result = ingest(engine_connection, switch, content)
    assert (result.records, result.rated, result.unanswered) == (3, 2, 1)
    charges = rows(
        engine_connection, switch,
        "SELECT billed_s, amount_micros, prefix, currency FROM charge ORDER BY id",
    )  # fmt: skip
    assert charges == [(120, 1_200_000, "44", "EUR"), (60, 600_000, "44", "EUR")]
    days = rows(
        engine_connection, switch,
        "SELECT day::text, calls, answered, answered_ms, billed_s, sell_micros FROM usage_day",
    )  # fmt: skip
    assert days == [("2026-11-02", 3, 2, 121_000, 180, 1_800_000)]
