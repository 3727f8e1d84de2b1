"""Two providers, and a program of the first."""

from __future__ import annotations

import pytest

from tests.integration.web.api.client import Program
from tests.support.shop import Shop


@pytest.fixture
def program(shop: Shop) -> Program:
    return Program(shop.tenant_id)
