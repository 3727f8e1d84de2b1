"""Campaigns, and the identifiers by which calls find them."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from tollwright.domain.customers import operations, queries
from tollwright.domain.entities import Campaign, Identifier
from tollwright.web.api.customers import customer_of
from tollwright.web.api.idempotency import once
from tollwright.web.api.keys import by, require
from tollwright.web.api.paging import Page, PagingQuery, page
from tollwright.web.api.shapes import Id, Instant, given

router = Router(tags=["campaigns"])

IdentifierKind = Literal[
    "campaign", "accountcode", "user", "domain", "trunk", "source_ip", "context", "cli", "did"
]
CampaignKind = Literal["dialler", "queue", "in_group", "project"]


class CampaignOut(Schema):
    """A campaign."""

    id: int
    customer: int
    code: str
    name: str
    kind: str
    status: str
    created_at: Instant


class CampaignIn(Schema):
    """A new campaign."""

    model_config = ConfigDict(extra="forbid")

    customer: Annotated[Id, Field(description="the customer's id")]
    code: Annotated[str, Field(max_length=40, examples=["SPRING"])]
    name: str
    kind: CampaignKind = "dialler"


class CampaignChange(Schema):
    """Fields to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    code: str = ""
    name: str = ""
    kind: CampaignKind = "dialler"
    status: Literal["active", "closed"] = "active"


class IdentifierOut(Schema):
    """This value in a call's record, while it is valid, means this campaign."""

    id: int
    campaign: int
    kind: str
    value: str
    valid_from: Instant
    valid_to: Instant | None


class IdentifierIn(Schema):
    """A new identifier; without `valid_from` it holds from now on."""

    model_config = ConfigDict(extra="forbid")

    kind: IdentifierKind
    value: Annotated[str, Field(max_length=100)]
    valid_from: Instant | None = None
    valid_to: Instant | None = None


class IdentifierEnd(Schema):
    """Until before when it holds."""

    model_config = ConfigDict(extra="forbid")

    valid_to: Instant


@router.get("/campaigns", response=Page[CampaignOut], summary="List campaigns, newest first")
def list_campaigns(
    request: HttpRequest,
    paging: PagingQuery,
    customer: Annotated[Id | None, Query(description="a customer's id")] = None,
) -> object:
    """All, or one customer's."""
    require(request, "read")
    rows = queries.campaigns(customer=None if customer is None else customer_of(customer))
    return page(rows, paging, _out)


@router.post("/campaigns", response={201: CampaignOut}, summary="Create a campaign")
def create_campaign(request: HttpRequest, payload: CampaignIn) -> HttpResponse:
    """Takes an Idempotency-Key."""
    require(request, "customers")
    customer = customer_of(payload.customer)
    fields = payload.model_dump(exclude={"customer"})
    return once(
        request,
        lambda _key: _out(
            operations.create_campaign(
                customer=customer, at=timezone.now(), by=by(request), **fields
            )
        ),
    )


@router.get("/campaigns/{int:campaign_id}", response=CampaignOut, summary="Get a campaign")
def get_campaign(request: HttpRequest, campaign_id: int) -> CampaignOut:
    """One campaign."""
    require(request, "read")
    return _out(campaign_of(campaign_id))


@router.patch("/campaigns/{int:campaign_id}", response=CampaignOut, summary="Change a campaign")
def update_campaign(request: HttpRequest, campaign_id: int, payload: CampaignChange) -> CampaignOut:
    """Only what is sent changes."""
    require(request, "customers")
    changed = operations.update_campaign(
        campaign=campaign_of(campaign_id), at=timezone.now(), by=by(request), **given(payload)
    )
    return _out(changed)


@router.get(
    "/campaigns/{int:campaign_id}/identifiers",
    response=Page[IdentifierOut],
    summary="List a campaign's identifiers",
)
def list_identifiers(request: HttpRequest, campaign_id: int, paging: PagingQuery) -> object:
    """The ended ones too."""
    require(request, "read")
    return page(queries.identifiers(campaign=campaign_of(campaign_id)), paging, _identifier)


@router.post(
    "/campaigns/{int:campaign_id}/identifiers",
    response={201: IdentifierOut},
    summary="Attribute calls to a campaign",
)
def add_identifier(request: HttpRequest, campaign_id: int, payload: IdentifierIn) -> HttpResponse:
    """Takes an Idempotency-Key. One value means one campaign at a time, else this is a 409."""
    require(request, "customers")
    campaign = campaign_of(campaign_id)

    def work(_key: str) -> IdentifierOut:
        now = timezone.now()
        added = operations.add_identifier(
            campaign=campaign, kind=payload.kind, value=payload.value,
            valid_from=payload.valid_from or now, valid_to=payload.valid_to, at=now, by=by(request),
        )  # fmt: skip
        return _identifier(added)

    return once(request, work)


@router.post(
    "/identifiers/{int:identifier_id}/end", response=IdentifierOut, summary="End an identifier"
)
def end_identifier(
    request: HttpRequest, identifier_id: int, payload: IdentifierEnd
) -> IdentifierOut:
    """From `valid_to` on the value no longer means its campaign."""
    require(request, "customers")
    identifier = queries.identifier_by_id(identifier_id)
    ended = operations.end_identifier(
        identifier=identifier, valid_to=payload.valid_to, at=timezone.now(), by=by(request)
    )
    return _identifier(ended)


def campaign_of(campaign_id: int) -> Campaign:
    """Raises NotFound."""
    return queries.campaign_by_id(campaign_id)


def _out(campaign: Campaign) -> CampaignOut:
    return CampaignOut(
        id=campaign.pk, customer=campaign.customer_id, code=campaign.code, name=campaign.name,
        kind=campaign.kind, status=campaign.status, created_at=campaign.created_at,
    )  # fmt: skip


def _identifier(identifier: Identifier) -> IdentifierOut:
    return IdentifierOut(
        id=identifier.pk, campaign=identifier.campaign_id, kind=identifier.kind,
        value=identifier.value, valid_from=identifier.valid_from, valid_to=identifier.valid_to,
    )  # fmt: skip
