"""Carriers, the trunks that lead to them, and the buy cards that say what they take."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from tollwright.data.carriers import Carrier, CarrierCard, Trunk
from tollwright.data.rates import RateCard
from tollwright.data.scope import current_tenant_id
from tollwright.domain import validation
from tollwright.domain.audit.operations import By, record
from tollwright.domain.carriers import queries
from tollwright.domain.errors import DomainError


class CarrierCodeTaken(DomainError):
    """Another carrier of this provider has the code."""

    kind, code = "conflict", "carrier_code_taken"


class TrunkTaken(DomainError):
    """The trunk leads to another carrier at that time."""

    kind, code = "conflict", "trunk_taken"


class TrunkEnded(DomainError):
    """The trunk cannot end then."""

    kind, code = "conflict", "trunk_period"


class NotABuyCard(DomainError):
    """Customers pay by sell cards; what a carrier takes stands on a buy card."""

    kind, code = "conflict", "not_a_buy_card"


@transaction.atomic
def create_carrier(*, code: str, name: str, at: datetime, by: By) -> Carrier:
    """Add who terminates calls. Raises CarrierCodeTaken, FieldInvalid."""
    fields = {"code": validation.code(code), "name": validation.text("name", name, longest=200)}
    with validation.explained({"carrier_code_once": _taken(fields["code"])}):
        carrier = Carrier.objects.create(tenant_id=current_tenant_id(), created_at=at, **fields)
    record(
        by=by, at=at, action="carrier.created", subject="carrier", subject_id=carrier.pk,
        after=fields,
    )  # fmt: skip
    return carrier


@transaction.atomic
def rename_carrier(*, carrier: Carrier, code: str, name: str, at: datetime, by: By) -> Carrier:
    """Give a carrier another code or name. Raises CarrierCodeTaken, FieldInvalid."""
    fields = {"code": validation.code(code), "name": validation.text("name", name, longest=200)}
    before, changed = validation.change(carrier, fields)
    if not changed:
        return carrier
    with validation.explained({"carrier_code_once": _taken(carrier.code)}):
        carrier.save(update_fields=changed)
    record(
        by=by, at=at, action="carrier.renamed", subject="carrier", subject_id=carrier.pk,
        before=before, after={name: getattr(carrier, name) for name in changed},
    )  # fmt: skip
    return carrier


@transaction.atomic
def add_trunk(
    *,
    carrier: Carrier,
    value: str,
    valid_from: datetime,
    valid_to: datetime | None = None,
    at: datetime,
    by: By,
) -> Trunk:
    """From `valid_from` on (until before `valid_to`) calls over this trunk are the carrier's.

    `value` is what the switch writes, or its beginning and a `*`. Raises TrunkTaken when it leads
    to another carrier in that time; FieldInvalid.
    """
    fields = {
        "value": _trunk_value(value),
        "valid_from": validation.aware("valid_from", valid_from),
        "valid_to": valid_to,
    }
    if valid_to is not None and validation.aware("valid_to", valid_to) <= valid_from:
        raise validation.FieldInvalid("valid_to", "The trunk would end before it begins.")
    trunk = Trunk(tenant_id=current_tenant_id(), carrier=carrier, **fields)
    _save_if_free(trunk)
    record(
        by=by, at=at, action="trunk.added", subject="trunk", subject_id=trunk.pk,
        after=fields | {"carrier": carrier.code},
    )  # fmt: skip
    return trunk


@transaction.atomic
def end_trunk(*, trunk: Trunk, valid_to: datetime, at: datetime, by: By) -> Trunk:
    """Let a trunk lead to its carrier until before `valid_to` only.

    Raises TrunkEnded when that is before it begins; TrunkTaken when a later end than it had would
    reach into another carrier's time.
    """
    if validation.aware("valid_to", valid_to) <= trunk.valid_from:
        raise TrunkEnded(
            f"Trunk {trunk} begins {trunk.valid_from:%Y-%m-%d %H:%M} UTC: it cannot end before."
        )
    before = trunk.valid_to
    trunk.valid_to = valid_to
    _save_if_free(trunk)
    record(
        by=by, at=at, action="trunk.ended", subject="trunk", subject_id=trunk.pk,
        before={"valid_to": before}, after={"valid_to": valid_to},
    )  # fmt: skip
    return trunk


@transaction.atomic
def assign_card(
    *, carrier: Carrier, card: RateCard, valid_from: datetime, at: datetime, by: By
) -> CarrierCard:
    """Calls answered from `valid_from` on cost what this buy card says, until another is assigned.

    Calls that are priced already stay as they are. Raises NotABuyCard, FieldInvalid.
    """
    if card.side != "buy":
        raise NotABuyCard(
            f"{card.name} is a sell card: what {carrier.name} takes stands on a card of side buy."
        )
    moment = validation.aware("valid_from", valid_from)
    assigned = CarrierCard.objects.create(
        tenant_id=current_tenant_id(), carrier=carrier, card=card, valid_from=moment
    )
    record(
        by=by, at=at, action="carrier.card_assigned", subject="carrier", subject_id=carrier.pk,
        after={"card": card.code, "valid_from": moment},
    )  # fmt: skip
    return assigned


def _save_if_free(trunk: Trunk) -> None:
    try:
        with transaction.atomic():
            trunk.save()
    except IntegrityError as error:
        other = queries.overlapping(trunk)
        if other is None:
            raise
        until = "" if other.valid_to is None else f" to {other.valid_to:%Y-%m-%d %H:%M} UTC"
        raise TrunkTaken(
            f"Trunk {trunk.value!r} leads to {other.carrier.name} already, from"
            f" {other.valid_from:%Y-%m-%d %H:%M} UTC{until}: end that one first, or choose a time"
            " outside it."
        ) from error


def _trunk_value(value: str) -> str:
    found = validation.text("value", value, longest=100)
    if "*" in found[:-1]:
        raise validation.FieldInvalid(
            "value", f"{value!r}: a * stands at the end only, as in gw-*."
        )
    return found


def _taken(code: str) -> CarrierCodeTaken:
    return CarrierCodeTaken(f"There is a carrier with the code {code!r} already: choose another.")
