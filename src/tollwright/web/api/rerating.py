"""Re-rating: the difference report, applying it, deciding; and every revision of a charge."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from tollwright.domain.calls import queries as calls
from tollwright.domain.entities import Charge, RerateProposal, Rerating
from tollwright.domain.errors import NotFound
from tollwright.domain.rerating import operations, queries, requests
from tollwright.domain.rerating.report import DifferenceReport, Part
from tollwright.domain.rerating.scope import CallScope
from tollwright.gateways.typst import render
from tollwright.web.api.idempotency import once
from tollwright.web.api.jobs import JobOut, accepted, answer_of, prefers_async
from tollwright.web.api.keys import by, require
from tollwright.web.api.paging import Page, PagingQuery, page
from tollwright.web.api.shapes import Id, Instant, Money, money
from tollwright.web.api.whatif import DestinationOut, FiguresOut, ScopeIn, destination, figures

router = Router(tags=["re-rating"])


class RerateScopeIn(ScopeIn):
    """Also by the card that rated the calls, and by the file that brought them."""

    card: Id | None = None
    batch: Id | None = None
    leg: Annotated[
        Literal["sell", "cost"], Field(description="what customers pay, or what carriers take")
    ] = "sell"
    carrier: Annotated[
        Id | None, Field(description="leg cost: only calls that are the carrier's now")
    ] = None

    def calls(self) -> CallScope:
        """As the domain takes it."""
        return self.scope(
            card_id=self.card, batch_id=self.batch, leg=self.leg, carrier_id=self.carrier
        )


class RerateIn(RerateScopeIn):
    """The scope of a report, and the report's fingerprint."""

    fingerprint: Annotated[str, Field(max_length=64)]


class NamedOut(FiguresOut):
    """A customer's or campaign's figures."""

    id: int
    name: str


class PartOut(Schema):
    """Changes of one fate in one currency."""

    calls: int
    difference: Money


class ReportOut(Schema):
    """What re-rating would change; nothing is written. Give `fingerprint` back to apply it."""

    fingerprint: str
    calls: int
    changed: int
    waiting: Annotated[int, Field(description="calls in open proposals: left alone")]
    not_priced: Annotated[dict[str, int], Field(description="calls by reason; they stay")]
    notes: list[str]
    totals: list[FiguresOut]
    open: Annotated[list[PartOut], Field(description="would get a new revision")]
    invoiced: Annotated[list[PartOut], Field(description="would be proposed as notes")]
    without_cost: Annotated[int, Field(description="leg cost: calls that have none yet")]
    carriers: Annotated[list[NamedOut], Field(description="leg cost; id 0: no carrier now")]
    customers: list[NamedOut]
    campaigns: list[NamedOut]
    destinations: list[DestinationOut]


class ReratingOut(Schema):
    """An applied re-rating."""

    id: int
    fingerprint: str
    calls: int
    revised: int
    proposed: int
    not_priced: int
    applied_at: Instant
    applied_by: str
    proposals: list[int]


class ProposalOut(Schema):
    """What an issued invoice is to be corrected by, before tax. More than 0 is a debit note."""

    id: int
    rerating: int
    invoice: int
    status: str
    calls: int
    difference: Money
    notes: Annotated[list[int], Field(description="the issued notes")]


class ReasonIn(Schema):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=200)] = "not wanted"


class RevisionOut(Schema):
    """One revision of a charge, calculated again just now from what is stored."""

    id: Annotated[int, Field(description="as `tollwright explain` takes it")]
    leg: str
    revision: int
    is_current: bool
    price: Money
    billed_s: int
    card_version: int
    rated_at: Instant
    invoice_line: int | None
    replayed: bool
    steps: list[str]


@router.post(
    "/re-ratings/report",
    response={200: ReportOut, 202: JobOut},
    summary="Make a difference report",
)
def make_report(request: HttpRequest, payload: RerateScopeIn) -> ReportOut | HttpResponse:
    """Stored calls by the rules and prices of now, per customer, campaign and destination; with
    `leg` cost what carriers take for them, by the trunks, assignments and buy cards of now.

    More than 100 000 calls, and any with `Prefer: respond-async`, is 202 with a job; its answer is
    at `GET /re-ratings/reports/{job}`."""
    require(request, "what_if")
    scope, at = payload.calls(), timezone.now()
    if prefers_async(request) or queries.is_large(scope):
        return accepted(
            request,
            lambda _key: requests.request_report(scope=scope, at=at, by=by(request)),
            required=False,
        )
    return _report(queries.difference_report(scope, at=at))


@router.get(
    "/re-ratings/reports/{int:job_id}", response=ReportOut, summary="Get a difference report"
)
def get_report(request: HttpRequest, job_id: int) -> HttpResponse:
    """That a job made; 409 `job_has_no_answer` before its end."""
    require(request, "what_if")
    return answer_of(
        job_id, requests.REPORT, lambda job: _report(requests.answer_of(job, DifferenceReport))
    )


def _report(found: DifferenceReport) -> ReportOut:
    return ReportOut(
        fingerprint=found.fingerprint, calls=found.calls, changed=found.changed,
        waiting=found.waiting, not_priced=found.refused, notes=list(found.sentences),
        totals=[FiguresOut(**figures(row)) for row in found.totals],
        open=[_part(part) for part in found.open],
        invoiced=[_part(part) for part in found.invoiced],
        without_cost=found.without_cost,
        carriers=[NamedOut(id=row.id, name=row.name, **figures(row)) for row in found.carriers],
        customers=[NamedOut(id=row.id, name=row.name, **figures(row)) for row in found.customers],
        campaigns=[NamedOut(id=row.id, name=row.name, **figures(row)) for row in found.campaigns],
        destinations=[destination(row) for row in found.destinations],
    )  # fmt: skip


