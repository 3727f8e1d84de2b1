"""Call plans: their versions with fees, priced by a card or from what a call costs."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from tollwright.core.money import show
from tollwright.core.rating.legs import CostPlus
from tollwright.domain.entities import CallPlan, PlanFee, PlanVersion
from tollwright.domain.plans import operations, queries
from tollwright.domain.rates.queries import card_or_none
from tollwright.domain.validation import FieldInvalid
from tollwright.web.api.idempotency import once
from tollwright.web.api.keys import by, require
from tollwright.web.api.paging import Page, PagingQuery, page
from tollwright.web.api.shapes import (
    Decimal,
    Id,
    Instant,
    Money,
    money,
    read_amount,
    read_percent,
)

router = Router(tags=["plans"])
Percent = Annotated[
    str, Field(description="of the cost; up to 4 decimals, 0 sells at cost", examples=["15"])
]


class PlanOut(Schema):
    """A plan; what it sells is said by its versions."""

    id: int
    code: str
    name: str
    created_at: Instant


class PlanIn(Schema):
    """A new plan."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(max_length=40, examples=["PRO"])]
    name: str


class CostPlusIn(Schema):
    """A call's price from what it costs: amounts a call, in the card's currency."""

    model_config = ConfigDict(extra="forbid")

    markup_percent: Percent
    fixed: Annotated[Decimal, Field(description="added to the marked up cost")] = "0"
    floor: Annotated[Decimal | None, Field(description="what a call costs at least")] = None
    cap: Annotated[Decimal | None, Field(description="what a call costs at most")] = None

    def terms(self) -> CostPlus:
        """As the domain takes it. Raises FieldInvalid."""
        return CostPlus(
            read_percent(self.markup_percent, "markup_percent"),
            read_amount(self.fixed, "fixed"),
            None if self.floor is None else read_amount(self.floor, "floor"),
            None if self.cap is None else read_amount(self.cap, "cap"),
        )


class CostPlusOut(Schema):
    """A call's price from what it costs the provider; `words` is the same for people."""

    markup_percent: Percent
    fixed: Money
    floor: Money | None
    cap: Money | None
    words: Annotated[str, Field(examples=["the call's cost + 15 %, at least 0.005 EUR a call"])]


