"""No request body larger than a set size is read at all."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

LIMIT_MB = 64
LIMIT = LIMIT_MB * 1024 * 1024
Handler = Callable[[HttpRequest], HttpResponse]


class BoundedBodyMiddleware:
    """Refuses by the announced length, before anything reads or spools the body."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """413 with a sentence, or the answer."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > LIMIT:
            return HttpResponse(
                f"The upload has {int(length) // (1024 * 1024)} MB; at most {LIMIT_MB} MB are taken"
                " here. Split the file, or use the command line: tollwright ingest.",
                status=413,
                content_type="text/plain; charset=utf-8",
            )
        return self.get_response(request)
