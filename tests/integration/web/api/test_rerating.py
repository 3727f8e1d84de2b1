"""Programs ask what the past would cost, apply a report once, and read every revision.

Acme and Beta have 1.20 on an issued invoice and 0.60 not billed yet, at 0.60 a minute.
"""

from __future__ import annotations

import pytest

from tests.integration.rerating.test_costs import buys, costs_by, price_missing, telco
from tests.integration.web.api.client import Program
from tests.support.shop import Shop
from tests.support.switch import add_version, set_rule
from tests.support.world import START
from tollwright.data.models import Call, CardVersion, Charge, Role
from tollwright.data.scope import tenant_scope

OCTOBER = {"since": "2026-10-01T00:00:00Z", "until": "2026-11-01T00:00:00Z"}
HALF = (("44", "United Kingdom", 300_000_000, False),)


@pytest.fixture
def cheaper(shop: Shop) -> None:
    """A version of the past at half the price."""
    with tenant_scope(shop.tenant_id):
        set_rule(shop.world, "default_card", "AZ")
        add_version(shop.card, 2, START, HALF)


def test_what_if_by_a_version(shop: Shop, program: Program, cheaper: None) -> None:
    with tenant_scope(shop.tenant_id):
        pk = CardVersion.objects.get(card=shop.card, number=2).pk
    answer = program.post("/what-if", {**OCTOBER, "card_version": pk})
    assert answer.status == 200, answer.body
    assert (answer.body["calls"], answer.body["not_priced"]) == (4, {})
    first = answer.body["customers"][0]
    assert (first["name"], first["old"], first["new"], first["difference"]) == (
        "Acme Ltd",
        {"amount": "1.80", "currency": "EUR"},
        {"amount": "0.90", "currency": "EUR"},
        {"amount": "-0.90", "currency": "EUR"},
    )


def test_what_if_by_a_file(shop: Shop, program: Program) -> None:
    card = {"rates": [{"prefix": "4420", "price": "6", "first_s": 60, "next_s": 60}]}
    payload = {**OCTOBER, "card": card, "customer": shop.acme.customer.pk}
    (one,) = program.post("/what-if", payload).body["customers"]
    assert one["new"] == {"amount": "18.00", "currency": "EUR"}
    bad = program.post("/what-if", {**OCTOBER, "card": {"rates": [{"prefix": "4420"}]}})
    assert bad.status in {400, 422}
    assert "price" in bad.body["detail"]


@pytest.mark.parametrize("name", ["card_version", "customer", "campaign"])
def test_an_id_of_another_is_not_there(
    name: str, shop: Shop, foreign: Shop, program: Program
) -> None:
    theirs = {
        "card_version": foreign.version.pk,
        "customer": foreign.acme.customer.pk,
        "campaign": foreign.acme.campaign.pk,
    }
    payload = {**OCTOBER, "card_version": shop.version.pk, name: theirs[name]}
    answer = program.post("/what-if", payload)
    assert (answer.status, answer.code) == (404, "not_found")
    if name != "card_version":
        answer = program.post("/re-ratings/report", {**OCTOBER, name: theirs[name]})
        assert (answer.status, answer.code) == (404, "not_found")


def test_a_report_is_applied_once(shop: Shop, program: Program, cheaper: None) -> None:
    report = program.post("/re-ratings/report", OCTOBER).body
    assert (report["calls"], report["changed"]) == (4, 4)
    assert [one["difference"]["amount"] for one in report["open"]] == ["-0.60"]
    assert [one["difference"]["amount"] for one in report["invoiced"]] == ["-1.20"]
    payload = {**OCTOBER, "fingerprint": report["fingerprint"]}
    assert program.post("/re-ratings", payload).code == "idempotency_key_missing"
    made = program.post("/re-ratings", payload, key="k")
    assert (made.status, made.body["revised"], made.body["proposed"]) == (201, 2, 2)
    assert program.post("/re-ratings", payload, key="k").body == made.body
    assert program.post("/re-ratings", payload, key="other").body["id"] == made.body["id"]
    with tenant_scope(shop.tenant_id):
        assert Charge.objects.count() == 6
    stale = program.post("/re-ratings", {**OCTOBER, "fingerprint": "0" * 64}, key="stale")
    assert (stale.status, stale.code) == (409, "rerate_report_outdated")
    listed = program.get("/re-ratings").body["items"]
    assert [one["id"] for one in listed] == [made.body["id"]]
    proposals = program.get(f"/re-ratings/{made.body['id']}/proposals").body
    assert [one["difference"]["amount"] for one in proposals] == ["-0.60", "-0.60"]
    rejected = program.post(f"/re-rate-proposals/{proposals[0]['id']}/reject", {"reason": "no"})
    assert rejected.body["status"] == "rejected"


