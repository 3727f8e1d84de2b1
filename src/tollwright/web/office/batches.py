"""Files of call records: what became of each record; uploading, rolling back and replaying."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect

from tollwright.core.formats.registry import FORMATS
from tollwright.domain.calls import operations, queries, requests
from tollwright.domain.calls.rows import batch_rows, source_rows
from tollwright.domain.entities import ImportBatch, Source
from tollwright.domain.lookup import find
from tollwright.domain.reports import queries as reports
from tollwright.web.office.forms import (
    BoundedFileField,
    ConfirmForm,
    OfficeForm,
    choice,
    posted,
    set_choices,
    uploaded,
    zones,
)
from tollwright.web.office.home import say
from tollwright.web.office.jobs import soon, waiting
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, done, listing, page, show
from tollwright.web.office.permissions import may
from tollwright.web.shared.filters import since, until
from tollwright.web.shared.formatting import Status, number
from tollwright.web.shared.labels import label_of, options
from tollwright.web.shared.tables import Column, Filter, Table, field_has, field_is

BOTH = ("GET", "POST")
COUNTS = operations.COUNTS
UPLOAD_MB = 50


class UploadForm(OfficeForm):
    """A file of one source."""

    source = choice("Source", ())
    file = BoundedFileField(megabytes=UPLOAD_MB, label="File of call records")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "source", sources())


class SourceForm(OfficeForm):
    """A switch or dialler."""

    code = forms.CharField(max_length=40, label="Code")
    name = forms.CharField(max_length=200, label="Name")
    format = choice("Format", [(name, one.title) for name, one in sorted(FORMATS.items())])
    timezone = choice("Time zone of stamps that carry none", ())
    region = forms.CharField(
        max_length=2, required=False, label="Country of national numbers", help_text="As DE or GB."
    )
    internal = forms.CharField(
        max_length=400,
        required=False,
        label="Internal numbers",
        help_text="Extensions, as 1000-1999, 2* (all with a 2 in front) or 42; commas between.",
    )
    strip = forms.CharField(
        max_length=100,
        required=False,
        label="Dialled before a number",
        help_text="What is no part of it: 9 for an outside line, 1001#; commas between.",
    )
    bare = choice(
        "Numbers without + or prefix",
        (("home", "A number at home first"), ("international", "With their country code")),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "timezone", zones())


@page()
def index(request: StaffRequest) -> HttpResponse:
    """Every file or push, newest first."""
    table = Table(
        "Files",
        batch_rows(),
        [
            Column("no", "No.", lambda one: one.pk, "pk", row("batch")),
            Column("file", "File", lambda one: one.filename, "filename", row("batch")),
            Column("source", "Source", lambda one: one.source, "source__name"),
            Column("received", "Received", lambda one: one.received_at, "received_at"),
            *(Column(name, label_of("records", name), attrgetter(name), name) for name in COUNTS),
            Column("status", "Status", lambda one: Status(one.status), "status"),
        ],
        [
            Filter("file", "File", field_has("filename")),
            Filter("source", "Source", field_is("source_id"), choices=sources()),
            Filter(
                "status",
                "Status",
                field_is("status"),
                choices=options("status", ("done", "rolled_back")),
            ),
            Filter("from", "Received from", since("received_at"), kind="date"),
            Filter("to", "Received to", until("received_at"), kind="date"),
        ],
        order="-no",
        empty="No files yet. Add a source under Sources, then upload a file of its call records.",
        filename="files",
    )
    tools = [("Upload a file", to("batch-upload"))] if _may(request) else []
    return listing(request, "Files", table, tools=tools)


@page()
def one(request: StaffRequest, pk: int) -> HttpResponse:
    """One file: its counts, its reasons, and what can be done with it."""
    batch = find(ImportBatch, pk, "source")
    return show(
        request,
        "batch.html",
        batch.filename,
        batch=batch,
        counts=[(label_of("records", name), getattr(batch, name)) for name in COUNTS],
        reasons=queries.reason_counts(batch),
        crumbs=[("Files", to("batches"))],
    )


@page(needs="calls", methods=BOTH)
def upload(request: StaffRequest) -> HttpResponse:
    """Take a file in, all or nothing."""
    form = UploadForm(*uploaded(request))
    if form.is_valid():
        source = find(Source, int(form.cleaned_data["source"]))
        file = form.cleaned_data["file"]
        job = form.attempt(
            requests.request_import,
            source=source,
            filename=file.name,
            pieces=file.chunks(),
            at=request.at,
            by=request.by,
        )
        if job is not None:
            return redirect(waiting(job))
    return show(
        request,
        "form.html",
        "Upload a file of call records",
        form=form,
        lead="The file is imported whole or not at all; the same file twice changes nothing. Larger"
        " files go in by the command line: tollwright ingest.",
        button="Import",
        back=to("batches"),
        crumbs=[("Files", to("batches"))],
    )


@page(needs="rollback", methods=BOTH)
def roll_back(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a file's calls away, after saying how many and how much."""
    batch = find(ImportBatch, pk, "source")
    form = ConfirmForm(posted(request))
    if request.method == "POST" and form.is_valid():
        return soon(requests.request_roll_back(batch=batch, at=request.at, by=request.by))
    return show(
        request,
        "form.html",
        f"Roll back {batch.filename}",
        form=form,
        lead=_consequence(request, batch),
        button="Roll back",
        button_tone="danger",
        back=to("batch", pk),
        crumbs=[("Files", to("batches")), (batch.filename, to("batch", pk))],
    )


