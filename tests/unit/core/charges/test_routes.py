"""Plans that price by their routing: A 0.020, B 0.030, C 0.015; A is first, B carried it."""

from __future__ import annotations

from typing import Any

import pytest

from tollwright.core.charges.exact import show_exact
from tollwright.core.charges.plan import Pricing
from tollwright.core.charges.plan_file import converted
from tollwright.core.charges.routes import Routes, price_by_routes

CANDIDATES = [
    {"carrier": "A", "cost": "0.020", "class": "standard"},
    {"carrier": "B", "cost": "0.030", "class": "premium"},
    {"carrier": "C", "cost": "0.015", "class": "economy"},
]
PLUS = {"kind": "cost_plus", "markup_percent": "15"}
SHARE = {"kind": "saving_share", "share_percent": "40"}
CLASS = {"kind": "route_class"}


def price(pricing: dict[str, Any], **routes: Any) -> str | None:
    told = {
        "candidates": CANDIDATES, "chosen": "B", "card_amount": "0.05",
        "class_amounts": {"premium": "0.08", "standard": "0.05"}, **routes,
    }  # fmt: skip
    found = price_by_routes(
        converted(pricing, Pricing, "pricing"), converted(told, Routes, "routes")
    )
    return None if found.amount is None else show_exact(found.amount)


@pytest.mark.parametrize(
    ("pricing", "routes", "amount"),
    [
        ({"kind": "card"}, {}, "0.05"),
        (PLUS, {}, "0.0345"),
        ({**PLUS, "basis": "first"}, {}, "0.023"),
        ({**PLUS, "basis": "cheapest"}, {}, "0.01725"),
        ({**PLUS, "fixed": "0.001"}, {}, "0.0355"),
        ({**PLUS, "floor": "0.04"}, {}, "0.04"),
        ({**PLUS, "cap": "0.03"}, {}, "0.03"),
        (SHARE, {"chosen": "A"}, "0.032"),
        (SHARE, {"card_amount": "0.025"}, "0.025"),
        (CLASS, {}, "0.08"),
        ({**CLASS, "basis": "first"}, {}, "0.05"),
        ({**CLASS, "basis": "cheapest"}, {}, None),
        (PLUS, {"chosen": "D"}, None),
        (PLUS, {"candidates": [{"carrier": "B"}]}, None),
        (SHARE, {"card_amount": None}, None),
        ({**PLUS, "basis": "cheapest"}, {"candidates": []}, None),
    ],
)
def test_what_the_customer_pays(
    pricing: dict[str, Any], routes: dict[str, Any], amount: str | None
) -> None:
    assert price(pricing, **routes) == amount