def test_every_revision_is_explained(shop: Shop, program: Program, cheaper: None) -> None:
    report = program.post("/re-ratings/report", OCTOBER).body
    program.post("/re-ratings", {**OCTOBER, "fingerprint": report["fingerprint"]}, key="k")
    call = shop.acme.calls[1]
    answer = program.get(f"/calls/{call.started_at:%Y%m}-{call.pk}/charges")
    assert [
        (one["revision"], one["is_current"], one["price"]["amount"], one["replayed"])
        for one in answer.body
    ] == [(1, True, "0.30", True), (0, False, "0.60", True)]
    with tenant_scope(shop.tenant_id):
        made = Charge.objects.filter(call_id=call.pk).order_by("-revision")
        assert [one["id"] for one in answer.body] == [charge.pk for charge in made]


@pytest.mark.parametrize(
    ("role", "reads", "applies"),
    [
        (Role.OWNER, 200, 409), (Role.BILLING, 200, 409), (Role.RATES, 200, 409),
        (Role.AUDITOR, 200, 403), (Role.SUPPORT, 403, 403),
    ],
)  # fmt: skip
def test_who_may(shop: Shop, role: Role, reads: int, applies: int) -> None:
    program = Program(shop.tenant_id, role)
    assert program.post("/re-ratings/report", OCTOBER).status == reads
    assert program.post("/what-if", {**OCTOBER, "card_version": shop.version.pk}).status == reads
    payload = {**OCTOBER, "fingerprint": "0" * 64}
    assert program.post("/re-ratings", payload, key="k").status == applies


def test_what_carriers_take_is_a_leg_of_its_own(shop: Shop, program: Program) -> None:
    """Telco takes 0.06 a minute for 61 s and 30 s of both customers; then 0.03."""
    with tenant_scope(shop.tenant_id):
        Call.objects.filter(started_at__gte=START).update(trunk="gw")
        carrier = buys("TEL", "gw", "0.06")
        price_missing()
        costs_by(telco(), "0.03")
    payload = {**OCTOBER, "leg": "cost", "carrier": carrier.pk}
    report = program.post("/re-ratings/report", payload).body
    assert (report["calls"], report["changed"], report["without_cost"]) == (4, 4, 0)
    (row,) = report["carriers"]
    assert (row["id"], row["name"], row["difference"]["amount"]) == (carrier.pk, "Tel", "-0.091")
    assert report["invoiced"] == []
    apply = {**payload, "fingerprint": report["fingerprint"]}
    made = program.post("/re-ratings", apply, key="k")
    assert (made.status, made.body["revised"], made.body["proposed"]) == (201, 4, 0)
    assert program.post("/re-ratings", apply, key="k").body == made.body
    assert program.post("/re-ratings/report", payload).body["changed"] == 0
    call = shop.acme.calls[1]
    legs = program.get(f"/calls/{call.started_at:%Y%m}-{call.pk}/charges").body
    assert [(one["leg"], one["revision"], one["replayed"]) for one in legs] == [
        ("sell", 0, True), ("buy", 1, True), ("buy", 0, True),
    ]  # fmt: skip
    for wrong in ({"leg": "gift"}, {"leg": "sell", "carrier": carrier.pk}):
        assert program.post("/re-ratings/report", {**OCTOBER, **wrong}).status in {400, 422}
    assert program.post("/re-ratings/report", {**payload, "carrier": 999}).code == "not_found"
