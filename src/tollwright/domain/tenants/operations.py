"""Opening a provider and the entities that sign its documents."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import connection, transaction

from tollwright.data.scope import current_tenant_id, tenant_scope
from tollwright.data.tenants import LegalEntity, Tenant
from tollwright.domain import validation
from tollwright.domain.audit.operations import By, record
from tollwright.domain.errors import DomainError


class SlugTaken(DomainError):
    """Another provider of this installation has the slug."""

    kind, code = "conflict", "tenant_slug_taken"


class NumberPrefixTaken(DomainError):
    """Two entities' documents would carry the same numbers."""

    kind, code = "conflict", "number_prefix_taken"


@transaction.atomic
def create_tenant(
    *, slug: str, name: str, currency: str, timezone: str, region: str, at: datetime, by: By
) -> Tenant:
    """Open a provider, in its own scope. `region` is the country of its national numbers, or ''.

    Raises SlugTaken; FieldInvalid for a slug that is not a-z, 0-9 and -, and for other values.
    """
    if not re.fullmatch("[a-z0-9][a-z0-9-]{0,49}", slug):
        raise validation.FieldInvalid(
            "slug", f"{slug!r} cannot be a slug: use a-z, 0-9 and -, at most 50 characters."
        )
    fields = {
        "slug": slug,
        "name": validation.text("name", name, longest=200),
        "currency": validation.currency(currency),
        "timezone": validation.timezone(timezone),
        "region": validation.country(region, "region") if region else "",
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('tenant_id_seq')")
        (tenant_id,) = cursor.fetchone()
    taken = SlugTaken(f"There is a provider {slug!r} already: choose another slug.")
    with tenant_scope(tenant_id):
        with validation.explained({"tenant_slug_key": taken}):
            tenant = Tenant.objects.create(id=tenant_id, created_at=at, **fields)
        record(
            by=by, at=at, action="tenant.created", subject="tenant", subject_id=tenant_id,
            after=fields,
        )  # fmt: skip
    return tenant


@transaction.atomic
def create_legal_entity(
    *,
    name: str,
    address: str,
    country: str,
    number_prefix: str,
    at: datetime,
    by: By,
    **optional: str,
) -> LegalEntity:
    """Add who signs documents. `number_prefix` stands before every document number.

    `optional`: tax_id, registration, email, phone, website, bank_name, iban, bic, brand_colour
    (#rrggbb). Raises NumberPrefixTaken; FieldInvalid.
    """
    fields = _entity_fields(
        {"name": name, "address": address, "country": country, "number_prefix": number_prefix}
        | optional
    )
    with validation.explained({"legal_entity_number_prefix": _taken(number_prefix)}):
        entity = LegalEntity.objects.create(tenant_id=current_tenant_id(), **fields)
    record(
        by=by, at=at, action="legal_entity.created", subject="legal_entity",
        subject_id=entity.pk, after=fields,
    )  # fmt: skip
    return entity


@transaction.atomic
def update_legal_entity(
    *, entity: LegalEntity, at: datetime, by: By, **changes: str
) -> LegalEntity:
    """Change an entity from now on; finalised documents keep what they say.

    Takes the fields of `create_legal_entity` and raises as it does.
    """
    before, changed = validation.change(entity, _entity_fields(changes))
    if not changed:
        return entity
    with validation.explained({"legal_entity_number_prefix": _taken(entity.number_prefix)}):
        entity.save(update_fields=changed)
    record(
        by=by, at=at, action="legal_entity.updated", subject="legal_entity",
        subject_id=entity.pk, before=before,
        after={name: getattr(entity, name) for name in changed},
    )  # fmt: skip
    return entity


def _taken(prefix: str) -> NumberPrefixTaken:
    return NumberPrefixTaken(
        f"Another legal entity numbers its documents with {prefix!r}: choose another prefix."
    )


def _entity_fields(given: dict[str, str]) -> dict[str, str]:
    for field in given.keys() - ENTITY_FIELDS.keys():
        raise validation.FieldInvalid(field, f"A legal entity has no field {field!r}.")
    return {field: ENTITY_FIELDS[field](value) for field, value in given.items()}


def _prefix(value: str) -> str:
    if not re.fullmatch("[A-Z0-9][A-Z0-9-]{0,9}", value):
        raise validation.FieldInvalid(
            "number_prefix",
            f"{value!r} cannot stand before numbers: use A-Z, 0-9 and -, at most 10 characters.",
        )
    return value


def _bank(field: str, value: str, form: str, example: str) -> str:
    code = "".join(value.split()).upper()
    if code and not re.fullmatch(form, code):
        raise validation.FieldInvalid(
            field, f"{value!r} is no {field.upper()}; one looks like {example}."
        )
    return code


def _colour(value: str) -> str:
    if not re.fullmatch("#[0-9a-f]{6}", value.lower()):
        raise validation.FieldInvalid("brand_colour", f"{value!r} is not a colour such as #0f5c5c.")
    return value.lower()


ENTITY_FIELDS: dict[str, Callable[[str], str]] = {
    "name": partial(validation.text, "name", longest=200),
    "address": partial(validation.text, "address", longest=1000, lines=True),
    "country": validation.country,
    "number_prefix": _prefix,
    "email": lambda value: validation.email(value) if value else "",
    "iban": partial(
        _bank, "iban", form="[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}", example="DE02120300000000202051"
    ),
    "bic": partial(_bank, "bic", form="[A-Z0-9]{8}([A-Z0-9]{3})?", example="BYLADEM1001"),
    "brand_colour": _colour,
    "tax_id": partial(validation.optional, "tax_id", longest=40),
    "registration": partial(validation.optional, "registration", longest=80),
    "phone": partial(validation.optional, "phone", longest=40),
    "website": partial(validation.optional, "website", longest=100),
    "bank_name": partial(validation.optional, "bank_name", longest=100),
}
