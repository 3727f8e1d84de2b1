"""What a browser may load and do on our pages: one policy for office, portal and accounts, a
stricter one for the API's answers, which load nothing, and one for the API's own manual.

That it guesses no types and frames nothing is said by Django's own middleware.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
ANSWER = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
MANUAL = f"{POLICY}; style-src 'self' 'unsafe-inline'"  # its reader sets styles as it draws
# Of what pages could ask a browser for, only the security keys of a second factor are used.
FEATURES = (
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), fullscreen=(), geolocation=(),"
    " gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(),"
    " publickey-credentials-create=(self), publickey-credentials-get=(self), usb=()"
)


class PolicyMiddleware:
    """Sends the policies with every answer that brings none of its own."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, with what may be done with it."""
        response = self.get_response(request)
        policy = POLICY
        if request.path.startswith("/api/"):
            is_page = response.get("Content-Type", "").startswith("text/html")
            policy = MANUAL if is_page else ANSWER
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", FEATURES)
        return response
