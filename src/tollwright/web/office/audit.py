"""Who changed what, before and after, and whether the chain holds."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import chain
from typing import Any

from django.http import HttpResponse

from tollwright.core.labels.facts import actor_text, fact_text, field_text
from tollwright.domain.audit import queries
from tollwright.domain.audit.rows import AuditRow, audit_rows
from tollwright.domain.entities import AuditEntry
from tollwright.domain.lookup import find
from tollwright.web.office.links import row, to
from tollwright.web.office.page import StaffRequest, listing, page, show
from tollwright.web.shared.filters import since, until
from tollwright.web.shared.formatting import moment
from tollwright.web.shared.labels import label_of, options
from tollwright.web.shared.tables import Column, Filter, Table, field_has, field_is

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d\S*(Z|[+-]\d\d:\d\d)$")  # with its zone


@page(needs="audit")
def index(request: StaffRequest) -> HttpResponse:
    """The tenant's audit rows, newest first."""
    table = Table(
        "Audit log",
        audit_rows(),
        [
            Column("seq", "No.", lambda one: one.seq, "seq", row("audit-entry")),
            Column("at", "When", lambda one: one.at, "at"),
            Column("actor", "Who", lambda one: actor_text(one.actor), "actor"),
            Column("address", "From", lambda one: one.address or None),
            Column("action", "What", lambda one: label_of("action", one.action), "action"),
            Column("subject", "On", _subject, "subject"),
            Column("changed", "Changed", changed),
        ],
        [
            Filter("actor", "Who", field_has("actor")),
            Filter("action", "What", field_is("action"), choices=options("action")),
            Filter("subject", "On", field_is("subject"), choices=options("subject")),
            Filter("subject_id", "Its id", field_is("subject_id")),
            Filter("from", "From", since("at"), kind="date"),
            Filter("to", "To", until("at"), kind="date"),
        ],
        order="-seq",
        empty="Nothing was changed yet. Every change from here on is recorded.",
        filename="audit",
    )
    return listing(request, "Audit", table, tools=[("Check the chain", to("audit-check"))])


@page(needs="audit")
def check(request: StaffRequest) -> HttpResponse:
    """Recompute every row's hash and say whether they hold."""
    return show(
        request,
        "audit_check.html",
        "The audit chain's check",
        check=queries.verify_chain(),
        crumbs=[("Audit", to("audit"))],
    )


@page(needs="audit")
def entry(request: StaffRequest, pk: int) -> HttpResponse:
    """One change: before and after side by side."""
    one = find(AuditEntry, pk)
    before, after = one.before or {}, one.after or {}
    keys = dict.fromkeys(chain(before, after))
    return show(
        request,
        "audit_entry.html",
        f"{label_of('action', one.action)}: {_subject(one)}",
        entry=one,
        fields=[(key, told(key, before), told(key, after)) for key in keys],
        crumbs=[("Audit", to("audit"))],
    )


def _subject(one: AuditEntry | AuditRow) -> str:
    return f"{label_of('subject', one.subject)} {one.subject_id}"


def changed(one: AuditRow) -> str:
    """The names of the fields that changed."""
    names = dict.fromkeys(chain(one.before or {}, one.after or {}))
    return ", ".join(map(field_text, names))[:120]


def told(name: str, facts: dict[str, Any]) -> str:
    """A stored fact as people read it; a moment in the viewer's zone."""
    value = facts.get(name)
    if isinstance(value, str) and MOMENT.match(value):
        return moment(datetime.fromisoformat(value))
    return fact_text(name, value, setting=str(facts.get("setting", "")) if name == "value" else "")
