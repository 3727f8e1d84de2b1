"""What-if: a card or plan, draft or published, over past calls. Nothing is written."""

from __future__ import annotations

import json
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from tollwright.domain.plans import queries as plans
from tollwright.domain.rates import queries as rates
from tollwright.domain.rerating import queries, requests, whatif
from tollwright.domain.rerating.report import Row
from tollwright.domain.rerating.scope import CallScope
from tollwright.web.api.jobs import JobOut, accepted, answer_of, prefers_async
from tollwright.web.api.keys import by, require
from tollwright.web.api.shapes import Id, Instant, Money, money

router = Router(tags=["what-if"])


class ScopeIn(Schema):
    """Which calls: started in [since, until); the rest narrows further."""

    model_config = ConfigDict(extra="forbid")

    since: Instant
    until: Instant
    customer: Id | None = None
    campaign: Id | None = None
    prefix: Annotated[str, Field(max_length=20, description="how the called number begins")] = ""

    def scope(self, **more: Any) -> CallScope:
        """As the domain takes it."""
        return CallScope(
            first=self.since, last=self.until, customer_id=self.customer,
            campaign_id=self.campaign, prefix=self.prefix, **more,
        )  # fmt: skip


class WhatIfIn(ScopeIn):
    """Exactly one of card_version, plan_version and card (a card file, as JSON)."""

    card_version: Id | None = None
    plan_version: Id | None = None
    card: dict[str, Any] | None = None
    everyone: Annotated[
        bool, Field(description="all calls, not only those on this card or plan now")
    ] = False
    as_of: Annotated[
        Instant | None, Field(description="rows with dates as they stand then; default: all begun")
    ] = None


class FiguresOut(Schema):
    """What calls come to. Calls that are not priced count with what they cost, on both sides."""

    calls: int
    changed: int
    not_priced: int
    old: Money
    new: Money
    difference: Money


class WhatIfCustomerOut(FiguresOut):
    """One customer in one currency; fees are part of old, new and difference."""

    customer: int
    name: str
    old_fees: Money
    new_fees: Money
    once: Annotated[Money, Field(description="registration, due a single time; not in new")]
    old_margin: Annotated[Money | None, Field(description="where carriers' charges are known")]
    new_margin: Money | None


class DestinationOut(FiguresOut):
    """The calls to one prefix."""

    prefix: str


class WhatIfOut(Schema):
    """Who would pay more or less, the largest increase first."""

    prices: str
    calls: int
    not_priced: Annotated[dict[str, int], Field(description="calls by reason")]
    priced_individually: Annotated[int, Field(description="calls that the kernel could not price")]
    notes: list[str]
    customers: list[WhatIfCustomerOut]
    destinations: list[DestinationOut]


@router.post(
    "/what-if", response={200: WhatIfOut, 202: JobOut}, summary="Hold prices against past calls"
)
def ask(request: HttpRequest, payload: WhatIfIn) -> WhatIfOut | HttpResponse:
    """Nothing is written. Rules of seconds, causes and rounding hold as they do for the calls.

    More than 100 000 calls, and any with `Prefer: respond-async`, is 202 with a job; its answer is
    at `GET /what-if/{job}`."""
    require(request, "what_if")
    prices, scope, at = _prices(payload), payload.scope(), timezone.now()
    if prefers_async(request) or queries.is_large(scope):
        file = None if payload.card is None else json.dumps(payload.card).encode()
        return accepted(
            request,
            lambda _key: requests.request_what_if(
                payload=prices, scope=scope, everyone=payload.everyone, card_file=file, at=at,
                by=by(request),
            ),
            required=False,
        )  # fmt: skip
    return _answer(whatif.what_if(prices, scope, everyone=payload.everyone, at=at))


@router.get("/what-if/{int:job_id}", response=WhatIfOut, summary="Get a what-if")
def get_answer(request: HttpRequest, job_id: int) -> HttpResponse:
    """That a job answered; 409 `job_has_no_answer` before its end."""
    require(request, "what_if")
    return answer_of(
        job_id, requests.WHAT_IF, lambda job: _answer(requests.answer_of(job, whatif.WhatIf))
    )


def _answer(found: whatif.WhatIf) -> WhatIfOut:
    return WhatIfOut(
        prices=found.title, calls=found.calls, not_priced=found.refused,
        priced_individually=found.priced_individually, notes=list(found.sentences),
        customers=[_customer(line) for line in found.lines],
        destinations=[destination(row) for row in found.destinations],
    )  # fmt: skip


def _prices(payload: WhatIfIn) -> whatif.WhatIfRequest:
    version = plan = None
    if payload.card_version is not None:
        version = rates.version_by_id(payload.card_version)
    if payload.plan_version is not None:
        plan = plans.version_by_id(payload.plan_version)
    card = None if payload.card is None else whatif.card_of_file(payload.card)
    return whatif.WhatIfRequest(version=version, card=card, plan=plan, as_of=payload.as_of)


def _customer(line: whatif.Line) -> WhatIfCustomerOut:
    def of(micros: int) -> Money:
        return money(micros, line.currency)

    def maybe(micros: int | None) -> Money | None:
        return None if micros is None else of(micros)

    return WhatIfCustomerOut(
        customer=line.customer_id, name=line.customer, calls=line.usage.calls,
        changed=line.usage.changed, not_priced=line.usage.refused, old=of(line.old_micros),
        new=of(line.new_micros), difference=of(line.difference_micros),
        old_fees=of(line.fees.old_micros), new_fees=of(line.fees.new_micros),
        once=of(line.fees.once_micros), old_margin=maybe(line.old_margin_micros),
        new_margin=maybe(line.new_margin_micros),
    )  # fmt: skip


def destination(row: Row) -> DestinationOut:
    """A row by prefix."""
    return DestinationOut(prefix=row.name, **figures(row))


def figures(row: Row) -> dict[str, Any]:
    """A row's figures."""
    one, currency = row.figures, row.currency
    return {
        "calls": one.calls, "changed": one.changed, "not_priced": one.refused,
        "old": money(one.old_micros, currency), "new": money(one.new_micros, currency),
        "difference": money(one.difference_micros, currency),
    }  # fmt: skip
