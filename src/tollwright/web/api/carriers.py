"""Carriers, their trunks and buy cards, and the calls of which nobody knows what they cost."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from tollwright.domain.carriers import costs, operations, queries
from tollwright.domain.entities import Carrier, CarrierCard, Trunk
from tollwright.domain.rates.queries import card_or_none
from tollwright.domain.validation import FieldInvalid
from tollwright.web.api.idempotency import once
from tollwright.web.api.keys import by, require
from tollwright.web.api.paging import Page, PagingQuery, page
from tollwright.web.api.shapes import Id, Instant

router = Router(tags=["carriers"])
MOST = 1000


class TrunkOut(Schema):
    """This text in a call's record (a `*` at the end: all that begin so) means the carrier."""

    id: int
    value: str
    valid_from: Instant
    valid_to: Instant | None


class AssignedOut(Schema):
    """The buy card that holds from a moment on, until the next one begins."""

    card: int
    valid_from: Instant


class CarrierOut(Schema):
    """A carrier with its trunks, and its buy cards, the one that begins last first."""

    id: int
    code: str
    name: str
    trunks: list[TrunkOut]
    cards: list[AssignedOut]


class CarrierIn(Schema):
    """A carrier's names."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(max_length=40, examples=["TELCO"])]
    name: str


class TrunkIn(Schema):
    """A new trunk; without `valid_from` it leads there from now on."""

    model_config = ConfigDict(extra="forbid")

    value: Annotated[str, Field(max_length=100, examples=["telco-*"])]
    valid_from: Instant | None = None
    valid_to: Instant | None = None


class TrunkEnd(Schema):
    """Until before when it leads there."""

    model_config = ConfigDict(extra="forbid")

    valid_to: Instant


class AssignIn(Schema):
    """A buy card; without `valid_from` it holds from now on."""

    model_config = ConfigDict(extra="forbid")

    card: Annotated[Id, Field(description="id of a card of side buy")]
    valid_from: Instant | None = None


class Span(Schema):
    """Calls started in [first, last)."""

    model_config = ConfigDict(extra="forbid")

    first: Instant
    last: Instant


class MissingOut(Schema):
    """An answered call that costs nothing yet."""

    call: int
    started_at: Instant
    called: str
    trunk: str
    reason: Annotated[str, Field(examples=["unknown_trunk", "not_priced_yet"])]


class FilledOut(Schema):
    """How many calls got their cost, and why others did not; `priced_individually` of their legs
    were priced piece by piece, over a change of card version."""

    charged: int
    reasons: dict[str, int]
    priced_individually: int


@router.get("/carriers", response=Page[CarrierOut], summary="List carriers, newest first")
def list_carriers(request: HttpRequest, paging: PagingQuery) -> object:
    """With their trunks and cards."""
    require(request, "read")
    return page(queries.carriers_with_terms(), paging, _out)


@router.post("/carriers", response={201: CarrierOut}, summary="Create a carrier")
def create_carrier(request: HttpRequest, payload: CarrierIn) -> HttpResponse:
    """Takes an Idempotency-Key."""
    require(request, "rates")
    names = payload.model_dump()
    return once(
        request,
        lambda _key: _out(operations.create_carrier(at=timezone.now(), by=by(request), **names)),
    )


@router.get("/carriers/{int:carrier_id}", response=CarrierOut, summary="Get a carrier")
def get_carrier(request: HttpRequest, carrier_id: int) -> CarrierOut:
    """One carrier."""
    require(request, "read")
    return _out(queries.carrier_by_id(carrier_id))


@router.patch("/carriers/{int:carrier_id}", response=CarrierOut, summary="Rename a carrier")
def rename_carrier(request: HttpRequest, carrier_id: int, payload: CarrierIn) -> CarrierOut:
    """Another code or name."""
    require(request, "rates")
    carrier, names = queries.carrier_by_id(carrier_id), payload.model_dump()
    return _out(
        operations.rename_carrier(carrier=carrier, at=timezone.now(), by=by(request), **names)
    )


@router.post("/carriers/{int:carrier_id}/trunks", response={201: TrunkOut}, summary="Add a trunk")
def add_trunk(request: HttpRequest, carrier_id: int, payload: TrunkIn) -> HttpResponse:
    """Takes an Idempotency-Key."""
    require(request, "rates")
    carrier, at = queries.carrier_by_id(carrier_id), timezone.now()
    return once(
        request,
        lambda _key: _trunk(
            operations.add_trunk(
                carrier=carrier, value=payload.value, valid_from=payload.valid_from or at,
                valid_to=payload.valid_to, at=at, by=by(request),
            )
        ),
    )  # fmt: skip


@router.post("/trunks/{int:trunk_id}/end", response=TrunkOut, summary="End a trunk")
def end_trunk(request: HttpRequest, trunk_id: int, payload: TrunkEnd) -> TrunkOut:
    """Calls that are priced stay as they are."""
    require(request, "rates")
    trunk = queries.trunk_by_id(trunk_id)
    return _trunk(
        operations.end_trunk(
            trunk=trunk, valid_to=payload.valid_to, at=timezone.now(), by=by(request)
        )
    )


@router.post(
    "/carriers/{int:carrier_id}/cards", response={201: AssignedOut}, summary="Assign a buy card"
)
def assign_card(request: HttpRequest, carrier_id: int, payload: AssignIn) -> HttpResponse:
    """Takes an Idempotency-Key. Calls that are priced stay as they are."""
    require(request, "rates")
    carrier, at = queries.carrier_by_id(carrier_id), timezone.now()
    card = card_or_none(payload.card)
    if card is None:
        raise FieldInvalid("card", f"There is no card {payload.card}.")
    return once(
        request,
        lambda _key: _assigned(
            operations.assign_card(
                carrier=carrier, card=card, valid_from=payload.valid_from or at, at=at,
                by=by(request),
            )
        ),
    )  # fmt: skip


@router.get("/costs/missing", response=list[MissingOut], summary="Calls without cost")
def missing(
    request: HttpRequest,
    first: Annotated[Instant, Query(description="calls started from then on")],
    last: Annotated[Instant, Query(description="calls started before then")],
) -> list[MissingOut]:
    """Answered calls that no carrier and no parent takes money for, and why; the newest 1000."""
    require(request, "read")
    calls = list(costs.without_cost(first=first, last=last)[:MOST])
    why = costs.why_no_cost(calls, at=timezone.now())
    return [
        MissingOut(
            call=one.pk, started_at=one.started_at, called=one.called, trunk=one.trunk,
            reason=why[one.pk],
        )
        for one in calls
    ]  # fmt: skip


@router.post("/costs/price", response=FilledOut, summary="Price calls without cost")
def price(request: HttpRequest, payload: Span) -> FilledOut:
    """A cost that is there never changes: asking again prices what is new."""
    require(request, "rates")
    found = costs.price_missing(
        first=payload.first, last=payload.last, at=timezone.now(), by=by(request)
    )
    return FilledOut(
        charged=found.charged, reasons=found.reasons, priced_individually=found.priced_individually
    )


def _out(carrier: Carrier) -> CarrierOut:
    return CarrierOut(
        id=carrier.pk,
        code=carrier.code,
        name=carrier.name,
        trunks=[_trunk(one) for one in carrier.trunks.all()],
        cards=[_assigned(one) for one in carrier.cards.all()],
    )


def _trunk(trunk: Trunk) -> TrunkOut:
    return TrunkOut(
        id=trunk.pk, value=trunk.value, valid_from=trunk.valid_from, valid_to=trunk.valid_to
    )


def _assigned(held: CarrierCard) -> AssignedOut:
    return AssignedOut(card=held.card_id, valid_from=held.valid_from)
