"""Loopback legs of FreeSWITCH: A → 201, led back, on to a number of the world, its B leg."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

from tests.support.samples import sample
from tests.unit.core.formats.rows import FREESWITCH, items, records
from tests.unit.kernel.parsed import by_rule, facts
from tollwright.core.formats.base import Options
from tollwright.core.formats.freeswitch import FREESWITCH_CSV
from tollwright.core.formats.registry import get

JSON = get("freeswitch_json")
CASE = "cases/13-loopback-legs-are-not-customer-calls/input.json"
A, LA, LB, B = (f"u13{leg}-1796065033" for leg in ("a", "la", "lb", "b"))


def lines() -> list[str]:
    return sample(CASE).read_text().splitlines()


def legs(told: list[str]) -> dict[str, tuple[str, str]]:
    found = records(items(JSON, *told))
    return {one.unique_id: (one.leg, one.group_key) for one in found}


def test_one_customer_leg_whatever_the_order() -> None:
    wanted = {
        A: ("internal", A), LA: ("internal", A), LB: ("customer", A), B: ("supplier", A),
    }  # fmt: skip
    for told in permutations(lines()):
        assert legs(list(told)) == wanted


def test_the_call_has_the_hints_of_its_a_leg() -> None:
    told = [json.loads(line) for line in lines()]
    told[0]["variables"] |= {"sip_auth_username": "acme", "accountcode": "ACME"}
    told[2]["variables"] |= {"accountcode": "", "sip_gateway_name": "gw"}
    found = {one.unique_id: one for one in records(items(JSON, *map(json.dumps, told)))}
    assert dict(found[LB].hints) == {
        "accountcode": "ACME", "user": "acme", "context": "default", "trunk": "gw",
    }  # fmt: skip


def test_a_half_without_its_other_stays_a_customers() -> None:
    first, near, far, last = lines()
    assert legs([first, near]) == {A: ("customer", A), LA: ("supplier", A)}
    assert legs([first, far, last]) == {
        A: ("customer", A), LB: ("customer", LA), B: ("supplier", LA),
    }  # fmt: skip


def test_an_a_leg_with_another_b_leg_stays_a_call() -> None:
    """201 rings a desk phone and, over a loopback, a mobile."""
    desk = json.loads(lines()[3])
    desk["variables"] |= {"uuid": "desk", "originating_leg_uuid": A}
    assert legs([*lines(), json.dumps(desk)])[A] == ("customer", A)


def test_loopback_of_loopback() -> None:
    """-b is led back once more: the last far side is the call."""

    def again(line: str) -> str:
        value: dict[str, Any] = json.loads(line)
        value["variables"]["uuid"] += "2"
        for name in ("originating_leg_uuid", "other_loopback_leg_uuid"):
            if name in value["variables"]:
                value["variables"][name] += "2"
        return json.dumps(value)

    first, near, far, last = lines()
    second = json.loads(again(near))
    second["variables"]["originating_leg_uuid"] = LB
    told = [first, near, far, json.dumps(second), again(far), again(last)]
    assert {key: leg for key, (leg, _) in legs(told).items()} == {
        A: "internal", LA: "internal", LB: "internal", f"{LA}2": "internal",
        f"{LB}2": "customer", f"{B}2": "supplier",
    }  # fmt: skip
    assert {group for _, group in legs(told).values()} == {A}


COLUMNS = (
    *("uuid", "direction", "originating_leg_uuid", "other_loopback_leg_uuid", "channel_name"),
    *("caller_id_number", "destination_number", "start_uepoch", "answer_uepoch", "end_uepoch"),
    *("billsec", "billusec", "hangup_cause", "accountcode"),
)


def test_both_readers_of_the_csv_say_the_same() -> None:
    """As columns: the four rows among plain ones, in any chunks."""
    rows = []
    for line in lines():
        value = json.loads(line)
        cells = value["variables"] | value["callflow"][0]["caller_profile"]
        cells |= value["variables"]
        rows.append(",".join(f'"{cells.get(name, "")}"' for name in COLUMNS))
    plain = rows[0].replace("u13a", "p{}")
    told = [plain.format(1), *rows, *(plain.format(number) for number in range(2, 9))]
    data = "\n".join(told).encode()
    options = Options(columns=COLUMNS)
    wanted = by_rule(data, options, FREESWITCH_CSV)
    assert [fact[0] for fact in wanted] == ["Call", "Leg", "Leg", "Call", "Leg", *["Call"] * 7]
    for chunk_rows in (1, 2, 3, 8, 80):
        assert facts(data, options, chunk_rows, rule=FREESWITCH_CSV)[0] == wanted
    assert [record.leg for record in records(items(FREESWITCH, *rows, columns=COLUMNS))] == [
        "internal", "internal", "customer", "supplier",
    ]  # fmt: skip
