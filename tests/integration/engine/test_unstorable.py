"""No record stops its file: what no database can store waits, and the rest is billed."""

from __future__ import annotations

import json

import pytest

from tests.integration.engine.conftest import Plant

PROFILE = {"caller_id_name": "Ann", "caller_id_number": "4930123456", "context": "public"}
PLAIN = {
    "direction": "inbound", "accountcode": "ACME", "start_epoch": "1791108000",
    "answer_epoch": "1791108005", "end_epoch": "1791108065", "duration": "65", "billsec": "60",
    "hangup_cause": "NORMAL_CLEARING", "sip_call_id": "x", "cc_agent": "7",
}  # fmt: skip


def call(uuid: str, **odd: str) -> bytes:
    """A FreeSWITCH record in JSON; `odd` fields have these texts."""
    variables = PLAIN | {"uuid": uuid} | {k: v for k, v in odd.items() if k not in PROFILE}
    profile = PROFILE | {"destination_number": "442071234567", "uuid": uuid}
    profile |= {k: v for k, v in odd.items() if k in profile}
    record = {"core-uuid": "c", "variables": variables, "callflow": [{"caller_profile": profile}]}
    return json.dumps(record).encode() + b"\n"


ODD = ["\0", "a\0b", "\ud800", "x\udfff", "\x1f", "w" * 10_000]


@pytest.mark.parametrize("text", ODD, ids=["nul", "nul inside", "high", "low", "us", "10 kB"])
@pytest.mark.parametrize(
    "field", ["caller_id_name", "caller_id_number", "destination_number", "uuid", "accountcode",
              "hangup_cause", "sip_call_id", "cc_agent", "direction", "start_epoch", "billsec"]
)  # fmt: skip
def test_no_text_of_a_record_stops_the_file(plant: Plant, field: str, text: str) -> None:
    plant.run("UPDATE source SET format = 'freeswitch_json', options = '{}'")
    odd = {"uuid": "u2"} | {field: text}
    content = call("u1") + call(**odd) + call("u3")
    batch = plant.take(content, "calls.json")
    assert batch.records == 3
    keys = plant.rows("SELECT call_key FROM call WHERE call_key IN ('u1', 'u3') ORDER BY 1")
    waiting = plant.rows("SELECT call_key FROM quarantine WHERE call_key IN ('u1', 'u3')")
    assert sorted([*keys, *waiting]) == [("u1",), ("u3",)]
