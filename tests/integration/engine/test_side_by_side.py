"""Files beside readers and beside other files: nobody waits for what is not theirs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from tests.integration.engine.conftest import Plant
from tests.support.database import prepare
from tests.support.switch import NOON, Row
from tollwright.engine.ingest import import_file
from tollwright.engine.ingest.errors import NotStored
from tollwright.store import batches, calls, usage

APRIL = (datetime(2027, 4, 5, 9, tzinfo=UTC) - NOON).total_seconds() / 60


@contextmanager
def another(plant: Plant) -> Iterator[psycopg.Connection[Any]]:
    """A second connection to the plant's database, as the application's role."""
    with psycopg.connect(prepare().app_conninfo(plant.connection.info.dbname)) as opened:
        yield opened


def as_tenant(plant: Plant, connection: psycopg.Connection[Any]) -> calls.Cursor:
    cursor = calls.cursor_on(connection)
    batches.set_tenant(cursor, plant.switch.tenant_id)
    return cursor


def months(connection: psycopg.Connection[Any]) -> list[str]:
    """The tables of April 2027 and after."""
    found = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relispartition"
        " AND right(relname, 7) >= '2027_04' ORDER BY 1"
    )
    return [name for (name,) in found]


def test_the_first_file_of_a_month_blocks_no_reader(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it runs others see the month, empty, and write to it."""
    insert, seen = calls.insert_staged, []

    def insert_and_look(*args: Any, **values: Any) -> None:
        insert(*args, **values)
        with another(plant) as reader:
            cursor = as_tenant(plant, reader)
            cursor.execute("SET LOCAL lock_timeout = 1")  # milliseconds: whatever waits, fails
            counted = cursor.execute("SELECT count(*) FROM call JOIN charge USING (started_at)")
            seen.append((months(reader), counted.fetchall()))

    monkeypatch.setattr(calls, "insert_staged", insert_and_look)
    monkeypatch.setattr(import_file, "CHUNK_ROWS", 1)
    rows = [Row(key=key, seconds=60, minute=minute) for key, minute in enumerate((0, int(APRIL)))]
    assert plant.ingest(*rows).rated == 2
    assert seen == [([], [(0,)]), (["call_2027_04", "charge_2027_04"], [(0,)])]
    assert plant.rows("SELECT count(*) FROM call JOIN charge USING (started_at)") == [(2,)]


def test_a_transaction_that_made_months_itself_makes_the_next_ones_too(plant: Plant) -> None:
    """Nobody else may while it lasts: it does not wait for itself."""
    with plant.connection.transaction(force_rollback=True):
        plant.connection.execute("SELECT tollwright_ensure_months('2027-05-01', '2027-05-01')")
        assert plant.ingest(Row(key=1, seconds=60, minute=int(APRIL))).rated == 1
        assert months(plant.connection) == [
            "call_2027_04", "call_2027_05", "charge_2027_04", "charge_2027_05",
        ]  # fmt: skip
    assert months(plant.connection) == []


def test_a_month_has_what_its_parent_has(plant: Plant) -> None:
    """Indexes, checks and triggers are those of the table that it is a part of."""
    plant.ingest(Row(key=1, seconds=60, minute=int(APRIL)))
    for table in ("call", "charge"):
        parts = []
        for name in (table, f"{table}_2027_04"):
            parts.append(
                [
                    plant.connection.execute(statement, [name]).fetchall()
                    for statement in (
                        "SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass",
                        "SELECT conname FROM pg_constraint WHERE contype = 'c'"
                        " AND conrelid = %s::regclass ORDER BY 1",
                        "SELECT tgname FROM pg_trigger WHERE tgtype & 1 = 1"
                        " AND tgrelid = %s::regclass ORDER BY 1",
                    )
                ]
            )
        assert parts[0] == parts[1]


def test_a_batch_takes_the_ids_it_needs(plant: Plant) -> None:
    """Three records take three; those of a batch of the parent's kind follow one another."""
    with another(plant) as mine:
        before = calls.claim_ids(calls.cursor_on(mine), 1)
        plant.ingest(*(Row(key=key, seconds=60) for key in range(3)))
        after = calls.claim_ids(calls.cursor_on(mine), 1)
    assert [after[0] - before[0], after[1] - before[1]] == [4, 4]
    assert plant.rows("SELECT array_agg(id ORDER BY id) FROM call") == [
        ([before.call_id + 1, before.call_id + 2, before.call_id + 3],)
    ]


def test_nobody_gets_an_id_that_another_got(plant: Plant) -> None:
    """Four at once take spans of one to a hundred thousand, some of a transaction that fails."""
    sizes = [1, 7, 65_536, 100_000]

    def take(size: int) -> list[tuple[int, int]]:
        found = []
        with another(plant) as mine:
            for turn in range(25):
                first = calls.claim_charge_ids(calls.cursor_on(mine), size)
                found.append((first, size))
                mine.rollback() if turn % 2 else mine.commit()
        return found

    with ThreadPoolExecutor(4) as pool:
        spans = sorted(span for some in pool.map(take, sizes) for span in some)
    ends = [first + size for first, size in spans]
    assert [first for first, _ in spans[1:]] == ends[:-1]


def test_a_file_that_the_database_ended_for_another_is_taken_in_again(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another holds the sums of days and waits for the file's source: PostgreSQL ends the file."""
    rows = [Row(key=key, seconds=60) for key in range(3)]
    attempts, go = [], threading.Event()
    insert = calls.insert_staged
    owner = prepare().owner_url(str(plant.connection.info.dbname))

    def waits(watch: psycopg.Connection[Any], pid: int) -> bool:
        found = watch.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [pid]).fetchone()
        return bool(found and found[0])

    with psycopg.connect(owner) as other, psycopg.connect(owner, autocommit=True) as watch:
        other.execute("SET deadlock_timeout = '1h'")  # it is not the one who looks
        cursor = as_tenant(plant, other)
        usage.lock_usage(cursor, plant.switch.tenant_id)

        def hold() -> None:
            go.wait(30)
            batches.lock_source(cursor, plant.switch.source.pk)
            other.commit()

        def insert_and_block(*args: Any, **values: Any) -> None:
            insert(*args, **values)
            attempts.append(1)
            go.set()
            while len(attempts) == 1 and not waits(watch, other.info.backend_pid):
                pass

        monkeypatch.setattr(calls, "insert_staged", insert_and_block)
        with ThreadPoolExecutor(1) as pool:
            holding = pool.submit(hold)
            assert plant.ingest(*rows).rated == 3
            holding.result()
    assert len(attempts) == 2
    assert plant.rows("SELECT count(*) FROM call") == [(3,)]
    assert plant.rows("SELECT sum(calls), sum(sell_micros) FROM usage_day") == [(3, 1_800_000)]


def test_a_file_is_not_tried_for_ever(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = []

    def refuse(*_args: Any, **_values: Any) -> None:
        attempts.append(1)
        raise psycopg.errors.DeadlockDetected

    monkeypatch.setattr(calls, "insert_staged", refuse)
    with pytest.raises(NotStored, match="Ingest it again"):
        plant.ingest(Row(key=1, seconds=60))
    assert len(attempts) == import_file.ATTEMPTS
    assert plant.rows("SELECT count(*) FROM import_batch") == [(0,)]
