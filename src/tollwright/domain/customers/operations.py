"""Customers, their campaigns, and the identifiers that attribute calls to them."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from django.db import IntegrityError, transaction

from tollwright.core.number_ranges import RangeError, parse_range
from tollwright.data.customers import Campaign, Customer, Identifier, IdentifierKind
from tollwright.data.invoices import Invoice
from tollwright.data.plans import Subscription
from tollwright.data.scope import current_tenant_id
from tollwright.data.tenants import LegalEntity
from tollwright.domain import validation
from tollwright.domain.audit.operations import By, record
from tollwright.domain.customers import queries
from tollwright.domain.errors import DomainError
from tollwright.domain.events.operations import Payload
from tollwright.domain.events.operations import record as tell

# Each status of a customer, and what is told when it is reached.
STATUS_TOLD = {"active": "restored", "suspended": "suspended", "closed": "closed"}
STATUSES = tuple(STATUS_TOLD)
CAMPAIGN_STATUSES = ("active", "closed")
CAMPAIGN_KINDS = ("dialler", "queue", "in_group", "project")


class CodeTaken(DomainError):
    """Another customer or campaign of this provider has the code."""

    kind, code = "conflict", "code_taken"


class CurrencyInUse(DomainError):
    """Invoices or subscriptions are in the old currency."""

    kind, code = "conflict", "currency_in_use"


class IdentifierTaken(DomainError):
    """The value means another campaign at that time."""

    kind, code = "conflict", "identifier_taken"


class IdentifierEnded(DomainError):
    """The identifier cannot end then."""

    kind, code = "conflict", "identifier_period"


@transaction.atomic
def create_customer(
    *,
    legal_entity: LegalEntity,
    code: str,
    name: str,
    address: str,
    country: str,
    currency: str,
    timezone: str,
    tax_id: str = "",
    email: str = "",
    at: datetime,
    by: By,
) -> Customer:
    """Add who is billed; `legal_entity` signs their documents. Raises CodeTaken, FieldInvalid."""
    fields = _checked(
        CUSTOMER_FIELDS,
        {
            "code": code,
            "name": name,
            "address": address,
            "country": country,
            "currency": currency,
            "timezone": timezone,
            "tax_id": tax_id,
            "email": email,
        },
    )
    with validation.explained({"customer_code_once": _taken("customer", fields["code"])}):
        customer = Customer.objects.create(
            tenant_id=current_tenant_id(), legal_entity=legal_entity, created_at=at, **fields
        )
    record(
        by=by, at=at, action="customer.created", subject="customer", subject_id=customer.pk,
        after=fields,
    )  # fmt: skip
    return customer


@transaction.atomic
def update_customer(*, customer: Customer, at: datetime, by: By, **changes: str) -> Customer:
    """Change fields of `create_customer`, or `status` (active, suspended, closed).

    Raises CodeTaken, CurrencyInUse, FieldInvalid.
    """
    fields = _checked(CUSTOMER_FIELDS, changes)
    if fields.get("currency", customer.currency) != customer.currency:
        _currency_is_free(customer)
    before, changed = validation.change(customer, fields)
    if not changed:
        return customer
    with validation.explained({"customer_code_once": _taken("customer", customer.code)}):
        customer.save(update_fields=changed)
    record(
        by=by, at=at, action="customer.updated", subject="customer", subject_id=customer.pk,
        before=before, after={name: getattr(customer, name) for name in changed},
    )  # fmt: skip
    if "status" in changed:
        _tell_status(customer, at)
    return customer


def _tell_status(customer: Customer, at: datetime) -> None:
    payload: Payload = {"id": customer.pk, "code": customer.code}
    tell(f"customer.{STATUS_TOLD[customer.status]}", object_id=customer.pk, payload=payload, at=at)


def _currency_is_free(customer: Customer) -> None:
    if (
        Invoice.objects.filter(customer=customer).exists()
        or Subscription.objects.filter(customer=customer).exists()
    ):
        raise CurrencyInUse(
            f"{customer.name} has invoices or plans in {customer.currency}: "
            "close this customer and open one in the other currency."
        )


@transaction.atomic
def create_campaign(
    *, customer: Customer, code: str, name: str, kind: str = "dialler", at: datetime, by: By
) -> Campaign:
    """Add a piece of a customer's work. Raises CodeTaken, FieldInvalid."""
    fields = _checked(CAMPAIGN_FIELDS, {"code": code, "name": name, "kind": kind})
    with validation.explained({"campaign_code_once": _taken("campaign", fields["code"])}):
        campaign = Campaign.objects.create(
            tenant_id=current_tenant_id(), customer=customer, created_at=at, **fields
        )
    record(
        by=by, at=at, action="campaign.created", subject="campaign", subject_id=campaign.pk,
        after=fields | {"customer": customer.code},
    )  # fmt: skip
    return campaign


@transaction.atomic
def update_campaign(*, campaign: Campaign, at: datetime, by: By, **changes: str) -> Campaign:
    """Change fields of `create_campaign`, or `status` (active, closed).

    Raises CodeTaken, FieldInvalid.
    """
    before, changed = validation.change(campaign, _checked(CAMPAIGN_FIELDS, changes))
    if not changed:
        return campaign
    with validation.explained({"campaign_code_once": _taken("campaign", campaign.code)}):
        campaign.save(update_fields=changed)
    record(
        by=by, at=at, action="campaign.updated", subject="campaign", subject_id=campaign.pk,
        before=before, after={name: getattr(campaign, name) for name in changed},
    )  # fmt: skip
    return campaign


