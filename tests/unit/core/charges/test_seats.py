"""Seats: peaks, shift changes, hours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.charges.conftest import item, lines_of, priced, total_of


def session(agent: str, since: str, until: str, day: str = "2026-11-02") -> dict[str, str]:
    return {"type": "session", "agent": agent, "from": f"{day}T{since}", "to": f"{day}T{until}"}


def seats(**measure: Any) -> dict[str, Any]:
    return {"items": [item({"kind": "seats", "of": "concurrent", **measure}, {"price": "1"})]}


TEN = [session(f"a{n}", "08:00", "20:00") for n in range(10)]


def test_at_a_change_of_shift_one_seat_is_taken_not_two() -> None:
    shifts = [session("early", "08:00", "14:00"), session("late", "14:00", "20:00")]
    assert total_of(priced(seats(), shifts)) == "1.00"


@pytest.mark.parametrize(
    ("more", "measure", "amount"),
    [
        ([session("b", "10:00", "10:30")], {"ignore_shorter_s": 1800}, "11.00"),
        ([session("b", "10:00:00", "10:29:59")], {"ignore_shorter_s": 1800}, "10.00"),
        ([session("b", "10:00", "10:15"), session("b", "12:00", "12:15")],
         {"ignore_shorter_s": 1800}, "11.00"),
        ([session("b", "10:00", "10:15"), session("b", "12:00", "12:15")],
         {"ignore_shorter_s": 1800, "held": "contiguous"}, "10.00"),
        ([session("b", "10:00", "10:40"), session("c", "10:20", "10:40")],
         {"ignore_shorter_s": 1800}, "11.00"),
        ([session("a1", "10:00", "10:40")], {}, "10.00"),
    ],
    ids=["half an hour", "a second less", "in two parts", "held in one", "11 then 12", "twice in"],
)  # fmt: skip
def test_concurrent_seats(more: list[dict[str, str]], measure: dict[str, Any], amount: str) -> None:
    assert total_of(priced(seats(**measure), TEN + more)) == amount


def held(agent: str, since: str, until: str = "") -> dict[str, str]:
    return {"type": "assignment", "agent": agent, "from": since, "to": until}


@pytest.mark.parametrize(
    ("way", "quantity"), [("peak", "2.00"), ("ever", "3.00"), ("daily", "1.53")]
)
def test_named_seats(way: str, quantity: str) -> None:
    """One all month, one to the 10th, one from the 25th: 30 + 10 + 6 agent-days of 30."""
    facts = [held("a", "2026-10-01"), held("b", "2026-11-01", "2026-11-10"),
             held("c", "2026-11-25", "2026-12-24")]  # fmt: skip
    plan = {"items": [item({"kind": "seats", "of": "named", "named": way}, {"price": "1"})]}
    assert total_of(priced(plan, facts)) == quantity


def test_seats_cost_their_days() -> None:
    """10 at 60 from the 16th of 30."""
    plan = {"items": [item({"kind": "seats", "named": "peak"}, {"price": "60"})]}
    facts = [held(f"a{n}", "2026-11-16") for n in range(10)]
    assert total_of(priced(plan, facts, subscription={"starts_on": "2026-11-16"})) == "300.00"
    plan = {"items": [item({"kind": "seats", "named": "daily"}, {"price": "60"})]}
    assert total_of(priced(plan, facts, subscription={"starts_on": "2026-11-16"})) == "300.00"


def test_active_seats() -> None:
    facts = [session("a", "08:00", "09:00"), session("b", "08:00", "08:59:59")]
    assert total_of(priced(seats(of="active"), facts)) == "2.00"
    assert total_of(priced(seats(of="active", min_s=3600), facts)) == "1.00"


@pytest.mark.parametrize(("per", "hours"), [("line", "223.00"), ("agent", "224.00")])
def test_hours_up_to_whole_ones(per: str, hours: str) -> None:
    """404 028 s and 396 396 s, in sessions of 6 h that overlap once."""
    facts = []
    for agent, seconds in (("a", 404_028), ("b", 396_396)):
        day, left = 2, seconds
        while left > 0:
            length = min(left, 21_600)
            end = f"{length // 3600:02}:{length % 3600 // 60:02}:{length % 60:02}"
            facts.append(session(agent, "00:00", end, f"2026-11-{day:02}"))
            day, left = day + 1, left - length
    facts.append(session("a", "00:00", "01:00"))
    plan = seats(of="hours")
    plan["items"][0] |= {"price": {"price": "1", "unit": 3600},
                         "round": {"to_s": 3600, "mode": "up", "per": per}}  # fmt: skip
    found = priced(plan, facts)
    assert lines_of(found) == {"x": hours}
    assert found.lines[0].quantity == int(float(hours)) * 3600
