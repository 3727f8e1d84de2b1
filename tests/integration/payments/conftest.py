"""Every test here works inside the provider's scope."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.billing import Books, open_books, say
from tests.support.world import World
from tollwright.data.scope import tenant_scope


@pytest.fixture
def books(world: World) -> Iterator[Books]:
    """A provider with 19 % tax, a card, one customer with one campaign; nothing used yet."""
    with tenant_scope(world.tenant.pk):
        say("tax_rate", "19")
        yield open_books(world)
