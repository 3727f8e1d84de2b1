"""Call plans: what is sold, in dated versions, and who is on which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from tollwright.core.billing.fees import (
    ANCHORS,
    INTERVALS,
    MOST_INTERVALS,
    PRORATIONS,
    TIMINGS,
    UNUSED,
)
from tollwright.core.money import MICRO, show
from tollwright.core.rating.legs import MAX_LIMIT, MAX_MARKUP_PPM, CostPlus
from tollwright.data.customers import Campaign, Customer
from tollwright.data.plans import CallPlan, PlanFee, PlanVersion, Subscription
from tollwright.data.rates import RateCard
from tollwright.data.scope import current_tenant_id
from tollwright.domain import validation
from tollwright.domain.audit.operations import By, record
from tollwright.domain.errors import DomainError
from tollwright.domain.events.operations import record as tell
from tollwright.domain.plans import queries

FEE_KINDS = ("registration", "subscription", "support")
FEE_TERMS = ("interval", "interval_count", "anchor", "timing", "proration", "of_days", "unused")
ROUTING = ("least_cost", "quality", "priority", "percentage")
MOST_FEE_MICROS = 10**9 * 10**6
PER_CALL = {"fixed": "The fixed part", "floor": "The least", "cap": "The most"}


class PlanCodeTaken(DomainError):
    """Another plan of this provider has the code."""

    kind, code = "conflict", "plan_code_taken"


class PlanVersionPublished(DomainError):
    """A published version never changes."""

    kind, code = "conflict", "plan_version_published"


class PlanRefused(DomainError):
    """The parts of a plan, or a plan and a customer, do not fit each other."""

    code = "plan_refused"


class SubscriptionOverlaps(DomainError):
    """The customer or campaign is on a plan in that time already."""

    kind, code = "conflict", "subscription_overlaps"


@transaction.atomic
def create_plan(*, code: str, name: str, at: datetime, by: By) -> CallPlan:
    """Add a plan; what it sells is said by its versions. Raises PlanCodeTaken, FieldInvalid."""
    fields = {
        "code": validation.text("code", code, longest=40),
        "name": validation.text("name", name, longest=200),
    }
    taken = PlanCodeTaken(f"There is a plan with the code {code!r} already: choose another.")
    with validation.explained({"call_plan_code_once": taken}):
        plan = CallPlan.objects.create(tenant_id=current_tenant_id(), created_at=at, **fields)
    record(
        by=by, at=at, action="plan.created", subject="call_plan", subject_id=plan.pk, after=fields
    )
    return plan


@transaction.atomic
def draft_version(
    *,
    plan: CallPlan,
    card: RateCard,
    currency: str,
    routing_policy: str = "least_cost",
    cost_plus: CostPlus | None = None,
    fees: Sequence[Mapping[str, object]] = (),
    at: datetime,
    by: By,
) -> PlanVersion:
    """Draft the plan's next version: calls by `card`, and fees.

    With `cost_plus` a call's price comes from what it costs; the card, which must not give
    allowances, then says what is open, which seconds are billed, and the rounding.
    A fee: kind (registration: once; subscription, support: per period), name, amount_micros of the
    version's currency, timing (advance or arrears; advance when left out).
    Raises PlanRefused, FieldInvalid.
    """
    currency = validation.currency(currency)
    if card.side != "sell":
        raise PlanRefused(f"{card.name} is a card to buy by: a plan sells by a sell card.")
    if card.currency != currency:
        raise PlanRefused(f"{card.name} is in {card.currency}, the plan would be in {currency}.")
    CallPlan.objects.select_for_update().get(pk=plan.pk)
    last = plan.versions.aggregate(last=Max("number"))["last"] or 0
    version = PlanVersion.objects.create(
        tenant_id=current_tenant_id(),
        plan=plan,
        number=last + 1,
        currency=currency,
        card=card,
        routing_policy=validation.one_of("routing_policy", routing_policy, ROUTING),
        created_at=at,
        **_pricing(cost_plus, currency),
    )
    made = PlanFee.objects.bulk_create(
        [_fee(version, place, fee) for place, fee in enumerate(fees, 1)]
    )
    record(
        by=by, at=at, action="plan_version.drafted", subject="plan_version", subject_id=version.pk,
        after=_told(version, made),
    )  # fmt: skip
    return version


def _pricing(terms: CostPlus | None, currency: str) -> dict[str, Any]:
    """The columns that say how calls are priced; raises FieldInvalid for what no price can be."""
    if terms is None:
        return {"pricing": "card"}
    percent = show(terms.markup_ppm * 100)
    if terms.markup_ppm < -MICRO:
        raise validation.FieldInvalid(
            "markup_percent", f"A markup of {percent} % is less than nothing: -100 % is the least."
        )
    if terms.markup_ppm > MAX_MARKUP_PPM:
        most = show(MAX_MARKUP_PPM * 100)
        raise validation.FieldInvalid(
            "markup_percent", f"A markup of {percent} % is too large: at most {most} % is possible."
        )
    limits = {"fixed": terms.fixed_micros, "floor": terms.floor_micros, "cap": terms.cap_micros}
    for name, amount in limits.items():
        if amount is not None and not 0 <= amount <= MAX_LIMIT:
            raise validation.FieldInvalid(
                name,
                f"{PER_CALL[name]} is {show(amount)}: from 0 to {show(MAX_LIMIT)} {currency} a call"
                " is possible.",
            )
    floor, cap = terms.floor_micros, terms.cap_micros
    if floor is not None and cap is not None and floor > cap:
        raise validation.FieldInvalid(
            "floor",
            f"At least {show(floor)} and at most {show(cap)} {currency} a call exclude each other:"
            " lower the one or raise the other.",
        )
    return {"pricing": "cost_plus", **asdict(terms)}


def _fee(version: PlanVersion, place: int, fee: Mapping[str, object]) -> PlanFee:
    unknown = fee.keys() - {"kind", "name", "amount_micros", *FEE_TERMS}
    if unknown:
        raise validation.FieldInvalid(
            "fees", f"Fee {place} has unknown keys: {', '.join(unknown)}."
        )
    amount = fee.get("amount_micros")
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise validation.FieldInvalid("fees", f"Fee {place} needs amount_micros, a whole number.")
    if not 0 <= amount <= MOST_FEE_MICROS:
        raise validation.FieldInvalid(
            "fees", f"Fee {place} is {show(amount)}: from 0 to {show(MOST_FEE_MICROS)} is possible."
        )
    kind = validation.one_of("kind", str(fee.get("kind", "")), FEE_KINDS)
    return PlanFee(
        tenant_id=version.tenant_id,
        version=version,
        kind=kind,
        name=validation.text("name", str(fee.get("name", "")), longest=200),
        amount_micros=amount,
        **_fee_terms(place, kind, fee),
    )


def _fee_terms(place: int, kind: str, fee: Mapping[str, object]) -> dict[str, Any]:
    """How often, counted from when, billed when, and which part of an interval costs what."""
    usual = "once" if kind == "registration" else "month"
    found = {
        name: validation.one_of(name, str(fee.get(name) or default), possible)
        for name, default, possible in (
            ("interval", usual, INTERVALS),
            ("timing", "advance", TIMINGS),
            ("anchor", "calendar", ANCHORS),
            ("proration", "day", PRORATIONS),
            ("unused", "give_back", UNUSED),
        )
    }
    count, of_days = fee.get("interval_count") or 1, fee.get("of_days")
    if kind == "registration" and found["interval"] != "once":
        raise _refused(place, "a registration is due once: it has no interval.")
    most = 1 if found["interval"] == "once" else MOST_INTERVALS
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= most:
        raise _refused(place, f"it is due every 1 to {most} intervals, a whole number.")
    if of_days is not None:
        if of_days != 30 or isinstance(of_days, bool):
            raise _refused(place, "days are of the month's own number, or of 30.")
        if (found["interval"], count, found["proration"]) != ("month", 1, "day"):
            raise _refused(place, "only a monthly fee by days is a share of 30.")
    return {**found, "interval_count": count, "of_days": of_days}


def _refused(place: int, why: str) -> validation.FieldInvalid:
    return validation.FieldInvalid("fees", f"Fee {place}: {why}")


def _told(version: PlanVersion, fees: Sequence[PlanFee]) -> dict[str, object]:
    return {
        "plan": version.plan.code,
        "version": version.number,
        "card": version.card.code,
        "currency": version.currency,
        "routing_policy": version.routing_policy,
        "pricing": version.pricing,
        **(asdict(version.cost_plus) if version.cost_plus else {}),
        "fees": [
            {"kind": fee.kind, "name": fee.name, **asdict(fee.terms)}
            for fee in fees
        ],
    }  # fmt: skip


@transaction.atomic
def discard_draft(*, version: PlanVersion, at: datetime, by: By) -> None:
    """Take a draft and its fees away. Raises PlanVersionPublished."""
    _only_draft(version)
    told, pk = _told(version, list(version.fees.all())), version.pk
    version.fees.all().delete()
    version.delete()
    record(
        by=by, at=at, action="plan_version.discarded", subject="plan_version", subject_id=pk,
        before=told,
    )  # fmt: skip


@transaction.atomic
def publish_version(*, version: PlanVersion, at: datetime, by: By) -> PlanVersion:
    """Let customers subscribe to a draft; it never changes afterwards.

    Raises PlanVersionPublished; PlanRefused when its card has no published version, or has one
    with allowances while the plan prices from the cost.
    """
    _only_draft(version)
    card = RateCard.objects.select_for_update().get(pk=version.card_id)  # no version beside this
    if not card.versions.filter(status="published").exists():
        raise PlanRefused(
            f"The card {card.name} has no published version: publish its prices first."
        )
    giving = queries.gives_allowances(card) if version.pricing == "cost_plus" else None
    if giving is not None:
        raise PlanRefused(
            f"{version} prices from the cost, and {giving} gives allowances: a plan does one or the"
            " other. Draft it with a card that never gave any."
        )
    version.status = "published"
    version.published_at = at
    version.published_by = by.actor[:200]
    version.save(update_fields=["status", "published_at", "published_by"])
    record(
        by=by, at=at, action="plan_version.published", subject="plan_version",
        subject_id=version.pk, after=_told(version, list(version.fees.all())),
    )  # fmt: skip
    tell(
        "plan_version.published", object_id=version.pk, at=at,
        payload={"id": version.pk, "plan": version.plan_id, "number": version.number},
    )  # fmt: skip
    return version


def _only_draft(version: PlanVersion) -> None:
    status = PlanVersion.objects.select_for_update().values_list("status", flat=True)
    if status.get(pk=version.pk) != "draft":
        raise PlanVersionPublished(f"{version} is published: it stays, make a new version.")


@transaction.atomic
def subscribe(
    *,
    customer: Customer,
    version: PlanVersion,
    campaign: Campaign | None = None,
    starts_on: date,
    ends_on: date | None = None,
    end_earlier: bool = False,
    at: datetime,
    by: By,
) -> Subscription:
    """Put a customer, or one of its campaigns, on a plan from a day on (to a day, inclusive).

    One plan at a time: where another runs on that day, `end_earlier` ends it the day before;
    without it SubscriptionOverlaps is raised, as it is where another begins later. Raises
    PlanRefused for a draft, for another currency and for another customer's campaign.
    """
    _suits(customer, version, campaign)
    if ends_on is not None and ends_on < starts_on:
        raise validation.FieldInvalid("ends_on", "The subscription would end before it begins.")
    locked = Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    _keep_anchor(locked, starts_on)
    _make_room(customer, campaign, starts_on, ends_on, end_earlier=end_earlier, at=at, by=by)
    made = Subscription.objects.create(
        tenant_id=current_tenant_id(),
        version=version,
        customer=customer,
        campaign=campaign,
        starts_on=starts_on,
        ends_on=ends_on,
        created_at=at,
    )
    record(
        by=by, at=at, action="subscription.begun", subject="subscription", subject_id=made.pk,
        after={"customer": customer.code, "campaign": campaign.code if campaign else "",
               "plan": str(version), "starts_on": starts_on, "ends_on": ends_on},
    )  # fmt: skip
    return made


def _keep_anchor(customer: Customer, starts_on: date) -> None:
    """Store the day that anniversaries count from, once: no later plan moves it."""
    if customer.billing_anchor is None:
        first = queries.subscriptions(customer=customer).first()
        customer.billing_anchor = first.starts_on if first else starts_on
        customer.save(update_fields=["billing_anchor"])


def _suits(customer: Customer, version: PlanVersion, campaign: Campaign | None) -> None:
    if version.status != "published":
        raise PlanRefused(f"{version} is a draft: publish it before anyone subscribes.")
    if version.currency != customer.currency:
        raise PlanRefused(
            f"{version} is in {version.currency}, {customer.name} pays in {customer.currency}."
        )
    if campaign is not None and campaign.customer_id != customer.pk:
        raise PlanRefused(f"The campaign {campaign.code} is not one of {customer.name}.")


def _make_room(
    customer: Customer,
    campaign: Campaign | None,
    starts_on: date,
    ends_on: date | None,
    *,
    end_earlier: bool,
    at: datetime,
    by: By,
) -> None:
    for other in queries.overlapping(customer, campaign, starts_on, ends_on):
        whose = f"campaign {campaign.code}" if campaign is not None else customer.name
        until = f" to {other.ends_on}" if other.ends_on else ""
        told = f"{whose} is on {other.version} from {other.starts_on}{until}"
        if other.starts_on >= starts_on:
            raise SubscriptionOverlaps(f"{told}: end that first, or choose another first day.")
        if not end_earlier:
            raise SubscriptionOverlaps(
                f"{told}: say that it is to end on {starts_on - timedelta(days=1)}, "
                "or choose another first day."
            )
        end_subscription(subscription=other, ends_on=starts_on - timedelta(days=1), at=at, by=by)


@transaction.atomic
def end_subscription(
    *, subscription: Subscription, ends_on: date, at: datetime, by: By
) -> Subscription:
    """Let a subscription run to `ends_on`, inclusive. Raises SubscriptionOverlaps, FieldInvalid."""
    if ends_on < subscription.starts_on:
        raise validation.FieldInvalid(
            "ends_on", f"The subscription begins on {subscription.starts_on}: it cannot end before."
        )
    others = queries.overlapping(
        subscription.customer, subscription.campaign, subscription.starts_on, ends_on
    ).exclude(pk=subscription.pk)
    other = others.first()
    if other is not None:
        raise SubscriptionOverlaps(f"On {other.starts_on} {other.version} begins: end it before.")
    before = subscription.ends_on
    subscription.ends_on = ends_on
    subscription.save(update_fields=["ends_on"])
    record(
        by=by, at=at, action="subscription.ended", subject="subscription",
        subject_id=subscription.pk, before={"ends_on": before}, after={"ends_on": ends_on},
    )  # fmt: skip
    return subscription
