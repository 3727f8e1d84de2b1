"""Two providers with everything in them, and the staff of the first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from tests.integration.web.office.things import Things, make_things
from tests.support.jobs import work_off
from tests.support.shop import Shop, make_shop, make_user
from tollwright.data.access import Role
from tollwright.data.scope import tenant_scope

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _december(monkeypatch: pytest.MonkeyPatch) -> None:
    """The office's clock stands."""
    monkeypatch.setattr("tollwright.web.office.page.now", lambda: NOW)


@pytest.fixture(autouse=True)
def _worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page waits a moment for is done meanwhile."""
    monkeypatch.setattr("tollwright.web.shared.waiting.pause", work_off)


@pytest.fixture
def things(shop: Shop) -> Things:
    return make_things(shop)


@pytest.fixture
def foreign(db: None) -> Things:
    return make_things(make_shop("south"))


@pytest.fixture
def staff(shop: Shop) -> Callable[[Role], Client]:
    """A browser in which somebody of that role has signed in."""

    def sign_in(role: Role) -> Client:
        with tenant_scope(shop.tenant_id):
            user = make_user(shop.world, f"{role}@north.example", role)
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def owner(staff: Callable[[Role], Client]) -> Client:
    return staff(Role.OWNER)
