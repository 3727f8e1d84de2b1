"""The addresses under /api/v1/."""

from __future__ import annotations

from django.urls import path

from tollwright.web.api.app import api

urlpatterns = [path("", api.urls)]
