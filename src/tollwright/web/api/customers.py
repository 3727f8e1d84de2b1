"""Customers: who is billed."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from tollwright.domain.customers import operations, queries
from tollwright.domain.entities import Customer, LegalEntity
from tollwright.domain.ledger import queries as ledger
from tollwright.domain.tenants import queries as tenants
from tollwright.domain.validation import FieldInvalid
from tollwright.web.api.idempotency import once
from tollwright.web.api.keys import by, require
from tollwright.web.api.paging import Page, PagingQuery, page
from tollwright.web.api.shapes import Id, Instant, Money, given, money

router = Router(tags=["customers"])


class CustomerOut(Schema):
    """A customer."""

    id: int
    code: str
    name: str
    address: str
    country: str
    tax_id: str
    email: str
    currency: str
    timezone: str
    status: str
    legal_entity: int
    created_at: Instant


class CustomerDetail(CustomerOut):
    """A customer with what they owe: positive means they owe it."""

    balances: list[Money]


class CustomerIn(Schema):
    """A new customer. `legal_entity` may be left out where the provider has one only."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(max_length=40, examples=["ACME"])]
    name: str
    address: Annotated[str, Field(description="lines as printed, country last")]
    country: Annotated[str, Field(description="ISO 3166", examples=["DE"])]
    currency: Annotated[str, Field(description="ISO 4217", examples=["EUR"])]
    timezone: Annotated[str, Field(description="IANA", examples=["Europe/Berlin"])]
    tax_id: str = ""
    email: str = ""
    legal_entity: Id | None = None


class CustomerChange(Schema):
    """Fields to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    code: str = ""
    name: str = ""
    address: str = ""
    country: str = ""
    currency: str = ""
    timezone: str = ""
    tax_id: str = ""
    email: str = ""
    status: Annotated[str, Field(description="active, suspended or closed")] = ""


@router.get("", response=Page[CustomerOut], summary="List customers, newest first")
def list_customers(
    request: HttpRequest,
    paging: PagingQuery,
    search: Annotated[str, Query(description="part of code, name or e-mail")] = "",
    status: Annotated[str, Query(description="active, suspended or closed")] = "",
) -> object:
    """Every customer of the provider."""
    require(request, "read")
    return page(queries.customers(search=search, status=status), paging, _out)


@router.post("", response={201: CustomerDetail}, summary="Create a customer")
def create_customer(request: HttpRequest, payload: CustomerIn) -> HttpResponse:
    """Takes an Idempotency-Key."""
    require(request, "customers")
    fields = payload.model_dump(exclude={"legal_entity"})

    def work(_key: str) -> CustomerDetail:
        made = operations.create_customer(
            **fields, legal_entity=_entity(payload.legal_entity), at=timezone.now(), by=by(request)
        )
        return _detail(made)

    return once(request, work)


@router.get("/{int:customer_id}", response=CustomerDetail, summary="Get a customer")
def get_customer(request: HttpRequest, customer_id: int) -> CustomerDetail:
    """With balances by currency."""
    require(request, "read")
    return _detail(customer_of(customer_id))


@router.patch("/{int:customer_id}", response=CustomerDetail, summary="Change a customer")
def update_customer(
    request: HttpRequest, customer_id: int, payload: CustomerChange
) -> CustomerDetail:
    """Only what is sent changes."""
    require(request, "customers")
    changed = operations.update_customer(
        customer=customer_of(customer_id), at=timezone.now(), by=by(request), **given(payload)
    )
    return _detail(changed)


def customer_of(customer_id: int) -> Customer:
    """Raises NotFound."""
    return queries.customer_by_id(customer_id)


def _entity(entity_id: int | None) -> LegalEntity:
    if entity_id is not None:
        return tenants.legal_entity_by_id(entity_id)
    only = tenants.only_legal_entity()
    if only is None:
        raise FieldInvalid("legal_entity", "Say which legal entity signs this customer's invoices.")
    return only


def _out(customer: Customer) -> CustomerOut:
    return CustomerOut(**_fields(customer))


def _detail(customer: Customer) -> CustomerDetail:
    balances = ledger.balances(customer) or {customer.currency: 0}
    owed = [money(amount, currency) for currency, amount in balances.items()]
    return CustomerDetail(**_fields(customer), balances=owed)


def _fields(customer: Customer) -> dict[str, Any]:
    names = CustomerOut.model_fields.keys() - {"legal_entity"}
    told = {name: getattr(customer, name) for name in names}
    return told | {"legal_entity": customer.legal_entity_id}
