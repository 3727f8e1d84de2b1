"""What a period of a plan comes to, from facts in the request: nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from tollwright.core.charges.bundles import Grant
from tollwright.core.charges.exact import exact
from tollwright.core.charges.facts_file import FactsReader, as_row, calls_of
from tollwright.core.charges.plan import Plan
from tollwright.core.charges.plan_file import PlanError, converted, plan_for
from tollwright.core.charges.price_plan import (
    Asked,
    NothingToPrice,
    Subscription,
    as_data,
    price_plan,
)
from tollwright.core.money import MoneyError
from tollwright.domain.validation import FieldInvalid
from tollwright.web.api.keys import require

router = Router(tags=["plans"])
MOST = 10_000  # records of a request; longer ones are for the command
Records = Annotated[list[dict[str, Any]], Field(max_length=MOST, default_factory=list)]
Object = Annotated[dict[str, Any], Field(default_factory=dict)]


class PriceIn(Schema):
    """The files of `tollwright price-plan`, as JSON."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    plan: dict[str, Any]
    since: Annotated[date, Field(alias="from", description="the first day")]
    until: Annotated[date, Field(alias="to", description="the day after the last")]
    facts: Records
    calls: Records
    overlay: dict[str, Any] | None = None
    subscription: Object
    grants: Records
    profile: Annotated[dict[str, str | int], Field(default_factory=dict)]


class PlanLineOut(Schema):
    """A line; amounts are texts, quantities whole numbers or exact texts in base units."""

    item: Annotated[str, Field(description="a code, or code:minimum, a premium, minimum, sla, …")]
    campaign: str | None
    quantity: int | str
    amount: Annotated[str, Field(examples=["83.20"])]
    how: str
    campaigns: Annotated[
        dict[str, str] | None, Field(description="the amount's parts, of several campaigns")
    ] = None


class FaultOut(Schema):
    """A record that was not priced."""

    index: Annotated[int, Field(description="its place, from 0; -1: of the whole")]
    key: str
    code: str
    message: str


class PriceOut(Schema):
    """What the period comes to."""

    lines: list[PlanLineOut]
    total: str
    grants: dict[str, Any]
    faults: list[FaultOut]


@router.post("/plans/price", response=PriceOut, summary="Price a period of a plan")
def price(request: HttpRequest, payload: PriceIn) -> PriceOut:
    """From facts in the request; the plan is its file form (docs/price-plan.md)."""
    require(request, "read")
    if payload.until <= payload.since:
        raise FieldInvalid("to", "It is the day after the last one: it comes after from.")
    try:
        plan = plan_for(payload.plan, payload.overlay, first=payload.since, end=payload.until)
        reader = FactsReader(plan.timezone, plan.currency)
        facts = reader.read_records(_rows(payload.facts, "Fact"))
        facts = facts.with_calls(*calls_of(_texts(payload.calls), plan.timezone))
        priced = price_plan(plan, facts, _asked(plan, payload))
    except PlanError as error:
        raise FieldInvalid("plan", " ".join(error.faults)) from None
    except NothingToPrice as error:
        raise FieldInvalid("subscription", str(error)) from None
    faults = [
        FaultOut(index=one.place - 1, key=one.key, code=one.code, message=one.message)
        for one in priced.faults
    ]
    return PriceOut.model_validate(as_data(priced, plan.currency) | {"faults": faults})


def _asked(plan: Plan, payload: PriceIn) -> Asked:
    return Asked(
        payload.since,
        payload.until,
        converted(payload.subscription, Subscription, "The subscription"),
        [converted(one, Grant, f"Grant {n}") for n, one in enumerate(payload.grants)],
        _profile(plan, payload.profile),
    )


def _profile(plan: Plan, told: Mapping[str, str | int]) -> dict[str, Fraction]:
    codes = {item.code for item in plan.items}
    if odd := sorted(set(told) - codes):
        raise FieldInvalid("profile", f"The plan has no item {', '.join(odd)}.")
    try:
        return {code: exact(value) for code, value in told.items()}
    except MoneyError as error:
        raise FieldInvalid("profile", f"{error}.") from None


def _rows(records: Sequence[Any], what: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for place, record in enumerate(records):
        yield place + 1, as_row(record, f"{what} {place}")


def _texts(records: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    known = {"call_key", "campaign", "answered_at", "seconds", "amount"}
    for place, record in enumerate(records):
        if odd := sorted(set(record) - known):
            raise PlanError([f"Call {place} names {', '.join(odd)}, which nobody reads."])
        yield place + 1, {name: str(value) for name, value in record.items() if value is not None}
