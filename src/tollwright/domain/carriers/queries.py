"""Carriers with their trunks and buy cards."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery

from tollwright.data.carriers import Carrier, CarrierCard, Trunk
from tollwright.data.scope import current_tenant_id
from tollwright.domain.errors import NotFound
from tollwright.domain.lookup import by_id


def carriers(*, at: datetime | None = None) -> QuerySet[Carrier]:
    """The provider's carriers by name; `at` adds `card_name` and `card_id`, of the card then."""
    found = Carrier.objects.filter(tenant_id=current_tenant_id()).order_by("name", "id")
    if at is None:
        return found
    held = CarrierCard.objects.filter(carrier_id=OuterRef("pk"), valid_from__lte=at).order_by(
        "-valid_from", "-id"
    )
    return found.annotate(
        card_id=Subquery(held.values("card_id")[:1]),
        card_name=Subquery(held.values("card__name")[:1]),
    )


def carriers_with_terms() -> QuerySet[Carrier]:
    """The carriers by name, each with its trunks and cards read in two queries for all of them:
    `trunks` by text, `cards` the one that begins last first."""
    return carriers().prefetch_related(
        Prefetch("trunks", Trunk.objects.order_by("value", "valid_from")),
        Prefetch(
            "cards", CarrierCard.objects.select_related("card").order_by("-valid_from", "-id")
        ),
    )


def carrier_by_id(pk: int) -> Carrier:
    """With its trunks and cards. Raises NotFound."""
    return by_id(carriers_with_terms(), pk, "carrier")


def trunk_by_id(pk: int) -> Trunk:
    """Raises NotFound."""
    return by_id(Trunk.objects.select_related("carrier"), pk, "trunk")


def carrier_by_code(code: str) -> Carrier:
    """Raises NotFound."""
    found = carriers().filter(code=code).first()
    if found is None:
        raise NotFound(f"There is no carrier with the code {code!r}.")
    return found


def trunks(*, carrier: Carrier) -> QuerySet[Trunk]:
    """A carrier's trunks by text, then by when they begin."""
    return Trunk.objects.filter(tenant_id=current_tenant_id(), carrier=carrier).order_by(
        "value", "valid_from"
    )


def cards(*, carrier: Carrier) -> QuerySet[CarrierCard]:
    """The buy cards of a carrier, the one that begins last first."""
    found = CarrierCard.objects.filter(tenant_id=current_tenant_id(), carrier=carrier)
    return found.select_related("card").order_by("-valid_from", "-id")


def overlapping(wanted: Trunk) -> Trunk | None:
    """The trunk of the same text whose time overlaps the wanted one's, if any."""
    others = Trunk.objects.filter(tenant_id=current_tenant_id(), value=wanted.value)
    others = others.exclude(pk=wanted.pk).select_related("carrier")
    others = others.filter(Q(valid_to=None) | Q(valid_to__gt=wanted.valid_from))
    if wanted.valid_to is not None:
        others = others.filter(valid_from__lt=wanted.valid_to)
    return others.order_by("valid_from").first()


def carriers_with_counts(*, at: datetime) -> QuerySet[Carrier]:
    """The carriers with their card at `at`, and how many trunks lead to each then or later."""
    held = Q(trunks__valid_to=None) | Q(trunks__valid_to__gt=at)
    return carriers(at=at).annotate(trunk_count=Count("trunks", filter=held))
