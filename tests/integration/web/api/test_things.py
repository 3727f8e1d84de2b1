"""What the API tells and does: customers, campaigns, cards, invoices, usage."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote as quoted

import pytest

from tests.integration.web.api.client import Answer, Program
from tests.support.billing import say
from tests.support.jobs import work_off
from tests.support.shop import Shop
from tollwright.data.models import AuditEntry, Invoice
from tollwright.data.scope import tenant_scope


def test_a_customer_and_what_they_owe(shop: Shop, program: Program) -> None:
    """Invoiced 1.43, paid 1.00."""
    told = program.get(f"/customers/{shop.acme.customer.pk}").body
    assert told["balances"] == [{"amount": "0.43", "currency": "EUR"}]
    assert (told["code"], told["created_at"], told["legal_entity"]) == (
        "ACME", "2026-10-01T00:00:00Z", shop.world.entity.pk,
    )  # fmt: skip


def test_a_change_changes_what_is_sent(shop: Shop, program: Program) -> None:
    changed = program.patch(f"/customers/{shop.acme.customer.pk}", {"email": "new@acme.example"})
    assert (changed.status, changed.body["email"], changed.body["name"]) == (
        200, "new@acme.example", "Acme Ltd",
    )  # fmt: skip
    with tenant_scope(shop.tenant_id):
        entry = AuditEntry.objects.get(action="customer.updated")
    assert (entry.actor, entry.after) == ("key:robot owner", {"email": "new@acme.example"})


def test_a_campaign_with_its_identifiers(shop: Shop, program: Program) -> None:
    made = program.post(
        "/campaigns", {"customer": shop.acme.customer.pk, "code": "WIN", "name": "Win back"}
    )
    assert made.status == 201, made.body
    path = f"/campaigns/{made.body['id']}/identifiers"
    payload = {"kind": "did", "value": "+44 20 7946 0001", "valid_from": "2026-11-01T00:00:00Z"}
    added = program.post(path, payload)
    assert (added.status, added.body["value"]) == (201, "442079460001")
    taken = program.post(f"/campaigns/{shop.acme.campaign.pk}/identifiers", payload)
    assert (taken.status, taken.code) == (409, "identifier_taken")
    end = {"valid_to": "2026-12-01T00:00:00Z"}
    ended = program.post(f"/identifiers/{added.body['id']}/end", end)
    assert ended.body["valid_to"] == "2026-12-01T00:00:00Z"
    assert len(program.get(path).body["items"]) == 1


DECK = b"Prefix;Destination;Rate\n44;United Kingdom;0,012\n4420;London;0,010\n49;Germany;free\n"


def test_a_deck_from_preview_to_quote(shop: Shop, program: Program) -> None:
    card = program.post("/cards", {"code": "NEW", "name": "New", "currency": "EUR"}).body["id"]
    assert program.get(f"/cards/{card}/quote", number="+442079460000").body["status"] == "unmatched"
    path = f"/cards/{card}/decks?filename=deck.csv&mode=replace"
    seen = program.send("POST", path, DECK, media_type="text/csv")
    assert seen.status == 201, seen.body
    assert (seen.body["summary"]["rows"], seen.body["summary"]["faults"]) == (2, 1)
    assert seen.body["summary"]["first_faults"][0]["line"] == 4
    refused = program.post(f"/decks/{seen.body['id']}/apply")
    assert (refused.status, refused.code) == (409, "deck_has_faults")
    draft = program.post(f"/decks/{seen.body['id']}/apply", {"skip_faults": True})
    assert (draft.status, draft.body["status"]) == (201, "draft"), draft.body
    when = {"effective_from": "2026-11-01T00:00:00Z"}
    published = program.post(f"/versions/{draft.body['id']}/publish", when)
    assert (published.status, published.body["status"]) == (200, "published"), published.body
    quote = program.get(
        f"/cards/{card}/quote", number="+44 20 7946 0000", seconds=90, at="2026-11-02T00:00:00Z"
    ).body
    assert (quote["status"], quote["prefix"], quote["price"]) == (
        "rated", "4420", {"amount": "0.015", "currency": "EUR"},
    )  # fmt: skip
    assert quote["steps"]
    again = program.post(f"/versions/{draft.body['id']}/publish", when)
    assert (again.status, again.code) == (409, "version_published")


CARD_FILE = {
    "bands": [
        {"name": "day", "weight": 1, "windows": [{"start": "08:00", "end": "18:00"}]},
        {"name": "rest"},
    ],
    "rates": [
        {"prefix": "44", "band": "day", "price": "0.60"},
        {"prefix": "44", "band": "rest", "price": "0.30"},
    ],
}


def test_a_card_file_from_draft_to_quote(shop: Shop, program: Program) -> None:
    """90 seconds at 0.60 a minute are 0.90 by day, and the half at night."""
    card = program.post("/cards", {"code": "NEW", "name": "New", "currency": "EUR"}).body["id"]
    draft = program.post(f"/cards/{card}/versions", CARD_FILE, key="k")
    assert (draft.status, draft.body["number"], draft.body["status"]) == (201, 1, "draft")
    assert program.post(f"/cards/{card}/versions", CARD_FILE, key="k").body == draft.body
    when = {"effective_from": "2026-11-01T00:00:00Z"}
    assert program.post(f"/versions/{draft.body['id']}/publish", when).status == 200
    for hour, amount in (("10", "0.90"), ("20", "0.45")):
        at = f"2026-11-02T{hour}:00:00Z"
        quote = program.get(f"/cards/{card}/quote", number="442079460000", seconds=90, at=at).body
        assert quote["price"] == {"amount": amount, "currency": "EUR"}


@pytest.mark.parametrize(
    ("content", "errors"),
    [
        pytest.param(
            b'{"rates": [{"prefix": "4x", "price": "1"}, {"prefix": "49", "colour": "red"}]}',
            [
                ("row 1, prefix", "'4x' is not made of digits 0-9 only"),
                ("row 2, colour", "unknown key"),
                ("row 2, price", "missing"),
            ],
            id="each fault with its row",
        ),
        pytest.param(
            b'{"rates": [{"prefix": "44", "prefix": "1", "price": "1"}]}',
            [("prefix", "is there twice in the object with prefix: 44")],
            id="a key twice",
        ),
        pytest.param(
            b'{"rates": [{"prefix": "44", "price": "1", "name": "\\u0000"}]}',
            [("card", "holds an escape that is not a character: \\u0000, or one half of a pair")],
            id="a text that cannot be kept",
        ),
        pytest.param(
            b'{"rates": []}', [("rates", "are none: a card needs at least one row")], id="no row"
        ),
        pytest.param(b"", [("card", "is empty")], id="no file"),
    ],
)  # fmt: skip
def test_a_card_file_with_faults(
    shop: Shop, program: Program, content: bytes, errors: list[tuple[str, str]]
) -> None:
    refused = program.send("POST", f"/cards/{shop.card.pk}/versions", content)
    assert (refused.status, refused.code) == (422, "card_refused")
    assert [(one["where"], one["message"]) for one in refused.body["errors"]] == errors


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"side": "buy"}, "The file says side buy, the card NEW is sell"),
        ({"currency": "USD"}, "The file says currency USD, the card NEW is EUR"),
    ],
)  # fmt: skip
def test_a_card_file_of_another_kind(
    shop: Shop, program: Program, said: dict[str, str], sentence: str
) -> None:
    card = program.post("/cards", {"code": "NEW", "name": "New", "currency": "EUR"}).body["id"]
    refused = program.post(f"/cards/{card}/versions", CARD_FILE | said)
    assert (refused.status, refused.code) == (422, "card_refused")
    assert sentence in refused.body["detail"]
    assert program.get(f"/cards/{card}/versions").body["items"] == []


def test_an_invoice_with_lines_and_tax(shop: Shop, program: Program) -> None:
    """1.20 and 19 %, 0.228 rounded to 0.23; 1.00 of 1.43 is paid."""
    told = program.get(f"/invoices/{shop.acme.invoice.pk}").body
    euro = {
        name: told[name]["amount"] for name in ("net", "tax", "rounding", "total", "paid", "open")
    }
    assert euro == {
        "net": "1.20", "tax": "0.23", "rounding": "0.00", "total": "1.43", "paid": "1.00",
        "open": "0.43",
    }  # fmt: skip
    assert told["taxes"] == [
        {
            "category": "S", "rate_percent": "19",
            "base": {"amount": "1.20", "currency": "EUR"},
            "tax": {"amount": "0.23", "currency": "EUR"},
        }
    ]  # fmt: skip
    assert told["lines"] == program.get(f"/invoices/{shop.acme.invoice.pk}/lines").body
    pdf = program.get(f"/invoices/{shop.acme.invoice.pk}/pdf")
    assert (pdf.body, pdf.response["Content-Type"]) == (b"%PDF invoice 1", "application/pdf")
    draft = program.get(f"/invoices/{shop.acme.draft.pk}/pdf")
    assert (draft.status, draft.code) == (404, "not_found")


def test_invoices_by_state(shop: Shop, program: Program) -> None:
    for state, count in {"draft": 2, "finalised": 2, "paid": 0}.items():
        assert len(program.get("/invoices", status=state).body["items"]) == count
    (one,) = program.get("/invoices", number=str(shop.acme.invoice.number)).body["items"]
    assert one["id"] == shop.acme.invoice.pk


@pytest.fixture
def worked_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is queued is done while a request waits."""
    monkeypatch.setattr("tollwright.web.shared.waiting.pause", work_off)


