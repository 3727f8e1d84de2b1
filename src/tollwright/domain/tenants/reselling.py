"""Tenants that sell to tenants: whose customer a reseller is, and from when on.

Both sides say so, each in its own rows: the reseller names its parent, the parent names the
campaign. That is the operator's to write, who may speak for both.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from tollwright.data.calls import Source
from tollwright.data.customers import Campaign
from tollwright.data.scope import current_tenant_id, tenant_scope
from tollwright.data.tenants import Reseller, Tenant
from tollwright.domain import validation
from tollwright.domain.audit.operations import By, record
from tollwright.domain.errors import DomainError
from tollwright.domain.tenants.queries import current_tenant


class HasAnotherParent(DomainError):
    """A tenant buys from one other at most, and stays with it."""

    kind, code = "conflict", "has_another_parent"


class SellsToItself(DomainError):
    """The chain of parents would come back to where it began."""

    kind, code = "conflict", "sells_to_itself"


class SoldAlready(DomainError):
    """At that time the reseller's calls are another campaign's, or the same one's already."""

    kind, code = "conflict", "reseller_sold_already"


@transaction.atomic
def sell_to(
    *,
    reseller_id: int,
    campaign: Campaign,
    valid_from: datetime,
    valid_to: datetime | None = None,
    at: datetime,
    by: By,
) -> Reseller:
    """From `valid_from` on, a tenant's calls that no carrier of its own carries are calls of this
    tenant's campaign: priced by its plan and rules, billed to its customer.

    Calls that are priced already stay as they are. Raises HasAnotherParent, SellsToItself,
    SoldAlready, FieldInvalid.
    """
    validation.aware("valid_from", valid_from)
    if valid_to is not None and validation.aware("valid_to", valid_to) <= valid_from:
        raise validation.FieldInvalid("valid_to", "It would end before it begins.")
    parent = current_tenant()
    _no_circle(parent, reseller_id)
    _is_free(reseller_id, campaign, valid_from, valid_to)
    slug = _take_parent(reseller_id, parent, at, by)
    source = _source(parent, slug, at)
    sold = Reseller.objects.create(
        tenant_id=current_tenant_id(), reseller_id=reseller_id, campaign=campaign, source=source,
        valid_from=valid_from, valid_to=valid_to,
    )  # fmt: skip
    record(
        by=by, at=at, action="reseller.sold_to", subject="reseller", subject_id=sold.pk,
        after={
            "reseller": slug, "campaign": campaign.code, "valid_from": valid_from,
            "valid_to": valid_to,
        },
    )  # fmt: skip
    return sold


@transaction.atomic
def end_selling(*, sold: Reseller, valid_to: datetime, at: datetime, by: By) -> Reseller:
    """Let a reseller's calls be the campaign's until before `valid_to` only. Raises FieldInvalid,
    SoldAlready when a later end than it had would reach into another campaign's time."""
    if validation.aware("valid_to", valid_to) <= sold.valid_from:
        raise validation.FieldInvalid("valid_to", "It would end before it begins.")
    _is_free(sold.reseller_id, sold.campaign, sold.valid_from, valid_to, but=sold.pk)
    before, sold.valid_to = sold.valid_to, valid_to
    sold.save(update_fields=["valid_to"])
    record(
        by=by, at=at, action="reseller.ended", subject="reseller", subject_id=sold.pk,
        before={"valid_to": before}, after={"valid_to": valid_to},
    )  # fmt: skip
    return sold


def resellers() -> QuerySet[Reseller]:
    """Whom this tenant sells to, as which campaign, the latest first."""
    found = Reseller.objects.filter(tenant_id=current_tenant_id())
    return found.select_related("campaign__customer", "source").order_by("-valid_from", "-id")


def _no_circle(parent: Tenant, reseller_id: int) -> None:
    above: int | None = parent.pk
    while above is not None:
        if above == reseller_id:
            raise SellsToItself(
                f"{parent.name} cannot sell to it: it buys from it, or is it itself."
            )
        with tenant_scope(above):
            above = current_tenant().parent_id


def _is_free(
    reseller_id: int,
    campaign: Campaign,
    valid_from: datetime,
    valid_to: datetime | None,
    but: int = 0,
) -> None:
    others = resellers().filter(reseller_id=reseller_id).exclude(pk=but)
    others = others.filter(Q(valid_to=None) | Q(valid_to__gt=valid_from))
    if valid_to is not None:
        others = others.filter(valid_from__lt=valid_to)
    other = others.first()
    if other is not None:
        raise SoldAlready(
            f"The reseller's calls are campaign {other.campaign.code} of"
            f" {other.campaign.customer.name} from {other.valid_from:%Y-%m-%d %H:%M} UTC on: end"
            f" that before {campaign.code} takes over."
        )


def _take_parent(reseller_id: int, parent: Tenant, at: datetime, by: By) -> str:
    """The reseller names its parent, in its own rows; its slug."""
    with tenant_scope(reseller_id):
        reseller = current_tenant()
        if reseller.parent_id is None:
            reseller.parent = parent
            reseller.save(update_fields=["parent"])
            record(
                by=by, at=at, action="tenant.buys_from", subject="tenant", subject_id=reseller_id,
                after={"parent": parent.slug},
            )  # fmt: skip
        elif reseller.parent_id != parent.pk:
            raise HasAnotherParent(f"{reseller.name} buys from another tenant, and stays with it.")
        return reseller.slug


def _source(parent: Tenant, slug: str, at: datetime) -> Source:
    """Where the reseller's calls come from, in the parent's books."""
    source, _ = Source.objects.get_or_create(
        tenant_id=parent.pk,
        code=f"reseller-{slug}"[:40],
        defaults={
            "name": f"Calls of {slug}",
            "format": "tollwright_json",
            "timezone": parent.timezone,
            "created_at": at,
        },
    )
    return source
