"""From items to a total: limits, discounts, their order, days of a window."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.unit.core.charges.conftest import item, lines_of, priced, total_of
from tollwright.core.charges.plan_file import plan_of
from tollwright.core.charges.window import cycle_span

USAGE = {"items": [item({"kind": "count", "meter": "m"}, {"price": "1"})]}
COUPON = {"code": "TEN", "percent": "10"}


def come(quantity: int, **plan: Any) -> dict[str, str]:
    found = priced({**USAGE, **plan}, profile={"x": str(quantity)})
    return lines_of(found) | {"total": total_of(found)}


@pytest.mark.parametrize(
    ("counts", "lines"),
    [
        ("before_discounts", {"x": "800.00", "minimum": "200.00", "TEN": "-80.00",
                              "total": "920.00"}),
        ("after_discounts", {"x": "800.00", "minimum": "280.00", "TEN": "-80.00",
                             "total": "1000.00"}),
    ],
)  # fmt: skip
def test_a_minimum_counts_before_or_after_discounts(counts: str, lines: dict[str, str]) -> None:
    minimum = {"amount": "1000", "counts": counts}
    assert come(800, discounts=[COUPON], minimum=minimum) == lines


def test_percents_come_before_amounts_and_a_maximum_after_both() -> None:
    fifty = {"code": "FIFTY", "amount": "50"}
    assert come(200, discounts=[fifty, COUPON])["total"] == "130.00"
    assert come(30, discounts=[fifty])["total"] == "0.00"
    assert come(800, discounts=[COUPON], maximum={"amount": "500"}) == {
        "x": "800.00", "TEN": "-80.00", "maximum": "-220.00", "total": "500.00",
    }  # fmt: skip


def test_fees_count_only_where_they_are_named() -> None:
    fee = {"code": "base", "amount": "100"}
    assert come(200, fees=[fee], discounts=[COUPON])["TEN"] == "-20.00"
    named = {**COUPON, "items": ["base"]}
    assert come(200, fees=[fee], discounts=[named])["TEN"] == "-10.00"
    minimum = {"amount": "300", "counts_fees": True}
    assert "minimum" not in come(200, fees=[fee], minimum=minimum)
    assert come(200, fees=[fee], minimum={"amount": "300"})["minimum"] == "100.00"


def test_limits_of_an_item_stand_behind_it() -> None:
    plan = {"items": [{**USAGE["items"][0], "minimum": "500"}]}
    assert list(lines_of(priced(plan, profile={"x": "200"}))) == ["x", "x:minimum"]
    plan = {"items": [{**USAGE["items"][0], "maximum": "150"}]}
    assert lines_of(priced(plan, profile={"x": "200"})) == {"x": "200.00", "x:maximum": "-50.00"}


def test_a_discount_has_its_days() -> None:
    over = {**COUPON, "to": "2026-10-31"}
    assert "TEN" not in come(200, discounts=[over])
    assert "TEN" in come(200, discounts=[{**COUPON, "from": "2026-11-30"}])


def window(starts: str, plan: dict[str, Any], **more: Any) -> dict[str, str]:
    subscription = {"starts_on": starts, **more.pop("subscription", {})}
    return lines_of(priced(plan, subscription=subscription, **more))


def test_limits_and_free_units_shrink_with_the_window() -> None:
    """15 of 30 days: minimum 50, 100 of 200 free; `none` keeps it whole."""
    half = {"subscription": {}, "profile": {"x": "0"}}
    plan = {**USAGE, "minimum": {"amount": "100"}}
    assert window("2026-11-16", plan, **half) == {"minimum": "50.00"}
    plan = {**USAGE, "minimum": {"amount": "100", "proration": "none"}}
    assert window("2026-11-16", plan, **half) == {"minimum": "100.00"}
    free = {"items": [item({"kind": "count", "meter": "m"}, {"price": "1", "free": 201})]}
    assert window("2026-11-16", free, profile={"x": "150"}) == {"x": "50.00"}


def test_a_pause_costs_no_fee_and_shrinks_minimum_and_free_units() -> None:
    """10 of 30 days: 50 is 33.33, 300 is 200."""
    paused = {"paused": [{"from": "2026-11-11", "to": "2026-11-20"}]}
    fee = {"fees": [{"code": "base", "amount": "50"}]}
    assert window("2026-10-01", fee, subscription=paused) == {"base": "33.33"}
    half = {"paused": [{"from": "2026-11-11", "to": "2026-11-20", "fee_percent": "50"}]}
    assert window("2026-10-01", fee, subscription=half) == {"base": "41.67"}
    plan = {"items": [item({"kind": "count", "meter": "m"}, {"price": "1", "free": 300})]}
    told = {"subscription": paused, "profile": {"x": "300"}}
    assert window("2026-10-01", plan, **told) == {"x": "100.00"}


@pytest.mark.parametrize(
    ("starts", "days", "trial", "amount"),
    [
        ("2026-11-01", ("2026-11-01", "2026-12-01"), 5, "41.67"),
        ("2026-10-28", ("2026-11-01", "2026-12-01"), 7, "45.00"),
    ],
    ids=["5 of 30", "7 from 28 October: 27 of 30"],
)
def test_a_trial(starts: str, days: tuple[str, str], trial: int, amount: str) -> None:
    fee = {"fees": [{"code": "base", "amount": "50"}]}
    found = window(starts, fee, days=days, subscription={"trial_days": trial})
    assert found == {"base": amount}


def test_usage_of_a_free_trial_is_not_billed() -> None:
    measure = {"kind": "contacts"}
    plan = {"items": [item(measure, {"price": "1"})], "trial": {"days": 5, "usage": "free"}}
    facts = [{"type": "contact", "from": f"2026-11-0{day}T10:00"} for day in (5, 6)]
    assert lines_of(priced(plan, facts)) == {"x": "1.00"}


FEE = {"code": "f", "amount": "50"}


@pytest.mark.parametrize(
    ("fee", "starts", "days", "amount"),
    [
        ({}, "2026-08-10", ("2026-08-01", "2026-09-01"), "35.48"),
        ({"of": 30}, "2026-08-10", ("2026-08-01", "2026-09-01"), "36.67"),
        ({"proration": "none"}, "2026-08-10", ("2026-08-01", "2026-09-01"), "50.00"),
        ({"interval": "year", "amount": "120"}, "2026-01-01", ("2026-01-01", "2026-02-01"),
         "120.00"),
        ({"interval": "year", "amount": "120"}, "2026-01-01", ("2026-02-01", "2026-03-01"), None),
        ({"interval": "week", "amount": "7"}, "2026-11-02", ("2026-11-02", "2026-12-01"), "35.00"),
        ({"interval": "month", "count": 2, "timing": "arrears"}, "2026-11-01",
         ("2026-11-01", "2026-12-01"), None),
        ({"interval": "month", "count": 2, "timing": "arrears"}, "2026-11-01",
         ("2026-12-01", "2027-01-01"), "50.00"),
        ({"kind": "registration"}, "2026-11-01", ("2026-11-01", "2026-12-01"), "50.00"),
        ({"kind": "registration"}, "2026-10-01", ("2026-11-01", "2026-12-01"), None),
    ],
)  # fmt: skip
def test_fees(fee: dict[str, Any], starts: str, days: tuple[str, str], amount: str | None) -> None:
    found = window(starts, {"fees": [{**FEE, **fee}]}, days=days)
    assert found == ({} if amount is None else {"f": amount})


def test_days_billed_in_advance_are_given_back_at_the_end() -> None:
    """A year of 365 at 365, ended on 30 June: 184 days are given back."""
    plan = {"fees": [{"code": "f", "amount": "365", "interval": "year"}]}
    ended = {"starts_on": "2026-01-01", "ends_on": "2026-06-30"}
    found = priced(plan, days=("2026-06-01", "2026-07-01"), subscription=ended)
    assert lines_of(found) == {"f": "-184.00"}
    plan["fees"][0]["unused"] = "keep"
    found = priced(plan, days=("2026-06-01", "2026-07-01"), subscription=ended)
    assert lines_of(found) == {}


def test_a_change_on_the_fifteenth() -> None:
    """100 to the 14th of 30 days, 200 from the 15th: 46.67 and 106.67."""
    days = {"days": ("2026-11-01", "2026-12-01")}
    old = {"subscription": {"ends_on": "2026-11-14"}, **days}
    fee = {"fees": [{"code": "f", "amount": "100"}]}
    assert window("2026-10-01", fee, **old) == {"f": "46.67"}
    fee = {"fees": [{"code": "f", "amount": "200"}]}
    assert window("2026-11-15", fee, **days) == {"f": "106.67"}


@pytest.mark.parametrize(("if_used", "amount"), [(True, "15.00"), (False, "30.00")])
def test_a_fee_on_holidays(if_used: bool, amount: str) -> None:
    plan = {"holidays": {"de": ["2026-11-02", "2026-11-18", "2026-12-25"]},
            "fees": [{"code": "f", "amount": "15.00", "on": "holidays", "holidays": "de",
                      "if_used": if_used}]}  # fmt: skip
    facts = [{"type": "contact", "from": "2026-11-18T10:00"}]
    assert lines_of(priced(plan, facts)) == {"f": amount}


def test_four_weeks() -> None:
    """From 1 January 2026: 14 windows begin in 2026, 13 in 2027."""
    plan = plan_of({"code": "P", "currency": "EUR", "cycle": "four_weekly",
                    "cycle_anchor": "2026-01-01"})  # fmt: skip
    for year, times in ((2026, 14), (2027, 13)):
        days = (date(year, 1, 1) + timedelta(days=n) for n in range(365))
        firsts = {cycle_span(plan, day, day).first for day in days}
        assert len([first for first in firsts if first.year == year]) == times


def test_by_campaign_and_shown_by_campaign() -> None:
    facts = [{"type": "contact", "from": "2026-11-02T10:00", "campaign": name}
             for name in ("A", "A", "B")]  # fmt: skip
    tiers = {"model": "graduated", "tiers": [{"up_to": 2, "price": "1"}, {"price": "0.5"}]}
    found = priced({"items": [item({"kind": "contacts"}, tiers)]}, facts)
    assert found.lines[0].as_data("EUR") | {"how": ""} == {
        "item": "x", "campaign": None, "quantity": 3, "amount": "2.50", "how": "",
        "campaigns": {"A": "1.67", "B": "0.83"},
    }  # fmt: skip
    found = priced({"items": [item({"kind": "contacts"}, tiers, per="campaign")]}, facts)
    assert [(line.campaign, int(line.amount)) for line in found.lines] == [("A", 2), ("B", 1)]
