"""The form of a rule starts from what holds, and saving it as it came changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.integration.web.office.test_plans import words
from tests.integration.web.office.test_stories import Office
from tests.support.forms import untouched
from tests.support.switch import make_switch
from tollwright.core.rules import SETTINGS
from tollwright.data.audit import AuditEntry
from tollwright.data.rules import Rule
from tollwright.data.scope import tenant_scope


@pytest.fixture
def office(db: None) -> Office:
    return Office(make_switch("north"))


def written(office: Office) -> tuple[Sequence[object], int]:
    """What the rules say after the first, the switch's own card; how much is in the audit log."""
    with tenant_scope(office.switch.tenant_id):
        told = Rule.objects.order_by("id").values_list("setting", "value", "locked", "customer_id")
        return [*told][1:], AuditEntry.objects.count()


def test_saving_a_locked_rule_again_keeps_it_locked(office: Office) -> None:
    office.post("rules/set/second_rounding/", value="up", locked="on")
    before = written(office)
    page = office.get("rules/set/second_rounding/")
    assert untouched(page) == {"value": "up", "locked": "on", "effective_from": "", "note": ""}
    assert "Set here since 2026-12-01 " in words(page)
    assert "by owner@north.example. Locked: scopes below may not change it." in words(page)
    after = office.post("rules/set/second_rounding/", **untouched(page))
    assert "Nothing changed: " in words(office.client.get(after).content.decode())
    assert written(office) == before
    office.post("rules/set/second_rounding/", **untouched(page) | {"value": "down"})
    assert written(office)[0] == [
        ("second_rounding", "up", True, None),
        ("second_rounding", "down", True, None),
    ]


def test_what_comes_from_above_is_set_here_only_on_demand(office: Office) -> None:
    customer = office.switch.world.customer.pk
    where = f"rules/set/due_days/?customer={customer}"
    assert "Not set here: the built-in value holds." in words(office.get(where))
    office.post("rules/set/due_days/", value="30")
    page = office.get(where)
    assert "Not set here: it comes from the scope above, Company." in words(page)
    before = written(office)
    office.post(where, **untouched(page))
    assert written(office) == before
    office.post(where, **untouched(page) | {"here": "on"})
    assert written(office)[0] == [("due_days", 30, False, None), ("due_days", 30, False, customer)]
    assert "here" not in untouched(office.get(where))


@pytest.mark.parametrize("name", SETTINGS)
def test_no_setting_changes_by_being_looked_at(office: Office, name: str) -> None:
    before = written(office)
    where = f"rules/set/{name}/"
    office.post(where, **untouched(office.get(where)))
    assert written(office) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount_rounding", "half up 4"),
        ("billable_causes", "NORMAL_CLEARING, USER_BUSY"),
        ("tax_rate", "7.50"),
        ("billing_enabled", "no"),
        ("timezone", "Europe/Berlin"),
        ("bill_day", "31"),
    ],
)
def test_every_kind_of_value_comes_back_as_it_was(office: Office, name: str, value: str) -> None:
    where = f"rules/set/{name}/"
    office.post(where, value=value)
    before = written(office)
    assert len(before[0]) == 1
    office.post(where, **untouched(office.get(where)))
    assert written(office) == before
