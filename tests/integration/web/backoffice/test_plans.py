"""Plans by the office's own forms: by their card, and by what a call costs."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from tests.integration.web.backoffice.test_stories import Office
from tests.support.switch import make_switch
from tollwright.core.legs import CostPlus
from tollwright.data.plans import CallPlan, PlanVersion

PRICE = "the call's cost + 15.25 % + 0.001 EUR, at least 0.005 EUR, at most 1.00 EUR a call"


@pytest.fixture
def office(db: None) -> Office:
    return Office(make_switch("north"))


def words(page: str) -> str:
    """A page's text."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def draft(office: Office, *, status: int = 302, **fields: Any) -> str:
    """Send the form of a version; the page, or where it leads."""
    plan = office.latest(CallPlan)
    return office.post(
        f"plans/{plan.pk}/versions/new/", status=status, card=office.switch.card.pk,
        routing_policy="least_cost", **fields,
    )  # fmt: skip


def test_a_price_from_the_cost_is_told_in_one_sentence(office: Office) -> None:
    """On the plan, on the customer, and on the card whose prices are then nobody's."""
    customer, card = office.switch.world.customer, office.switch.card
    office.post("plans/new/", code="PLUS", name="Cost plus")
    draft(
        office, pricing="cost_plus", markup_percent="15.25 %", fixed="0.001", floor="0.005",
        cap="1",
    )  # fmt: skip
    version = office.one(PlanVersion, plan__code="PLUS")
    assert version.cost_plus == CostPlus(152_500, 1_000, 5_000, 1_000_000)
    assert PRICE not in words(office.get(f"cards/{card.pk}/"))  # a draft is nobody's price
    office.post(f"plan-versions/{version.pk}/publish/")
    office.post(f"customers/{customer.pk}/subscribe/", version=version.pk, starts_on="2026-10-01")
    assert f"Calls {PRICE} Card Retail" in words(office.get(f"plans/{version.plan_id}/"))
    assert f"Cost plus v1 {PRICE}" in words(office.get(f"customers/{customer.pk}/"))
    assert (
        f"Customers on Cost plus v1 pay {PRICE}. This card gives them open destinations,"
        " billed seconds and rounding, not prices."
    ) in words(office.get(f"cards/{card.pk}/"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"pricing": "cost_plus"}, "Say the markup: 0 sells at cost."),
        ({"pricing": "card", "floor": "0"}, "The card prices calls: leave this empty."),
        (
            {"pricing": "cost_plus", "markup_percent": "1.00001"},
            "Write a percentage such as 12.5: 1.00001 has more than 4 decimals.",
        ),
        (
            {"pricing": "cost_plus", "markup_percent": "a tenth"},
            "Write a percentage such as 12.5: 'a tenth' is not a number.",
        ),
        (
            {"pricing": "cost_plus", "markup_percent": "-100.5"},
            "A markup of -100.5 % is less than nothing: -100 % is the least.",
        ),
        (
            {"pricing": "cost_plus", "markup_percent": "5", "floor": "2", "cap": "1"},
            "At least 2 and at most 1 EUR a call exclude each other: lower the one or raise the"
            " other.",
        ),
    ],
)
def test_what_no_price_can_be_is_told_beside_its_field(
    office: Office, fields: dict[str, str], sentence: str
) -> None:
    office.post("plans/new/", code="PLUS", name="Cost plus")
    assert sentence in words(draft(office, status=200, **fields))
