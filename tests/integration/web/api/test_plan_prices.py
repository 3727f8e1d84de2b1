"""A period of a plan priced by a request: what the command says, with nothing stored."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.web.api.client import Program

PLAN = {
    "code": "P", "currency": "EUR", "minimum": "100",
    "items": [{"code": "talk", "measure": {"kind": "time", "count": [{"state": "talk"}]},
               "price": {"price": "1", "free": 10}}],
}  # fmt: skip
TALK = {"type": "state", "key": "1", "agent": "a", "state": "talk",
        "from": "2026-11-02T10:00:00", "to": "2026-11-02T10:01:40"}  # fmt: skip
MONTH = {"plan": PLAN, "from": "2026-11-01", "to": "2026-12-01"}


def test_a_period_is_priced(program: Program) -> None:
    facts = [TALK, TALK, TALK | {"key": "2", "state": "chat"}]
    told = program.post("/plans/price", MONTH | {"facts": facts})
    assert told.status == 200, told.body
    assert [(line["item"], line["quantity"], line["amount"]) for line in told.body["lines"]] == [
        ("talk", 100, "90.00"), ("minimum", 1, "10.00"),
    ]  # fmt: skip
    assert told.body["total"] == "100.00"
    assert [(one["index"], one["code"]) for one in told.body["faults"]] == [(2, "unknown_state")]


def test_own_terms_subscription_and_profile(program: Program) -> None:
    """15 of 30 days: a minimum of 50; 20 units at 0.80, 5 of 10 free: 12.00."""
    more = {
        "overlay": {"changes": {"talk": {"price": {"price": "0.80"}}}},
        "subscription": {"starts_on": "2026-11-16"}, "profile": {"talk": 20},
    }  # fmt: skip
    told = program.post("/plans/price", MONTH | more).body
    assert [(line["item"], line["amount"]) for line in told["lines"]] == [
        ("talk", "12.00"), ("minimum", "38.00"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "where", "said"),
    [
        ({"to": "2026-11-01"}, "to", "the day after the last one"),
        ({"plan": {"code": "P"}}, "plan", "'currency' is missing"),
        ({"plan": PLAN | {"colour": 1}}, "plan", "unknown key 'colour'"),
        ({"facts": [{"kind": 1}]}, "plan", "Fact 0 names kind"),
        ({"calls": [{"kind": 1}]}, "plan", "Call 0 names kind"),
        ({"profile": {"walk": 1}}, "profile", "no item walk"),
        ({"profile": {"talk": "many"}}, "profile", "'many' is not a number"),
        ({"subscription": {"ends_on": "2026-10-31"}}, "subscription", "no day between"),
        ({"grants": [{}]}, "plan", "Grant 0: 'bundle' is missing"),
    ],
)
def test_what_cannot_be_priced(
    program: Program, more: dict[str, Any], where: str, said: str
) -> None:
    told = program.post("/plans/price", MONTH | more)
    assert (told.status, [one["where"] for one in told.body["errors"]]) == (422, [where])
    assert said in told.body["errors"][0]["message"]
