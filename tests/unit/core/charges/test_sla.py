"""Service levels: five formulas, exact bands, exclusions, caps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.charges.conftest import item, lines_of, priced


def contacts(result: str, times: int, wait_s: int, at: str = "10:00") -> list[dict[str, object]]:
    return [{"type": "contact", "from": f"2026-11-02T{at}", "result": result, "wait_s": wait_s}
            for _ in range(times)]  # fmt: skip


# 1 000 answered (860 within 20 s), 60 abandoned (20 within 20 s, 10 of them under 5 s)
MONTH = [
    *contacts("answered", 860, 20), *contacts("answered", 140, 21),
    *contacts("abandoned", 10, 4), *contacts("abandoned", 10, 20), *contacts("abandoned", 40, 30),
]  # fmt: skip
LEVEL = {"code": "sl", "metric": "service_level", "within_s": "20", "short_s": "5"}
# each hundredth of a percent below 100 is a band of its own, so that the line tells the value
STEPS = [{"at_least": "85", "percent": "1"}, {"at_least": "83", "percent": "2"},
         {"at_least": "82.5", "percent": "3"}, {"at_least": "81.9", "percent": "4"},
         {"at_least": "81.1", "percent": "5"}, {"percent": "6"}]  # fmt: skip


def promised(limits: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "items": [item({"kind": "count", "meter": "m"}, {"price": "1"})],
        "sla": [{**LEVEL, "bands": STEPS, **more}],
        "sla_limits": limits or {"credit_percent": "10"},
    }


def credit(plan: dict[str, Any], facts: list[dict[str, object]]) -> str:
    return lines_of(priced(plan, facts, profile={"x": "1000"})).get("sla", "0")


@pytest.mark.parametrize(
    ("formula", "shown", "amount"),
    [
        ("answered", "86", "-10.00"),
        ("abandons_in_time_good", "83.02", "-20.00"),
        ("less_in_time", "82.69", "-30.00"),
        ("less_short", "81.9", "-40.00"),
        ("offered", "81.13", "-50.00"),
    ],
)
def test_five_formulas(formula: str, shown: str, amount: str) -> None:
    found = priced(promised(formula=formula), MONTH, profile={"x": "1000"})
    assert lines_of(found)["sla"] == amount
    assert found.lines[-1].how.startswith(f"sl: {shown} (")


def test_a_band_is_compared_exactly() -> None:
    """19 999 of 25 000 prints 80.00 and misses 80."""
    bands = [{"at_least": "80", "percent": "0"}, {"percent": "5"}]
    facts = [*contacts("answered", 1999, 0), *contacts("answered", 501, 30)]
    assert credit(promised(formula="answered", bands=bands), facts) == "-50.00"
    facts = [*contacts("answered", 2000, 0), *contacts("answered", 500, 30)]
    assert credit(promised(formula="answered", bands=bands), facts) == "0"


@pytest.mark.parametrize(
    ("percent", "limits", "amount"),
    [
        ("25", {"credit_percent": "10"}, "-100.00"),
        ("-5", {"credit_percent": "10", "bonus_percent": "3"}, "30.00"),
        ("-5", {"credit_percent": "10", "bonus_percent": "0"}, "0"),
    ],
)
def test_limits(percent: str, limits: dict[str, str], amount: str) -> None:
    plan = promised(limits, formula="answered", bands=[{"percent": percent}])
    assert credit(plan, MONTH) == amount


def test_nothing_offered_is_no_miss() -> None:
    assert credit(promised(formula="answered", bands=[{"percent": "5"}]), []) == "0"


def test_what_is_excluded() -> None:
    """An outage of the customer's side; and an interval with more than its forecast and 10 %."""
    bands = [{"at_least": "100", "percent": "0"}, {"percent": "5"}]
    bad = contacts("answered", 22, 60, at="12:10")
    good = contacts("answered", 5, 1)
    span = {"from": "2026-11-02T12:00", "to": "2026-11-02T12:30"}
    plan = promised(formula="answered", bands=bands)
    assert credit(plan, good + bad) == "-50.00"
    plan = promised(formula="answered", bands=bands, exclude=[{**span, "reason": "outage"}])
    assert credit(plan, good + bad) == "0"
    above: dict[str, Any] = {"forecast": [{**span, "contacts": 20}], "forecast_above_percent": "10"}
    plan = promised(formula="answered", bands=bands, **above)
    assert credit(plan, good + bad) == "-50.00"
    assert credit(plan, good + bad + contacts("answered", 1, 60, at="12:29")) == "0"


def test_other_metrics() -> None:
    def value(facts: list[dict[str, object]], **sla: Any) -> str:
        bands = [{"percent": "1"}]
        plan = promised(**{"formula": "", "bands": bands, **sla})
        found = priced(plan, facts, profile={"x": "1000"})
        return found.lines[-1].how.split()[1]

    assert value(MONTH, metric="abandon_rate") == "4.76"  # (60 - 10) / (1 060 - 10)
    assert value(contacts("answered", 1, 10) + contacts("answered", 3, 2), metric="asa_s") == "4"
    states: list[dict[str, object]] = [
        {"type": "state", "agent": "a", "state": name, "from": f"2026-11-02T{since}",
         "to": f"2026-11-02T{until}"}
        for name, since, until in (("talk", "10:00", "10:30"), ("wait", "10:30", "10:40"),
                                   ("pause", "10:40", "11:00"))
    ]  # fmt: skip
    assert value(states, metric="occupancy") == "75"
    facts = contacts("answered", 4, 1) + contacts("answered", 1, 60, at="11:00")
    of = {"metric": "service_level", "formula": "answered", "within_s": "20", "target": "80"}
    assert value(facts, metric="intervals_met", interval_s=1800, of=of) == "50"
