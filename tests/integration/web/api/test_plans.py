"""Plans by the API: drafted by their card or from the cost, published, and told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.integration.web.api.client import Program
from tests.support.shop import Shop
from tollwright.core.rating.legs import CostPlus
from tollwright.data.access import Role
from tollwright.data.models import AuditEntry, PlanVersion
from tollwright.data.scope import tenant_scope

WORDS = "the call's cost + 15.25 % + 0.001 EUR, at most 1.00 EUR a call"
FROM_COST = {"markup_percent": "15.25", "fixed": "0.001", "cap": "1"}


def plan_of(program: Program) -> str:
    made = program.post("/plans", {"code": "PLUS", "name": "Cost plus"})
    assert made.status == 201, made.body
    assert program.get("/plans").body["items"] == [made.body]
    return f"/plans/{made.body['id']}"


def test_a_plan_from_the_cost_is_drafted_published_and_told(shop: Shop, program: Program) -> None:
    plan = plan_of(program)
    fee = {"kind": "subscription", "name": "Monthly", "amount": "49.00"}
    payload = {"card": shop.card.pk, "cost_plus": FROM_COST, "fees": [fee]}
    draft = program.post(f"{plan}/versions", payload, key="v1")
    assert program.post(f"{plan}/versions", payload, key="v1").body == draft.body
    assert (draft.status, draft.body["status"], draft.body["currency"]) == (201, "draft", "EUR")
    assert draft.body["cost_plus"] == {
        "markup_percent": "15.25", "fixed": {"amount": "0.001", "currency": "EUR"}, "floor": None,
        "cap": {"amount": "1.00", "currency": "EUR"}, "words": WORDS,
    }  # fmt: skip
    assert draft.body["fees"] == [
        fee | {
            "amount": {"amount": "49.00", "currency": "EUR"}, "interval": "month",
            "interval_count": 1, "anchor": "calendar", "timing": "advance", "proration": "day",
            "of_days": None, "unused": "give_back", "words": "a month, in advance",
        }
    ]  # fmt: skip
    published = program.post(f"/plan-versions/{draft.body['id']}/publish")
    assert (published.status, published.body["published_by"]) == (200, "key:robot owner")
    assert program.get(f"{plan}/versions").body["items"] == [published.body]
    again = program.post(f"/plan-versions/{draft.body['id']}/publish")
    assert (again.status, again.code) == (409, "plan_version_published")
    with tenant_scope(shop.tenant_id):
        assert PlanVersion.objects.get().cost_plus == CostPlus(152_500, 1_000, None, 1_000_000)
        told = AuditEntry.objects.get(action="plan_version.published").after or {}
    assert (told["pricing"], told["markup_ppm"]) == ("cost_plus", 152_500)
    quote = program.get(f"/cards/{shop.card.pk}/quote", number="+442079460000").body
    assert quote["not_for"] == [f"Cost plus v1: {WORDS}"]


def test_a_plan_by_its_card(shop: Shop, program: Program) -> None:
    draft = program.post(f"{plan_of(program)}/versions", {"card": shop.card.pk})
    assert (draft.status, draft.body["cost_plus"], draft.body["fees"]) == (201, None, [])
    program.post(f"/plan-versions/{draft.body['id']}/publish")
    moment = datetime(2026, 11, 2, tzinfo=UTC).isoformat().replace("+00:00", "Z")
    quote = program.get(f"/cards/{shop.card.pk}/quote", number="+442079460000", at=moment).body
    assert quote["not_for"] == []


@pytest.mark.parametrize(
    ("terms", "where", "sentence"),
    [
        ({}, "cost_plus.markup_percent", "Field required"),
        (
            {"markup_percent": "1.00001"}, "markup_percent",
            '1.00001 has more than 4 decimals: write it as "12.5".',
        ),
        ({"markup_percent": "1", "cap": "1,5"}, "cap", "'1,5' is not a number"),
        (
            {"markup_percent": "-101"}, "markup_percent",
            "A markup of -101 % is less than nothing: -100 % is the least.",
        ),
        ({"markup_percent": "1", "floor": "-1"}, "floor", "The least is -1: from 0 to"),
        ({"markup_percent": "1", "colour": "red"}, "cost_plus.colour", "not permitted"),
    ],
)  # fmt: skip
def test_what_no_price_can_be_is_refused(
    shop: Shop, program: Program, terms: dict[str, str], where: str, sentence: str
) -> None:
    payload = {"card": shop.card.pk, "cost_plus": terms}
    refused = program.post(f"{plan_of(program)}/versions", payload)
    assert refused.status == 422
    (error,) = refused.body["errors"]
    assert error["where"].endswith(where)
    assert sentence in error["message"]


def test_support_reads_plans_and_drafts_none(shop: Shop) -> None:
    helper = Program(shop.tenant_id, role=Role.SUPPORT)
    assert helper.get("/plans").status == 200
    assert helper.post("/plans", {"code": "X", "name": "X"}).status == 403


def test_a_fee_has_an_interval_of_its_own(shop: Shop, program: Program) -> None:
    """Every two months from the plan's first day; what does not fit is refused."""
    plan = plan_of(program)
    fee = {
        "kind": "subscription", "name": "Care", "amount": "120", "interval": "month",
        "interval_count": 2, "anchor": "start", "timing": "arrears", "proration": "none",
        "unused": "keep",
    }  # fmt: skip
    draft = program.post(f"{plan}/versions", {"card": shop.card.pk, "fees": [fee]})
    assert draft.status == 201, draft.body
    (told,) = draft.body["fees"]
    assert told["words"] == "every 2 months from the plan's first day, in arrears, in whole"
    assert {name: told[name] for name in fee if name != "amount"} == {
        name: value for name, value in fee.items() if name != "amount"
    }
    monthly = {"kind": "registration", "name": "Set-up", "amount": "5", "interval": "month"}
    refused = program.post(f"{plan}/versions", {"card": shop.card.pk, "fees": [monthly]})
    assert (refused.status, refused.body["detail"]) == (
        422, "Fee 1: a registration is due once: it has no interval.",
    )  # fmt: skip
