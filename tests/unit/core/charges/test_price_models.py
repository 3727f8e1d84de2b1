"""Both sides of each edge of the price models, as the contract works them out."""

from __future__ import annotations

import pytest

from tests.unit.core.charges.conftest import item, of, priced, total_of

GRADUATED = [
    {"up_to": 1000, "price": "0.10"}, {"up_to": 10000, "price": "0.05"}, {"price": "0.01"},
]  # fmt: skip
PACKAGES = {"model": "package", "size": 100, "price": "5", "free": 100}
STAIRS = [{"up_to": 5, "amount": "100"}, {"up_to": 10, "amount": "150"}, {"amount": "400"}]
BASELINE = {
    "model": "baseline", "baseline": 1000, "dead_band_percent": "10", "amount": "50000",
    "above": "40", "below": "30",
}  # fmt: skip
FORECAST = {"quantity": 1000, "floor_percent": "90", "ceiling_percent": "110"}
NOT_BILLED = {"price": "20", "commit": {**FORECAST, "above": "not_billed"}}
FACTOR = {"price": "20", "commit": {**FORECAST, "above": "1.5"}}


@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [
        (7, {"free": 2, "price": "0.333"}, "1.67"),
        (125, {"price": "24", "unit": 3600}, "0.83"),
        *((q, {"model": "graduated", "tiers": GRADUATED}, amount) for q, amount in (
            (0, "0.00"), (1000, "100.00"), (1001, "100.05"), (10001, "550.01"), (15000, "600.00"),
        )),
        *((q, {"model": "volume", "tiers": GRADUATED}, amount) for q, amount in (
            (1000, "100.00"), (1001, "50.05"), (15000, "150.00"),
        )),
        *((q, PACKAGES, amount) for q, amount in (
            (0, "0.00"), (100, "0.00"), (101, "5.00"), (200, "5.00"), (201, "10.00"),
        )),
        *((q, {"model": "stair_step", "tiers": STAIRS}, amount) for q, amount in (
            (0, "0.00"), (5, "100.00"), (6, "150.00"), (11, "400.00"),
        )),
        *((q, BASELINE, amount) for q, amount in (
            (900, "50000.00"), (1100, "50000.00"), (899, "49970.00"), (1101, "50040.00"),
        )),
        (1101, {**BASELINE, "from": "baseline"}, "54040.00"),
        *((q, NOT_BILLED, amount) for q, amount in (
            (899, "18000.00"), (900, "18000.00"), (901, "18020.00"), (1100, "22000.00"),
            (1150, "22000.00"),
        )),
        (1150, FACTOR, "23500.00"),
        (1000, {"model": "graduated", "tiers": [{"up_to": 999, "price": "1", "flat": "5"},
                                                {"price": "1", "flat": "7"}]}, "1012.00"),
        (0, {"model": "stair_step", "tiers": STAIRS, "flat_at_zero": True}, "100.00"),
    ],
)  # fmt: skip
def test_a_quantity_costs(quantity: int, price: dict[str, object], amount: str) -> None:
    assert total_of(of(quantity, price)) == amount


def test_yen_have_no_decimals() -> None:

    price = {"price": "2500", "unit": 3600}
    plan = {"currency": "JPY", "items": [item({"kind": "count", "meter": "m"}, price)]}
    assert total_of(priced(plan, profile={"x": "125"}), "JPY") == "87"


def test_a_ramp_is_by_the_period_of_the_contract() -> None:

    commit = {"ramp": [{"periods": 2, "quantity": 10}, {"periods": 1, "quantity": 20}]}
    plan = {"items": [item({"kind": "count", "meter": "m"}, {"price": "1", "commit": commit})]}
    for starts, amount in (
        ("2026-11-01", "10.00"),
        ("2026-10-01", "10.00"),
        ("2026-09-01", "20.00"),
    ):
        found = priced(plan, profile={"x": "0"}, subscription={"starts_on": starts})
        assert total_of(found) == amount
