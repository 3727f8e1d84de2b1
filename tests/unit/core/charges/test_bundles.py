"""Bundles: rolled, granted, bought; over several items."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.charges.conftest import item, lines_of, priced, total_of

ROLLING = {
    "items": [item({"kind": "count", "meter": "m"}, {"price": "1"})],
    "bundles": [{"code": "b", "item": "x", "amount": "1000",
                 "rollover": {"periods": 1, "cap": "500"}}],
}  # fmt: skip
ROLLED = [{"bundle": "b", "kind": "rolled", "left": "300"}]


@pytest.mark.parametrize(
    ("used", "left", "over", "carry", "amount"),
    [
        (200, 1100, 0, 500, None),
        (1250, 50, 0, 50, None),
        (1301, 0, 1, 0, "1.00"),
    ],
)
def test_what_is_rolled_goes_first_and_a_grant_rolls_on(
    used: int, left: int, over: int, carry: int, amount: str | None
) -> None:
    found = priced(ROLLING, profile={"x": str(used)}, grants=ROLLED)
    spent = found.grants["b"]
    assert [*map(int, (spent.left, spent.over, spent.carry))] == [left, over, carry]
    assert total_of(found) == (amount or "0.00")


def test_soonest_expiry_first() -> None:
    """A bought top-up that ends before the grant is used before it."""
    grants = [
        {"bundle": "b", "kind": "bought", "left": "100", "expires_on": "2026-11-20"},
        {"bundle": "b", "kind": "bought", "left": "100", "expires_on": "2027-11-20"},
        {"bundle": "b", "kind": "bought", "left": "100", "expires_on": "2026-10-31"},
    ]
    found = priced(ROLLING, profile={"x": "150"}, grants=grants).grants["b"]
    assert [int(found.left), int(found.carry)] == [1050, 500]
    found = priced(ROLLING, profile={"x": "1050"}, grants=grants).grants["b"]
    assert [int(found.left), int(found.carry)] == [150, 50]


def test_a_part_of_a_period_grants_its_part() -> None:
    found = priced(ROLLING, profile={"x": "0"}, subscription={"starts_on": "2026-11-21"})
    assert found.grants["b"].left == 333


def shared(spend: str, joined: int = 60) -> dict[str, str]:
    """100 minutes for both: live 120 min at 1.20, joined at 0.40."""
    plan: dict[str, Any] = {
        "items": [
            item({"kind": "count", "meter": "l"}, {"price": "1.20", "unit": 60}) | {"code": "live"},
            item({"kind": "count", "meter": "j"}, {"price": "0.40", "unit": 60})
            | {"code": "joined"},
        ],
        "bundles": [{"code": "b", "unit": 60, "amount": "100", "spend": spend,
                     "items": [{"item": "live"}, {"item": "joined"}]}],
    }  # fmt: skip
    found = priced(plan, profile={"live": "7200", "joined": str(joined * 60)})
    return lines_of(found) | {"total": total_of(found)}


@pytest.mark.parametrize(
    ("spend", "joined", "total"),
    [
        ("dearest", 60, "48.00"),
        ("cheapest", 60, "96.00"),
        ("evenly", 60, "88.00"),
        ("share", 60, "74.67"),
        ("evenly", 30, "60.00"),
    ],
)
def test_a_bundle_over_several_items(spend: str, joined: int, total: str) -> None:
    assert shared(spend, joined)["total"] == total


def test_by_the_facts_time_and_by_weight() -> None:
    """60 s; an SMS takes 6. Talk of 30 s, 10 SMS, talk of 30 s: 5 SMS are free."""
    plan = {
        "items": [
            item({"kind": "count", "meter": "talk"}, {"price": "1"}) | {"code": "talk"},
            item({"kind": "count", "meter": "sms"}, {"price": "1"}) | {"code": "sms"},
        ],
        "bundles": [{"code": "b", "amount": "60",
                     "items": [{"item": "talk"}, {"item": "sms", "weight": "6"}]}],
    }  # fmt: skip
    facts = [
        {"type": "count", "meter": meter, "quantity": n, "from": f"2026-11-02T{at}"}
        for meter, n, at in (("talk", 30, "10:00"), ("talk", 30, "12:00"),
                             *(("sms", 1, f"11:{n:02}") for n in range(10)))
    ]  # fmt: skip
    assert lines_of(priced(plan, facts)) == {"talk": "30.00", "sms": "5.00"}
