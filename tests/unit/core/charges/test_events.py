"""Contacts, counts, calls and short calls."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.charges.conftest import item, lines_of, priced, total_of


def contact(at: str, **more: object) -> dict[str, object]:
    return {"type": "contact", "from": f"2026-11-02T{at}", "result": "answered", **more}


def test_contacts_by_result_and_talk() -> None:
    facts = [contact("10:00", talk_s=90), contact("10:01", talk_s=89),
             contact("10:02", result="abandoned", talk_s=0)]  # fmt: skip
    assert (
        total_of(priced({"items": [item({"kind": "contacts"}, {"price": "1"})]}, facts)) == "2.00"
    )
    measure = {"kind": "contacts", "min_talk_s": 90}
    assert total_of(priced({"items": [item(measure, {"price": "1"})]}, facts)) == "1.00"


def test_a_family_by_day_and_night() -> None:
    """Day to 100 at 0.50, then 0.75, the rest at 1.00: 130 and 20."""
    day = {"kind": "contacts", "when": {"windows": [{"start": "08:00", "end": "18:00"}]}}
    tiers = [{"up_to": 100, "price": "0.50"}, {"price": "0.75"}]
    plan = {"items": [
        item(day, {"model": "graduated", "tiers": tiers}, family="f") | {"code": "day"},
        item({"kind": "contacts"}, {"price": "1.00"}, family="f", rest=True) | {"code": "night"},
    ]}  # fmt: skip
    facts = [contact(f"09:{n // 60:02}:{n % 60:02}") for n in range(130)]
    facts += [contact(f"18:00:{n:02}") for n in range(20)]
    assert lines_of(priced(plan, facts)) == {"day": "72.50", "night": "20.00"}


def test_a_premium_on_units() -> None:
    """12 messages on a holiday at 1.50, 50 % more."""
    holiday = {"name": "holiday", "percent": "50", "when": {"holidays": "de"}}
    plan = {"holidays": {"de": ["2026-11-02"]},
            "items": [item({"kind": "count", "meter": "message"}, {"price": "1.50"},
                           premiums=[holiday])]}  # fmt: skip
    facts = [{"type": "count", "meter": "message", "quantity": 1, "from": f"2026-11-0{n}T10:00"}
             for n in (1, *[2] * 12)]  # fmt: skip
    assert lines_of(priced(plan, facts)) == {"x": "19.50", "holiday": "9.00"}


@pytest.mark.parametrize(("per", "quantity"), [("record", 72), ("line", 66)])
def test_counts_round_by_record_or_line(per: str, quantity: int) -> None:
    plan = {"items": [item({"kind": "count", "meter": "joined"}, {"price": "1"},
                           round={"to": 6, "mode": "up", "per": per})]}  # fmt: skip
    facts = [{"type": "count", "meter": "joined", "quantity": n, "from": f"2026-11-02T10:0{n % 9}"}
             for n in (61, 5)]  # fmt: skip
    assert priced(plan, facts).lines[0].quantity == quantity


@pytest.mark.parametrize(("mode", "quantity"), [("sum", 66), ("max", 61), ("last", 5)])
def test_modes_of_a_count(mode: str, quantity: int) -> None:
    plan = {"items": [item({"kind": "count", "meter": "m", "mode": mode}, {"price": "1"})]}
    facts = [{"type": "count", "meter": "m", "quantity": n, "from": f"2026-11-02T10:0{place}"}
             for place, n in enumerate((61, 5))]  # fmt: skip
    assert priced(plan, facts).lines[0].quantity == quantity


def test_the_first_short_ones_are_forgiven() -> None:
    """45 contacts under 30 s, the first 30 of them: 15 are billed."""
    facts = [contact(f"10:{n:02}", talk_s=29) for n in range(45)]
    plan = {"items": [item({"kind": "contacts"}, {"price": "1"},
                           forgive=[{"under_s": 30, "first": 30}])]}  # fmt: skip
    found = priced(plan, facts)
    assert total_of(found) == "15.00"
    assert "30 forgiven" in found.lines[0].how


def test_a_share_of_what_a_bundle_grants_is_forgiven() -> None:
    """10 % of 150 included calls: 15 of 16 short ones; 180 less 15 and 150: 15."""
    facts = [contact(f"10:{n // 60:02}:{n % 60:02}", talk_s=29 if n < 16 else 90)
             for n in range(180)]  # fmt: skip
    rule = {"under_s": 30, "percent": "10", "percent_of": "bundle"}
    plan = {"items": [item({"kind": "contacts"}, {"price": "1"}, forgive=[rule])],
            "bundles": [{"code": "b", "item": "x", "amount": "150"}]}  # fmt: skip
    found = priced(plan, facts)
    assert (int(found.lines[0].quantity), total_of(found)) == (165, "15.00")
    asked = {**rule, "by": "customer"}
    plan["items"] = [item({"kind": "contacts"}, {"price": "1"}, forgive=[asked])]
    assert total_of(priced(plan, facts)) == "30.00"


def calls(short: int, others: int, seconds: str = "5.999") -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    found += [(f"s{n}", "", "2026-11-02T10:00", seconds, "0.01") for n in range(short)]
    return found + [(f"l{n}", "", "2026-11-02T10:00", "60", "0.10") for n in range(others)]


@pytest.mark.parametrize(
    ("short", "measure", "quantity"),
    [
        (15, {}, 0),
        (15, {"compare": "at_least"}, 15),
        (20, {}, 20),
        (20, {"applies_to": "excess"}, 5),
        (20, {"applies_to": "all"}, 100),
        (20, {"min_calls": 100}, 20),
        (20, {"min_calls": 101}, 0),
    ],
)
def test_short_calls(short: int, measure: dict[str, Any], quantity: int) -> None:
    measure = {"kind": "short_calls", "under_s": 6, "share_percent": "15", **measure}
    plan = {"items": [item(measure, {"price": "1"})]}
    found = priced(plan, calls=calls(short, 100 - short)).lines
    assert (found[0].quantity if found else 0) == quantity


def test_six_seconds_are_not_under_six() -> None:
    for bound, quantity in (({"under_s": 6}, 0), ({"at_most_s": 6}, 100)):
        measure = {"kind": "short_calls", "share_percent": "15", **bound}
        found = priced({"items": [item(measure, {"price": "1"})]}, calls=calls(100, 0, "6.000"))
        assert (found.lines[0].quantity if found.lines else 0) == quantity


def test_calls_pass_through_and_handling() -> None:
    """Three calls of 0.10: all of it, and 5 % of it."""
    money = {"kind": "calls", "of": "money"}
    plan = {"items": [
        item(money, {"model": "percentage", "percent": "100"}) | {"code": "through"},
        item(money, {"model": "percentage", "percent": "5"}) | {"code": "handling"},
        item({"kind": "calls", "of": "seconds"}, {"price": "1", "unit": 60}) | {"code": "time"},
        item({"kind": "calls", "of": "count"}, {"price": "1"}) | {"code": "count"},
    ]}  # fmt: skip
    found = lines_of(priced(plan, calls=calls(0, 3)))
    assert found == {"through": "0.30", "handling": "0.02", "time": "3.00", "count": "3.00"}
