"""Asking twice: once done, twice answered; another request under the same key is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from tests.integration.web.api.client import Answer, Program
from tests.support.shop import Shop, make_shop
from tollwright.data.models import ApiRequest, Customer, Payment
from tollwright.data.scope import tenant_scope

PAYLOAD = {
    "code": "NEW", "name": "New Ltd", "address": "3 High Street\nLondon", "country": "GB",
    "currency": "EUR", "timezone": "Europe/London",
}  # fmt: skip


def test_the_same_request_is_done_once(shop: Shop, program: Program) -> None:
    first = program.post("/customers", PAYLOAD, key="k1")
    again = program.post("/customers", PAYLOAD, key="k1")
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert "Idempotent-Replayed" not in first.response
    assert again.response["Idempotent-Replayed"] == "true"
    with tenant_scope(shop.tenant_id):
        assert Customer.objects.filter(code="NEW").count() == 1


def test_another_request_under_the_key_is_refused(program: Program) -> None:
    program.post("/customers", PAYLOAD, key="k1")
    other = program.post("/customers", PAYLOAD | {"name": "Other"}, key="k1")
    assert (other.status, other.code) == (409, "idempotency_key_reused")
    elsewhere = program.post("/cards", {"code": "B", "name": "B", "currency": "EUR"}, key="k1")
    assert (elsewhere.status, elsewhere.code) == (409, "idempotency_key_reused")


def test_a_refused_request_leaves_its_key_free(shop: Shop, program: Program) -> None:
    assert program.post("/customers", PAYLOAD | {"currency": "EURO"}, key="k1").status == 422
    with tenant_scope(shop.tenant_id):
        assert ApiRequest.objects.count() == 0
    assert program.post("/customers", PAYLOAD, key="k1").status == 201


def test_keys_are_each_providers_own(shop: Shop, foreign: Shop, program: Program) -> None:
    program.post("/customers", PAYLOAD, key="k1")
    theirs = Program(foreign.tenant_id).post("/customers", PAYLOAD, key="k1")
    assert theirs.status == 201
    assert "Idempotent-Replayed" not in theirs.response


def test_an_unfit_key(program: Program) -> None:
    answer = program.post("/customers", PAYLOAD, key="k" * 101)
    assert (answer.status, answer.code) == (422, "idempotency_key_unfit")


def test_money_moves_once(shop: Shop, program: Program) -> None:
    """0.43 is open on the invoice; it is paid once though asked for three times."""
    payload = {
        "customer": shop.acme.customer.pk, "amount": "0.43", "currency": "EUR",
        "received_at": "2026-11-20T09:00:00+01:00", "reference": "SEPA 77",
    }  # fmt: skip
    answers = [program.post("/payments", payload, key="sepa-77") for _ in range(3)]
    assert [one.status for one in answers] == [201, 201, 201], answers[0].body
    assert answers[0].body == answers[2].body
    with tenant_scope(shop.tenant_id):
        assert Payment.objects.filter(reference="SEPA 77").count() == 1
    assert answers[0].body["allocations"] == [
        {"invoice": shop.acme.invoice.pk, "amount": {"amount": "0.43", "currency": "EUR"}}
    ]
    assert program.get(f"/customers/{shop.acme.customer.pk}").body["balances"] == [
        {"amount": "0.00", "currency": "EUR"}
    ]
    assert program.get(f"/invoices/{shop.acme.invoice.pk}").body["status"] == "paid"
    receipt = program.get(f"/payments/{answers[0].body['id']}/receipt")
    assert receipt.status == 200
    assert receipt.body.startswith(b"%PDF-")


def test_two_at_the_same_time_are_one(fresh_db: str) -> None:
    """Both send the key before either is answered; PostgreSQL lets one in and the other reads."""
    shop = make_shop("north")
    Program(shop.tenant_id)  # makes the key
    together = Barrier(2)

    def ask(_number: int) -> Answer:
        program = Program(shop.tenant_id)
        together.wait(30)
        try:
            return program.post("/customers", PAYLOAD, key="k1")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(ask, range(2))
    assert (first.status, second.status) == (201, 201), (first.body, second.body)
    assert first.body == second.body
    replayed = {answer.response.get("Idempotent-Replayed") for answer in (first, second)}
    assert replayed == {None, "true"}
    with tenant_scope(shop.tenant_id):
        assert Customer.objects.filter(code="NEW").count() == 1
