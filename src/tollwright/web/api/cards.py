"""Rate cards: versions, what a number costs, and decks from preview to publishing."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from tollwright.core.decks.mapping import MappingError, answer_of
from tollwright.core.number_ranges import is_short
from tollwright.core.rating.explain import explain
from tollwright.core.rating.rate_call import CallInput
from tollwright.domain.entities import CardVersion, DeckImport, RateCard
from tollwright.domain.errors import DomainError
from tollwright.domain.plans.queries import priced_from_cost
from tollwright.domain.rates import operations, queries, requests
from tollwright.domain.validation import FieldInvalid
from tollwright.web.api.idempotency import once
from tollwright.web.api.jobs import LARGE_CARD, JobOut, accepted, is_large, prefers_async
from tollwright.web.api.keys import by, require
from tollwright.web.api.paging import Page, PagingQuery, page
from tollwright.web.api.shapes import Instant, Money, money

router = Router(tags=["cards"])


class CardOut(Schema):
    """A card; what it says at a moment is its published version."""

    id: int
    code: str
    name: str
    side: str
    currency: str
    created_at: Instant


class CardIn(Schema):
    """A new card; it prices nothing before a version is published."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(max_length=40, examples=["AZ"])]
    name: str
    side: Literal["sell", "buy"] = "sell"
    currency: Annotated[str, Field(description="ISO 4217", examples=["EUR"])]


class VersionOut(Schema):
    """A version. Published, it never changes; calls answered from `effective_from` on are its."""

    id: int
    card: int
    number: int
    status: str
    effective_from: Instant | None
    content_hash: str
    changes: Annotated[dict[str, Any], Field(description="counts against the version before")]
    tag: str
    created_at: Instant
    created_by: str
    published_at: Instant | None
    published_by: str


class Quote(Schema):
    """What a call would cost. `status`: rated, blocked or unmatched; only rated has a price."""

    number: Annotated[str, Field(description="E.164 digits")]
    version: int | None
    status: str
    prefix: str
    billed_s: int
    price: Money | None
    steps: Annotated[list[str], Field(description="how it comes to this, a sentence a step")]
    not_for: Annotated[
        list[str], Field(description="plans with this card that price from the cost instead")
    ]


class DeckOut(Schema):
    """A deck that was previewed: what its rows would do, and what cannot be read, with lines."""

    id: int
    card: int
    filename: str
    mode: str
    status: str
    version: int | None
    mapping: dict[str, Any]
    summary: dict[str, Any]
    created_at: Instant


class ApplyIn(Schema):
    """`skip_faults`: leave out the rows that cannot be read."""

    model_config = ConfigDict(extra="forbid")

    skip_faults: bool = False
    tag: Annotated[str, Field(max_length=60)] = ""


class PublishIn(Schema):
    """From when on the version prices calls."""

    model_config = ConfigDict(extra="forbid")

    effective_from: Instant


class DeckEmpty(DomainError):
    """There is no file in the request."""

    code = "deck_empty"


@router.get("/cards", response=Page[CardOut], summary="List cards, newest first")
def list_cards(
    request: HttpRequest, paging: PagingQuery, side: Literal["", "sell", "buy"] = ""
) -> object:
    """All, or those of one side."""
    require(request, "read")
    return page(queries.cards(side=side), paging, _out)


@router.post("/cards", response={201: CardOut}, summary="Create a card")
def create_card(request: HttpRequest, payload: CardIn) -> HttpResponse:
    """Takes an Idempotency-Key."""
    require(request, "rates")
    return once(
        request,
        lambda _key: _out(
            operations.create_card(**payload.model_dump(), at=timezone.now(), by=by(request))
        ),
    )


@router.get("/cards/{int:card_id}", response=CardOut, summary="Get a card")
def get_card(request: HttpRequest, card_id: int) -> CardOut:
    """One card."""
    require(request, "read")
    return _out(queries.card_by_id(card_id))


@router.get(
    "/cards/{int:card_id}/versions", response=Page[VersionOut], summary="List a card's versions"
)
def list_versions(request: HttpRequest, card_id: int, paging: PagingQuery) -> object:
    """Drafts too, newest first."""
    require(request, "read")
    return page(queries.versions(queries.card_by_id(card_id)), paging, _version)


CARD_FILE = {
    "requestBody": {
        "required": True,
        "description": "A card file: rates, and what holds for all of them.",
        "content": {
            "application/json": {
                "schema": {"type": "object", "required": ["rates"]},
                "example": {"rates": [{"prefix": "44", "price": "0.012", "first_s": 30}]},
            }
        },
    }
}


