"""Which stored calls a re-rating or a what-if looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from tollwright.core.cards.card import MAX_DIGITS
from tollwright.data.calls import ImportBatch
from tollwright.data.carriers import Carrier
from tollwright.data.customers import Campaign, Customer
from tollwright.data.plans import PlanVersion
from tollwright.data.rates import CardVersion, RateCard
from tollwright.data.scope import current_tenant_id
from tollwright.domain import validation
from tollwright.domain.errors import DomainError, NotFound
from tollwright.domain.tenants.queries import current_tenant
from tollwright.store.rerate import Scope

EVER = datetime(1990, 1, 1, tzinfo=UTC)  # no call is older or later (a check in the schema)
NEVER = datetime(2100, 1, 1, tzinfo=UTC)
SELL, COST = "sell", "cost"
SIDES = {SELL: "sell", COST: "buy"}  # of the cards that price a leg


class EmptyPeriod(DomainError):
    """The period does not end after it begins."""

    code = "empty_period"


@dataclass(frozen=True, slots=True)
class CallScope:
    """Calls started in [first, last); each id narrows further, None: all.

    `card_id`: calls that are rated by a version of that card now; `plan_id`: of that plan;
    `prefix`: how the called number begins, international, with or without +. `leg` says of what:
    `sell`, what customers pay, or `cost`, what carriers take; then `carrier_id`: calls that are
    that carrier's by the trunks of now.
    """

    first: datetime = EVER
    last: datetime = NEVER
    customer_id: int | None = None
    campaign_id: int | None = None
    card_id: int | None = None
    plan_id: int | None = None
    batch_id: int | None = None
    prefix: str = ""
    leg: str = SELL
    carrier_id: int | None = None

    def told(self) -> dict[str, object]:
        """What is said, for the record; absent: not narrowed."""
        said = {key: value for key, value in asdict(self).items() if value not in (None, "", SELL)}
        for key, otherwise in (("first", EVER), ("last", NEVER)):
            moment = said.pop(key)
            if moment != otherwise:
                said[key] = moment.astimezone(UTC).isoformat()
        return said


def from_told(told: Mapping[str, object]) -> CallScope:
    """The scope of which `told` gave this."""
    return msgspec.convert(told, CallScope)


def stored(scope: CallScope) -> Scope:
    """The scope as the store takes it. Raises NotFound for ids of others, EmptyPeriod, FieldInvalid
    for what the leg has not."""
    _fits(scope)
    validation.aware("first", scope.first)
    validation.aware("last", scope.last)
    if scope.last <= scope.first:
        zone = current_tenant().timezone
        first, last = (
            f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
            for moment in (scope.first, scope.last)
        )
        raise EmptyPeriod(f"No time is from {first} to {last} ({zone}): end after the beginning.")
    _known(Customer, scope.customer_id, "customer")
    _known(Campaign, scope.campaign_id, "campaign")
    _known(ImportBatch, scope.batch_id, "file")
    _known(RateCard, scope.card_id, "card")
    _known(Carrier, scope.carrier_id, "carrier")
    return Scope(
        first=scope.first,
        last=scope.last,
        customer_id=scope.customer_id,
        campaign_id=scope.campaign_id,
        versions=None if scope.card_id is None else _versions(scope.card_id),
        plans=None if scope.plan_id is None else _plan_versions(scope.plan_id),
        batch_id=scope.batch_id,
        prefix=_digits(scope.prefix),
    )


Known = type[Customer] | type[Campaign] | type[ImportBatch] | type[RateCard] | type[Carrier]


def _fits(scope: CallScope) -> None:
    side = SIDES.get(scope.leg)
    if side is None:
        raise validation.FieldInvalid(
            "leg", f"There is no leg {scope.leg!r}: write sell (customers) or cost (carriers)."
        )
    if scope.leg == SELL and scope.carrier_id is not None:
        raise validation.FieldInvalid(
            "carrier", "Customers' charges are no carrier's: name a carrier with the leg cost only."
        )
    card = RateCard.objects.filter(tenant_id=current_tenant_id(), pk=scope.card_id or 0).first()
    if card is not None and card.side != side:
        raise validation.FieldInvalid(
            "card",
            f"{card.name} is a {card.side} card: the leg {scope.leg} is priced by {side} cards.",
        )


def _known(model: Known, pk: int | None, what: str) -> None:
    if pk is None:
        return
    if not model._default_manager.filter(tenant_id=current_tenant_id(), pk=pk).exists():
        raise NotFound(f"There is no {what} {pk}.")


def _versions(card_id: int) -> tuple[int, ...]:
    ids = CardVersion.objects.filter(card_id=card_id).order_by("id").values_list("id", flat=True)
    return tuple(ids)


def _plan_versions(plan_id: int) -> tuple[int, ...]:
    found = PlanVersion.objects.filter(tenant_id=current_tenant_id(), plan_id=plan_id)
    ids = tuple(found.order_by("id").values_list("id", flat=True))
    if not ids:
        raise NotFound(f"There is no plan {plan_id}.")
    return ids


def _digits(prefix: str) -> str:
    digits = prefix.strip().removeprefix("+").replace(" ", "")
    if digits and not (digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS):
        raise validation.FieldInvalid(
            "prefix", f"{prefix!r} is not the beginning of a number: write digits, as 4420."
        )
    return digits