def _consequence(request: StaffRequest, batch: ImportBatch) -> str:
    charged = say(reports.charged_in_batch(batch), request.membership.tenant.currency)
    taken = reports.invoiced_in_batch(batch)
    told = (
        f"{number(batch.rated + batch.unanswered)} calls and their charges, in all {charged}, and"
        f" {number(batch.quarantined)} quarantined records are deleted."
        " The file is kept and can be replayed."
    )
    if not taken:
        return told
    return (
        f"{number(taken)} of its charges are on invoices or drafts: it cannot be rolled back before"
        f" those are voided or deleted. Then: {told}"
    )


@page(needs="calls", methods=BOTH)
def replay(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a rolled-back file in again by today's settings."""
    batch = find(ImportBatch, pk, "source")
    form = ConfirmForm(posted(request))
    if request.method == "POST" and form.is_valid():
        job = requests.request_replay(batch=batch, at=request.at, by=request.by)
        return redirect(waiting(job))
    return show(
        request,
        "form.html",
        f"Replay {batch.filename}",
        form=form,
        lead=f"Its {number(batch.records)} records are read again, as a new batch, with today's"
        " identifiers, plans and rules.",
        button="Replay",
        back=to("batch", pk),
        crumbs=[("Files", to("batches")), (batch.filename, to("batch", pk))],
    )


@page()
def source_index(request: StaffRequest) -> HttpResponse:
    """Switches and diallers."""
    table = Table(
        "Sources",
        source_rows(),
        [
            Column("code", "Code", lambda one: one.code, "code"),
            Column("name", "Name", lambda one: one.name, "name"),
            Column("format", "Format", lambda one: one.format, "format"),
            Column("zone", "Time zone", lambda one: one.timezone, "timezone"),
            Column("region", "Country", lambda one: one.region or None, "region"),
            Column(
                "files",
                "Files",
                lambda one: one.files,
                "files",
                lambda one: to("batches", source=one.pk),
            ),
        ],
        [
            Filter("name", "Name or code", field_has("name", "code")),
            Filter(
                "format",
                "Format",
                field_is("format"),
                choices=options("format", sorted(FORMATS)),
            ),
        ],
        order="code",
        empty="No sources yet. Add the switch or dialler whose call records you bill.",
        filename="sources",
    )
    tools = [("Add a source", to("source-new"))] if _may(request) else []
    return listing(request, "Sources", table, tools=tools)


@page(needs="calls", methods=BOTH)
def source_new(request: StaffRequest) -> HttpResponse:
    """Add a switch or dialler."""
    tenant = request.membership.tenant
    first = {"timezone": tenant.timezone, "region": tenant.region}
    form = SourceForm(posted(request), initial=first)
    if form.is_valid() and form.succeeds(
        operations.create_source, at=request.at, by=request.by, **_settings(form.cleaned_data)
    ):
        done(request, "The source is added. Next: upload a file of its call records.")
        return redirect(to("sources"))
    return show(
        request,
        "form.html",
        "Add a source",
        form=form,
        back=to("sources"),
        crumbs=[("Sources", to("sources"))],
    )


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    """A source's fields, what it says of numbers among its options."""
    lists = {name: _parts(given[name]) for name in ("internal", "strip")}
    options: dict[str, object] = {name: parts for name, parts in lists.items() if parts}
    if given["bare"]:
        options["bare"] = given["bare"]
    own = {name: value for name, value in given.items() if name not in (*lists, "bare")}
    return own | {"options": options}


def _parts(text: str) -> list[str]:
    return [part for part in (one.strip() for one in text.split(",")) if part]


def sources() -> list[tuple[str, str]]:
    """Sources to choose from."""
    return [(str(one.pk), one.name) for one in queries.sources()]


def _may(request: StaffRequest) -> bool:
    return may(request.membership.role, "calls")
