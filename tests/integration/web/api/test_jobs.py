"""Long work by program: asked for at once, its address, and what became of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.integration.jobs.test_billing_runs import four_customers
from tests.integration.web.api.client import Answer, Program, read
from tests.support.jobs import queued, until, work_off, worker_process
from tests.support.shop import Shop
from tollwright.data.models import BillingRun, Customer, Invoice
from tollwright.data.scope import tenant_scope
from tollwright.domain.errors import NotFound
from tollwright.domain.invoices import drafting

UNTIL = {"until": "2026-11-05T00:00:00Z"}


def prefer(
    program: Program, path: str, body: object, key: str = "", what: str = "wait=5, respond-async"
) -> Answer:
    """With a JSON body, or with bytes as they are."""
    headers = program.headers | {"Prefer": what} | ({"Idempotency-Key": key} if key else {})
    content = body if isinstance(body, bytes) else json.dumps(body)
    return read(
        program.client.post(
            f"/api/v1{path}", content, content_type="application/json", headers=headers
        )
    )


def made(program: Program, asked: Answer) -> dict[str, Any]:
    """The job that was asked for, worked off."""
    assert asked.status == 202, asked.body
    assert asked.response["Location"] == f"/api/v1/jobs/{asked.body['id']}"
    work_off()
    told: dict[str, Any] = program.get(f"/jobs/{asked.body['id']}").body
    return told


@pytest.fixture
def december(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 12, 2, tzinfo=UTC))


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


def test_a_billing_run_answers_when_it_is_done_and_not_later(
    shop: Shop, program: Program, december: None
) -> None:
    """Without a worker the caller gets the job's address when the wait is over; asked again with
    the same key when the work is done, the run."""
    with tenant_scope(shop.tenant_id):
        Invoice.objects.filter(status="draft").delete()
        before = BillingRun.objects.count()
    body = {"until": "2026-12-02T00:00:00Z"}
    asked = prefer(program, "/billing-runs", body, "k", "wait=0")
    assert asked.status == 202
    assert asked.response["Location"] == f"/api/v1/jobs/{asked.body['id']}"
    assert "Preference-Applied" not in asked.response
    work_off()
    again = prefer(program, "/billing-runs", body, "k", "wait=0")
    assert again.status == 201
    assert (again.body["job"], again.body["failed"]) == (asked.body["id"], [])
    assert again.body == program.get(f"/billing-runs/{again.body['id']}").body
    assert len(again.body["drafts"]) > 0
    with tenant_scope(shop.tenant_id):
        assert BillingRun.objects.count() == before + 1


def test_a_customer_who_cannot_be_billed_is_named(
    shop: Shop, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are billed."""
    with tenant_scope(shop.tenant_id):
        Invoice.objects.filter(status="draft").delete()
    draft = drafting.draft_customer

    def refusing(run: BillingRun, customer: Customer, at: datetime) -> list[Invoice]:
        if customer.pk == shop.acme.customer.pk:
            raise NotFound("No rate of exchange is known.")
        return draft(run, customer, at)

    monkeypatch.setattr("tollwright.domain.invoices.runs.draft_customer", refusing)
    monkeypatch.setattr("tollwright.web.shared.waiting.pause", work_off)
    run = program.post("/billing-runs", UNTIL, key="k")
    assert run.status == 201
    assert run.body["failed"] == [
        {"customer": shop.acme.customer.pk, "sentence": "No rate of exchange is known."}
    ]


