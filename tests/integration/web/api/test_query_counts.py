"""A list costs the same number of queries whether it shows one row or three."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.integration.web.api.client import Program
from tests.support.shop import Shop
from tests.support.world import START
from tollwright.data.models import Identifier, Rerating
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.carriers import operations as carriers
from tollwright.domain.plans import operations as plans
from tollwright.domain.rates import operations as rates

BY = By("test")
THREE = ("A", "B", "C")


def nothing(_shop: Shop) -> None:
    """The shop has at least two of them."""


def three_identifiers(shop: Shop) -> None:
    for value in THREE:
        Identifier.objects.create(
            tenant=shop.world.tenant, campaign=shop.acme.campaign, kind="user", value=value,
            valid_from=START,
        )  # fmt: skip


def three_cards(_shop: Shop) -> None:
    for code in THREE:
        rates.create_card(code=code, name=code, currency="EUR", side="buy", at=START, by=BY)


def three_carriers(_shop: Shop) -> None:
    card = rates.create_card(code="BUY", name="Buy", currency="EUR", side="buy", at=START, by=BY)
    for code in THREE:
        made = carriers.create_carrier(code=code, name=code, at=START, by=BY)
        carriers.add_trunk(
            carrier=made, value=code, valid_from=START, valid_to=None, at=START, by=BY
        )
        carriers.assign_card(carrier=made, card=card, valid_from=START, at=START, by=BY)


def three_plans(_shop: Shop) -> None:
    for code in THREE:
        plans.create_plan(code=code, name=code, at=START, by=BY)


def three_reratings(shop: Shop) -> None:
    for key in THREE:
        Rerating.objects.create(
            tenant=shop.world.tenant, idempotency_key=key, fingerprint="0" * 64,
            applied_at=START, applied_by="test",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "fill"),
    [
        ("/customers", nothing),
        ("/campaigns", nothing),
        ("/campaigns/{campaign}/identifiers", three_identifiers),
        ("/cards", three_cards),
        ("/carriers", three_carriers),
        ("/plans", three_plans),
        ("/invoices", nothing),
        ("/payments", nothing),
        ("/calls?since=2026-10-01T00:00:00Z&until=2026-11-01T00:00:00Z", nothing),
        ("/batches", nothing),
        ("/quarantine", nothing),
        ("/re-ratings", three_reratings),
    ],
)
def test_more_rows_cost_no_more_queries(
    path: str, fill: Callable[[Shop], None], shop: Shop, program: Program
) -> None:
    with tenant_scope(shop.tenant_id):
        fill(shop)
    where = path.format(campaign=shop.acme.campaign.pk)
    sign = "&" if "?" in where else "?"
    counts = []
    for limit in (1, 3):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = program.get(f"{where}{sign}limit={limit}")
        assert answer.status == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
