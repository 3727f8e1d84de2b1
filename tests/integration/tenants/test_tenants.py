"""Opening providers and the entities that sign."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.support.world import World
from tollwright.data.models import AuditEntry, LegalEntity, Tenant
from tollwright.data.scope import PLATFORM, tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.tenants import operations, queries
from tollwright.domain.validation import FieldInvalid

AT = datetime(2026, 10, 5, 9, 30, tzinfo=UTC)
ANNA = By("anna@north.example", "cli")


def open_tenant(**changes: str) -> Tenant:
    fields = {
        "slug": "west",
        "name": "West Calls",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
        "region": "DE",
    }
    return operations.create_tenant(**(fields | changes), at=AT, by=ANNA)


def add_entity(**changes: str) -> LegalEntity:
    fields = {
        "name": "West Calls GmbH",
        "address": "Weg 1\r\n10115 Berlin",
        "country": "de",
        "number_prefix": "WC",
    }
    return operations.create_legal_entity(**(fields | changes), at=AT, by=ANNA)


def test_a_tenant_is_found_by_its_slug_and_audited_in_its_own_chain(db: None) -> None:
    tenant = open_tenant()
    assert queries.tenant_id_by_slug("west") == tenant.id
    assert queries.tenant_slugs() == ["west"]
    with tenant_scope(tenant.id):
        assert queries.current_tenant().name == "West Calls"
        assert [(row.action, row.actor, row.at) for row in AuditEntry.objects.all()] == [
            ("tenant.created", "anna@north.example", AT)
        ]


def test_the_platform_is_no_tenant(db: None) -> None:
    assert queries.tenant_slugs() == []
    assert queries.tenant_id_by_slug("-platform-") is None
    assert queries.tenant_id_by_slug("nowhere") is None
    with tenant_scope(PLATFORM):
        assert queries.current_tenant().slug == "-platform-"


def test_a_slug_is_taken_once(db: None) -> None:
    open_tenant()
    with pytest.raises(operations.SlugTaken, match="There is a provider 'west' already"):
        open_tenant()


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"slug": "We st"}, "slug", "'We st' cannot be a slug: use a-z, 0-9 and -"),
        ({"name": "  "}, "name", "Name is empty: please give one."),
        ({"currency": "EURO"}, "currency", "'EURO' is not an ISO 4217 currency code"),
        ({"currency": "QQQ"}, "currency", "'QQQ' is not an ISO 4217 currency code"),
        ({"timezone": "Berlin"}, "timezone", "'Berlin' is not a time zone of the IANA list"),
        ({"region": "XX"}, "region", "'XX' is not an ISO 3166 country code"),
    ],
)
def test_a_wrong_field_is_named(
    db: None, changes: dict[str, str], field: str, sentence: str
) -> None:
    with pytest.raises(FieldInvalid, match=sentence) as caught:
        open_tenant(**changes)
    assert caught.value.field == field


def test_an_entity_is_cleaned_and_changed_with_its_history(world: World) -> None:
    with tenant_scope(world.tenant.id):
        entity = add_entity(iban="de02 1203 0000 0000 2020 51", brand_colour="#0F5C5C")
        assert (entity.country, entity.iban) == ("DE", "DE02120300000000202051")
        assert (entity.address, entity.brand_colour) == ("Weg 1\n10115 Berlin", "#0f5c5c")
        operations.update_legal_entity(entity=entity, name="West AG", country="DE", at=AT, by=ANNA)
        last = AuditEntry.objects.order_by("seq").last()
        assert last is not None
        assert (last.action, last.before, last.after) == (
            "legal_entity.updated",
            {"name": "West Calls GmbH"},
            {"name": "West AG"},
        )
        assert [one.name for one in queries.legal_entities()] == ["North Calls GmbH", "West AG"]


def test_two_entities_do_not_share_a_number_prefix(world: World) -> None:
    with tenant_scope(world.tenant.id):
        with pytest.raises(operations.NumberPrefixTaken, match="documents with 'NC'"):
            add_entity(number_prefix="NC")
        mine = add_entity()
        with pytest.raises(operations.NumberPrefixTaken, match="documents with 'NC'"):
            operations.update_legal_entity(entity=mine, number_prefix="NC", at=AT, by=ANNA)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"number_prefix": "a b"}, "'a b' cannot stand before numbers"),
        ({"iban": "123"}, "'123' is no IBAN; one looks like DE0212"),
        ({"bic": "X"}, "'X' is no BIC"),
        ({"brand_colour": "teal"}, "'teal' is not a colour such as #0f5c5c"),
        ({"email": "me"}, "'me' is not an e-mail address"),
        ({"phone": "x" * 41}, "Phone has 41 characters; at most 40 fit"),
        ({"name": "a\tb"}, "Name holds characters that cannot be printed"),
        ({"colour": "x"}, "A legal entity has no field 'colour'"),
    ],
)
def test_a_wrong_entity_field_is_named(
    world: World, changes: dict[str, str], sentence: str
) -> None:
    with tenant_scope(world.tenant.id), pytest.raises(FieldInvalid, match=sentence):
        add_entity(**changes)