@router.post(
    "/cards/{int:card_id}/versions",
    response={201: VersionOut, 202: JobOut},
    openapi_extra=CARD_FILE,
    summary="Draft a version from a card file",
)
def draft_version(request: HttpRequest, card_id: int) -> HttpResponse:
    """The file is the whole card; its side and currency, where it says them, are the card's.

    Refused, `errors` names each fault with its row. Takes an Idempotency-Key. More than 1 MiB, and
    any with `Prefer: respond-async`, is 202 with a job.
    """
    require(request, "rates")
    card, text = queries.card_by_id(card_id), requests.text_of(request.body)
    if prefers_async(request) or is_large(request.body):
        return accepted(
            request,
            lambda _key: requests.request_draft(
                card=card, filename="card.json", content=request.body, at=timezone.now(),
                by=by(request),
            ),
            required=False,
        )  # fmt: skip
    return once(
        request,
        lambda _key: _version(
            operations.save_draft(card=card, data=text, at=timezone.now(), by=by(request))
        ),
    )


@router.get("/cards/{int:card_id}/quote", response=Quote, summary="Price a number")
def quote(
    request: HttpRequest,
    card_id: int,
    number: Annotated[str, Query(description="with its country code, as +442079460000")],
    seconds: Annotated[int, Query(ge=1, le=86_400, description="answered seconds")] = 60,
    at: Annotated[Instant | None, Query(description="answered at; default: now")] = None,
    caller: Annotated[str, Query(description="the calling number, where prices hang on it")] = "",
) -> Quote:
    """What a call to the number costs by this card, and why."""
    require(request, "read")
    moment = at or timezone.now()
    card = queries.card_by_id(card_id)
    found = queries.look_up(card=card, number=number, at=moment, caller=caller)
    not_for = [f"{plan}: {plan.price_from_cost}" for plan in priced_from_cost(card)]
    if found.version is None:
        return Quote(
            number=found.number, version=None, status="unmatched", prefix="", billed_s=0,
            price=None, steps=list(found.why), not_for=not_for,
        )  # fmt: skip
    digits = "".join(sign for sign in caller if sign.isdigit())
    call = CallInput("quote", moment, seconds * 1000, digits, found.number, is_short(found.number))
    charge = explain(call, queries.core_card(found.version), version=str(found.version))
    rated = charge.status == "rated"
    return Quote(
        number=found.number,
        version=found.version.pk,
        status=charge.status,
        prefix=charge.prefix,
        billed_s=charge.billed_s,
        price=money(charge.amount_micros, found.version.card.currency) if rated else None,
        steps=[step.text for step in charge.steps] or [charge.reason],
        not_for=not_for,
    )


@router.get("/versions/{int:version_id}", response=VersionOut, summary="Get a card's version")
def get_version(request: HttpRequest, version_id: int) -> VersionOut:
    """One version, with what it changed."""
    require(request, "read")
    return _version(queries.version_by_id(version_id))


@router.post(
    "/versions/{int:version_id}/publish",
    response={200: VersionOut, 202: JobOut},
    summary="Publish a draft version",
)
def publish_version(
    request: HttpRequest, version_id: int, payload: PublishIn
) -> VersionOut | HttpResponse:
    """Every check of a card is made; refused, the sentence names each row.

    More than 20 000 rows, and any with `Prefer: respond-async`, is 202 with a job.
    """
    require(request, "rates")
    version = queries.version_by_id(version_id)
    if prefers_async(request) or queries.row_count(version) > LARGE_CARD:
        return accepted(
            request,
            lambda _key: requests.request_publish(
                version=version, effective_from=payload.effective_from, at=timezone.now(),
                by=by(request),
            ),
            required=False,
        )  # fmt: skip
    published = operations.publish_version(
        version=version, effective_from=payload.effective_from, at=timezone.now(), by=by(request)
    )
    return _version(published)


