"""After signing in: to the door of one's role, or a choice between several providers."""

from __future__ import annotations

from zoneinfo import available_timezones

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from tollwright.domain.access.operations import change_email, set_timezone
from tollwright.domain.access.queries import memberships_of
from tollwright.domain.audit.operations import By
from tollwright.domain.errors import DomainError
from tollwright.web.shared.error_mapping import message_of, status_of
from tollwright.web.shared.sessions import ask_password_again
from tollwright.web.shared.tenancy import (
    SESSION_KEY,
    actor,
    address,
    membership_of,
    staff_membership,
)


@login_required
def start(request: HttpRequest) -> HttpResponse:
    """GET: to the office or the portal. POST `membership`: work as that one from now on."""
    if request.method == "POST":
        return _switch(request)
    if "choose" in request.GET:
        mine = memberships_of(int(request.user.pk or 0))
        return render(request, "start.html", {"memberships": mine})
    if membership_of(request) is None:
        return render(request, "start.html", {"memberships": []}, status=403)
    return redirect("/office/" if staff_membership(request) else "/")


@login_required
def zone(request: HttpRequest) -> HttpResponse:
    """In which zone the signed-in person is shown times."""
    membership = membership_of(request)
    if membership is None:
        return redirect("start")
    if request.method == "POST":
        by = By(actor(request), address(request))
        wanted = request.POST.get("timezone", "")
        try:
            set_timezone(user=membership.user, timezone=wanted, at=timezone.now(), by=by)
        except DomainError as error:
            return HttpResponse(
                message_of(error), status=status_of(error), content_type="text/plain"
            )
        return redirect("start")
    zones = sorted(available_timezones())
    return render(request, "zone.html", {"zones": zones, "mine": membership.user.timezone})


@login_required
def change_address(request: HttpRequest) -> HttpResponse:
    """The signed-in person takes another address to sign in with; the password is asked again."""
    membership = membership_of(request)
    if membership is None:
        return redirect("start")
    ask_password_again(request)
    asked, said = request.POST.get("email", membership.user.email), ""
    if request.method == "POST":
        by = By(actor(request), address(request))
        try:
            change_email(user=membership.user, email=asked, at=timezone.now(), by=by)
        except DomainError as error:
            said = message_of(error)
        else:
            return redirect("start")
    told = {"email": asked, "said": said}
    return render(request, "address.html", told, status=400 if said else 200)


def _switch(request: HttpRequest) -> HttpResponse:
    wanted = request.POST.get("membership", "")
    mine = {str(one.pk): one for one in memberships_of(int(request.user.pk or 0))}
    if wanted not in mine:
        raise Http404
    request.session[SESSION_KEY] = mine[wanted].pk
    return redirect("start")
