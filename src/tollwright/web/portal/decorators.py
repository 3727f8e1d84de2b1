"""The portal's door: a customer's person, and only that customer's rows behind it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from tollwright.domain.entities import Customer, Membership, Role
from tollwright.domain.errors import DomainError
from tollwright.web.shared.error_mapping import message_of, status_of
from tollwright.web.shared.tenancy import portal_membership, staff_membership

P = ParamSpec("P")
MONEY_ROLES = (Role.PORTAL_ADMIN, Role.PORTAL_FINANCE)


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks, at whose account, in which zone, at which moment."""

    customer: Customer
    membership: Membership
    zone: ZoneInfo
    now: datetime

    @property
    def customer_id(self) -> int:
        """The one customer whose rows may be shown."""
        return int(self.customer.pk)

    @property
    def sees_money(self) -> bool:
        """Whether balance, invoices, payments and the statement are shown."""
        return self.membership.role in MONEY_ROLES

    @property
    def today(self) -> date:
        """Today in the viewer's zone."""
        return self.now.astimezone(self.zone).date()

    @property
    def tenant_zone(self) -> ZoneInfo:
        """The zone in which the provider counts days."""
        return ZoneInfo(self.membership.tenant.timezone)


Page = Callable[Concatenate[HttpRequest, Visit, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def portal(page: Page[P]) -> View[P]:
    """A page of the portal: signed in, a customer's role; times are in the viewer's zone.

    Staff are shown to the office. What the domain refuses becomes a page with its sentence.
    """

    @login_required
    @functools.wraps(page)
    def view(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        membership = portal_membership(request)
        if membership is None or membership.customer is None:
            return redirect("/office/" if staff_membership(request) else "/start/")
        visit = _visit(request, membership, membership.customer)
        state: Any = request
        state.visit = visit
        with timezone.override(visit.zone):
            try:
                response = page(request, visit, *args, **kwargs)
            except DomainError as error:
                response = refusal(request, int(status_of(error)), message_of(error))
            except Http404:
                response = refusal(request, 404, _("There is no such page, or it is not yours."))
            except PermissionDenied:
                response = refusal(
                    request, 403, _("Your role does not show this. Ask your account's admin.")
                )
        return _guarded(response)

    return view


def money_page(page: Page[P]) -> View[P]:
    """A portal page for the roles that see balance, invoices and payments."""

    @functools.wraps(page)
    def only(
        request: HttpRequest, visit: Visit, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        if not visit.sees_money:
            raise PermissionDenied
        return page(request, visit, *args, **kwargs)

    return portal(only)


def show(
    request: HttpRequest, visit: Visit, template: str, section: str, **context: Any
) -> HttpResponse:
    """A page of the portal. `section` is the menu's entry that it belongs to."""
    return render(request, f"portal/{template}", {"visit": visit, "section": section, **context})


def refusal(request: HttpRequest, status: int, message: str) -> HttpResponse:
    """A page that says what went wrong, in the portal's clothes."""
    context = {"visit": getattr(request, "visit", None), "status": status, "message": message}
    return render(request, "portal/refusal.html", context, status=status)


def _visit(request: HttpRequest, membership: Membership, customer: Customer) -> Visit:
    name = getattr(request.user, "timezone", "") or customer.timezone
    return Visit(customer, membership, ZoneInfo(name), timezone.now())


def _guarded(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response
