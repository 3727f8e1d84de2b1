"""How long one stays signed in, and how lately one gave the password."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

Handler = Callable[[HttpRequest], HttpResponse]
BEGAN, SEEN = "session_began", "session_seen"
NOTED_EVERY_S = 60  # a click within it writes nothing
TRUSTED_S = 15 * 60  # so long after the password, sensitive acts do not ask for it


@receiver(user_logged_in, dispatch_uid="session_began")
def _began(request: HttpRequest, **_: object) -> None:
    """A session begins with the sign-in; both are noted while it is written anyway."""
    request.session[BEGAN] = request.session[SEEN] = int(timezone.now().timestamp())


class SessionLimitMiddleware:
    """Ends a session after hours without a click, and after days however busy."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; as to a stranger when the session is over."""
        if not request.path.startswith("/api/") and request.user.is_authenticated:
            now = int(timezone.now().timestamp())
            if _is_over(request, now):
                logout(request)
            elif now - request.session.get(SEEN, 0) >= NOTED_EVERY_S:
                request.session[SEEN] = now
        return self.get_response(request)


def _is_over(request: HttpRequest, now: int) -> bool:
    session = request.session
    began = session.setdefault(BEGAN, now)
    idle = now - session.get(SEEN, now)
    return bool(idle >= settings.SESSION_IDLE_SECONDS or now - began >= settings.SESSION_COOKIE_AGE)


def ask_password_again(request: HttpRequest) -> None:
    """Raises ReauthenticationRequired when neither sign-in nor password is fresh: allauth then asks
    for the password (or the factor) and comes back to what was asked for."""
    records = get_authentication_records(request, request.user)
    given = max([request.session.get(BEGAN, 0), *(one["at"] for one in records)])
    if timezone.now().timestamp() - given >= TRUSTED_S:
        raise ReauthenticationRequired
