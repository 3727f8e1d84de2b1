"""Law 8: every query gives exactly the fields of the class that takes its rows.

PostgreSQL is asked for the columns of each statement, without running it; they are compared with
the class that stands beside the statement's name in store/*.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from importlib import import_module
from typing import Any

import psycopg
import pytest

from tests.conftest import ROOT
from tests.support.database import prepare
from tollwright.store.sql import statements

STORE = ROOT / "src" / "tollwright" / "store"
MOMENTS = {"first", "last", "since", "until", "at", "started_at", "rated_at"}  # as psycopg sends
FETCHES = {"fetch_all", "fetch_one", "_fetch"}  # (cursor or connection, class, statement, ...)


@dataclass(frozen=True)
class Query:
    """A statement by its file and name, and the class of its rows."""

    module: str
    row: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


def queries() -> Iterator[Query]:
    for path in sorted(STORE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in FETCHES:
                row, named = node.args[1], node.args[2]
                name = named.slice if isinstance(named, ast.Subscript) else named
                if isinstance(row, ast.Name) and isinstance(name, ast.Constant):
                    yield Query(path.stem, row.id, str(name.value))


QUERIES = list(queries())


@pytest.fixture(scope="module")
def connection() -> Iterator[psycopg.Connection[Any]]:
    """The template, with every temporary table that the statements name."""
    server = prepare()
    with psycopg.connect(server.owner_url(server.template)) as opened:
        for path in STORE.glob("*.sql"):
            for name, sql in statements(path.name).items():
                if name.startswith("create_"):
                    opened.execute(sql)
        yield opened
        opened.rollback()


def columns(connection: psycopg.Connection[Any], sql: str) -> list[str]:
    """The names of the columns that a statement gives."""
    names: list[str] = []

    def place(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        cast = "::timestamptz" if found[1] in MOMENTS else ""
        return f"${names.index(found[1]) + 1}{cast}"

    numbered = re.sub(r"%\((\w+)\)s", place, sql).replace("%%", "%")
    with connection.transaction():
        prepared = connection.pgconn.prepare(b"", numbered.rstrip().rstrip(";").encode())
        assert prepared.status == psycopg.pq.ExecStatus.COMMAND_OK, prepared.error_message.decode()
        told = connection.pgconn.describe_prepared(b"")
    return [(told.fname(at) or b"").decode() for at in range(told.nfields)]


def named(row: type) -> list[str]:
    if is_dataclass(row):
        return [field.name for field in fields(row)]
    return list(getattr(row, "_fields", None) or row.__struct_fields__)  # type: ignore[attr-defined]  # a Struct's


def test_the_queries_are_found() -> None:
    assert len(QUERIES) > 40


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_query_gives_the_fields_of_its_class(
    connection: psycopg.Connection[Any], query: Query
) -> None:
    module = import_module(f"tollwright.store.{query.module}")
    found = columns(connection, statements(f"{query.module}.sql")[query.name])
    assert sorted(found) == sorted(named(getattr(module, query.row)))


def test_rates_come_in_the_order_of_their_class(connection: psycopg.Connection[Any]) -> None:
    """Read by position, for a deck has tens of thousands."""
    from tollwright.store.rates import RateRow

    for name in ("fetch_rates", "fetch_rates_for_number"):
        assert columns(connection, statements("rates.sql")[name]) == list(RateRow._fields)


def test_known_calls_come_in_the_order_of_their_class(connection: psycopg.Connection[Any]) -> None:
    """Read by position, for a file that comes again has all of them."""
    from tollwright.store.calls import KnownCall

    found = columns(connection, statements("calls.sql")["fetch_known_calls"])
    assert found == list(KnownCall._fields)
