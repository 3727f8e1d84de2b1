"""Who must have a second factor and has none sets one up before anything else."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from tollwright.domain.access.queries import needs_second_factor
from tollwright.web.shared.tenancy import membership_of

Handler = Callable[[HttpRequest], HttpResponse]
OPEN = ("/accounts/", "/start/", "/static/")  # where factors are set up, providers chosen
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class SecondFactorMiddleware:
    """After TenantMiddleware, in its provider's scope: the rule is that provider's."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or send to the page of second factors."""
        membership = membership_of(request)
        if membership is None or request.path.startswith(OPEN):
            return self.get_response(request)
        if not needs_second_factor(membership, at=timezone.now()):
            return self.get_response(request)
        if is_mfa_enabled(membership.user, types=FACTORS):
            return self.get_response(request)
        messages.warning(request, _("Your role needs a second factor: set one up to go on."))
        return redirect("mfa_index")
