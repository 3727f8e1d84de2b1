"""What a plan file refuses, each with its sentence; overlays by code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.core.charges.conftest import item
from tollwright.core.charges.exact import exact
from tollwright.core.charges.plan_file import PlanError, overlaid, plan_of, read_plan

COUNT = {"kind": "count", "meter": "m"}
OUTCOMES = {"kind": "outcomes", "outcomes": ["SALE"]}
SHARE = {"model": "percentage", "percent": "5"}
BANDS = [{"percent": "5"}]


def plan(*items: Any, **more: Any) -> dict[str, Any]:
    return {"code": "P", "currency": "EUR", "items": list(items), **more}


def sla(**more: Any) -> dict[str, Any]:
    return {"sla": [{"code": "s", "metric": "asa_s", "bands": BANDS, **more}]}


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (plan(item(COUNT, {"price": "1", "prise": "2"})),
         "items 1 (x), price: unknown key 'prise'."),
        (plan(item(COUNT, {"price": 1.5})), 'items 1 (x), price.price: write the number as a text,'
         ' "1.5".'),
        (plan(item(COUNT, {"price": "1"}), colour="red"), "The plan: unknown key 'colour'."),
        (plan(item(COUNT, {"price": "1"}), item(COUNT, {"price": "2"})),
         "items: 'x' is there 2 times; each has a code of its own."),
        (plan(item(COUNT, {"model": "graduated", "tiers": [{"up_to": 5}, {"up_to": 9}]})),
         "items (x): the last tier has no up_to: it prices all that is above."),
        (plan(item(COUNT, {"model": "volume", "tiers": [{"up_to": 5}, {"up_to": 5}, {}]})),
         "items (x): tiers ascend: each up_to is greater than the one before."),
        (plan(item(COUNT, SHARE)),
         "items (x): a percentage is of the value of outcomes, or of the money of calls."),
        (plan(item(COUNT, {"model": "package", "price": "1"},
                   premiums=[{"name": "n", "percent": "5", "when": {}}])),
         "items (x): a premium needs the model per_unit, not package."),
        (plan(item(COUNT, {"price": "1"}, premiums=[{"name": "n", "percent": "-101", "when": {}}])),
         "items (x): premium n: a percentage is between -100 and 100 000."),
        (plan(item({"kind": "time", "count": [{"state": "wrap", "cap_s": 60}]}, {"price": "1"})),
         "items (x): count, wrap: cap_s and cap_per go together."),
        (plan(item({**OUTCOMES, "hold_days": 367}, {"price": "1"})),
         "items (x): hold_days is at most 366."),
        (plan(**sla(metric="service_level")),
         "sla (s): a service level names its formula: answered, abandons_in_time_good,"
         " less_in_time, less_short, offered."),
        (plan(**sla(bands=[{"at_least": "80", "percent": "0"}])),
         "sla (s): the last band has no bound: it holds for all that is left."),
        (plan(**sla(bands=[{"percent": "-5"}])),
         "sla (s): a bonus needs a limit: sla_limits, bonus_percent."),
        (plan(minimum="10", maximum="5"),
         "the minimum of the plan is greater than its maximum."),
        (plan(item(COUNT, {"price": "1"}), pricing={"kind": "cost_plus"},
              bundles=[{"code": "b", "item": "x", "amount": "1"}]),
         "bundles (b): a plan that prices calls from their cost has no bundles."),
        (plan(timezone="Berlin"), "timezone: 'Berlin' is no time zone; write it as Europe/Berlin."),
    ],
)  # fmt: skip
def test_a_plan_is_refused(told: dict[str, Any], fault: str) -> None:
    with pytest.raises(PlanError) as refused:
        read_plan(json.dumps(told))
    assert refused.value.faults == (fault,)


def test_all_faults_at_once() -> None:
    told = plan(item(COUNT, {"prise": "1"}), fees=[{"code": "f"}], colour="red")
    with pytest.raises(PlanError) as refused:
        read_plan(json.dumps(told))
    assert refused.value.faults == (
        "fees 1 (f): 'amount' is missing.",
        "items 1 (x), price: unknown key 'prise'.",
        "The plan: unknown key 'colour'.",
    )


@pytest.mark.parametrize("text", ["[]", "{", '{"code": "a", "code": "b"}', "", "\x00"])
def test_what_is_no_plan(text: str) -> None:
    with pytest.raises(PlanError):
        read_plan(text)


def test_an_overlay_replaces_and_removes_by_code() -> None:
    base = plan(
        item(COUNT, {"price": "1", "free": 10}), minimum="100",
        fees=[{"code": "a", "amount": "5"}, {"code": "b", "amount": "7"}],
    )  # fmt: skip
    changes = {"x": {"price": {"price": "0.80"}}, "a": None, "minimum": None}
    found = plan_of(overlaid(base, changes))
    assert (found.items[0].price.price, found.items[0].price.free) == (exact("0.80"), exact(10))
    assert ([fee.code for fee in found.fees], found.minimum) == (["b"], None)
    with pytest.raises(PlanError, match="The overlay changes 'gone', which is not in plan 'P'"):
        overlaid(base, {"gone": {}})
