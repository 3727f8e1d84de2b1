"""What every verb that needs the database does first, and how a refusal reads."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from tollwright.domain.disk import full_disk
from tollwright.domain.errors import DomainError, NotFound
from tollwright.gateways.postgres.embedded import EmbeddedError
from tollwright.kernel import compile_notice


def home() -> Path:
    """The folder of the installation's own files: TOLLWRIGHT_HOME, or `var` here."""
    return Path(os.environ.get("TOLLWRIGHT_HOME") or "var").expanduser().resolve()


def start() -> None:
    """Set Django up; without DATABASE_URL this starts the embedded PostgreSQL."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tollwright.config.django")
    keep_compiled()
    import django

    django.setup()


def keep_compiled() -> None:
    """Have what the rating kernel compiles kept in the installation's folder, and said."""
    os.environ.setdefault("NUMBA_CACHE_DIR", str(home() / "compiled"))
    compile_notice.listen(_say)


def cards_folder() -> Path:
    """Where compiled cards are kept, in one place for all verbs and the server."""
    return home() / "compiled" / "cards"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def now() -> datetime:
    """The moment at which a verb runs; the layers below are told it."""
    return datetime.now(UTC)


def operator() -> str:
    """Who runs the command line, for the audit."""
    import getpass

    return f"cli:{getpass.getuser()}"


def tenant_id(slug: str) -> int:
    """The tenant that `slug` names; with one tenant only, '' means that one.

    Raises NotFound with the slugs there are.
    """
    from tollwright.domain.tenants import queries

    slugs = list(queries.tenant_slugs())
    if not slug and len(slugs) == 1:
        slug = slugs[0]
    found = queries.tenant_id_by_slug(slug) if slug else None
    if found is None:
        known = ", ".join(slugs) or "none yet; `tollwright tenant` opens one"
        named = f"There is no tenant {slug!r}" if slug else "Name the tenant by --tenant"
        raise NotFound(f"{named}. Tenants here: {known}.")
    return found


def refusal(error: Exception) -> str | None:
    """The sentence for an error that the user can correct; None for a bug, which is shown whole."""
    import psycopg

    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if isinstance(error, DomainError | EmbeddedError) or type(error).__name__ == "SettingsError":
        return str(error)
    if full := full_disk(error):
        return full
    if isinstance(cause, psycopg.errors.UndefinedTable):
        return f"The database is not ready ({_first_line(cause)}). Run: tollwright migrate"
    if isinstance(cause, psycopg.OperationalError):
        return f"The database does not answer: {_first_line(cause)}. Try: tollwright doctor"
    return None


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0]
