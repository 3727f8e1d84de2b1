"""Law 8: each SQL function has one file with the body in force, and the database has that body."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from tollwright.data import functions
from tollwright.data.functions import ApplyFunction

OURS = "tollwright_"
LIBRARIES = ("procrastinate_",)  # what the job queue brings with it


def in_database() -> dict[str, str]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT proname, pg_get_functiondef(oid) FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace"
        )
        return dict(cursor.fetchall())


def applied() -> Iterator[ApplyFunction]:
    """Every application of a function, in the order of the migrations."""
    loader = MigrationLoader(None)
    (leaf,) = loader.graph.leaf_nodes("data")
    for node in loader.graph.forwards_plan(leaf):
        for operation in loader.graph.nodes[node].operations:
            if isinstance(operation, ApplyFunction):
                yield operation


def test_a_function_is_ours_or_a_librarys(db: None) -> None:
    found = [name for name in in_database() if not name.startswith((OURS, *LIBRARIES))]
    assert found == []


def test_each_function_has_a_file_and_each_file_a_function(db: None) -> None:
    assert sorted(name for name in in_database() if name.startswith(OURS)) == functions.names()


@pytest.mark.parametrize("name", functions.names())
def test_the_database_has_the_body_of_the_file(db: None, name: str) -> None:
    assert in_database()[name].rstrip() == functions.definition(name)


@pytest.mark.parametrize("name", functions.names())
def test_a_changed_file_has_its_migration(name: str) -> None:
    """An installation gets a new body by a migration: its last one names the file's fingerprint."""
    last = [operation.applied for operation in applied() if operation.name == name][-1:]
    assert last == [functions.fingerprint(name)], (
        f'add a migration with ApplyFunction("{name}", "{functions.fingerprint(name)}")'
    )


@pytest.mark.parametrize("name", functions.names())
def test_a_file_begins_with_why_it_is_there(name: str) -> None:
    assert (functions.FOLDER / f"{name}.sql").read_text().startswith("-- ")
