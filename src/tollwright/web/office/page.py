"""What every page of the office shares: permission, zone, errors, and the frame around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from tollwright.domain.audit.operations import By
from tollwright.domain.entities import Membership
from tollwright.domain.errors import DomainError
from tollwright.domain.exports.requests import WHOLE, ExportRefused, request_export
from tollwright.domain.jobs import operations
from tollwright.domain.jobs import queries as jobs
from tollwright.web.office.links import to
from tollwright.web.office.permissions import Need, may, rights
from tollwright.web.office.site import office
from tollwright.web.shared.error_mapping import message_of, status_of
from tollwright.web.shared.labels import job_title
from tollwright.web.shared.sessions import ask_password_again
from tollwright.web.shared.tables import Table
from tollwright.web.shared.tenancy import actor, address, staff_membership
from tollwright.web.shared.viewer import zone_of

P = ParamSpec("P")


class StaffRequest(HttpRequest):
    """A request of a staff member who may do what the page needs; `at` is its moment."""

    membership: Membership
    at: datetime
    by: By


View = Callable[Concatenate[StaffRequest, P], HttpResponse]


def page(
    *,
    needs: Need = "read",
    writes: Need | None = None,
    methods: Sequence[str] = ("GET",),
    sensitive: bool = False,
) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """A page that `needs` a right to be seen and `writes` one (default: the same) for a POST;
    a `sensitive` one asks for the password again when that was given a while ago (one with a
    right of its own for a POST: then only).

    A refusal of the domain undoes what the request wrote and becomes a page with its sentence.
    """

    def decorate(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method not in {*methods, "HEAD", "OPTIONS"}:
                return HttpResponseNotAllowed(methods)
            staff = _staff(request)
            with timezone.override(zone_of(staff.membership)):
                need = (writes or needs) if request.method == "POST" else needs
                if not may(staff.membership.role, need):
                    return refused(staff, "Your role does not allow this.", 403)
                if sensitive and (writes is None or request.method == "POST"):
                    ask_password_again(request)
                try:
                    with transaction.atomic():
                        return view(staff, *args, **kwargs)
                except DomainError as error:
                    if error.kind == "not_found":
                        raise Http404(message_of(error)) from error
                    return refused(staff, message_of(error), int(status_of(error)))

        return answer

    return decorate


def now() -> datetime:
    """The moment of the request; the only clock of the office."""
    return timezone.now()


def _staff(request: HttpRequest) -> StaffRequest:
    membership = staff_membership(request)
    if membership is None:  # the site's admin_view has already turned others away
        raise Http404
    staff = cast(StaffRequest, request)
    staff.at = now()
    staff.by = By(actor=actor(request), address=address(request))
    return staff


def show(
    request: StaffRequest, template: str, title: str, status: int = 200, **context: Any
) -> HttpResponse:
    """The template in the office's frame. `may` says which rights the viewer has."""
    _tell_of_ended_jobs(request)
    frame = office.each_context(request)
    frame |= {
        "title": title,
        "may": rights(request.membership.role),
        "membership": request.membership,
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, f"office/{template}", frame | context, status=status)


def _tell_of_ended_jobs(request: StaffRequest) -> None:
    """Who asked for long work hears of its end on whatever page they are, once."""
    ended = jobs.to_tell(request.by.actor)
    for job in ended:
        tell = messages.error if job.status == "failed" else messages.success
        tell(request, f"{job_title(job)}: {job.sentence}")
    if ended:
        operations.told(ended, at=request.at)


def listing(
    request: StaffRequest, title: str, table: Table, template: str = "list.html", **context: Any
) -> HttpResponse:
    """A page that is one table, or the table as a file."""
    file = table.respond(request, lambda filename: _export(request, filename))
    return file or show(request, template, title, table=table.page(request), **context)


def _export(request: StaffRequest, filename: str) -> HttpResponse:
    """A long table is a job, whose page has the file."""
    job = request_export(
        path=request.path, query=request.GET.urlencode(), filename=filename,
        user_id=int(request.user.pk or 0), at=request.at, by=request.by,
    )  # fmt: skip
    return redirect(to("job", job.pk))


def refused(request: StaffRequest, sentence: str, status: int) -> HttpResponse:
    """The page that says why not, with the way back. Raises ExportRefused in a job's request."""
    if hasattr(request, WHOLE):
        raise ExportRefused(sentence)
    back = request.META.get("HTTP_REFERER", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = "/office/"
    return show(request, "refused.html", "Not done", status=status, sentence=sentence, back=back)


def done(request: HttpRequest, sentence: str) -> None:
    """Tell on the next page what was done."""
    messages.success(request, sentence)


def notice(request: HttpRequest, sentence: str) -> None:
    """Tell on the next page what there was to tell, though nothing was done."""
    messages.info(request, sentence)
