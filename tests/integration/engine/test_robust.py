"""What goes wrong in the middle leaves nothing half written, and a sentence says what to do."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.integration.engine import killed
from tests.integration.engine.conftest import Plant
from tests.support.database import copy_of_template, prepare
from tests.support.switch import Row, make_switch, master_csv
from tollwright.engine.ingest import BadSource, NotStored, import_file, raw

CALLS = 600


def some_calls() -> bytes:
    """Calls of both customers, some unanswered, some twice, some for nobody, a broken line."""
    accounts = ("ACME", "BETA", "NOBODY")
    rows: list[Row | str] = [
        Row(key=key, account=accounts[key % 3], seconds=key % 7 * 20, minute=key)
        for key in range(CALLS)
    ]
    return master_csv([*rows, *rows[:50], '"ACME","short"'])


@pytest.fixture
def reference(session_database: str) -> dict[str, list[tuple[Any, ...]]]:
    """The totals of the same file taken in without trouble, in another database."""
    with copy_of_template() as name, psycopg.connect(prepare().app_conninfo(name)) as connection:
        plant = Plant(connection, make_switch("north"))
        plant.take(some_calls())
        totals = plant.totals()
    assert len(totals["calls"]) == 400
    return totals


def test_killed_in_the_middle_and_run_again(
    reference: dict[str, list[tuple[Any, ...]]], plant: Plant, tmp_path: Path
) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(some_calls())
    conninfo = prepare().app_conninfo(plant.connection.info.dbname)
    command = [sys.executable, killed.__file__, conninfo, str(plant.switch.tenant_id), str(path)]
    process = subprocess.Popen(
        [*command, "6"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half way\n"
        process.kill()
    assert plant.rows("SELECT count(*) FROM import_batch") == [(0,)]
    result = plant.take(path.read_bytes())
    assert not result.already
    assert plant.totals() == reference
    plant.check_sums()
    assert plant.take(path.read_bytes()).already


FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF (SELECT count(*) FROM charge) > 100 THEN
        RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device'
            USING ERRCODE = 'disk_full';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER no_room AFTER INSERT ON charge FOR EACH STATEMENT EXECUTE FUNCTION no_room();
"""


def test_a_full_disk_writes_nothing(
    reference: dict[str, list[tuple[Any, ...]]], plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_file, "CHUNK_ROWS", 50)
    owner = prepare().owner_url(plant.connection.info.dbname)
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(FULL)
    with pytest.raises(NotStored) as error:
        plant.take(some_calls())
    assert str(error.value) == (
        "Master.csv: the database's disk is full; nothing of the file was written."
        " Free space on the database server, then ingest the file again."
    )
    assert plant.totals() == {"calls": [], "charges": [], "days": [], "quarantine": []}
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("DROP FUNCTION no_room CASCADE")
    plant.take(some_calls())
    assert plant.totals() == reference


def test_a_lost_connection_is_a_sentence(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_file, "CHUNK_ROWS", 50)
    owner = prepare().owner_url(plant.connection.info.dbname)

    def cut(_done: int, _size: int) -> None:
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(%s)", [plant.connection.info.backend_pid]
            )

    with pytest.raises(NotStored, match=r"Master\.csv: the connection to the database was lost"):
        plant.take(some_calls(), progress=cut)


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        pytest.param("timezone", "Mars/Olympus", "time zone 'Mars/Olympus'", id="zone"),
        pytest.param("options", '{"encoding": "utf-99"}', "encoding 'utf-99'", id="encoding"),
        pytest.param("options", '{"colums": ["src"]}', "no option colums", id="unknown option"),
        pytest.param("options", '{"columns": ["src"]}', "columns", id="columns that lack a call"),
        pytest.param("region", "XX", "'XX' is not the ISO code", id="region"),
        pytest.param("format", "morse", "no CDR format 'morse'", id="format"),
    ],
)
def test_a_source_that_cannot_be_used(plant: Plant, column: str, value: str, sentence: str) -> None:
    plant.run(f"UPDATE source SET {column} = '{value}'")
    with pytest.raises(BadSource, match="AST") as error:
        plant.ingest(Row())
    assert sentence in str(error.value)
    assert plant.rows("SELECT count(*) FROM import_batch") == [(0,)]


def test_every_broken_line_is_named(plant: Plant) -> None:
    good = [Row(key=key).text() for key in range(4)]
    lines = [good[0], '"ACME","short"\n', good[1], '"ACME","open\n', good[2], "\0\0\n", good[3]]
    result = plant.take("".join(lines).encode())
    assert (result.rated, result.quarantined) == (4, 3)
    found = plant.rows("SELECT line_no, reason FROM quarantine ORDER BY line_no")
    assert found == [(2, "columns"), (4, "quoting"), (6, "nul")]


def test_a_file_that_is_no_cdr_file_is_quarantined_line_by_line(plant: Plant) -> None:
    result = plant.take(bytes(range(256)) * 40, filename="photo.jpg")
    assert result.rated == 0
    assert result.records == result.quarantined + result.ignored + result.duplicates


def test_memory_does_not_grow_with_the_file(
    plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice the file, the same memory: portions, a raw piece and what tells legs apart.

    The first file, of a few portions, loads what a process loads once.
    """
    monkeypatch.setattr(import_file, "CHUNK_ROWS", 500)
    monkeypatch.setattr(raw, "PIECE", 262_144)
    plant.run("UPDATE source SET options = '{\"lookahead\": 256}'")
    peaks = []
    for first, calls in ((0, 2_000), (100_000, 8_000), (200_000, 16_000)):
        path = tmp_path / f"{calls}.csv"
        with path.open("wb") as out:
            out.writelines(
                Row(key=first + key, minute=key % 1000).text().encode() for key in range(calls)
            )
        tracemalloc.start()
        with path.open("rb") as stream:
            result = import_file.ingest_file(
                plant.connection, tenant_id=plant.switch.tenant_id, source_code="AST",
                filename=path.name, stream=stream, at=plant.switch.source.created_at, by="test",
            )  # fmt: skip
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert result.rated == calls
    assert peaks[2] < 1.2 * peaks[1]
