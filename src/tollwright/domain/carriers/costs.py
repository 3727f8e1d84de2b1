"""What calls cost the provider: where that is not known, why, and how to price it afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from tollwright.core.instants import micros_of
from tollwright.data.calls import Call, Charge
from tollwright.data.scope import current_tenant_id
from tollwright.domain import validation
from tollwright.domain.audit.operations import By, record
from tollwright.domain.database import database_cursor
from tollwright.domain.tenants.queries import current_tenant
from tollwright.engine.rating.cost_plus import UNKNOWN_TRUNK
from tollwright.engine.resale import legs as engine
from tollwright.engine.resale.batch import BatchContext
from tollwright.engine.resale.legs import Costed, stored_calls
from tollwright.store import legs as store

COSTS = ("buy", "parent")
NO_TRUNK = UNKNOWN_TRUNK


@dataclass(frozen=True, slots=True)
class Filled:
    """How many calls got their cost, and why others did not (reason: how many);
    `priced_individually` of their
    legs, those over a change of card version, were priced outside the kernel."""

    charged: int
    reasons: dict[str, int]
    priced_individually: int = 0

    @property
    def sentence(self) -> str:
        """What became of them, for people."""
        told = f"{self.charged:,} calls were priced."
        if self.priced_individually:
            told += (
                f" {self.priced_individually:,} legs over a change of card version went one by one."
            )
        return told


@transaction.atomic
def price_missing(*, first: datetime, last: datetime, at: datetime, by: By) -> Filled:
    """Price what calls started in [first, last) cost, where they cost nothing yet; by the trunks,
    cards and versions that hold for the moment of each answer. Raises FieldInvalid."""
    validation.aware("first", first)
    if validation.aware("last", last) <= first:
        raise validation.FieldInvalid("last", "The time ends before it begins.")
    tenant, cursor = current_tenant(), database_cursor()
    found = Costed()
    for batch_id, source_id in store.fetch_batches_without_cost(cursor, first=first, last=last):
        place = BatchContext(tenant.pk, source_id, batch_id, tenant.timezone, at)
        found.add(engine.fill(cursor, place, first=first, last=last))
    told = dict(found.reasons.most_common())
    record(
        by=by, at=at, action="costs.priced", subject="call", subject_id=current_tenant_id(),
        after={"first": first, "last": last, "charged": found.charged, "reasons": [*told]},
    )  # fmt: skip
    return Filled(found.charged, told, found.priced_individually)


def without_cost(*, first: datetime, last: datetime) -> QuerySet[Call]:
    """Answered calls started in [first, last) that cost the provider nothing, the newest first."""
    costs = Charge.objects.filter(
        call_id=OuterRef("pk"), started_at=OuterRef("started_at"), is_current=True, leg__in=COSTS,
        started_at__gte=first, started_at__lt=last,
    )  # fmt: skip
    found = Call.objects.filter(
        ~Exists(costs), tenant_id=current_tenant_id(), is_current=True, answered_at__isnull=False,
        started_at__gte=first, started_at__lt=last,
    )  # fmt: skip
    return found.select_related("customer", "campaign").order_by("-started_at", "-id")


def why_no_cost(calls: Sequence[Call], *, at: datetime) -> dict[int, str]:
    """By the call's id, why nobody can say what it costs; as things stand now."""
    tenant, cursor = current_tenant(), database_cursor()
    legs = engine.opened(cursor, BatchContext(tenant.pk, 0, 0, tenant.timezone, at))
    if legs is None or not calls:
        return dict.fromkeys((call.pk for call in calls), NO_TRUNK)
    why = legs.why(stored_calls([_row(call) for call in calls]))
    return {call.pk: why.at(place) for place, call in enumerate(calls)}


def _row(call: Call) -> store.AnsweredCall:
    if call.answered_at is None:
        raise ValueError("a call that was not answered costs nothing")
    return store.AnsweredCall(
        call.pk, micros_of(call.started_at), micros_of(call.answered_at), call.answered_ms,
        call.customer_id, call.campaign_id, call.caller, call.called, call.trunk,
        call.cause, call.disposition,
    )  # fmt: skip