@router.post(
    "/re-ratings", response={201: ReratingOut, 202: JobOut}, summary="Apply a difference report"
)
def apply_report(request: HttpRequest, payload: RerateIn) -> HttpResponse:
    """Needs an Idempotency-Key. A report that is no longer true is refused (409).

    With `Prefer: respond-async` it answers 202 with a job; `subject_id` is the re-rating then.
    """
    require(request, "rerate")
    if prefers_async(request):
        return accepted(
            request,
            lambda key: requests.request_apply(
                scope=payload.calls(), fingerprint=payload.fingerprint, key=f"api:{key}"[:100],
                at=timezone.now(), by=by(request),
            ),
        )  # fmt: skip

    def work(key: str) -> ReratingOut:
        made = operations.apply(
            scope=payload.calls(), fingerprint=payload.fingerprint, key=f"api:{key}"[:100],
            at=timezone.now(), by=by(request),
        )  # fmt: skip
        return _rerating(made)

    return once(request, work, required=True)


@router.get("/re-ratings", response=Page[ReratingOut], summary="List re-ratings, newest first")
def list_reratings(request: HttpRequest, paging: PagingQuery) -> object:
    """With the ids of their proposals."""
    require(request, "what_if")
    return page(queries.reratings(), paging, _rerating)


@router.get(
    "/re-ratings/{int:rerating_id}/proposals",
    response=list[ProposalOut], summary="Get a re-rating's proposals",
)  # fmt: skip
def list_proposals(request: HttpRequest, rerating_id: int) -> list[ProposalOut]:
    """One for each issued invoice."""
    require(request, "what_if")
    rerating = queries.rerating_by_id(rerating_id)
    return [_proposal(one) for one in queries.proposals(rerating=rerating)]


@router.post(
    "/re-rate-proposals/{int:proposal_id}/accept",
    response={200: ProposalOut, 202: JobOut},
    summary="Accept a proposal",
)
def accept(request: HttpRequest, proposal_id: int) -> ProposalOut | HttpResponse:
    """Issues its credit or debit notes; an accepted one comes back as it is.

    With `Prefer: respond-async` it answers 202 with a job."""
    require(request, "billing")
    found = queries.proposal_by_id(proposal_id)
    if prefers_async(request):
        return accepted(
            request,
            lambda _key: requests.request_accept(proposal=found, at=timezone.now(), by=by(request)),
            required=False,
        )
    operations.accept(proposal=found, at=timezone.now(), by=by(request), render=render)
    return _proposal(queries.proposal_by_id(proposal_id))


@router.post(
    "/re-rate-proposals/{int:proposal_id}/reject", response=ProposalOut, summary="Reject a proposal"
)
def reject(request: HttpRequest, proposal_id: int, payload: ReasonIn) -> ProposalOut:
    """Invoice and charges stay as they are."""
    require(request, "billing")
    found = queries.proposal_by_id(proposal_id)
    operations.reject(proposal=found, reason=payload.reason, at=timezone.now(), by=by(request))
    return _proposal(queries.proposal_by_id(proposal_id))


@router.get(
    "/calls/{call_id}/charges", response=list[RevisionOut],
    summary="Explain every revision of a call's charges",
)  # fmt: skip
def list_revisions(request: HttpRequest, call_id: str) -> list[RevisionOut]:
    """Current ones first; each is replayed by its own card version and the rules of its time."""
    require(request, "read")
    number = call_id.rpartition("-")[2]
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise NotFound(f"There is no call {call_id}.")
    return [_revision(one) for one in calls.call_with_charges(int(number)).charges]


def _revision(charge: Charge) -> RevisionOut:
    told = calls.explain_charge(charge.pk, charge.started_at)
    return RevisionOut(
        id=charge.pk, leg=charge.leg, revision=charge.revision, is_current=charge.is_current,
        price=money(charge.amount_micros, charge.currency), billed_s=charge.billed_s,
        card_version=charge.card_version_id, rated_at=charge.rated_at,
        invoice_line=charge.invoice_line_id, replayed=told.equal, steps=list(told.sentences),
    )  # fmt: skip


def _part(part: Part) -> PartOut:
    return PartOut(calls=part.calls, difference=money(part.difference_micros, part.currency))


def _rerating(one: Rerating) -> ReratingOut:
    ids = [proposal.pk for proposal in one.proposals.all()]
    return ReratingOut(
        id=one.pk, fingerprint=one.fingerprint, calls=one.calls, revised=one.revised,
        proposed=one.proposed, not_priced=one.refused, applied_at=one.applied_at,
        applied_by=one.applied_by, proposals=ids,
    )  # fmt: skip


def _proposal(one: RerateProposal) -> ProposalOut:
    notes = queries.notes_of(one) if one.status == "accepted" else ()
    return ProposalOut(
        id=one.pk, rerating=one.rerating_id, invoice=one.invoice_id, status=one.status,
        calls=sum(line.calls for line in one.lines.all()),
        difference=money(queries.difference_of(one), one.invoice.currency),
        notes=[note.pk for note in notes],
    )  # fmt: skip
