"""What waits in quarantine, letting it in again, and correcting invoiced calls by notes."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from tollwright.domain.calls import operations, queries
from tollwright.domain.entities import Quarantine
from tollwright.domain.rerating import corrections
from tollwright.web.api.keys import by, require
from tollwright.web.api.paging import Page, PagingQuery, page
from tollwright.web.api.shapes import Id, Instant

router = Router(tags=["quarantine"])
MOST = 5_000


class WaitingOut(Schema):
    """A record that is no call yet. `detail` says what to do about it."""

    id: int
    source: str
    batch: int
    line: int
    call_key: str
    reason: str
    detail: str
    raw: str
    since: Instant


class RecordsIn(Schema):
    """Which open records: these ids."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[Id], Field(min_length=1, max_length=MOST)]


class ReenteredOut(Schema):
    """What became of them; `waiting` were refused still, `reasons` counts why."""

    rated: int
    unanswered: int
    duplicates: int
    ignored: int
    waiting: int
    reasons: dict[str, int]
    sentence: str


class CorrectedOut(Schema):
    """What became of them.

    `proposed` wait for a decision in the proposals of `rerating`; `waiting` did so before; `same`
    cost what was billed; `refused` say in their `detail` why they cannot be corrected so.
    """

    rerating: Annotated[int | None, Field(description="see /re-ratings/{id}/proposals")]
    proposed: int
    waiting: int
    same: int
    refused: int
    others: Annotated[int, Field(description="are no late corrections")]
    sentence: str


class DismissedOut(Schema):
    """How many were open, and are dismissed now."""

    dismissed: int


@router.get("/quarantine", response=Page[WaitingOut], summary="List what waits, newest first")
def list_waiting(
    request: HttpRequest,
    paging: PagingQuery,
    reason: Annotated[str, Query(description="as late_correction or unknown_account")] = "",
) -> object:
    """Open records only."""
    require(request, "read")
    return page(queries.quarantine(reason=reason), paging, _out)


@router.post("/quarantine/reprocess", response=ReenteredOut, summary="Let records in again")
def reprocess(request: HttpRequest, payload: RecordsIn) -> ReenteredOut:
    """What was accepted is a call now. Asking again changes nothing."""
    require(request, "calls")
    found = operations.reprocess(ids=payload.ids, at=timezone.now(), by=by(request))
    return ReenteredOut(
        rated=found.rated, unanswered=found.unanswered, duplicates=found.duplicates,
        ignored=found.ignored, waiting=found.waiting, reasons=found.reasons,
        sentence=found.sentence,
    )  # fmt: skip


@router.post(
    "/quarantine/correct", response=CorrectedOut, summary="Propose notes for late corrections"
)
def correct(request: HttpRequest, payload: RecordsIn) -> CorrectedOut:
    """Records of reason late_correction; no invoice changes before a proposal is accepted.

    Asking again proposes nothing twice.
    """
    require(request, "rerate")
    found = corrections.correct(ids=payload.ids, at=timezone.now(), by=by(request))
    return CorrectedOut(
        rerating=None if found.rerating is None else found.rerating.pk, proposed=found.proposed,
        waiting=found.waiting, same=found.same, refused=found.refused, others=found.others,
        sentence=found.sentence,
    )  # fmt: skip


@router.post("/quarantine/dismiss", response=DismissedOut, summary="Dismiss records")
def dismiss(request: HttpRequest, payload: RecordsIn) -> DismissedOut:
    """They will never be calls, and stay readable in the office."""
    require(request, "calls")
    count = operations.dismiss(ids=payload.ids, at=timezone.now(), by=by(request))
    return DismissedOut(dismissed=count)


def _out(one: Quarantine) -> WaitingOut:
    return WaitingOut(
        id=one.pk, source=one.source.code, batch=one.batch_id, line=one.line_no,
        call_key=one.call_key, reason=one.reason, detail=one.detail, raw=one.raw,
        since=one.created_at,
    )  # fmt: skip
