"""The one Django app: every table of the system."""

from __future__ import annotations

from django.apps import AppConfig


class DataConfig(AppConfig):
    """Models, constraints and migrations; no behaviour."""

    name = "tollwright.data"
    label = "data"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Tollwright"
