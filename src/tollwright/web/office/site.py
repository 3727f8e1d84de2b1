"""The office's door: unfold's admin site for staff of the tenant, with pages of its own."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from unfold.sites import UnfoldAdminSite

from tollwright.web.office.permissions import STAFF
from tollwright.web.shared.tenancy import staff_membership


class OfficeSite(UnfoldAdminSite):  # type: ignore[misc]  # unfold ships no types
    """Staff of a tenant come in; everybody else is sent to sign in, or away."""

    pages: list[URLPattern]

    def __init__(self) -> None:
        super().__init__(name="office")
        self.pages = []

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the request's user works here."""
        membership = staff_membership(request)
        return membership is not None and membership.role in STAFF and request.user.is_active

    def extra_urls(self) -> list[URLPattern]:
        """The pages, before those that Django's admin brings."""
        return self.pages

    def login(
        self,
        request: HttpRequest,
        _extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Signing in is allauth's; who is signed in and no staff goes to their own door."""
        if request.user.is_authenticated:
            return redirect("start")
        target = request.GET.get("next", "") or reverse("office:index")
        return redirect_to_login(target, reverse("account_login"))

    def logout(
        self,
        _request: HttpRequest,
        _extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Signing out is allauth's."""
        return redirect("account_logout")

    def password_change(
        self,
        _request: HttpRequest,
        _extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """So is the password."""
        return redirect("account_change_password")


office = OfficeSite()
