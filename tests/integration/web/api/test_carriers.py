"""Carriers and costs by the API."""

from __future__ import annotations

from tests.integration.web.api.client import Program
from tests.support.shop import Shop
from tollwright.data.models import Role

SPAN = {"first": "2026-10-01T00:00:00Z", "last": "2026-11-01T00:00:00Z"}
SINCE = "2026-09-01T00:00:00Z"


def test_a_carrier_with_trunk_and_card_prices_what_is_missing(program: Program) -> None:
    """Two answered calls of each customer go over a trunk that is not told, which `*` is too."""
    made = program.post("/carriers", {"code": "TEL", "name": "Telco"}, key="c1")
    again = program.post("/carriers", {"code": "TEL", "name": "Telco"}, key="c1")
    assert (made.status, again.body) == (201, made.body)
    where = f"/carriers/{made.body['id']}"
    assert [one["reason"] for one in missing(program)] == ["unknown_trunk"] * 4
    trunk = program.post(f"{where}/trunks", {"value": "*", "valid_from": SINCE}).body
    assert [one["reason"] for one in missing(program)] == ["no_buy_card"] * 4
    card = program.post("/cards", {"code": "B", "name": "B", "side": "buy", "currency": "EUR"}).body
    program.post(f"{where}/cards", {"card": card["id"], "valid_from": SINCE})
    answer = program.post("/costs/price", SPAN)
    assert answer.body == {"charged": 0, "reasons": {"no_buy_version": 4}, "priced_individually": 0}
    ended = program.post(f"/trunks/{trunk['id']}/end", {"valid_to": "2026-10-01T00:00:00Z"})
    assert ended.body["valid_to"] == "2026-10-01T00:00:00Z"
    assert program.get(where).body["trunks"] == [ended.body]
    assert program.patch(where, {"code": "ONE", "name": "One"}).body["code"] == "ONE"
    assert [one["code"] for one in program.get("/carriers").body["items"]] == ["ONE"]


def missing(program: Program) -> list[dict[str, str]]:
    answer = program.get("/costs/missing", **SPAN)
    assert answer.status == 200
    listed: list[dict[str, str]] = answer.body
    return listed


def test_refusals_say_what_is_wrong(program: Program, shop: Shop) -> None:
    made = program.post("/carriers", {"code": "TEL", "name": "Telco"}).body
    assert program.post("/carriers", {"code": "TEL", "name": "T"}).code == "carrier_code_taken"
    where = f"/carriers/{made['id']}"
    assert program.post(f"{where}/trunks", {"value": "a*b"}).code == "invalid_field"
    assert program.post(f"{where}/cards", {"card": shop.card.pk}).code == "not_a_buy_card"
    assert program.post(f"{where}/cards", {"card": 0}).code == "invalid_field"
    auditor = Program(shop.tenant_id, Role.AUDITOR)
    assert auditor.get("/carriers").status == 200
    assert auditor.post("/carriers", {"code": "X", "name": "X"}).code == "role_too_small"
    assert auditor.post("/costs/price", SPAN).code == "role_too_small"


def test_usage_says_what_the_calls_cost(program: Program) -> None:
    """The shop's two customers: 1.80 each to pay, 0.777 each to buy."""
    (day,) = program.get("/usage", first="2026-10-05", last="2026-10-05").body["days"]
    assert (day["charges"], day["cost"]) == (
        {"amount": "3.60", "currency": "EUR"},
        {"amount": "1.554", "currency": "EUR"},
    )
