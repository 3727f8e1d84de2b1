"""Tests on a real PostgreSQL, as the application's role."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.support.database import copy_of_template, point, prepare

prepare()  # before test modules import models

from django.db import connection, connections, transaction  # noqa: E402

from tests.support.world import World, make_world  # noqa: E402


@pytest.fixture(scope="session")
def session_database() -> Iterator[str]:
    """One copy of the template that all rolled-back tests share."""
    with copy_of_template() as name:
        yield name


@pytest.fixture
def db(session_database: str) -> Iterator[None]:
    """The shared database; whatever the test writes through Django is rolled back."""
    if connection.settings_dict["NAME"] != session_database:  # another folder's tests ran between
        point(session_database)
    with transaction.atomic():
        yield
        with connection.cursor() as cursor:
            if not connection.needs_rollback:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as a commit would
        transaction.set_rollback(True)


@pytest.fixture
def fresh_db(session_database: str) -> Iterator[str]:
    """A database of the test's own, for code that commits; its name."""
    with copy_of_template() as name:
        yield name


@pytest.fixture
def engine_connection(fresh_db: str) -> Iterator[psycopg.Connection]:
    """A psycopg connection to the fresh database as the application's role: the engine's."""
    with psycopg.connect(prepare().app_conninfo(fresh_db)) as opened:
        yield opened


@pytest.fixture
def world(db: None) -> World:
    """A provider with one customer and one campaign, in the rolled-back database."""
    return make_world("north")


@pytest.fixture(autouse=True, scope="session")
def _close_at_the_end() -> Iterator[None]:
    yield
    connections.close_all()
