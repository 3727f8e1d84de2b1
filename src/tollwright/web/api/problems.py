"""Errors of the API as RFC 9457 problems, whoever raised them; bodies are bounded here."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from tollwright.domain.disk import full_disk
from tollwright.domain.errors import DomainError
from tollwright.web.shared.error_mapping import message_of, status_of

MEDIA_TYPE = "application/problem+json"
LONGEST_BODY = int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
SENTENCES = {
    400: "The request cannot be read.",
    401: "Send an API key that is in force as `Authorization: Bearer <key>`.",
    403: "The key's role does not allow this.",
    404: "Not found.",
    405: "This address does not take that method.",
    411: "Say in Content-Length how long the body is; a chunked one is not read.",
    413: f"The body is longer than {LONGEST_BODY} bytes: send it in parts.",
    429: "The key has made as many requests as it may in a minute: wait as Retry-After says.",
    500: "Something broke on our side; nothing was changed. Try again, then tell the operator.",
}
CODES = {
    400: "bad_request",
    401: "key_missing",
    403: "role_too_small",
    404: "not_found",
    405: "method_not_allowed",
    411: "length_missing",
    413: "body_too_long",
    422: "invalid_request",
    429: "too_many_requests",
    500: "internal_error",
    507: "disk_full",
}
MOST_FAULTS = 1000  # of a card file; `detail` says how many there are beyond those it shows
KEPT = ("Allow", "Retry-After", "WWW-Authenticate")
log = logging.getLogger(__name__)


def problem(
    request: HttpRequest,
    status: int,
    detail: str = "",
    *,
    code: str = "",
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A problem document. `code` names it for programs, `detail` is the sentence for people."""
    code = code or CODES.get(status, "refused")
    body: dict[str, Any] = {
        "type": f"urn:tollwright:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or SENTENCES.get(status, HTTPStatus(status).description),
        "code": code,
        "instance": request.path,
    }
    if errors:
        body["errors"] = list(errors)
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE, headers=dict(headers or {}))


class ProblemMiddleware:
    """Outermost for /api/: refuses bodies that are too long before they are read, and makes a
    problem of whatever else ends in an error, so that no page and no traceback leaves the API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; everything outside /api/ passes as it is."""
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        response = _unread(request) or self.get_response(request)
        if response.status_code >= 400 and response.get("Content-Type") != MEDIA_TYPE:
            kept = {name: response[name] for name in KEPT if name in response}
            response = problem(request, response.status_code, headers=kept)
        response["Cache-Control"] = "no-store"
        return response


def _unread(request: HttpRequest) -> HttpResponse | None:
    """The refusal of what is better not read at all."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isascii() and length.isdigit() and int(length) > LONGEST_BODY:
        return problem(request, 413, headers={"Connection": "close"})
    if not length and "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return problem(request, 411, headers={"Connection": "close"})
    if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path:
        return problem(request, 400, "The address holds a NUL character: no address has one.")
    return None


def explain_errors(api: NinjaAPI) -> None:
    """Let the API answer each kind of error with a problem."""
    api.add_exception_handler(DomainError, _domain)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(AuthenticationError, _no_key)
    api.add_exception_handler(HttpError, _http)
    api.add_exception_handler(Http404, _missing)
    api.add_exception_handler(RequestDataTooBig, _too_long)
    api.add_exception_handler(Exception, _unexpected)


def _domain(request: HttpRequest, error: Any) -> HttpResponse:
    field = getattr(error, "field", "")
    errors = [{"where": field, "message": message_of(error)}] if field else []
    for fault in getattr(error, "faults", ())[:MOST_FAULTS]:
        errors.append({"where": fault.place, "message": fault.reason})
    return problem(
        request, int(status_of(error)), message_of(error), code=error.code, errors=errors
    )


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    errors = [{"where": _where(one["loc"]), "message": one["msg"]} for one in error.errors]
    named = "; ".join(f"{one['where']}: {one['message']}" for one in errors[:3])
    return problem(request, 422, f"The request is not valid: {named}.", errors=errors)


def _where(location: Sequence[Any]) -> str:
    """`("body", "payload", "name")` -> `body.name`: the parameter's name in our code is no news."""
    parts = [str(part) for part in location]
    return ".".join(parts[:1] + parts[2:] if parts[0] == "body" and len(parts) > 2 else parts)


def _no_key(request: HttpRequest, _error: Any) -> HttpResponse:
    return problem(request, 401, headers={"WWW-Authenticate": "Bearer"})


def _http(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(request, error.status_code, str(error))


def _missing(request: HttpRequest, _error: Any) -> HttpResponse:
    return problem(request, 404)


def _too_long(request: HttpRequest, _error: Any) -> HttpResponse:
    return problem(request, 413)


def _unexpected(request: HttpRequest, error: Any) -> HttpResponse:
    if full := full_disk(error):
        return problem(request, 507, full)
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(request, 500)
