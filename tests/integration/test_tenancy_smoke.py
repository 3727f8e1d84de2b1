"""A tenant's rows are seen by nobody else."""

from __future__ import annotations

from django.db import connection

from tests.support.world import make_world
from tollwright.data.models import Customer
from tollwright.data.scope import tenant_scope


def test_another_tenants_customer_is_not_there(db: None) -> None:
    north, south = make_world("north"), make_world("south")
    with tenant_scope(north.tenant.id):
        seen = Customer.objects.values_list("id", flat=True)
        assert list(seen) == [north.customer.id]
    with tenant_scope(south.tenant.id):
        assert not Customer.objects.filter(id=north.customer.id).exists()


def test_outside_a_scope_nothing_is_seen(db: None) -> None:
    make_world("north")
    assert Customer.objects.count() == 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("tollwright_app", False)
