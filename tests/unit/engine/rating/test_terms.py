"""Which card and plan hold for a campaign's calls, and what they refuse."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from tollwright.core.rating.legs import CostPlus
from tollwright.core.rules import RuleRow
from tollwright.core.settings import Value
from tollwright.engine.rating.counted_time import counted_ms
from tollwright.engine.rating.terms import (
    Book,
    Campaign,
    Card,
    Customer,
    Subscribed,
    Terms,
    Version,
)
from tollwright.kernel.call_columns import CallColumns

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
PLUS = CostPlus(markup_ppm=150_000, fixed_micros=1_000, floor_micros=5_000, cap_micros=1_000_000)
RETAIL = Card(1, "RETAIL", "EUR", (Version(11, 1, SINCE, "a", SINCE, False),))
GIVING = Card(2, "GIVING", "EUR", (Version(21, 3, SINCE, "b", SINCE, True),))
OPEN = Card(3, "OPEN", "EUR", ())
PLAN = Subscribed(10, None, 7, 1, date(2026, 11, 1), None)


def terms(*plans: Subscribed, rules: dict[str, Value] | None = None, at: datetime = NOON) -> Terms:
    rows = [
        RuleRow(number, name, value, False, SINCE, SINCE, "test", 1, None, None)
        for number, (name, value) in enumerate((rules or {}).items())
    ]
    campaigns = {1: Campaign(1, 10, "SPRING", "ACME", "EUR")}
    cards = {card.id: card for card in (RETAIL, GIVING, OPEN)}
    customers = {10: Customer(10, "UTC", SINCE, None)}
    return Book(campaigns, cards, list(plans), rows, customers).terms(1, at)


def test_a_plan_by_its_card_prices_by_its_card() -> None:
    found = terms(PLAN)
    assert (found.card, found.plan_version_id, found.cost_plus, found.reason) == (
        RETAIL, 7, None, "",
    )  # fmt: skip


def test_a_plan_from_the_cost_keeps_its_card_for_seconds_and_rounding() -> None:
    found = terms(replace(PLAN, cost_plus=PLUS))
    assert (found.card, found.plan_version_id, found.cost_plus, found.reason) == (
        RETAIL, 7, PLUS, "",
    )  # fmt: skip


def test_it_prices_from_the_cost_on_its_own_days_only() -> None:
    held = replace(PLAN, cost_plus=PLUS, ends_on=date(2026, 11, 2))
    later = replace(PLAN, plan_version_id=8, starts_on=date(2026, 11, 3))
    days = [datetime(2026, 11, day, 12, tzinfo=UTC) for day in (2, 3)]
    assert [terms(held, later, at=day).cost_plus for day in days] == [PLUS, None]


@pytest.mark.parametrize(
    ("plans", "rules"),
    [
        pytest.param([replace(PLAN, cost_plus=PLUS)], {"forced_card": "GIVING"}, id="forced card"),
        pytest.param([], {"default_card": "GIVING"}, id="default card"),
        pytest.param(
            [replace(PLAN, cost_plus=PLUS), replace(PLAN, campaign_id=1, card_id=2)], {},
            id="the campaign's own plan, by its card",
        ),
    ],
)  # fmt: skip
def test_a_card_that_no_cost_plus_plan_names_prices_itself(
    plans: list[Subscribed], rules: dict[str, Value]
) -> None:
    found = terms(*plans, rules=rules)
    assert (found.card, found.cost_plus, found.reason) == (GIVING, None, "")


def test_a_card_with_allowances_does_not_go_with_prices_from_the_cost() -> None:
    found = terms(replace(PLAN, card_id=2, cost_plus=PLUS))
    assert found.reason == "cost_plus_allowances"
    assert found.refusal == (
        "The call plan prices from the cost, and version 3 of GIVING gives allowances: a plan does"
        " one or the other. Publish a version of the card without allowances, or subscribe to a"
        " plan that prices by its card."
    )


def test_a_card_without_a_version_is_told_before_its_allowances() -> None:
    assert terms(replace(PLAN, card_id=3, cost_plus=PLUS)).reason == "no_published_version"


@pytest.mark.parametrize(
    ("rules", "counted"),
    [
        # of 0, 1, 499, 500, 999, 1 000, 5 999, 6 000 and 6 001 ms
        ({}, [0, 1, 499, 500, 999, 1000, 5999, 6000, 6001]),
        ({"second_rounding": "up"}, [0, 1000, 1000, 1000, 1000, 1000, 6000, 6000, 7000]),
        ({"second_rounding": "nearest"}, [0, 0, 0, 1000, 1000, 1000, 6000, 6000, 6000]),
        ({"second_rounding": "down"}, [0, 0, 0, 0, 0, 1000, 5000, 6000, 6000]),
        ({"minimum_seconds": 6}, [0, 0, 0, 0, 0, 0, 0, 6000, 6001]),
        ({"minimum_seconds": 6, "second_rounding": "up"}, [0, 0, 0, 0, 0, 0, 6000, 6000, 7000]),
        ({"minimum_seconds": 6, "second_rounding": "down"}, [0, 0, 0, 0, 0, 0, 0, 6000, 6000]),
    ],
)
def test_which_milliseconds_the_rules_count(rules: dict[str, Value], counted: list[int]) -> None:
    """A call as long as the minimum is not shorter than it; one by one as in columns."""
    lengths = [0, 1, 499, 500, 999, 1000, 5999, 6000, 6001]
    held, none = terms(PLAN, rules=rules), np.zeros(len(lengths), np.int64)
    assert [held.counted_ms(ms, "", "") for ms in lengths] == counted
    calls = CallColumns(
        called_packed=none, caller_packed=none, answered_us=none, answered_ms=np.array(lengths),
        cause_no=none, disposition_no=none,
    )  # fmt: skip
    assert counted_ms(held, calls).tolist() == counted


def test_days_of_plans_begin_with_the_days_of_invoices() -> None:
    """From UTC to New York on 10 November: November stays UTC's, and so does its 15th; the 5th of
    December is New York's, five hours later."""
    rows = [
        RuleRow(1, "timezone", "America/New_York", False, datetime(2026, 11, 10, tzinfo=UTC),
                SINCE, "test", 1, None, None)
    ]  # fmt: skip
    first = replace(PLAN, ends_on=date(2026, 11, 14))
    second = replace(
        PLAN, plan_version_id=8, starts_on=date(2026, 11, 15), ends_on=date(2026, 12, 4)
    )
    third = replace(PLAN, plan_version_id=9, starts_on=date(2026, 12, 5))
    book = Book(
        {1: Campaign(1, 10, "SPRING", "ACME", "EUR")}, {1: RETAIL}, [first, second, third], rows,
        {10: Customer(10, "UTC", SINCE, None)},
    )  # fmt: skip
    calendar = book.calendar(10)
    for day in (date(2026, 11, 1), date(2026, 11, 15), date(2026, 12, 5)):
        assert calendar.begins(day) in book.changes(1)
    assert [book.terms(1, at).plan_version_id for at in (
        datetime(2026, 11, 14, 23, 59, tzinfo=UTC), datetime(2026, 11, 15, tzinfo=UTC),
        datetime(2026, 12, 5, 4, 59, tzinfo=UTC), datetime(2026, 12, 5, 5, tzinfo=UTC),
    )] == [7, 8, 8, 9]  # fmt: skip
