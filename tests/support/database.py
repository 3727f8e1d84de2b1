"""A real PostgreSQL for the tests: embedded and started here, or the one DATABASE_URL names.

`prepare()` makes one migrated template database; tests work in copies of it, as the application's
role, which row-level security binds.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tollwright.config.settings import APP_ROLE
from tollwright.gateways.postgres import embedded

_numbers = count(1)


@dataclass(frozen=True)
class Server:
    """Where the tests' databases are. Addresses are libpq strings."""

    admin: str
    template: str

    def owner_url(self, database: str) -> str:
        return make_conninfo(self.admin, dbname=database)

    def url(self, database: str) -> str:
        """What DATABASE_URL says in a process of its own."""
        return _as_url(self.admin, database)

    def app_conninfo(self, database: str) -> str:
        """The application's role; what the engine connects with."""
        return make_conninfo(self.admin, dbname=database, options=f"-c role={APP_ROLE}")


@cache
def prepare() -> Server:
    """Start (or reach) the server, migrate the template, set Django up. Once per test run."""
    home = Path(tempfile.mkdtemp(prefix="tollwright-tests-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    admin = os.environ.get("DATABASE_URL") or _start_embedded(home)
    name = f"tw_test_{os.getpid()}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    server = Server(admin, name)
    atexit.register(_drop, server, name)
    os.environ |= {
        "DATABASE_URL": _as_url(admin, name),
        "TOLLWRIGHT_HOME": str(home),
        "TOLLWRIGHT_SECRET_KEY": "for tests only, not a secret",
        "TOLLWRIGHT_HOSTS": "127.0.0.1,localhost,testserver",
        "DJANGO_SETTINGS_MODULE": "tollwright.config.django",
    }
    import django  # settings are read at setup, after the environment is set

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", database="owner", verbosity=0)
    connections.close_all()
    return server


def copy_of_template() -> AbstractContextManager[str]:
    """A fresh migrated database that Django's `default` and `owner` point at; its name."""
    return _database(prepare().template)


def empty_database() -> AbstractContextManager[str]:
    """A database without a table that Django's `default` and `owner` point at; its name.

    The application's role is there: a role is the server's, made by the template's migrations.
    """
    return _database("template0")


@contextmanager
def _database(template: str) -> Iterator[str]:
    from django.db import connections

    server = prepare()
    name = f"{server.template}_{next(_numbers)}"
    with psycopg.connect(server.admin, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    before = {alias: connections[alias].settings_dict["NAME"] for alias in connections}
    point(name)
    try:
        yield name
    finally:
        connections.close_all()
        _drop(server, name)
        for alias, old in before.items():
            connections[alias].settings_dict["NAME"] = old


def point(name: str) -> None:
    """Let Django's connections lead to this database."""
    from django.db import connections

    connections.close_all()
    for alias in connections:
        connections[alias].settings_dict["NAME"] = name


def _start_embedded(home: Path) -> str:
    # fsync off: a test's database need not survive the machine; the embedded tests start their own
    server = embedded.start(home, settings={"fsync": "off", "shared_buffers": "256MB"})
    if server.account is not None:  # root's data lie elsewhere
        atexit.register(shutil.rmtree, server.data.parent, ignore_errors=True)
    atexit.register(server.release)
    return server.url("postgres")


def _drop(server: Server, name: str) -> None:
    with psycopg.connect(server.admin, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def _as_url(admin: str, name: str) -> str:
    parts = {key: str(value) for key, value in conninfo_to_dict(admin).items() if value}
    login = parts.get("user", "") + (":" + parts["password"] if "password" in parts else "")
    host = parts.get("host", "")
    if host.startswith("/"):
        return f"postgresql://{login}@/{name}?host={host}"
    return f"postgresql://{login}@{host}:{parts.get('port', '5432')}/{name}"
