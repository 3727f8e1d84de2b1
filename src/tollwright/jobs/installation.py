"""What can be wrong with an installation: asked by `tollwright doctor`, and every night."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tollwright.domain.tenants import queries
from tollwright.gateways.postgres import embedded

LOW_DISK = 2 * 1024**3
OWNS = (
    "DATABASE_URL alone: the application's login owns the tables and only switches to the role"
    " tollwright_app, so a hole in the application could switch back. Give it a login of its own:"
    " TOLLWRIGHT_APP_URL."
)


def findings() -> Iterator[tuple[bool, str]]:
    """What was looked at: whether it is well, and a sentence."""
    home: Path = settings.TOLLWRIGHT.home.resolve()
    place = "embedded" if settings.TOLLWRIGHT.embedded else "your own"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), current_setting('server_version_num')::int,"
            " current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        version, number, role, bypasses = cursor.fetchone()
        yield number >= 150000, f"PostgreSQL {version} ({place}); 15 or newer is needed"
        yield (
            not bypasses,
            f"the application runs as role {role}, which row-level security "
            + (
                "does NOT bind: set TOLLWRIGHT_APP_URL to an ordinary role" if bypasses else "binds"
            ),
        )
        if may_become_owner():
            yield True, OWNS
        cursor.execute("SELECT current_setting('fsync')")
        yield cursor.fetchone() == ("on",), "PostgreSQL writes to disk before it says done (fsync)"
    yield _migrations()
    yield from _disks(home)
    slugs = list(queries.tenant_slugs())
    yield True, f"tenants: {', '.join(slugs) or 'none yet'}"


def _disks(home: Path) -> Iterator[tuple[bool, str]]:
    """Room where something is written: the data with its documents, our own files, uploads."""
    places = {
        "our own files are": home,
        "uploads are kept while they are read": Path(gettempdir()),
    }
    if settings.TOLLWRIGHT.embedded:
        places = {"the database and its documents are": embedded.folder(home)} | places
    else:
        yield True, "the database and its documents are on its own server: look at its disk there"
    for what, place in places.items():
        held = next(one for one in (place, *place.parents) if one.exists())
        free = shutil.disk_usage(held).free
        told = f"{free / 1024**3:.1f} GiB free where {what} ({place})"
        yield free > LOW_DISK, told if free > LOW_DISK else f"{told}: free some before it is full"


def may_become_owner() -> bool:
    """Whether the login behind the application's role owns tables: row-level security then binds
    only as long as the application does not switch back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND pg_has_role(session_user, relowner, 'MEMBER'))"
        )
        return bool(cursor.fetchone()[0])


def _migrations() -> tuple[bool, str]:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return False, f"{len(missing)} migrations are missing; run: tollwright migrate"
    return True, "the database is at this version"
