"""The page for what nobody foresaw; where a full disk is behind it, it says so."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from tollwright.domain.disk import full_disk


def broken(_request: HttpRequest) -> HttpResponse:
    """500, or 507 with what to do. The frame needs neither a session nor the database."""
    full = full_disk(sys.exc_info()[1])  # Django calls this while it handles the error
    page = render_to_string("500.html", {"full": full})
    return HttpResponse(page, status=507 if full else 500)
