"""The cascade of rules as values: who decides, who is overridden, what fits a setting."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollwright.core.money import Rounding
from tollwright.core.rules import (
    SETTINGS,
    RuleRow,
    SettingError,
    applicable,
    moments_of_change,
    resolve,
    rounding_of,
)
from tollwright.core.settings import SCOPES, Value, form_text

TENANT, ACME, SPRING = 1, 10, 100
CHAIN = {
    "platform": (None, None, None),
    "tenant": (TENANT, None, None),
    "customer": (TENANT, ACME, None),
    "campaign": (TENANT, ACME, SPRING),
}


def day(number: int) -> datetime:
    return datetime(2026, 10, number, tzinfo=UTC)


def rule(
    scope: str, value: Value, *, of: int = 1, locked: bool = False, name: str = "minimum_seconds"
) -> RuleRow:
    """A rule in force from day `of` of October on, set the day before."""
    tenant, customer, campaign = CHAIN[scope]
    return RuleRow(
        id=of,
        setting=name,
        value=value,
        locked=locked,
        effective_from=day(of),
        set_at=day(of),
        set_by=f"{scope}@example",
        tenant_id=tenant,
        customer_id=customer,
        campaign_id=campaign,
    )


@pytest.mark.parametrize(
    ("rows", "value", "trace"),
    [
        ([], 0, [("built-in", "decides", "")]),
        (
            [rule("platform", 1), rule("tenant", 2), rule("customer", 3), rule("campaign", 4)],
            4,
            [
                ("built-in", "overridden", "campaign"),
                ("platform", "overridden", "campaign"),
                ("tenant", "overridden", "campaign"),
                ("customer", "overridden", "campaign"),
                ("campaign", "decides", ""),
            ],
        ),
        (
            [rule("platform", 1), rule("tenant", 2, locked=True), rule("campaign", 4)],
            2,
            [
                ("built-in", "overridden", "tenant"),
                ("platform", "overridden", "tenant"),
                ("tenant", "decides", ""),
                ("campaign", "locked out", "tenant"),
            ],
        ),
        (
            [rule("platform", 1, locked=True), rule("tenant", 2, locked=True)],
            1,
            [
                ("built-in", "overridden", "platform"),
                ("platform", "decides", ""),
                ("tenant", "locked out", "platform"),
            ],
        ),
        (
            [rule("tenant", 2), rule("customer", 3), rule("customer", None, of=5)],
            2,
            [("built-in", "overridden", "tenant"), ("tenant", "decides", "")],
        ),
    ],
    ids=["nobody", "nearest wins", "a lock", "the widest lock", "withdrawn"],
)
def test_the_nearest_scope_wins_unless_one_above_locked(
    rows: list[RuleRow], value: Value, trace: list[tuple[str, str, str]]
) -> None:
    found = resolve(rows, "minimum_seconds", day(20))
    assert found.value == value
    assert [(step.scope, step.outcome, step.by) for step in found.trace] == trace


def test_a_rule_holds_from_its_moment_on() -> None:
    rows = [rule("tenant", 2, of=5), rule("tenant", 6, of=15), rule("customer", 3, of=10)]
    said = {number: resolve(rows, "minimum_seconds", day(number)).value for number in (4, 5, 10)}
    assert said == {4: 0, 5: 2, 10: 3}
    assert moments_of_change(rows, "minimum_seconds") == [day(5), day(10), day(15)]


def test_of_two_rules_from_one_moment_the_one_set_last_holds() -> None:
    early, late = rule("tenant", 2), rule("tenant", 7)
    late = RuleRow(**{name: getattr(late, name) for name in late.__slots__} | {"id": 2})
    assert resolve([late, early], "minimum_seconds", day(2)).value == 7


def test_the_trace_says_who_and_when() -> None:
    found = resolve(
        [rule("tenant", 2, locked=True), rule("customer", 3)], "minimum_seconds", day(2)
    )
    assert [step.sentence() for step in found.trace] == [
        "Built in: 0 seconds: overridden by company",
        "Company: 2 seconds from 2026-10-01 (set by tenant@example on 2026-10-01, locked): decides",
        "Customer: 3 seconds from 2026-10-01 (set by customer@example on 2026-10-01):"
        " locked out by company",
    ]
    assert found.decided_by.scope == "tenant"
    assert found.locked_by is not None and found.locked_by.value == 2


def test_an_empty_text_stops_the_cascade() -> None:
    rows = [
        rule("tenant", "GOLD", name="forced_card"),
        rule("customer", "", name="forced_card"),
    ]
    assert resolve(rows, "forced_card", day(2)).value is None
    assert resolve(rows[:1], "forced_card", day(2)).value == "GOLD"


def test_only_the_rows_of_one_chain_apply() -> None:
    rows = [rule(scope, 1) for scope in SCOPES]
    assert [row.scope for row in applicable(rows)] == ["platform", "tenant"]
    other = applicable(rows, customer_id=ACME, campaign_id=SPRING + 1)
    assert [row.scope for row in other] == ["platform", "tenant", "customer"]
    assert applicable(rows, customer_id=ACME, campaign_id=SPRING) == rows


@given(
    rows=st.lists(
        st.builds(
            rule,
            st.sampled_from(SCOPES),
            st.one_of(st.none(), st.integers(0, 99)),
            of=st.integers(1, 28),
        )
    )
)
def test_one_step_decides_and_its_value_is_the_answer(rows: list[RuleRow]) -> None:
    found = resolve(rows, "minimum_seconds", day(14))
    assert [step.value for step in found.trace if step.outcome == "decides"] == [found.value]
    assert resolve(rows[::-1], "minimum_seconds", day(14)).value == found.value or any(
        (one.scope, one.effective_from) == (two.scope, two.effective_from)
        for place, one in enumerate(rows)
        for two in rows[:place]
    )


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("billing_enabled", "No", False),
        ("billing_enabled", True, True),
        ("timezone", "", ""),
        ("timezone", "Asia/Kolkata", "Asia/Kolkata"),
        ("cycle", "weekly", "weekly"),
        ("due_days", "30", 30),
        ("default_card", " GOLD ", "GOLD"),
        ("billable_causes", "user_busy, NORMAL_CLEARING,", ["NORMAL_CLEARING", "USER_BUSY"]),
        ("billable_causes", [], []),
        ("amount_rounding", "half_even 2", {"mode": "half_even", "decimals": 2}),
        ("amount_rounding", {"mode": "up", "decimals": 0}, {"mode": "up", "decimals": 0}),
        ("tax_rate", "19.00", "19"),
        ("tax_rate", 7, "7"),
        ("tax_rate", "7.50", "7.5"),
    ],
)
def test_values_from_forms_and_programs_end_alike(name: str, value: object, stored: Value) -> None:
    assert SETTINGS[name].accept(value) == stored
    assert SETTINGS[name].accept(stored) == stored


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("billing_enabled", 1, "Billing cannot be 1: choose yes or no"),
        ("timezone", "Berlin", "it is a time zone of the IANA list, such as Europe/Berlin"),
        ("timezone", 3, "Time zone of billing cannot be 3: it is a time zone"),
        ("cycle", "yearly", "choose one of day, weekly, fortnightly, monthly, anniversary"),
        ("cycle", "", "Billing cycle cannot be '': choose one of"),
        ("due_days", "soon", "Payment term cannot be 'soon': it is a whole number from 0 to 365"),
        ("due_days", 366, "Payment term cannot be 366: it must be from 0 to 365"),
        ("due_days", True, "Payment term cannot be True: it is a whole number"),
        ("default_card", "a\nb", "it is a text of printable characters"),
        ("default_card", "x" * 41, "it has at most 40 characters"),
        ("billable_causes", 5, "it is a list of texts"),
        ("billable_causes", "x" * 61, "it holds at most 100 texts of up to 60"),
        ("amount_rounding", "half_up 7", "it is one of half up, up, down, half even and 0 to 6"),
        ("amount_rounding", {"mode": "half_up"}, "it is one of half up, up, down, half even"),
        ("tax_rate", 19.0, 'write it as a text such as "19" or "7.5"'),
        ("tax_rate", "-1", "Tax rate cannot be '-1': it must be from 0 to 100"),
        ("tax_rate", "19.00001", "19.00001 has more than 4 decimals"),
        ("tax_rate", "much", "'much' is not a number"),
    ],
)
def test_what_does_not_fit_is_said(name: str, value: object, sentence: str) -> None:
    with pytest.raises(SettingError) as caught:
        SETTINGS[name].accept(value)
    assert sentence in str(caught.value)


def test_an_unknown_setting_lists_those_there_are() -> None:
    with pytest.raises(SettingError, match=r"there is no setting 'colour'; the settings are bill"):
        resolve([], "colour", day(1))


def test_every_default_fits_its_own_setting() -> None:
    for known in SETTINGS.values():
        assert known.default is None or known.accept(known.default) == known.default
        assert known.optional or known.default is not None


def test_rounding_and_words() -> None:
    assert rounding_of({"mode": "half_up", "decimals": 4}) == Rounding("half_up", 4)
    assert rounding_of(None) is None
    written = [form_text(value) for value in (None, "", True, False, 0, 14, [], ["A", "B"], "x")]
    assert written == ["", "", "yes", "no", "0", "14", "", "A, B", "x"]
    assert form_text({"mode": "half_up", "decimals": 4}) == "half up 4"


@pytest.mark.parametrize("turn", [1, -1], ids=["in order", "the other way round"])
def test_of_two_rules_from_one_moment_the_one_set_last_decides(turn: int) -> None:
    """Whatever order the rows come in; of two set at one moment, the one written last."""
    early, late = (
        replace(rule("tenant", value, of=5), id=number, set_at=day(number))
        for value, number in ((6, 2), (9, 3))
    )
    assert resolve([early, late][::turn], "minimum_seconds", day(5)).value == 9
    older = replace(early, id=9)  # written later, as of an earlier moment
    assert resolve([older, late][::turn], "minimum_seconds", day(5)).value == 9
    same = replace(late, id=4, value=12)
    assert resolve([same, late, early][::turn], "minimum_seconds", day(5)).value == 12
