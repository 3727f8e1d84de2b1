"""Quarantine: why records wait, and letting them in or dismissing them by the hundred."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from tollwright.core.labels.facts import fact_text
from tollwright.domain.calls import operations, queries
from tollwright.domain.calls.rows import quarantine_rows
from tollwright.domain.entities import Quarantine
from tollwright.domain.listing import Rows, among
from tollwright.domain.lookup import find
from tollwright.domain.rerating import corrections
from tollwright.domain.rerating.queries import proposals_for
from tollwright.engine.ingest.corrections import LATE
from tollwright.web.office.batches import sources
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, done, listing, page, show
from tollwright.web.shared.filters import needed_id, since, until
from tollwright.web.shared.formatting import Status, number
from tollwright.web.shared.labels import label_of, options
from tollwright.web.shared.tables import Column, Filter, Table, field_has, field_is

STATES = ("open", "reentered", "corrected", "dismissed", "rolled_back")
BULK = 5_000


@page()
def index(request: StaffRequest) -> HttpResponse:
    """Records that wait; the address may ask for those that left."""
    waiting = queries.waiting_by_reason()
    table = _table(waiting)
    matching = table.filtered(request.GET)
    return listing(
        request,
        "Quarantine",
        table,
        template="quarantine.html",
        waiting=[(one, count, to("quarantine", reason=one)) for one, count in waiting.items()],
        matching=queries.open_count(matching),
        late=LATE in waiting,
        address=request.get_full_path(),
        query=request.GET.urlencode(),
    )


def _table(waiting: dict[str, int]) -> Table:
    return Table(
        "Quarantine",
        quarantine_rows(),
        [
            Column("no", "No.", lambda one: one.pk, "pk", row("quarantined")),
            Column("reason", "Reason", lambda one: label_of("reason", one.reason), "reason"),
            Column("detail", "What to do", lambda one: one.detail),
            Column("source", "Source", lambda one: one.source, "source__name"),
            Column(
                "file",
                "File",
                lambda one: one.filename,
                "batch__filename",
                row("batch", "batch_id"),
            ),
            Column("line", "Line", lambda one: one.line_no, "line_no"),
            Column("since", "Since", lambda one: one.created_at, "created_at"),
            Column("status", "Status", lambda one: Status(one.status), "status"),
        ],
        [
            Filter(
                "reason",
                "Reason",
                field_is("reason"),
                choices=[
                    (one, f"{label_of('reason', one)} ({count})") for one, count in waiting.items()
                ],
            ),
            Filter("source", "Source", field_is("source_id"), choices=sources()),
            Filter("batch", "File no.", field_is("batch_id"), kind="number"),
            Filter("text", "Text", field_has("detail", "raw")),
            Filter(
                "status",
                "Status",
                field_is("status"),
                choices=options("status", STATES),
                required=True,
                default="open",
            ),
            Filter("from", "Since", since("created_at"), kind="date"),
            Filter("to", "Until", until("created_at"), kind="date"),
        ],
        order="-no",
        empty="Nothing waits here: every record was parsed, attributed and rated.",
        filename="quarantine",
        select=lambda one: one.pk,
        select_form="bulk",
    )


@page()
def one(request: StaffRequest, pk: int) -> HttpResponse:
    """One record: the raw line, what was read of it, and why it waits."""
    record = find(Quarantine, pk, "source", "batch")
    proposals = list(proposals_for(pk))
    return show(
        request,
        "quarantined.html",
        f"Quarantined record {pk}",
        record=record,
        fields=[(name, fact_text(name, value)) for name, value in _read(record)],
        late=record.reason == LATE,
        proposals=proposals,
        waits_in=next((found for found in proposals if found.status == "proposed"), None),
        crumbs=[("Quarantine", to("quarantine"))],
    )


def _read(record: Quarantine) -> list[tuple[str, Any]]:
    """What was read of the line, by name."""
    return sorted((record.record or {}).items())


@page(needs="quarantine", methods=("POST",))
def bulk(request: StaffRequest) -> HttpResponse:
    """Let records in again, or ask before dismissing them. Those chosen, or all that match."""
    ids = _chosen(request)
    if not ids:
        messages.warning(request, "Nothing was chosen: tick records, or choose all that match.")
        return redirect(_back(request))
    if request.POST.get("action") == "dismiss":
        return show(
            request,
            "quarantine_dismiss.html",
            f"Dismiss {number(len(ids))} records",
            count=len(ids),
            ids=[] if request.POST.get("all") else ids,
            query=request.POST.get("query", ""),
            last=ids[-1],
            back=_back(request),
            crumbs=[("Quarantine", to("quarantine"))],
        )
    result = operations.reprocess(ids=ids, at=request.at, by=request.by)
    done(request, result.sentence)
    return redirect(_back(request))


@page(needs="rerate", methods=("POST",))
def correct(request: StaffRequest) -> HttpResponse:
    """Propose notes for records that change calls on issued invoices. Those chosen, or all."""
    result = corrections.correct(ids=_chosen(request), at=request.at, by=request.by)
    done(request, result.sentence)
    return redirect(
        _back(request) if result.rerating is None else to("rerating", result.rerating.pk)
    )


@page(needs="quarantine", methods=("POST",))
def dismiss(request: StaffRequest) -> HttpResponse:
    """Dismiss what was confirmed."""
    count = operations.dismiss(ids=_chosen(request), at=request.at, by=request.by)
    done(request, f"{number(count)} records are dismissed; they stay visible under that status.")
    return redirect(to("quarantine"))


def _chosen(request: StaffRequest) -> list[int]:
    """Open records only, oldest first; an id of another tenant is none of them."""
    if request.POST.get("all"):
        # what has come since the question was asked is not in the answer
        last = request.POST.get("last", "")
        until = needed_id(last, "The last record") if last else None
        return queries.open_among(_matching(request), most=BULK, until=until)
    wanted = [needed_id(one, "Record") for one in request.POST.getlist("ids")[:BULK]]
    return queries.open_among(among(queries.quarantined(), wanted), most=BULK)


def _matching(request: StaffRequest) -> Rows:
    rows: Rows = queries.quarantined()
    query = QueryDict(request.POST.get("query", ""))
    for path in ("reason", "source", "batch"):
        if query.get(path):
            rows = field_is(path if path == "reason" else f"{path}_id")(rows, query[path])
    if query.get("text"):
        rows = field_has("detail", "raw")(rows, query["text"])
    for name, bound in (("from", since), ("to", until)):
        if query.get(name):
            rows = bound("created_at")(rows, query[name])
    return rows


def _back(request: StaffRequest) -> str:
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    return back if safe else to("quarantine")
