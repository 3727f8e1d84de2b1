"""Long work by program: asked for at once, its address, and what became of it."""

from __future__ import annotations

import json

from tests.integration.web.api.client import Answer, Program, read
from tests.support.jobs import queued, work_off
from tests.support.shop import Shop
from tollwright.data.models import BillingRun, Invoice
from tollwright.data.scope import tenant_scope

UNTIL = {"until": "2026-11-05T00:00:00Z"}


def prefer(program: Program, path: str, body: object, key: str) -> Answer:
    headers = program.headers | {"Prefer": "wait=5, respond-async", "Idempotency-Key": key}
    return read(
        program.client.post(
            f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=headers
        )
    )


def test_a_billing_run_as_a_job(shop: Shop, program: Program) -> None:
    with tenant_scope(shop.tenant_id):
        Invoice.objects.filter(status="draft").delete()
    asked = prefer(program, "/billing-runs", UNTIL, "k")
    assert (asked.status, asked.response["Preference-Applied"]) == (202, "respond-async")
    assert asked.response["Location"] == f"/api/v1/jobs/{asked.body['id']}"
    assert (asked.body["status"], asked.body["subject"]) == ("queued", "billing_run")
    assert prefer(program, "/billing-runs", UNTIL, "k").body == asked.body  # asked once
    told = program.get(f"/jobs/{asked.body['id']}").body
    assert told["total"] == len(told["parts"]) == queued()
    work_off()
    told = program.get(f"/jobs/{asked.body['id']}").body
    assert (told["status"], told["done"], told["parts"]) == ("done", told["total"], [])
    assert told["ended_at"] is not None
    assert [one["id"] for one in program.get("/jobs", status="done").body["items"]] == [told["id"]]
    assert program.get("/jobs", status="failed").body["items"] == []
    with tenant_scope(shop.tenant_id):
        assert told["subject_id"] == BillingRun.objects.latest("id").pk


def test_what_is_refused_at_once_leaves_no_job(shop: Shop, program: Program) -> None:
    tomorrow = prefer(program, "/billing-runs", {"until": "2999-01-01T00:00:00Z"}, "k")
    assert (tomorrow.status, tomorrow.code) == (422, "until_in_future")
    assert queued() == 0
    assert program.get("/jobs/999999").status == 404


def test_a_report_that_is_not_true_fails_as_a_job(shop: Shop, program: Program) -> None:
    body = {
        "since": "2026-10-01T00:00:00Z",
        "until": "2026-11-01T00:00:00Z",
        "fingerprint": "0" * 64,
    }
    asked = prefer(program, "/re-ratings", body, "k")
    assert asked.status == 202, asked.body
    work_off()
    told = program.get(f"/jobs/{asked.body['id']}").body
    assert told["status"] == "failed"
    assert told["sentence"].startswith("Calls, rules or prices changed since the report was made")
