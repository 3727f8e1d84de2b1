"""Whatever id of another provider stands in an address or a body: it is not there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from tests.integration.web.api.client import Program
from tests.support.shop import Shop
from tests.support.world import START
from tollwright.data.models import (
    BillingRun,
    CallPlan,
    Carrier,
    Identifier,
    ImportBatch,
    PlanVersion,
    RerateProposal,
    Rerating,
    Trunk,
)
from tollwright.data.scope import tenant_scope
from tollwright.domain.audit.operations import By
from tollwright.domain.jobs.operations import Work, enqueue
from tollwright.domain.payments import operations as payments
from tollwright.domain.rates.operations import preview_deck
from tollwright.web.api.app import api


def call_id(shop: Shop) -> str:
    call = shop.acme.calls[0]
    return f"{call.started_at:%Y%m}-{call.pk}"


def batch_id(shop: Shop) -> object:
    with tenant_scope(shop.tenant_id):
        return ImportBatch.objects.values_list("id", flat=True)[0]


def deck_id(shop: Shop) -> object:
    with tenant_scope(shop.tenant_id):
        return preview_deck(
            card=shop.card, filename="deck.csv", content=b"Prefix,Destination,Rate\n44,UK,0.5\n",
            mode="amend", at=START, by=By("test"),
        ).pk  # fmt: skip


def run_id(shop: Shop) -> object:
    with tenant_scope(shop.tenant_id):
        return BillingRun.objects.create(
            tenant=shop.world.tenant, until=START, started_at=START, started_by="test",
            idempotency_key="run",
        ).pk  # fmt: skip


def identifier_id(shop: Shop) -> object:
    with tenant_scope(shop.tenant_id):
        return Identifier.objects.create(
            tenant=shop.world.tenant, campaign=shop.acme.campaign, kind="user", value="1001",
            valid_from=START,
        ).pk  # fmt: skip


def trunk_of(shop: Shop) -> Trunk:
    with tenant_scope(shop.tenant_id):
        carrier = Carrier.objects.create(
            tenant=shop.world.tenant, code="TEL", name="Telco", created_at=START
        )
        return Trunk.objects.create(
            tenant=shop.world.tenant, carrier=carrier, value="gw", valid_from=START
        )


def plan_version_of(shop: Shop) -> PlanVersion:
    with tenant_scope(shop.tenant_id):
        plan = CallPlan.objects.create(
            tenant=shop.world.tenant, code="PRO", name="Pro", created_at=START
        )
        return PlanVersion.objects.create(
            tenant=shop.world.tenant, plan=plan, number=1, currency="EUR", card=shop.card,
            created_at=START,
        )  # fmt: skip


def proposal_of(shop: Shop) -> RerateProposal:
    with tenant_scope(shop.tenant_id):
        rerating = Rerating.objects.create(
            tenant=shop.world.tenant, idempotency_key="r", applied_at=START, applied_by="test"
        )
        return RerateProposal.objects.create(
            tenant=shop.world.tenant, rerating=rerating, invoice=shop.acme.invoice
        )


def job_id(shop: Shop) -> int:
    with tenant_scope(shop.tenant_id):
        return enqueue(Work("calls.import", "Import a.csv"), at=START, by=By("test")).pk


def change_id(shop: Shop) -> int:
    with tenant_scope(shop.tenant_id):
        change = payments.reverse_payment(
            payment=shop.acme.payment, reason="Bounced", key="r", at=START, by=By("test"),
            render=lambda _kind, _payload: b"%PDF",
        )  # fmt: skip
    return int(change.pk)


IDS: dict[str, Callable[[Shop], object]] = {
    "customer_id": lambda shop: shop.acme.customer.pk,
    "campaign_id": lambda shop: shop.acme.campaign.pk,
    "identifier_id": identifier_id,
    "carrier_id": lambda shop: trunk_of(shop).carrier_id,
    "trunk_id": lambda shop: trunk_of(shop).pk,
    "card_id": lambda shop: shop.card.pk,
    "version_id": lambda shop: shop.version.pk,
    "deck_id": deck_id,
    "plan_id": lambda shop: plan_version_of(shop).plan_id,
    "plan_version_id": lambda shop: plan_version_of(shop).pk,
    "call_id": call_id,
    "batch_id": batch_id,
    "invoice_id": lambda shop: shop.acme.invoice.pk,
    "run_id": run_id,
    "rerating_id": lambda shop: proposal_of(shop).rerating_id,
    "proposal_id": lambda shop: proposal_of(shop).pk,
    "payment_id": lambda shop: shop.acme.payment.pk,
    "job_id": job_id,
    "change_id": change_id,
}
BODIES = {
    "/payments/{payment_id}/reversal": {"reason": "Bounced"},
    "/payments/{payment_id}/allocations": {"reason": "Credit", "allocations": []},
    "/invoices/{invoice_id}/write-off": {"reason": "Insolvent"},
    "/invoices/{invoice_id}/write-off/undo": {"reason": "Paid"},
    "/campaigns/{campaign_id}/identifiers": {"kind": "user", "value": "1"},
    "/carriers/{carrier_id}": {"code": "ONE", "name": "One"},
    "/carriers/{carrier_id}/trunks": {"value": "gw2"},
    "/plans/{plan_id}/versions": {"card": 1},
    "/carriers/{carrier_id}/cards": {"card": 1},
    "/trunks/{trunk_id}/end": {"valid_to": "2026-12-01T00:00:00Z"},
    "/identifiers/{identifier_id}/end": {"valid_to": "2026-12-01T00:00:00Z"},
    "/versions/{version_id}/publish": {"effective_from": "2026-12-01T00:00:00Z"},
}
QUERIES = {
    "/cards/{card_id}/quote": "?number=%2B442079460000",
    "/cards/{card_id}/decks": "?filename=deck.csv&mode=amend",
}
ROUTES = [
    (method.upper(), path)
    for path, methods in api.get_openapi_schema(path_prefix="")["paths"].items()
    for method in methods
    if "{" in path
]


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=str)
def test_every_route_with_an_id(method: str, path: str, shop: Shop, foreign: Shop) -> None:
    (name,) = re.findall(r"\{(\w+)\}", path)
    theirs = re.sub(r"\{\w+\}", str(IDS[name](foreign)), path) + QUERIES.get(path, "")
    mine = Program(shop.tenant_id).send(method, theirs, json.dumps(BODIES.get(path, {})).encode())
    assert (mine.status, mine.code) == (404, "not_found")
    owner = Program(foreign.tenant_id).send(
        method, theirs, json.dumps(BODIES.get(path, {})).encode()
    )
    assert owner.status in {200, 201, 409, 422}, owner.body  # asked by whom it belongs to


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/campaigns", {"code": "X", "name": "X", "customer": "customer_id"}),
        (
            "/payments",
            {
                "customer": "customer_id", "amount": "1.00", "currency": "EUR",
                "received_at": "2026-11-20T00:00:00Z",
            },
        ),
    ],
    ids=["campaign", "payment"],
)  # fmt: skip
def test_an_id_in_a_body(path: str, body: dict[str, object], shop: Shop, foreign: Shop) -> None:
    payload = body | {"customer": foreign.acme.customer.pk}
    answer = Program(shop.tenant_id).post(path, payload, key="k")
    assert (answer.status, answer.code) == (404, "not_found")


def test_an_invoice_in_a_payment(shop: Shop, foreign: Shop) -> None:
    answer = Program(shop.tenant_id).post(
        "/payments",
        {
            "customer": shop.acme.customer.pk, "amount": "0.43", "currency": "EUR",
            "received_at": "2026-11-20T00:00:00Z", "invoices": [foreign.acme.invoice.pk],
        },
        key="k",
    )  # fmt: skip
    assert (answer.status, answer.code) == (404, "not_found")


LISTS = [
    ("/customers", {}, 2),
    ("/campaigns", {}, 2),
    ("/cards", {}, 1),
    ("/calls", {"since": "2026-10-01T00:00:00Z", "until": "2026-11-01T00:00:00Z"}, 6),
    ("/batches", {}, 2),
    ("/invoices", {}, 4),
    ("/payments", {}, 2),
]


@pytest.mark.parametrize(("path", "query", "count"), LISTS, ids=[one[0] for one in LISTS])
def test_lists_hold_ones_own(
    path: str, query: dict[str, str | int], count: int, shop: Shop, foreign: Shop
) -> None:
    answer = Program(shop.tenant_id).get(path, **query)
    assert (answer.status, len(answer.body["items"])) == (200, count), answer.body
    theirs = Program(foreign.tenant_id).get(path, **query)
    ids = {one["id"] for one in answer.body["items"]}
    assert ids.isdisjoint(one["id"] for one in theirs.body["items"])


@pytest.mark.parametrize("name", ["customer", "campaign"])
@pytest.mark.parametrize("path", ["/campaigns", "/invoices", "/payments", "/usage", "/calls"])
def test_a_filter_by_anothers_id(path: str, name: str, shop: Shop, foreign: Shop) -> None:
    """It is a 404 or an empty list, never their rows."""
    pk: int = {"customer": foreign.acme.customer.pk, "campaign": foreign.acme.campaign.pk}[name]
    query: dict[str, str | int] = {
        name: pk, "since": "2026-10-01T00:00:00Z", "first": "2026-10-01", "last": "2026-10-31",
    }  # fmt: skip
    answer = Program(shop.tenant_id).get(path, **query)
    if answer.status == 200 and name in query_names(path):
        assert answer.body["items"] == []
    else:
        assert answer.status in (200, 404)


def query_names(path: str) -> set[str]:
    operation = api.get_openapi_schema(path_prefix="")["paths"][path]["get"]
    return {parameter["name"] for parameter in operation["parameters"]}
