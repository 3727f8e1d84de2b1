"""Outcomes: once a lead, held, void in time, given back when void later."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.charges.conftest import item, lines_of, priced, total_of


def sale(at: str, key: str, **more: object) -> dict[str, object]:
    if "T" not in at:
        at = f"{at}T10:00"
    return {"type": "outcome", "key": key, "from": at, "outcome": "SALE", "agent": "a", **more}


def void(at: str, of: str) -> dict[str, object]:
    return {"type": "outcome", "key": f"void-{of}", "from": f"{at}T12:00", "agent": "a",
            "voids": of}  # fmt: skip


def sold(**measure: Any) -> dict[str, Any]:
    measure = {"kind": "outcomes", "outcomes": ["SALE"], **measure}
    return {"items": [item(measure, {"price": "12"})]}


LEAD = {"dedupe": {"by": "lead", "window": 30}}
DECEMBER = ("2026-12-01", "2027-01-01")
STARTED = {"starts_on": "2026-01-01"}


def amounts(plan: dict[str, Any], facts: list[dict[str, object]], **more: Any) -> dict[str, str]:
    more.setdefault("subscription", STARTED)
    return lines_of(priced(plan, facts, **more))


def test_talk_of_ninety_seconds() -> None:
    facts = [sale("2026-11-02", "a", talk_s=90), sale("2026-11-02", "b", talk_s=89)]
    assert amounts(sold(min_talk_s=90), facts) == {"x": "12.00"}


@pytest.mark.parametrize(
    ("second", "times"),
    [("2026-10-31T09:59:59", 0), ("2026-10-31T10:00:00", 1)],
)
def test_thirty_days_from_the_first_billed_one(second: str, times: int) -> None:
    facts = [sale("2026-10-01", "a", lead="1"), sale(second, "b", lead="1")]
    found = amounts(sold(**LEAD), facts, days=("2026-10-01", "2026-11-01"))
    assert found == {"x": f"{12 * (1 + times)}.00"}


def test_the_window_counts_from_the_first_billed_one() -> None:
    """Days 0, 20 and 31: two."""
    facts = [sale(day, day, lead="1") for day in ("2026-10-01", "2026-10-21", "2026-11-01")]
    assert amounts(sold(**LEAD), facts, days=("2026-10-01", "2026-11-01")) == {"x": "12.00"}
    assert amounts(sold(**LEAD), facts) == {"x": "12.00"}


def test_what_is_void_shields_nothing_and_no_key_is_not_compared() -> None:
    facts = [sale("2026-11-02", "a", lead="1"), void("2026-11-02", "a"),
             sale("2026-11-03", "b", lead="1"), sale("2026-11-04", "c"),
             sale("2026-11-04", "d")]  # fmt: skip
    assert amounts(sold(**LEAD), facts) == {"x": "36.00"}


@pytest.mark.parametrize(
    ("voided", "november", "december"),
    [
        ("2026-11-24", {}, {}),
        ("2026-11-25", {}, {}),
        ("2026-12-01", {"x": "12.00"}, {"x:clawback": "-12.00"}),
    ],
    ids=["on the day it falls due", "in its window", "in the next one"],
)
def test_void_before_and_after_it_falls_due(
    voided: str, november: dict[str, str], december: dict[str, str]
) -> None:
    """Sold on the 10th, held for 14 days."""
    plan, facts = sold(hold_days=14, clawback_days=60), [sale("2026-11-10", "a")]
    known = [*facts, void(voided, "a")]
    assert amounts(plan, known) == november
    assert amounts(plan, known, days=DECEMBER) == december


def test_held_beyond_the_window_it_is_billed_in_the_next() -> None:
    plan, facts = sold(hold_days=14), [sale("2026-11-20", "a")]
    assert amounts(plan, facts) == {}
    assert amounts(plan, facts, days=DECEMBER) == {"x": "12.00"}


@pytest.mark.parametrize(("voided", "found"), [
    ("2026-12-10", {"x:clawback": "-12.00"}), ("2026-12-11", {}),
])  # fmt: skip
def test_thirty_days_are_given_back_thirty_one_are_not(voided: str, found: dict[str, str]) -> None:
    facts = [sale("2026-11-10", "a"), void(voided, "a")]
    assert amounts(sold(clawback_days=30), facts, days=DECEMBER) == found


def test_what_a_void_sale_shielded_in_an_issued_window_stays_unbilled() -> None:
    facts = [sale("2026-11-10", "a", lead="1"), sale("2026-11-11", "b", lead="1"),
             void("2026-12-05", "a"), sale("2026-12-04", "c", lead="1")]  # fmt: skip
    plan = sold(clawback_days=60, **LEAD)
    assert amounts(plan, facts, days=DECEMBER) == {"x": "12.00", "x:clawback": "-12.00"}


def test_a_disposition_changed_later_is_void_from_then() -> None:
    changed = sale("2026-11-10", "a") | {"outcome": "NI", "updated_at": "2026-12-03T09:00"}
    facts = [sale("2026-11-10", "a"), changed]
    plan = sold(clawback_days=60)
    assert amounts(plan, facts) == {"x": "12.00"}
    assert amounts(plan, facts, days=DECEMBER) == {"x:clawback": "-12.00"}


def test_a_share_of_each_value() -> None:
    """4 %, at least 5, at most 40, of 75, 500 and 1 500."""
    price = {"model": "percentage", "percent": "4", "least": "5", "most": "40"}
    plan = {"items": [item({"kind": "outcomes", "outcomes": ["SALE"]}, price)]}
    facts = [sale("2026-11-02", str(n), value=n) for n in (75, 500, 1500)]
    assert total_of(priced(plan, facts)) == "65.00"
    facts += [sale("2026-11-02", "usd", value=9, currency="USD"), sale("2026-11-02", "none")]
    found = priced(plan, facts)
    assert total_of(found) == "65.00"
    assert [fault.code for fault in found.faults] == ["other_currency", "value_missing"]


def test_clawback_by_tiers_gives_back_what_its_window_would_lose() -> None:
    """Volume: 10 at 1, 11 at 0.5 each: 5.50; one less would be 10.00, so 4.50 are due."""
    price = {"model": "volume", "tiers": [{"up_to": 10, "price": "1"}, {"price": "0.5"}]}
    plan = {"items": [item({"kind": "outcomes", "outcomes": ["SALE"], "clawback_days": 60}, price)]}
    facts = [sale("2026-11-02", str(n)) for n in range(11)] + [void("2026-12-02", "3")]
    assert amounts(plan, facts, days=DECEMBER) == {"x:clawback": "4.50"}


def test_flags() -> None:
    plan = {"items": [item({"kind": "outcomes", "flags": ["sale"]}, {"price": "1"})]}
    facts = [sale("2026-11-02", "a", flags="sale;customer_contact"), sale("2026-11-02", "b")]
    assert total_of(priced(plan, facts)) == "1.00"
