"""A provider with something to sell, and who owns it."""

from __future__ import annotations

import pytest

from tests.support.shop import Shop, make_shop, make_user
from tollwright.data.access import Role, User
from tollwright.data.scope import tenant_scope


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop("north")


@pytest.fixture
def foreign(db: None) -> Shop:
    """Another provider, whom nobody here may see."""
    return make_shop("south")


@pytest.fixture
def owner(shop: Shop) -> User:
    with tenant_scope(shop.tenant_id):
        return make_user(shop.world, "owner@north.example", Role.OWNER)
