"""A process that ingests a file and stops in the middle of it, to be killed there.

    python killed.py CONNINFO TENANT_ID FILE STOP_AT

Prints `half way` when STOP_AT portions of 50 records are in the database's hands,
then waits for its end.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import psycopg

from tollwright.engine.ingest import import_file, ingest_file


def main(conninfo: str, tenant_id: str, path: str, stop_at: str) -> None:
    """See the module."""
    import_file.CHUNK_ROWS = 50

    portions = count(1)

    def stop(_done: int, _size: int) -> None:
        if next(portions) == int(stop_at):
            print("half way", flush=True)
            sys.stdin.read()

    with psycopg.connect(conninfo) as connection, Path(path).open("rb") as stream:
        ingest_file(
            connection, tenant_id=int(tenant_id), source_code="AST", filename=Path(path).name,
            stream=stream, at=datetime(2026, 11, 3, tzinfo=UTC), by="test", progress=stop,
        )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
