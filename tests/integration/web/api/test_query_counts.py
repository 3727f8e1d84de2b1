"""A list costs the same number of queries whether it shows one row or three."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.integration.web.api.client import Program
from tests.support.shop import Shop
from tests.support.world import START
from tollwright.data.jobs import Job
from tollwright.data.models import Identifier, ImportBatch, PlanVersion, Quarantine, Rerating
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.carriers import operations as carriers
from tollwright.domain.plans import operations as plans
from tollwright.domain.rates import operations as rates
from tollwright.web.api.app import api

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


def three_card_versions(shop: Shop) -> None:
    for price in ("0.1", "0.2", "0.3"):
        data = {"timezone": "UTC", "rates": [{"prefix": "44", "price": price}]}
        rates.save_draft(card=shop.card, data=data, at=START, by=BY)


def three_records(shop: Shop) -> None:
    batch = ImportBatch.objects.filter(tenant=shop.world.tenant).order_by("pk")[0]
    for line in range(3):
        Quarantine.objects.create(
            tenant=shop.world.tenant, batch=batch, source=batch.source, line_no=line,
            reason="unparsed", detail="", raw="x", created_at=START,
        )  # fmt: skip


def three_jobs(shop: Shop) -> None:
    for _ in THREE:
        Job.objects.create(tenant=shop.world.tenant, kind="test", asked_at=START, asked_by="test")


def three_plan_versions(shop: Shop) -> None:
    plan = plans.create_plan(code="P", name="P", at=START, by=BY)
    for _ in THREE:
        plans.draft_version(plan=plan, card=shop.card, currency="EUR", at=START, by=BY)


LISTS: dict[str, Callable[[Shop], None]] = {
    "/customers": nothing,
    "/campaigns": nothing,
    "/campaigns/{campaign_id}/identifiers": three_identifiers,
    "/cards": three_cards,
    "/cards/{card_id}/versions": three_card_versions,
    "/carriers": three_carriers,
    "/plans": three_plans,
    "/plans/{plan_id}/versions": three_plan_versions,
    "/invoices": nothing,
    "/payments": nothing,
    "/calls": nothing,
    "/batches": nothing,
    "/jobs": three_jobs,
    "/quarantine": three_records,
    "/re-ratings": three_reratings,
}
WINDOW = "&since=2026-10-01T00:00:00Z&until=2026-11-01T00:00:00Z"


def test_every_list_of_the_api_is_counted() -> None:
    """A list is what answers a page by cursor: `items` and `next`."""
    schema = api.get_openapi_schema(path_prefix="")
    shapes = schema["components"]["schemas"]
    found = set()
    for path, methods in schema["paths"].items():
        answer = methods.get("get", {}).get("responses", {}).get(200, {}).get("content", {})
        name = answer.get("application/json", {}).get("schema", {}).get("$ref", "").split("/")[-1]
        if {"items", "next"} <= set(shapes.get(name, {}).get("properties", {})):
            found.add(path)
    assert found == set(LISTS)


@pytest.mark.parametrize(("path", "fill"), LISTS.items())
def test_more_rows_cost_no_more_queries(
    path: str, fill: Callable[[Shop], None], shop: Shop, program: Program
) -> None:
    with tenant_scope(shop.tenant_id):
        fill(shop)
    plan = PlanVersion.objects.filter(tenant=shop.tenant_id).values_list("plan_id", flat=True)
    with tenant_scope(shop.tenant_id):
        where = path.format(
            campaign_id=shop.acme.campaign.pk, card_id=shop.card.pk, plan_id=plan.first()
        )
    window = WINDOW if path == "/calls" else ""
    counts, shown = [], []
    for limit in (1, 3):
        with CaptureQueriesContext(connection) as queries:
            answer = program.get(f"{where}?limit={limit}{window}")
        assert answer.status == 200
        counts.append(len(queries))
        shown.append(len(answer.body["items"]))
    assert counts[0] == counts[1]
    assert shown[0] == 1 < shown[1]
