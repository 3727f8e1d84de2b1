"""tollwright migrate"""

from __future__ import annotations

from tollwright.cli import runtime


def migrate() -> None:
    """Bring the database to this version: tables, roles, row-level security.

    Uses the owner of the tables: the embedded server's, or DATABASE_URL's. Safe to run again.

    Example: `DATABASE_URL=postgresql://owner@db/billing tollwright migrate`
    """
    runtime.start()
    apply()
    print("The database is up to date.")


def apply() -> None:
    """Run the migrations that are missing, as the owner; grant the application its tables."""
    from django.core.management import call_command
    from django.db import connections

    with connections["owner"].cursor() as cursor:  # of two at once the second finds nothing to do
        cursor.execute("SELECT pg_advisory_lock(hashtext('tollwright migrate'))")
        call_command("migrate", database="owner", verbosity=0)
        cursor.execute("SELECT tollwright_grant()")
    connections["owner"].close()
