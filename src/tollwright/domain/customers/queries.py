"""Customers, campaigns and what their calls carry."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from tollwright.data.customers import Campaign, Customer, Identifier
from tollwright.data.scope import current_tenant_id
from tollwright.domain.errors import NotFound
from tollwright.domain.lookup import by_id


def customers(*, search: str = "", status: str = "") -> QuerySet[Customer]:
    """The provider's customers by name; `search` narrows by part of code, name or e-mail."""
    found = Customer.objects.filter(tenant_id=current_tenant_id()).select_related("legal_entity")
    if search:
        words = Q(code__icontains=search) | Q(name__icontains=search) | Q(email__icontains=search)
        found = found.filter(words)
    if status:
        found = found.filter(status=status)
    return found.order_by("name", "id")


def customer_by_id(pk: int) -> Customer:
    """Raises NotFound."""
    return by_id(customers(), pk, "customer")


def customer_by_code(code: str) -> Customer:
    """Raises NotFound."""
    found = customers().filter(code=code).first()
    if found is None:
        raise NotFound(f"There is no customer with the code {code!r}.")
    return found


def campaigns(*, customer: Customer | None = None) -> QuerySet[Campaign]:
    """The provider's campaigns by name, or one customer's."""
    found = Campaign.objects.filter(tenant_id=current_tenant_id()).select_related("customer")
    return (found if customer is None else found.filter(customer=customer)).order_by("name", "id")


def campaign_by_id(pk: int) -> Campaign:
    """Raises NotFound."""
    return by_id(campaigns(), pk, "campaign")


def campaign_by_code(code: str) -> Campaign:
    """Raises NotFound."""
    found = campaigns().filter(code=code).first()
    if found is None:
        raise NotFound(f"There is no campaign with the code {code!r}.")
    return found


def identifiers(
    *, campaign: Campaign | None = None, at: datetime | None = None
) -> QuerySet[Identifier]:
    """Identifiers by kind and value, all or those of a campaign; `at`: only those valid then."""
    found = Identifier.objects.filter(tenant_id=current_tenant_id())
    if campaign is not None:
        found = found.filter(campaign=campaign)
    if at is not None:
        found = found.filter(Q(valid_to=None) | Q(valid_to__gt=at), valid_from__lte=at)
    return found.select_related("campaign__customer").order_by("kind", "value", "valid_from")


def identifier_by_id(pk: int) -> Identifier:
    """Raises NotFound."""
    return by_id(identifiers(), pk, "identifier")


def overlapping(wanted: Identifier) -> Identifier | None:
    """The identifier of the same kind and value whose time overlaps the wanted one's, if any."""
    others = identifiers().filter(kind=wanted.kind, value=wanted.value).exclude(pk=wanted.pk)
    others = others.filter(Q(valid_to=None) | Q(valid_to__gt=wanted.valid_from))
    if wanted.valid_to is not None:
        others = others.filter(valid_from__lt=wanted.valid_to)
    return others.first()


def campaigns_with_identifiers(customer: Customer) -> QuerySet[Campaign]:
    """A customer's campaigns by name, each with its `identifiers`."""
    return campaigns(customer=customer).prefetch_related(Prefetch("identifiers", identifiers()))