DECK = {
    "requestBody": {
        "required": True,
        "description": "The deck's bytes: CSV or XLSX, as the carrier sent it.",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.post(
    "/cards/{int:card_id}/decks",
    response={201: DeckOut, 202: JobOut},
    openapi_extra=DECK,
    summary="Preview a deck",
)
def preview_deck(
    request: HttpRequest,
    card_id: int,
    filename: Annotated[str, Query(max_length=255, examples=["deck.csv"])],
    mode: Annotated[
        Literal["replace", "amend"],
        Query(description="replace: the deck is the whole card; amend: only the codes it names"),
    ],
    mapping: Annotated[
        str,
        Query(
            description="How the columns are read, as a JSON object; without it they are found",
            examples=['{"columns": [["Code", "prefix"], ["Rate", "price"]]}'],
        ),
    ] = "",
    answer: Annotated[
        list[str],
        Query(
            description="Answers to the questions of a preview, each as key=value",
            examples=[["country=1", "status.Retired=withdrawn"]],
        ),
    ] = [],  # noqa: B006  # it is read and never changed, and the schema wants a list
) -> HttpResponse:
    """No rate is written. Columns are found by the card's last mapping or the file's headers.

    `summary.questions` holds what can be read in two ways: send the deck again with an `answer` to
    each; a deck with questions left is not applied. Takes an Idempotency-Key.

    More than 1 MiB, and any with `Prefer: respond-async`, is 202 with a job, whose `subject_id` at
    its end is the deck.
    """
    require(request, "rates")
    card = queries.card_by_id(card_id)
    if not request.body:
        raise DeckEmpty("The body is empty: send the deck's bytes in it.")
    given = _object("mapping", mapping) if mapping else None
    answers = dict(_pair(one) for one in answer)
    if prefers_async(request) or is_large(request.body):
        return accepted(
            request,
            lambda _key: requests.request_preview(
                card=card, filename=filename, content=request.body, mode=mode, mapping=given,
                answers=answers, at=timezone.now(), by=by(request),
            ),
            required=False,
        )  # fmt: skip

    def work(_key: str) -> DeckOut:
        previewed = operations.preview_deck(
            card=card, filename=filename, content=request.body, mode=mode, mapping=given,
            answers=answers, at=timezone.now(), by=by(request),
        )  # fmt: skip
        return _deck(previewed)

    return once(request, work)


@router.get("/decks/{int:deck_id}", response=DeckOut, summary="Get a previewed deck")
def get_deck(request: HttpRequest, deck_id: int) -> DeckOut:
    """Its preview, and the version that it became."""
    require(request, "read")
    return _deck(queries.deck_by_id(deck_id))


@router.post(
    "/decks/{int:deck_id}/apply",
    response={201: VersionOut, 202: JobOut},
    summary="Apply a deck",
)
def apply_deck(request: HttpRequest, deck_id: int, payload: ApplyIn) -> HttpResponse:
    """Makes it a draft version of its card. Takes an Idempotency-Key.

    More than 20 000 rows, and any with `Prefer: respond-async`, is 202 with a job, whose
    `subject_id` at its end is the version.
    """
    require(request, "rates")
    deck = queries.deck_by_id(deck_id)
    if prefers_async(request) or deck.summary.get("rows", 0) > LARGE_CARD:
        return accepted(
            request,
            lambda _key: requests.request_apply(
                deck_import=deck, at=timezone.now(), by=by(request), **payload.model_dump()
            ),
            required=False,
        )
    return once(
        request,
        lambda _key: _version(
            operations.apply_deck(
                deck_import=deck, at=timezone.now(), by=by(request), **payload.model_dump()
            )
        ),
    )


def _object(name: str, text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise FieldInvalid(name, f"{name}: a JSON object is expected.")
    return told


def _pair(text: str) -> tuple[str, str]:
    try:
        return answer_of(text)
    except MappingError as error:
        raise FieldInvalid("answer", f"answer: {error}") from None


def _out(card: RateCard) -> CardOut:
    return CardOut(
        id=card.pk, code=card.code, name=card.name, side=card.side, currency=card.currency,
        created_at=card.created_at,
    )  # fmt: skip


_PLAIN = (
    "id", "number", "status", "effective_from", "content_hash", "changes", "tag", "created_at",
    "created_by", "published_at", "published_by",
)  # fmt: skip


def _version(version: CardVersion) -> VersionOut:
    return VersionOut(card=version.card_id, **{name: getattr(version, name) for name in _PLAIN})


def _deck(deck: DeckImport) -> DeckOut:
    return DeckOut(
        id=deck.pk, card=deck.card_id, filename=deck.filename, mode=deck.mode,
        status=deck.status, version=deck.version_id, mapping=deck.mapping, summary=deck.summary,
        created_at=deck.created_at,
    )  # fmt: skip
