"""The one Django app: every table of the system."""

from __future__ import annotations

from django.apps import AppConfig, apps

from tollwright.data.sealing import hash_session_keys


class DataConfig(AppConfig):
    """Models, constraints and migrations; no behaviour."""

    name = "tollwright.data"
    label = "data"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Tollwright"

    def ready(self) -> None:
        """Session keys are kept as hashes, in the tables that other packages bring too."""
        hash_session_keys(
            apps.get_model("sessions", "Session"), apps.get_model("usersessions", "UserSession")
        )
