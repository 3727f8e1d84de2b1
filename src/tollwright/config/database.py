"""The two addresses of the database: the owner's for migrations, the application's for the rest."""

from __future__ import annotations

import atexit
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tollwright.config.settings import APP_ROLE, Settings
from tollwright.gateways.postgres import embedded

DATABASE = "tollwright"


def databases(settings: Settings) -> dict[str, dict[str, Any]]:
    """Django's DATABASES: `default` (the application's role) and `owner` (migrations).

    Without DATABASE_URL this starts the embedded server and stops using it when the process ends.
    """
    if settings.embedded:
        server = embedded.start(settings.home)
        atexit.register(server.release)
        _ensure_database(server)
        owner, app = server.url(DATABASE), server.url(DATABASE, APP_ROLE)
    else:
        owner, app = settings.owner_url, settings.app_url
    if app:
        return {"default": _parameters(app), "owner": _parameters(owner)}
    return {"default": _parameters(owner, role=APP_ROLE), "owner": _parameters(owner)}


def _ensure_database(server: embedded.Embedded) -> None:
    with server.alone(), psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if known.fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        role = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE])
        if role.fetchone() is None:
            connection.execute(f"CREATE ROLE {APP_ROLE} LOGIN NOSUPERUSER NOBYPASSRLS")


def _parameters(url: str, role: str = "") -> dict[str, Any]:
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    options: dict[str, Any] = {
        key: value
        for key, value in parts.items()
        if key not in {"dbname", "user", "password", "host", "port"}
    }
    if role:  # RESET ROLE goes back to this role, not to the one that logged in
        options["options"] = f"{options.get('options', '')} -c role={role}".strip()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", DATABASE),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