def test_a_deck_from_its_preview_to_published_prices_by_jobs(shop: Shop, program: Program) -> None:
    deck = b"Prefix,Destination,Price\n44,United Kingdom,0.50\n33,France,0.40\n"
    card = shop.card.pk
    asked = prefer(program, f"/cards/{card}/decks?filename=a.csv&mode=replace", deck)
    assert asked.response["Preference-Applied"] == "respond-async"
    preview = made(program, asked)
    assert (preview["status"], preview["subject"]) == ("done", "deck_import")
    draft = made(program, prefer(program, f"/decks/{preview['subject_id']}/apply", {}))
    assert (draft["status"], draft["subject"]) == ("done", "card_version"), draft
    body = {"effective_from": "2027-01-01T00:00:00Z"}
    published = made(program, prefer(program, f"/versions/{draft['subject_id']}/publish", body))
    assert published["status"] == "done", published
    assert program.get(f"/versions/{draft['subject_id']}").body["status"] == "published"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/cards/{card}/decks?filename=a.csv&mode=replace", b"Prefix,Price\n44,0.5\n"),
        ("/cards/{card}/versions", b'{"rates": [{"prefix": "44", "price": "0.012"}]}'),
        ("/calls?source={source}", b'{"records": [{"id": "x", "start": "2026-10-05T10:00:00Z"}]}'),
    ],
)
def test_what_is_large_is_a_job_whatever_is_preferred(
    shop: Shop, program: Program, monkeypatch: pytest.MonkeyPatch, path: str, body: bytes
) -> None:
    place = path.format(card=shop.card.pk, source=shop.source.code)
    monkeypatch.setattr("tollwright.web.api.jobs.LARGE_BODY", len(body))
    direct = program.send("POST", place, body)
    assert direct.status == 201
    by_choice = made(program, prefer(program, place, body))
    monkeypatch.setattr("tollwright.web.api.jobs.LARGE_BODY", len(body) - 1)
    asked = program.send("POST", place, body)
    assert asked.status == 202
    assert "Preference-Applied" not in asked.response
    assert [by_choice["status"], made(program, asked)["status"]] == ["done", "done"]
    if path.startswith("/calls"):  # the same bytes are one batch
        assert by_choice["subject_id"] == direct.body["id"]


DAYS = {"since": "2026-10-01T00:00:00Z", "until": "2026-11-01T00:00:00Z"}
CARD = {"rates": [{"prefix": "44", "price": "0.90", "first_s": 60, "next_s": 60}]}


@pytest.mark.parametrize(
    ("ask", "answer", "body"),
    [
        ("/re-ratings/report", "/re-ratings/reports", DAYS),
        ("/what-if", "/what-if", DAYS | {"card": CARD}),
        ("/what-if", "/what-if", DAYS | {"card": CARD, "as_of": "2026-10-05T00:00:00Z"}),
    ],
)
def test_questions_over_calls_have_the_same_answer_as_jobs(
    shop: Shop, program: Program, monkeypatch: pytest.MonkeyPatch,
    ask: str, answer: str, body: dict[str, object],
) -> None:  # fmt: skip
    assert shop.tenant_id
    direct = program.post(ask, body)
    assert direct.status == 200, direct.body
    assert direct.body["calls"] > 1
    asked = prefer(program, ask, body)
    place = f"{answer}/{asked.body['id']}"
    early = program.get(place)
    assert (early.status, early.code) == (409, "job_has_no_answer")
    assert made(program, asked)["status"] == "done"
    assert program.get(place).body == direct.body
    monkeypatch.setattr("tollwright.domain.rerating.queries.MANY_CALLS", direct.body["calls"])
    assert program.post(ask, body).status == 200
    monkeypatch.setattr("tollwright.domain.rerating.queries.MANY_CALLS", 1)
    assert program.post(ask, body).status == 202


def test_a_draft_is_issued_by_a_job(
    shop: Shop, program: Program, december: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant_scope(shop.tenant_id):
        Invoice.objects.filter(status="draft").delete()
    monkeypatch.setattr("tollwright.web.shared.waiting.pause", work_off)
    run = program.post("/billing-runs", {"until": "2026-12-02T00:00:00Z"}, key="k")
    draft = run.body["drafts"][0]
    told = made(program, prefer(program, f"/invoices/{draft}/finalise?early=true", {}))
    assert (told["status"], told["subject_id"]) == ("done", draft), told
    assert program.get(f"/invoices/{draft}").body["status"] == "finalised"


def test_the_answer_comes_when_a_worker_has_done_it(fresh_db: str) -> None:
    """The worker is another process: it sees the jobs because the request's rows are committed
    before the wait begins."""
    world = four_customers()
    program = Program(world.tenant.pk)
    body = {"until": "2026-11-01T00:00:00+01:00"}
    with worker_process(fresh_db):
        run = program.post("/billing-runs", body, key="k")
        if run.status == 202:  # a loaded machine: the wait was over first
            until(lambda: program.get(f"/jobs/{run.body['id']}").body["ended_at"] is not None)
            run = program.post("/billing-runs", body, key="k")
    assert run.status == 201
    assert (len(run.body["drafts"]), run.body["failed"]) == (4, [])
