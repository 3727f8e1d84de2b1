"""Agent time: what counts, caps, weights, rounding, premiums, nights of 25 hours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.charges.conftest import item, lines_of, priced


def state(name: str, since: str, until: str, **more: str) -> dict[str, str]:
    """On 2 November unless a day is told."""
    since, until = (text if "T" in text else f"2026-11-02T{text}" for text in (since, until))
    return {"type": "state", "agent": "a", "from": since, "to": until, "state": name, **more}


def time(count: list[Any], **more: Any) -> dict[str, Any]:
    measure = {"kind": "time", "count": count, **more.pop("measure", {})}
    return {"items": [item(measure, more.pop("price", {"price": "1"}), **more)]}


def seconds(plan: dict[str, Any], facts: list[dict[str, str]], **more: Any) -> object:
    found = priced(plan, facts, **more).lines
    return found[0].quantity if found else 0


WRAP = {"state": "wrap", "cap_s": 60, "cap_per": "contact"}
COACH = {"state": "pause", "codes": ["COACH"], "weight_percent": "50", "cap_s": 1200,
         "cap_per": "day"}  # fmt: skip


def test_the_higher_state_wins_a_moment() -> None:
    """A chat of 100 s under a call of 60 s: 100 s in all; `sum` takes every record by itself."""
    facts = [state("talk", "10:00:00", "10:01:40", campaign="CHAT"),
             state("talk", "10:00:20", "10:01:20", campaign="CALL")]  # fmt: skip
    assert seconds(time([{"state": "talk"}]), facts) == 100
    assert seconds(time([{"state": "talk"}], measure={"overlap": "sum"}), facts) == 160
    facts = [state("wait", "10:00:00", "10:10:00"), state("talk", "10:02:00", "10:03:00")]
    assert seconds(time([{"state": "wait"}]), facts) == 540


@pytest.mark.parametrize(
    ("facts", "count", "quantity"),
    [
        ([state("wrap", "10:00:00", "10:01:01", contact="c")], [WRAP], 60),
        ([state("wrap", "10:00:00", "10:00:40", contact="c"),
          state("wrap", "10:05:00", "10:05:40", contact="c")], [WRAP], 60),
        ([state("wrap", "10:00:00", "10:00:40", contact="c"),
          state("wrap", "10:05:00", "10:05:40", contact="d")], [WRAP], 80),
        ([state("pause", "10:00:00", "10:30:00", code="coach")], [COACH], 600),
        ([state("pause", "10:00:00", "10:30:00")], [COACH], 0),
        ([state("pause", "10:00:00", "10:30:00", code="LUNCH")], [{"state": "talk"}, COACH], 0),
    ],
    ids=["cap", "one contact", "two contacts", "half of the cap", "no code", "not on the list"],
)  # fmt: skip
def test_caps_and_weights(
    facts: list[dict[str, str]], count: list[dict[str, Any]], quantity: int
) -> None:
    assert seconds(time(count), facts) == quantity


def test_steps_by_contact_and_by_agent_and_day() -> None:
    facts = [state("talk", "10:00:00", "10:01:01", contact="c"),
             state("talk", "11:00:00", "11:00:59", contact="d")]  # fmt: skip
    up = {"to_s": 60, "mode": "up", "per": "contact"}
    assert seconds(time([{"state": "talk"}], round=up), facts) == 180
    facts = [state("talk", "08:00", "15:31"), state("talk", "2026-11-03T08:00", "2026-11-03T15:30")]
    up = {"to_s": 900, "mode": "up", "per": "agent_day"}
    assert seconds(time([{"state": "talk"}], round=up), facts) == 15.25 * 3600


@pytest.mark.parametrize(
    ("length", "rule", "quantity"),
    [
        (20, {"first_s": 30, "to_s": 6}, 30),
        (31, {"first_s": 30, "to_s": 6}, 36),
        (41, {"first_s": 30, "to_s": 6}, 42),
        (20, {"first_s": 30, "to_s": 6, "add_s": 60}, 84),
    ],
)
def test_steps_with_a_first_one(length: int, rule: dict[str, int], quantity: int) -> None:
    rule = {**rule, "mode": "up", "per": "contact"}  # type: ignore[dict-item]
    facts = [state("talk", "10:00:00", f"10:00:{length:02}", contact="c")]
    assert seconds(time([{"state": "talk"}], round=rule), facts) == quantity


def test_work_without_a_contact_rounds_alone() -> None:
    """90 + 20 s of one contact, 45 s of work, up to 30 s: 120 + 60."""
    facts = [state("talk", "10:00:00", "10:01:30", contact="c"),
             state("wrap", "10:01:30", "10:01:50", contact="c"),
             state("work", "11:00:00", "11:00:45")]  # fmt: skip
    up = {"to_s": 30, "mode": "up", "per": "contact"}
    count = [{"state": name} for name in ("talk", "wrap", "work")]
    assert seconds(time(count, round=up), facts) == 180


def test_a_night_of_25_hours_has_25() -> None:
    plan = time(["available"]) | {"timezone": "Europe/Berlin"}
    facts = [state("wait", "2026-10-25T00:00+02:00", "2026-10-25T23:00+01:00")]
    assert seconds(plan, facts, days=("2026-10-25", "2026-10-26")) == 24 * 3600
    facts = [state("wait", "2026-10-24T22:00Z", "2026-10-25T22:00Z"),
             state("wait", "2026-10-25T22:00Z", "2026-10-25T23:00Z")]  # fmt: skip
    assert seconds(plan, facts, days=("2026-10-25", "2026-10-26")) == 25 * 3600


@pytest.mark.parametrize(
    ("hours", "lines"),
    [
        ("16:00", {"x": "192.00"}),
        ("16:30", {"x": "204.00", "overtime": "6.00"}),
    ],
)
def test_overtime_is_beyond_eight_hours_of_a_day(hours: str, lines: dict[str, str]) -> None:
    overtime = {"name": "overtime", "percent": "50", "when": {"agent_day_over_s": 28_800}}
    price = {"price": "24", "unit": 3600}
    plan = time([{"state": "talk"}], price=price, premiums=[overtime])
    assert lines_of(priced(plan, [state("talk", "08:00", hours)])) == lines


@pytest.mark.parametrize(
    ("stack", "lines"),
    [
        ("best", {"x": "96.00", "night": "6.00", "saint": "12.00"}),
        ("sum", {"x": "96.00", "night": "12.00", "saint": "12.00"}),
    ],
)
def test_premiums_that_meet(stack: str, lines: dict[str, str]) -> None:
    """20:00 to 24:00: the night from 22:00 at 25 %, the day at 50 % until 23:00 by date."""
    night = {
        "name": "night",
        "percent": "25",
        "when": {"windows": [{"start": "22:00", "end": "06:00"}]},
    }
    saint = {"name": "saint", "percent": "50", "when": {
        "dates": ["2026-11-02"], "windows": [{"start": "22:00", "end": "23:00"}]}}  # fmt: skip
    plan = time([{"state": "talk"}], price={"price": "24", "unit": 3600}, premiums=[night, saint],
                premium_stack=stack)  # fmt: skip
    found = lines_of(priced(plan, [state("talk", "20:00", "2026-11-03T00:00")]))
    assert found == lines


def test_what_is_open_counts_up_to_the_last_proof_of_life() -> None:
    facts = [state("wait", "10:00", "") | {"to": ""}, state("talk", "10:05", "10:06")]
    assert seconds(time([{"state": "wait"}, {"state": "talk"}]), facts) == 360


def test_the_rest_of_a_family_takes_what_no_other_does() -> None:
    day = {"when": {"windows": [{"start": "08:00", "end": "18:00"}]}}
    measure = {"kind": "time", "count": ["interacting"]}
    plan = {"items": [
        item({**measure, **day}, {"price": "1"}, family="f") | {"code": "day"},
        item(measure, {"price": "2"}, family="f", rest=True) | {"code": "other"},
    ]}  # fmt: skip
    facts = [state("talk", "17:59:50", "18:00:20")]
    assert lines_of(priced(plan, facts)) == {"day": "10.00", "other": "40.00"}
