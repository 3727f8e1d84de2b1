"""The rule `second_rounding` through files: what a call that lasts parts of a second is billed.

1000 micros a second by the second (see test_samples.flat).
"""

from __future__ import annotations

import json

import pytest

from tests.integration.engine.conftest import Plant
from tests.integration.engine.test_samples import LONG_AGO, charged, flat
from tests.support.switch import set_rule
from tests.unit.core.formats.test_asterisk_lines import row
from tollwright.data.scope import tenant_scope

LENGTHS_MS = (200, 499, 500, 999, 1_000, 3_509, 59_999)
BILLED = {
    "up": [1, 1, 1, 1, 1, 4, 60],
    "nearest": [0, 0, 1, 1, 1, 4, 60],
    "down": [0, 0, 0, 0, 1, 3, 59],
}


def asterisk() -> bytes:
    lines = []
    for place, ms in enumerate(LENGTHS_MS):
        channel = f"1793700000.{place}"
        text = row(1, 0, -(-ms // 1_000), uniqueid=channel, linkedid=channel)
        *head, _, disposition, flags, uniqueid, field, peer, linked, number = text.split(",")
        cells = [*head, f'"{ms / 1_000:.3f}"', disposition, flags, uniqueid, field, peer, linked]
        lines.append(",".join([*cells, number]))
    return "\n".join([*lines, ""]).encode()


def freeswitch() -> bytes:
    found = []
    for place, ms in enumerate(LENGTHS_MS):
        begin = 1_793_700_000_000_000
        variables = {
            "uuid": f"11111111-1111-1111-1111-{place:012}", "direction": "inbound",
            "start_uepoch": str(begin), "answer_uepoch": str(begin),
            "end_uepoch": str(begin + ms * 1_000), "billmsec": str(ms),
            "billsec": str(-(-ms // 1_000)), "duration": str(-(-ms // 1_000)),
        }  # fmt: skip
        caller = {"caller_id_number": "+4930123456", "destination_number": "+442079460000"}
        found.append({"variables": variables, "callflow": [{"caller_profile": caller}]})
    return "\n".join(map(json.dumps, found)).encode()


@pytest.mark.parametrize("rule", list(BILLED))
@pytest.mark.parametrize("cdr_format", ["asterisk_csv", "freeswitch_json"])
def test_parts_of_a_second_by_the_rule(plant: Plant, cdr_format: str, rule: str) -> None:
    flat(plant, cdr_format=cdr_format, zone="UTC", region="")
    with tenant_scope(plant.switch.tenant_id):
        set_rule(plant.switch.world, "second_rounding", rule, since=LONG_AGO)
    content = asterisk() if cdr_format == "asterisk_csv" else freeswitch()
    result = plant.take(content, "calls", source="REAL")
    assert (result.rated, result.quarantined) == (len(LENGTHS_MS), 0)
    assert [seconds for _, seconds in charged(plant)] == BILLED[rule]
    plant.check_sums()
