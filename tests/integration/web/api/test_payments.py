"""Payments by program: asked once, taken back, allocated anew; invoices written off.

Acme's invoice of 1.43 has 1.00 paid: 0.43 are open.
"""

from __future__ import annotations

from typing import Any

from tests.integration.web.api.client import Program
from tests.support.shop import Shop
from tollwright.data.models import Payment
from tollwright.data.scope import tenant_scope

REASON = {"reason": "Bounced"}


def payload(shop: Shop, **more: Any) -> dict[str, Any]:
    return {
        "customer": shop.acme.customer.pk, "amount": "1000000000", "currency": "EUR",
        "received_at": "2026-11-20T10:00:00Z",
    } | more  # fmt: skip


def test_what_is_unusual_is_a_conflict_until_confirmed(shop: Shop, program: Program) -> None:
    with tenant_scope(shop.tenant_id):
        before = Payment.objects.count()
    refused = program.post("/payments", payload(shop), key="k")
    assert (refused.status, refused.code) == (409, "payment_needs_confirmation")
    assert "is more than twice what Acme Ltd has open, 0.43 EUR." in refused.body["detail"]
    with tenant_scope(shop.tenant_id):
        assert Payment.objects.count() == before > 0
    booked = program.post("/payments", payload(shop, confirm=True), key="k")
    assert (booked.status, booked.body["unallocated"]["amount"]) == (201, "999999999.57")
    future = payload(shop, received_at="2999-01-01T00:00:00Z", confirm=True)
    assert program.post("/payments", future, key="f").code == "payment_in_future"


def test_a_payment_is_reversed(shop: Shop, program: Program) -> None:
    path = f"/payments/{shop.acme.payment.pk}"
    assert program.post(f"{path}/reversal", REASON).code == "idempotency_key_missing"
    told = program.post(f"{path}/reversal", REASON, key="r")
    assert told.status == 201
    assert (told.body["reversed"], told.body["allocations"]) == (True, [])
    (change,) = told.body["changes"]
    assert (change["kind"], change["reason"]) == ("reversal", "Bounced")
    pdf = program.client.get(
        f"/api/v1/payments/changes/{change['id']}/pdf", headers=program.headers
    )  # fmt: skip
    assert pdf.content.startswith(b"%PDF")
    assert program.post(f"{path}/reversal", REASON, key="r").body == told.body
    assert program.post(f"{path}/reversal", REASON, key="r2").code == "payment_already_reversed"
    invoice = program.get(f"/invoices/{shop.acme.invoice.pk}").body
    assert (invoice["status"], invoice["open"]["amount"]) == ("finalised", "1.43")


def test_a_payment_is_allocated_by_hand(shop: Shop, program: Program) -> None:
    path = f"/payments/{shop.acme.payment.pk}/allocations"
    mine, theirs = shop.acme.invoice.pk, shop.other.invoice.pk
    wish = {"reason": "By hand", "allocations": [{"invoice": mine, "amount": "0.40"}]}
    told = program.post(path, wish, key="a")
    assert told.status == 201
    assert [one["amount"]["amount"] for one in told.body["allocations"]] == ["0.40"]
    assert told.body["unallocated"]["amount"] == "0.60"
    strange = {"reason": "x", "allocations": [{"invoice": theirs}]}
    assert program.post(path, strange, key="b").code == "invoice_cannot_be_settled"


def test_an_invoice_is_written_off(shop: Shop, program: Program) -> None:
    path = f"/invoices/{shop.acme.invoice.pk}/write-off"
    told = program.post(path, {"reason": "Insolvent"}, key="w")
    assert (told.status, told.body["status"]) == (201, "written_off")
    assert program.post(path, {"reason": "Insolvent"}, key="w2").code == "invoice_nothing_open"
    numbers = [
        one["number"] for one in program.get("/invoices", status="written_off").body["items"]
    ]
    assert numbers == [str(shop.acme.invoice.number)]
    undone = program.post(f"{path}/undo", {"reason": "They paid"}, key="u")
    assert (undone.status, undone.body["status"]) == (201, "finalised")