@pytest.mark.usefixtures("worked_off")
def test_a_billing_run_and_issuing(
    shop: Shop, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Acme's uninvoiced 0.60 of October (the half of it that no invoice holds) is drafted."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 12, 2, tzinfo=UTC))
    with tenant_scope(shop.tenant_id):
        Invoice.objects.filter(status="draft").delete()
    run = program.post("/billing-runs", {"until": "2026-12-02T00:00:00Z"}, key="run-1")
    assert run.status == 201, run.body
    assert run.body["drafts"]
    again = program.post("/billing-runs", {"until": "2026-12-02T00:00:00Z"}, key="run-1")
    assert again.body == run.body
    assert program.get(f"/billing-runs/{run.body['id']}").body == run.body
    for draft in run.body["drafts"]:
        issued = program.post(f"/invoices/{draft}/finalise")
        assert (issued.status, issued.body["status"]) == (200, "finalised"), issued.body
        assert program.get(f"/invoices/{draft}/pdf").body.startswith(b"%PDF-")
        assert program.post(f"/invoices/{draft}/finalise").body == issued.body


@pytest.mark.usefixtures("worked_off")
def test_a_draft_in_grace_is_issued_only_when_asked_to(
    shop: Shop, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What of October no invoice holds goes on the drafts of November."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 12, 2, tzinfo=UTC))
    with tenant_scope(shop.tenant_id):
        Invoice.objects.filter(status="draft").delete()
        say("finalise_grace_days", 3)
    run = program.post("/billing-runs", {"until": "2026-12-02T00:00:00Z"}, key="run-1")
    draft = run.body["drafts"][0]
    refused = program.post(f"/invoices/{draft}/finalise")
    assert (refused.status, refused.code) == (409, "invoice_in_grace")
    issued = program.post(f"/invoices/{draft}/finalise?early=true")
    assert (issued.status, issued.body["status"]) == (200, "finalised"), issued.body


def test_usage_by_day(shop: Shop, program: Program) -> None:
    told = program.get("/usage", first="2026-10-04", last="2026-10-06").body
    assert told["timezone"] == "Europe/Berlin"
    assert [(one["day"], one["calls"], one["charges"]["amount"]) for one in told["days"]] == [
        ("2026-10-04", 0, "0.00"), ("2026-10-05", 6, "3.60"), ("2026-10-06", 0, "0.00"),
    ]  # fmt: skip
    acme = program.get(
        "/usage", first="2026-10-05", last="2026-10-05", customer=shop.acme.customer.pk
    ).body
    assert acme["days"][0] == {
        "day": "2026-10-05", "calls": 3, "answered": 2, "billed_s": 180,
        "charges": {"amount": "1.80", "currency": "EUR"},
        "cost": {"amount": "0.777", "currency": "EUR"}, "bought": 2,
    }  # fmt: skip


def test_a_deck_takes_a_mapping_and_answers(shop: Shop, program: Program) -> None:
    """National codes are asked; an answer, or a whole mapping, says whose they are."""
    card = program.post("/cards", {"code": "US", "name": "US", "currency": "EUR"}).body["id"]
    path = f"/cards/{card}/decks?filename=us.csv&mode=amend"
    us = b"Code,Rate\n201200,0.004\n212555,0.005\n"

    def told_deck(query: str) -> Answer:
        return program.send("POST", f"{path}&{query}", us, media_type="text/csv")

    asked = program.send("POST", path, us, media_type="text/csv")
    assert [one["key"] for one in asked.body["summary"]["questions"]] == ["country"]
    refused = program.post(f"/decks/{asked.body['id']}/apply")
    assert (refused.status, refused.code) == (409, "deck_has_questions")
    told = told_deck("answer=country%3D1&answer=duplicates%3Dlast")
    assert (told.body["summary"]["questions"], told.body["mapping"]["country"]) == ([], "1")
    mapping = quoted('{"columns": [["Code", "prefix"], ["Rate", "price"]], "country": "US"}')
    given = told_deck(f"mapping={mapping}")
    assert (given.body["summary"]["columns"], given.body["summary"]["rows"]) == ("given", 2)
    for wrong in ("mapping=red", "answer=country", "answer=country%3DAtlantis"):
        assert told_deck(wrong).status == 422
