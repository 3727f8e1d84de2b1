"""Facts: each record once, whatever the order; what cannot be read is a fault with its sentence."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.charges.conftest import as_csv, item, lines_of, priced
from tollwright.core.charges.facts_file import FactsReader
from tollwright.core.charges.plan_file import PlanError

STATE = {"type": "state", "key": "k", "agent": "a", "state": "talk", "from": "2026-11-02T10:00",
         "to": "2026-11-02T10:01"}  # fmt: skip
OUTCOME = {"type": "outcome", "key": "o", "from": "2026-11-02T10:00", "outcome": "SALE"}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({**STATE, "state": "chat"}, "unknown_state"),
        ({**STATE, "to": "2026-11-02T09:59"}, "negative"),
        ({**STATE, "to": "2026-11-03T10:01"}, "too_long"),
        ({**STATE, "from": "yesterday"}, "bad_time"),
        ({**STATE, "from": "0001-01-01"}, "bad_time"),
        ({**STATE, "agent": ""}, "no_agent"),
        ({**STATE, "key": ""}, "no_key"),
        ({**STATE, "type": "mood"}, "unknown_type"),
        ({**OUTCOME, "talk_s": "65535"}, "clipped"),
        ({**OUTCOME, "talk_s": "-1"}, "negative"),
        ({**OUTCOME, "value": "5", "currency": "USD"}, "other_currency"),
        ({**OUTCOME, "voids": "nobody"}, "voids_nothing"),
        ({"type": "count", "meter": "m", "from": "2026-11-02", "quantity": "x"}, "bad_number"),
        ({"type": "contact", "from": "2026-11-02T10:00", "result": "lost"}, "unknown_result"),
    ],
)
def test_a_record_that_is_not_priced(row: dict[str, str], code: str) -> None:
    found = FactsReader("UTC", "EUR").read(as_csv([row]), jsonl=False)
    assert [fault.code for fault in found.faults] == [code]
    assert found.faults[0].message.endswith(".")


def test_told_again() -> None:
    """The same: a duplicate; otherwise and later: in its place; earlier: stale."""
    later = {**STATE, "to": "2026-11-02T10:02", "updated_at": "2026-11-02T11:00"}
    stale = {**STATE, "to": "2026-11-02T10:03", "updated_at": "2026-11-02T10:30"}
    found = FactsReader("UTC", "EUR").read(as_csv([STATE, STATE, later, stale]), jsonl=False)
    assert [one.until - one.since for one in found.states] == [120_000]
    assert (found.duplicates, found.stale) == (1, 1)
    other = {**STATE, "agent": "b"}
    found = FactsReader("UTC", "EUR").read(as_csv([STATE, other]), jsonl=False)
    assert [fault.code for fault in found.faults] == ["key_conflict"]


def test_a_file_of_another_kind() -> None:
    for text in ("type,key,colour\n", "key\n", "type,key,key\n", ""):
        with pytest.raises(PlanError):
            FactsReader("UTC", "EUR").read(text, jsonl=False)
    with pytest.raises(PlanError, match="Line 1 names colour"):
        FactsReader("UTC", "EUR").read('{"type": "state", "colour": 1}', jsonl=True)


PLAN = {
    "items": [
        item({"kind": "time", "count": ["interacting"]}, {"price": "1"},
             round={"to_s": 7, "mode": "up", "per": "agent"}) | {"code": "time"},
        item({"kind": "contacts"}, {"price": "1"}, forgive=[{"first": 2}]) | {"code": "contacts"},
        item({"kind": "outcomes", "outcomes": ["SALE"], "dedupe": {"by": "lead", "window": 1}},
             {"price": "1"}) | {"code": "sales"},
        item({"kind": "seats", "of": "concurrent"}, {"price": "1"}) | {"code": "seats"},
    ],
}  # fmt: skip


@given(st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_come_to_the_same(dice: random.Random) -> None:
    facts = []
    for place in range(12):
        at, until = dice.randrange(3600), dice.randrange(3600, 7200)
        since, end = (f"2026-11-02T{10 + s // 3600}:{s % 3600 // 60:02}:{s % 60:02}"
                      for s in (at, until))  # fmt: skip
        kind = dice.choice(["state", "contact", "outcome", "session"])
        facts.append({"type": kind, "key": f"k{place}", "agent": dice.choice("ab"), "from": since,
                      "to": end, "state": dice.choice(["talk", "hold", "wait"]),
                      "outcome": "SALE" if kind == "outcome" else "",
                      "lead": dice.choice("12")})  # fmt: skip
    expected = lines_of(priced(PLAN, facts))
    again = [*facts, *dice.sample(facts, 3)]
    dice.shuffle(again)
    assert lines_of(priced(PLAN, again)) == expected
