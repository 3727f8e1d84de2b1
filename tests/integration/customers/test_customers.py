"""Customers, campaigns and identifiers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.world import World, make_world
from tollwright.data.models import AuditEntry, Campaign, Customer, Identifier
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.customers import operations, queries
from tollwright.domain.errors import NotFound
from tollwright.domain.validation import FieldInvalid

OCT = datetime(2026, 10, 1, tzinfo=UTC)
NOV, DEC = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
ANNA = By("anna@north.example")


def add_customer(world: World, **changes: str) -> Customer:
    fields = {
        "code": "GLOBEX",
        "name": "Globex",
        "address": "2 Low Street\nLeeds",
        "country": "gb",
        "currency": "gbp",
        "timezone": "Europe/London",
    }
    return operations.create_customer(
        legal_entity=world.entity, **(fields | changes), at=OCT, by=ANNA
    )


def add(
    campaign: Campaign,
    value: str,
    *,
    kind: str = "accountcode",
    since: datetime = OCT,
    until: datetime | None = None,
) -> Identifier:
    return operations.add_identifier(
        campaign=campaign,
        kind=kind,
        value=value,
        valid_from=since,
        valid_to=until,
        at=OCT,
        by=ANNA,
    )


def test_a_customer_is_found_by_code_and_by_part_of_its_name(world: World) -> None:
    with tenant_scope(world.tenant.id):
        made = add_customer(world)
        assert (made.country, made.currency, made.status) == ("GB", "GBP", "active")
        assert queries.customer_by_code("GLOBEX") == made
        assert [one.code for one in queries.customers(search="lobe")] == ["GLOBEX"]
        assert [one.code for one in queries.customers()] == ["ACME", "GLOBEX"]
        with pytest.raises(NotFound, match="no customer with the code 'X'"):
            queries.customer_by_code("X")


def test_a_code_is_one_customer(world: World) -> None:
    with tenant_scope(world.tenant.id):
        with pytest.raises(operations.CodeTaken, match="a customer with the code 'ACME' already"):
            add_customer(world, code="ACME")
        made = add_customer(world)
        with pytest.raises(operations.CodeTaken):
            operations.update_customer(customer=made, code="ACME", at=OCT, by=ANNA)


def test_another_providers_customer_has_the_same_code_in_peace(db: None) -> None:
    north, south = make_world("north"), make_world("south")
    with tenant_scope(south.tenant.id):
        assert queries.customer_by_code("ACME") == south.customer
    with tenant_scope(north.tenant.id):
        assert queries.customer_by_code("ACME") == north.customer


def test_a_change_is_audited_and_none_is_not(world: World) -> None:
    with tenant_scope(world.tenant.id):
        for name in ("Acme plc", "Acme plc"):
            operations.update_customer(customer=world.customer, name=name, at=OCT, by=ANNA)
        assert list(AuditEntry.objects.values_list("action", "before", "after")) == [
            ("customer.updated", {"name": "Acme Ltd"}, {"name": "Acme plc"})
        ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": "A B"}, "'A B' has a space in it: a code is one word."),
        ({"code": ""}, "Code is empty"),
        ({"country": "Britain"}, "'Britain' is not an ISO 3166 country code"),
        ({"email": "acme"}, "'acme' is not an e-mail address"),
        ({"status": "gone"}, "Status 'gone' is unknown: choose active, suspended, closed."),
        ({"colour": "red"}, "There is no field 'colour' to set here."),
    ],
)
def test_a_wrong_field_is_named(world: World, changes: dict[str, str], sentence: str) -> None:
    with tenant_scope(world.tenant.id), pytest.raises(FieldInvalid, match=sentence):
        operations.update_customer(customer=world.customer, at=OCT, by=ANNA, **changes)


def test_a_campaign_has_a_code_of_its_own(world: World) -> None:
    with tenant_scope(world.tenant.id):
        made = operations.create_campaign(
            customer=world.customer, code="AUTUMN", name="Autumn", kind="queue", at=OCT, by=ANNA
        )
        with pytest.raises(operations.CodeTaken, match="a campaign with the code 'SPRING'"):
            operations.create_campaign(
                customer=world.customer, code="SPRING", name="Again", at=OCT, by=ANNA
            )
        operations.update_campaign(campaign=made, status="closed", at=OCT, by=ANNA)
        assert queries.campaign_by_code("AUTUMN").status == "closed"
        assert [one.code for one in queries.campaigns(customer=world.customer)] == [
            "AUTUMN",
            "SPRING",
        ]
        with pytest.raises(NotFound, match="no campaign with the code 'X'"):
            queries.campaign_by_code("X")


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("did", "+44 (20) 7946-0000", "442079460000"),
        ("cli", "49301234", "49301234"),
        ("source_ip", "2001:DB8:0:0::1", "2001:db8::1"),
        ("source_ip", "192.0.2.7", "192.0.2.7"),
        ("accountcode", " acme-1 ", "acme-1"),
    ],
)
def test_an_identifier_has_one_form(world: World, kind: str, value: str, stored: str) -> None:
    with tenant_scope(world.tenant.id):
        assert add(world.campaign, value, kind=kind).value == stored


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        ("did", "call me", "'call me' is not a number: write it with its country code"),
        ("source_ip", "192.0.2", "'192.0.2' is not an IP address."),
        ("planet", "x", "Kind 'planet' is unknown: choose campaign, accountcode"),
        ("accountcode", "  ", "Value is empty"),
    ],
)
def test_a_wrong_identifier_is_refused(world: World, kind: str, value: str, sentence: str) -> None:
    with tenant_scope(world.tenant.id), pytest.raises(FieldInvalid, match=sentence):
        add(world.campaign, value, kind=kind)


def test_one_value_means_one_campaign_at_a_time(world: World) -> None:
    """October's accountcode moves to another campaign in November, not a day earlier."""
    with tenant_scope(world.tenant.id):
        autumn = operations.create_campaign(
            customer=world.customer, code="AUTUMN", name="Autumn", at=OCT, by=ANNA
        )
        first = add(world.campaign, "acme")
        with pytest.raises(operations.IdentifierTaken) as caught:
            add(autumn, "acme", since=NOV)
        assert str(caught.value) == (
            "Account code 'acme' already means campaign SPRING (Spring sale) of Acme Ltd from "
            "2026-10-01 00:00 UTC: end that one first, or choose a time outside it."
        )
        operations.end_identifier(identifier=first, valid_to=NOV, at=OCT, by=ANNA)
        add(autumn, "acme", since=NOV)
        for moment, campaign in ((OCT, "SPRING"), (NOV - timedelta(seconds=1), "SPRING"),
                                 (NOV, "AUTUMN")):  # fmt: skip
            found = queries.identifiers(at=moment)
            assert [one.campaign.code for one in found] == [campaign]
        with pytest.raises(operations.IdentifierTaken, match="campaign AUTUMN"):
            operations.end_identifier(identifier=first, valid_to=DEC, at=OCT, by=ANNA)


def test_an_identifier_lives_forwards(world: World) -> None:
    with tenant_scope(world.tenant.id):
        with pytest.raises(FieldInvalid, match="would end before it begins"):
            add(world.campaign, "acme", since=NOV, until=OCT)
        with pytest.raises(FieldInvalid, match="has no time zone"):
            add(world.campaign, "acme", since=OCT.replace(tzinfo=None))
        made = add(world.campaign, "acme", since=NOV)
        with pytest.raises(operations.IdentifierEnded, match="begins 2026-11-01 00:00 UTC"):
            operations.end_identifier(identifier=made, valid_to=OCT, at=OCT, by=ANNA)


def test_the_same_value_at_another_provider_is_another_thing(db: None) -> None:
    north, south = make_world("north"), make_world("south")
    for one in (north, south):
        with tenant_scope(one.tenant.id):
            add(one.campaign, "acme")