@transaction.atomic
def add_identifier(
    *,
    campaign: Campaign,
    kind: str,
    value: str,
    valid_from: datetime,
    valid_to: datetime | None = None,
    at: datetime,
    by: By,
) -> Identifier:
    """From `valid_from` on (until before `valid_to`) calls that carry `value` are this campaign's.

    Raises IdentifierTaken when it means another campaign in that time; FieldInvalid.
    """
    validation.one_of("kind", kind, tuple(IdentifierKind.values))
    fields = {
        "kind": kind,
        "value": identifier_value(kind, value),
        "valid_from": validation.aware("valid_from", valid_from),
        "valid_to": valid_to,
    }
    if valid_to is not None and validation.aware("valid_to", valid_to) <= valid_from:
        raise validation.FieldInvalid("valid_to", "The identifier would end before it begins.")
    identifier = Identifier(tenant_id=current_tenant_id(), campaign=campaign, **fields)
    _save_if_free(identifier)
    record(
        by=by, at=at, action="identifier.added", subject="identifier", subject_id=identifier.pk,
        after=fields | {"campaign": campaign.code},
    )  # fmt: skip
    return identifier


@transaction.atomic
def end_identifier(
    *, identifier: Identifier, valid_to: datetime, at: datetime, by: By
) -> Identifier:
    """Let an identifier mean its campaign until before `valid_to` only.

    Raises IdentifierEnded when that is before it begins; IdentifierTaken when a later end than it
    had would reach into another campaign's time.
    """
    if validation.aware("valid_to", valid_to) <= identifier.valid_from:
        raise IdentifierEnded(
            f"{identifier} begins {identifier.valid_from:%Y-%m-%d %H:%M} UTC: it cannot end before."
        )
    before = identifier.valid_to
    identifier.valid_to = valid_to
    _save_if_free(identifier)
    record(
        by=by, at=at, action="identifier.ended", subject="identifier", subject_id=identifier.pk,
        before={"valid_to": before}, after={"valid_to": valid_to},
    )  # fmt: skip
    return identifier


def _save_if_free(identifier: Identifier) -> None:
    try:
        with transaction.atomic():
            identifier.save()
    except IntegrityError as error:
        other = queries.overlapping(identifier)
        if other is None:
            raise
        raise IdentifierTaken(_taken_by(identifier, other)) from error


def _taken_by(wanted: Identifier, other: Identifier) -> str:
    until = "" if other.valid_to is None else f" to {other.valid_to:%Y-%m-%d %H:%M} UTC"
    owner = other.campaign
    return (
        f"{wanted.get_kind_display()} {wanted.value!r} already means campaign {owner.code} "
        f"({owner.name}) of {owner.customer.name} from {other.valid_from:%Y-%m-%d %H:%M} UTC"
        f"{until}: end that one first, or choose a time outside it."
    )


def identifier_value(kind: str, value: str) -> str:
    """The one form in which a value is stored and looked up: numbers as E.164 digits (one, all
    that begin so, or a range), addresses as the standard writes them, domains in small letters, all
    else as it stands. Raises FieldInvalid."""
    found = validation.text("value", value, longest=100)
    if kind in (IdentifierKind.CLI, IdentifierKind.DID):
        try:
            return str(parse_range(found))
        except RangeError as error:
            raise validation.FieldInvalid("value", str(error)) from error
    if kind == IdentifierKind.SOURCE_IP:
        return _address(found)
    if kind == IdentifierKind.DOMAIN:
        return found.lower().rstrip(".")
    return found


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise validation.FieldInvalid("value", f"{value!r} is not an IP address.") from None


def _taken(what: str, code: str) -> CodeTaken:
    return CodeTaken(f"There is a {what} with the code {code!r} already: choose another.")


def _checked(known: Mapping[str, Callable[[str], str]], given: Mapping[str, str]) -> dict[str, str]:
    for field in given.keys() - known.keys():
        raise validation.FieldInvalid(field, f"There is no field {field!r} to set here.")
    return {field: known[field](value) for field, value in given.items()}


CUSTOMER_FIELDS: dict[str, Callable[[str], str]] = {
    "code": validation.code,
    "name": partial(validation.text, "name", longest=200),
    "address": partial(validation.text, "address", longest=1000, lines=True),
    "country": validation.country,
    "currency": validation.currency,
    "timezone": validation.timezone,
    "tax_id": partial(validation.optional, "tax_id", longest=40),
    "email": lambda value: validation.email(value) if value else "",
    "status": partial(validation.one_of, "status", choices=STATUSES),
}
CAMPAIGN_FIELDS: dict[str, Callable[[str], str]] = {
    "code": validation.code,
    "name": partial(validation.text, "name", longest=200),
    "kind": partial(validation.one_of, "kind", choices=CAMPAIGN_KINDS),
    "status": partial(validation.one_of, "status", choices=CAMPAIGN_STATUSES),
}
