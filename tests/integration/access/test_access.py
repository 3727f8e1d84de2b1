"""People and keys: in, changed, out."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from tests.support.world import World, make_world
from tollwright.data.models import ApiKey, AuditEntry, User
from tollwright.data.scope import tenant_scope
from tollwright.domain.access import operations, queries
from tollwright.domain.audit.operations import By
from tollwright.domain.validation import FieldInvalid

AT = datetime(2026, 10, 5, tzinfo=UTC)
ANNA = By("anna@north.example", "192.0.2.7")
PASSWORD = "correct horse battery"


def make_user(email: str = "Anna@North.example") -> User:
    return operations.create_user(email=email, password=PASSWORD, at=AT, by=ANNA)


def test_a_user_signs_in_with_their_address_and_the_password_is_nowhere(world: World) -> None:
    with tenant_scope(world.tenant.id):
        user = make_user()
        assert (user.email, user.check_password(PASSWORD)) == ("anna@north.example", True)
        assert PASSWORD not in str(list(AuditEntry.objects.values()))
        operations.set_password(user=user, password="another good one", at=AT, by=ANNA)
        assert User.objects.get(pk=user.pk).check_password("another good one")


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        ("anna", PASSWORD, "'anna' is not an e-mail address."),
        ("bert@north.example", "short", "at least 10 characters"),
        ("bert@north.example", "1234567890", "too common"),
    ],
)
def test_a_user_that_will_not_do(world: World, email: str, password: str, sentence: str) -> None:
    with tenant_scope(world.tenant.id), pytest.raises(FieldInvalid, match=sentence):
        operations.create_user(email=email, password=password, at=AT, by=ANNA)


def test_an_address_is_one_user(world: World) -> None:
    with tenant_scope(world.tenant.id):
        make_user()
        with pytest.raises(operations.EmailTaken, match="There is a user anna@north"):
            make_user("anna@north.EXAMPLE")


def test_a_role_is_one_per_customer_and_may_change(world: World) -> None:
    with tenant_scope(world.tenant.id):
        user = make_user()
        first = operations.grant_role(user=user, role="billing", at=AT, by=ANNA)
        again = operations.grant_role(user=user, role="support", at=AT, by=ANNA)
        portal = operations.grant_role(
            user=user, role="portal_viewer", customer=world.customer, at=AT, by=ANNA
        )
        assert (again.pk, again.role) == (first.pk, "support")
        assert [one.pk for one in queries.members()] == [first.pk, portal.pk]
    assert [one.role for one in queries.memberships_of(user.pk)] == ["support", "portal_viewer"]


def test_a_role_and_a_customer_belong_together(world: World) -> None:
    with tenant_scope(world.tenant.id):
        user = make_user()
        with pytest.raises(operations.RoleNeedsCustomer, match="sees one customer: choose which"):
            operations.grant_role(user=user, role="portal_admin", at=AT, by=ANNA)
        with pytest.raises(operations.RoleNeedsCustomer, match="sees every customer: name none"):
            operations.grant_role(user=user, role="owner", customer=world.customer, at=AT, by=ANNA)
        with pytest.raises(FieldInvalid, match="Role 'king' is unknown: choose owner, billing"):
            operations.grant_role(user=user, role="king", at=AT, by=ANNA)


def test_the_last_owner_stays(world: World) -> None:
    with tenant_scope(world.tenant.id):
        anna, bert = make_user(), make_user("bert@north.example")
        hers = operations.grant_role(user=anna, role="owner", at=AT, by=ANNA)
        with pytest.raises(operations.LastOwner, match="make somebody else an owner first"):
            operations.withdraw_role(membership=hers, at=AT, by=ANNA)
        with pytest.raises(operations.LastOwner):
            operations.grant_role(user=anna, role="billing", at=AT, by=ANNA)
        operations.grant_role(user=bert, role="owner", at=AT, by=ANNA)
        operations.withdraw_role(membership=hers, at=AT, by=ANNA)
        assert [one.user.email for one in queries.members()] == ["bert@north.example"]


def test_a_key_opens_its_tenant_until_it_is_revoked(db: None) -> None:
    north, south = make_world("north"), make_world("south")
    with tenant_scope(north.tenant.id):
        user = make_user()
        key, secret = operations.issue_api_key(name="dialler", role="billing", at=AT, by=ANNA)
        assert key.created_by == user
        assert key.key_sha256 == hashlib.sha256(secret.encode()).hexdigest()
        assert secret.startswith(key.prefix + "_")
        stored = str(list(ApiKey.objects.values())) + str(list(AuditEntry.objects.values()))
        assert secret not in stored
    found = queries.key_access(secret)
    assert found == queries.KeyAccess(key.pk, north.tenant.id, "billing", "dialler")
    assert queries.key_access(secret + "x") is None
    with tenant_scope(south.tenant.id):
        assert list(queries.api_keys()) == []
        with pytest.raises(operations.KeyRevoked):  # not theirs: as if it were not there
            operations.revoke_api_key(key=key, at=AT, by=ANNA)
    with tenant_scope(north.tenant.id):
        operations.revoke_api_key(key=key, at=AT, by=ANNA)
        with pytest.raises(operations.KeyRevoked, match="The key dialler is revoked already"):
            operations.revoke_api_key(key=key, at=AT, by=ANNA)
        assert [one.revoked_at for one in queries.api_keys()] == [AT]
    assert queries.key_access(secret) is None


def test_a_key_is_not_a_customers(world: World) -> None:
    with tenant_scope(world.tenant.id), pytest.raises(operations.RoleNeedsCustomer):
        operations.issue_api_key(name="x", role="portal_viewer", at=AT, by=ANNA)