class FeeIn(Schema):
    """So much for an interval of its own, whatever the customer's cycle; a registration is once."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["registration", "subscription", "support"]
    name: Annotated[str, Field(description="as printed")]
    amount: Annotated[Decimal, Field(description="in the card's currency")]
    interval: Annotated[
        Literal["once", "day", "week", "month", "quarter", "half_year", "year"] | None,
        Field(description="month, and of a registration once, when left out"),
    ] = None
    interval_count: Annotated[int, Field(ge=1, le=24, description="every so many of them")] = 1
    anchor: Annotated[
        Literal["calendar", "start"],
        Field(description="start: intervals count from the subscription's first day"),
    ] = "calendar"
    timing: Literal["advance", "arrears"] = "advance"
    proration: Annotated[
        Literal["day", "second", "none"],
        Field(description="what a part of an interval costs: its days, its seconds, all of it"),
    ] = "day"
    of_days: Annotated[
        Literal[30] | None, Field(description="days a part of a month is a share of; null: its own")
    ] = None
    unused: Annotated[
        Literal["give_back", "keep"], Field(description="days billed in advance, at an early end")
    ] = "give_back"


class FeeOut(Schema):
    """A fee; `words` is how it is billed, for people."""

    kind: str
    name: str
    amount: Money
    interval: str
    interval_count: int
    anchor: str
    timing: str
    proration: str
    of_days: int | None
    unused: str
    words: Annotated[str, Field(examples=["a month, in advance"])]


class PlanVersionIn(Schema):
    """The plan's next version, in its card's currency.

    With `cost_plus` the price comes from the cost; the card then says which destinations are open,
    how many seconds are billed, and the rounding.
    """

    model_config = ConfigDict(extra="forbid")

    card: Annotated[Id, Field(description="id of a card of side sell")]
    routing_policy: Literal["least_cost", "quality", "priority", "percentage"] = "least_cost"
    cost_plus: CostPlusIn | None = None
    fees: Annotated[list[FeeIn], Field(default_factory=list)]


class PlanVersionOut(Schema):
    """A version. Published, it never changes. `cost_plus` null: the card prices calls."""

    id: int
    plan: int
    number: int
    status: str
    currency: str
    card: int
    routing_policy: str
    cost_plus: CostPlusOut | None
    fees: list[FeeOut]
    created_at: Instant
    published_at: Instant | None
    published_by: str


@router.get("/plans", response=Page[PlanOut], summary="List plans, newest first")
def list_plans(request: HttpRequest, paging: PagingQuery) -> object:
    """All of them."""
    require(request, "read")
    return page(queries.plans(), paging, _out)


@router.post("/plans", response={201: PlanOut}, summary="Create a plan")
def create_plan(request: HttpRequest, payload: PlanIn) -> HttpResponse:
    """Takes an Idempotency-Key."""
    require(request, "plans")
    names = payload.model_dump()
    return once(
        request,
        lambda _key: _out(operations.create_plan(at=timezone.now(), by=by(request), **names)),
    )


@router.get("/plans/{int:plan_id}", response=PlanOut, summary="Get a plan")
def get_plan(request: HttpRequest, plan_id: int) -> PlanOut:
    """One plan."""
    require(request, "read")
    return _out(queries.plan_by_id(plan_id))


@router.get(
    "/plans/{int:plan_id}/versions",
    response=Page[PlanVersionOut],
    summary="List a plan's versions",
)
def list_versions(request: HttpRequest, plan_id: int, paging: PagingQuery) -> object:
    """Drafts too, newest first."""
    require(request, "read")
    return page(queries.versions(queries.plan_by_id(plan_id)), paging, _version)


@router.post(
    "/plans/{int:plan_id}/versions", response={201: PlanVersionOut}, summary="Draft a version"
)
def draft_version(request: HttpRequest, plan_id: int, payload: PlanVersionIn) -> HttpResponse:
    """Nobody can be put on it before it is published. Takes an Idempotency-Key."""
    require(request, "plans")
    plan, card = queries.plan_by_id(plan_id), card_or_none(payload.card)
    if card is None:
        raise FieldInvalid("card", f"There is no card {payload.card}.")
    fees = [
        fee.model_dump(exclude={"amount"}) | {"amount_micros": read_amount(fee.amount)}
        for fee in payload.fees
    ]
    return once(
        request,
        lambda _key: _version(
            operations.draft_version(
                plan=plan, card=card, currency=card.currency, fees=fees,
                routing_policy=payload.routing_policy,
                cost_plus=None if payload.cost_plus is None else payload.cost_plus.terms(),
                at=timezone.now(), by=by(request),
            )
        ),
    )  # fmt: skip


@router.post(
    "/plan-versions/{int:plan_version_id}/publish",
    response=PlanVersionOut,
    summary="Publish a plan's draft",
)
def publish_version(request: HttpRequest, plan_version_id: int) -> PlanVersionOut:
    """Customers can be put on it. Refused where its card has no prices, or does not go with it."""
    require(request, "plans")
    version = queries.version_by_id(plan_version_id)
    return _version(operations.publish_version(version=version, at=timezone.now(), by=by(request)))


def _out(plan: CallPlan) -> PlanOut:
    return PlanOut(id=plan.pk, code=plan.code, name=plan.name, created_at=plan.created_at)


def _version(version: PlanVersion) -> PlanVersionOut:
    return PlanVersionOut(
        id=version.pk, plan=version.plan_id, number=version.number, status=version.status,
        currency=version.currency, card=version.card_id, routing_policy=version.routing_policy,
        cost_plus=_cost_plus(version),
        fees=[_fee(fee, version.currency) for fee in version.fees.all()],
        created_at=version.created_at, published_at=version.published_at,
        published_by=version.published_by,
    )  # fmt: skip


def _cost_plus(version: PlanVersion) -> CostPlusOut | None:
    terms, currency = version.cost_plus, version.currency
    if terms is None:
        return None
    floor, cap = (
        None if limit is None else money(limit, currency)
        for limit in (terms.floor_micros, terms.cap_micros)
    )
    return CostPlusOut(
        markup_percent=show(terms.markup_ppm * 100), fixed=money(terms.fixed_micros, currency),
        floor=floor, cap=cap, words=version.price_from_cost,
    )  # fmt: skip


def _fee(fee: PlanFee, currency: str) -> FeeOut:
    return FeeOut(
        kind=fee.kind, name=fee.name, amount=money(fee.amount_micros, currency),
        interval=fee.interval, interval_count=fee.interval_count, anchor=fee.anchor,
        timing=fee.timing, proration=fee.proration, of_days=fee.of_days, unused=fee.unused,
        words=fee.terms.words,
    )  # fmt: skip
