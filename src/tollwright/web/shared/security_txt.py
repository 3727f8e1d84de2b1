"""Where to report a hole: RFC 9116, for whoever runs this installation."""

from __future__ import annotations

from datetime import UTC, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from tollwright.web.shared.formatting import iso_day

HOLDS = timedelta(days=90)


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """The contact of the setting TOLLWRIGHT_SECURITY_CONTACT; not there while nobody is named."""
    contact = settings.TOLLWRIGHT.security_contact
    if not contact:
        raise Http404
    until = (timezone.now() + HOLDS).astimezone(UTC).date()
    lines = [
        f"Contact: {contact}",
        f"Expires: {iso_day(until)}T00:00:00Z",
        "Preferred-Languages: en",
        f"Canonical: {request.build_absolute_uri('/.well-known/security.txt')}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
