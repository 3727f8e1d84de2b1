"""Databases of earlier releases, kept as dumps in tests/releases; how one is made is told there."""

from __future__ import annotations

import gzip
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg

FOLDER = Path(__file__).parent.parent / "releases"
# What an older server, psycopg or another owner's name would stumble over.
UNPORTABLE = re.compile(
    r"^(\\(un)?restrict .*|SET transaction_timeout = .*|ALTER .* OWNER TO .*;)\n", re.MULTILINE
)
COPY = re.compile(r"^(COPY [^\n]* FROM stdin;)\n(.*?)^\\\.\n", re.MULTILINE | re.DOTALL)


def dumps() -> list[Path]:
    """The dumps that are kept, oldest release first."""
    return sorted(FOLDER.glob("*.sql.gz"), key=lambda path: _version(path.name))


def restore(connection: psycopg.Connection[object], path: Path) -> None:
    """Make an empty database that of the dump. The connection is a superuser's, in autocommit."""
    with connection.transaction():
        for statements, copy, rows in _pieces(gzip.decompress(path.read_bytes()).decode()):
            if statements.strip():
                connection.execute(statements.encode())
            if copy:
                with connection.cursor().copy(copy.encode()) as stream:
                    stream.write(rows)
    # A dump empties the search path and switches checks off for its own session.
    connection.execute("DISCARD ALL")


def portable(dump: str) -> str:
    """A plain dump of pg_dump without what holds for one server or one owner alone."""
    return UNPORTABLE.sub("", dump)


def _pieces(dump: str) -> Iterator[tuple[str, str, str]]:
    """(statements, then the COPY after them, its rows); the last has no COPY."""
    end = 0
    for found in COPY.finditer(dump):
        yield dump[end : found.start()], found[1], found[2]
        end = found.end()
    yield dump[end:], "", ""


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.removesuffix(".sql.gz").split("."))


def main(arguments: Sequence[str]) -> None:
    """Read a plain dump on standard input and keep it as the dump of the release that is named."""
    (release,) = arguments
    packed = gzip.compress(portable(sys.stdin.read()).encode(), mtime=0)
    (FOLDER / f"{release}.sql.gz").write_bytes(packed)


if __name__ == "__main__":
    main(sys.argv[1:])
