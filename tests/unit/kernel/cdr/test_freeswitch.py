"""FreeSWITCH's files in columns: what `core.formats.freeswitch_csv` tells, row for row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.unit.core.formats.rows import freeswitch
from tests.unit.kernel.parsed import by_rule, facts
from tollwright.core.formats.base import Options
from tollwright.core.formats.freeswitch import FREESWITCH_CSV
from tollwright.core.formats.freeswitch.spec import EXAMPLE

FULL = (
    *EXAMPLE, "billmsec", "direction", "originating_leg_uuid", "sip_gateway_name", "sip_req_user",
    "campaign", "cc_queue", "cc_agent", "network_addr", "originate_disposition",
)  # fmt: skip
EMPTY = dict.fromkeys(FULL[len(EXAMPLE) :], "")
UUIDS = [f"7964b242-73be-44cf-b3a6-e27bf78a3f{place:02}" for place in range(40)]


def row(columns: Sequence[str], number: int, **changed: str) -> str:
    """The row of a call of its own."""
    return freeswitch(columns, **(EMPTY | {"uuid": UUIDS[number]} | changed))


NUMBERS = st.sampled_from(["+442071838750", "0049301234567", "030123456", "s", "", "442071838750"])
CELLS = {
    "caller_id_number": NUMBERS, "destination_number": NUMBERS, "sip_req_user": NUMBERS,
    "start_stamp": st.sampled_from(
        ["2026-11-22 08:34:06", "1795336445", "2026-10-25 02:30:00", "2026-02-30 00:00:00", ""]
    ),
    "answer_stamp": st.sampled_from(["", "2026-11-22 08:34:04", "2026-11-22T08:34:06"]),
    "end_stamp": st.sampled_from(["2026-11-22 08:34:01", "", "soon"]),
    "billsec": st.sampled_from(["0", "3.0065", "", "65535", "86401", "x"]),
    "billmsec": st.sampled_from(["3001", "0", "86400001", "x", "1234567890123", "65535999"]),
    "hangup_cause": st.sampled_from(["NO_ANSWER", "a%20b", "100%"]),
    "uuid": st.sampled_from(["", *UUIDS[:3]]),
    "bleg_uuid": st.sampled_from(["elsewhere", *UUIDS[:12]]),
    "accountcode": st.sampled_from(["", "ÜBER", "OTHER"]),
    "direction": st.sampled_from(["inbound", "outbound", "sideways"]),
    "originating_leg_uuid": st.sampled_from(UUIDS[:3]),
    "sip_gateway_name": st.sampled_from(["gw1", "gw\\\\2"]),
    "campaign": st.sampled_from(["spring", "two\nlines"]),
    "cc_queue": st.just("sales"), "cc_agent": st.just("anna"), "network_addr": st.just("10.1.1.1"),
    "originate_disposition": st.just("ORIGINATOR_CANCEL"),
}  # fmt: skip
CHANGES = st.lists(st.sampled_from(sorted(CELLS)), max_size=2, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: CELLS[name] for name in names})
)
BROKEN = st.sampled_from(['"Al","short"', '"open', "", "\0\0", '"a"b","c"', "x,y"])


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Mostly rows of calls of their own, some of them changed, a line broken now and then."""
    changes = draw(st.lists(CHANGES, min_size=1, max_size=14))
    lines = [row(FULL, number, **changed) for number, changed in enumerate(changes)]
    for line in draw(st.lists(BROKEN, max_size=1)):
        lines.insert(draw(st.integers(0, len(lines))), line)
    if draw(st.booleans()):
        lines.insert(0, ",".join(FULL))
    return "\n".join(lines).encode(draw(st.sampled_from(["utf-8", "utf-8", "latin-1"])))


@settings(max_examples=examples(1_000))
@given(
    data=files(),
    zone=st.sampled_from(["UTC", "Europe/Berlin"]),
    server=st.sampled_from(["", "fs2"]),
    legs=st.sampled_from(["auto", "a", "ab"]),
    chunk_rows=st.integers(1, 60),
)
def test_columns_tell_what_the_rule_tells(
    data: bytes, zone: str, server: str, legs: Literal["auto", "a", "ab"], chunk_rows: int
) -> None:
    options = Options(zone=zone, region="DE", server=server, legs=legs, columns=FULL)
    found, _ = facts(data, options, chunk_rows, rule=FREESWITCH_CSV)
    assert found == by_rule(data, options, FREESWITCH_CSV)


def test_plain_rows_are_told_in_columns() -> None:
    """Ten A legs by the example template, one of them with an epoch that only the rule reads."""
    rows = [row(EXAMPLE, number, bleg_uuid=f"leg {number}") for number in range(10)]
    rows[4] = row(EXAMPLE, 4, start_stamp="1795336445")
    data = "\n".join(rows).encode()
    found, quick = facts(data, Options(), chunk_rows=80, rule=FREESWITCH_CSV)
    assert (quick, len(found)) == (9, 10)
    assert found == by_rule(data, Options(), FREESWITCH_CSV)


def test_a_file_of_both_legs_is_judged_by_the_rule() -> None:
    rows = [row(EXAMPLE, 0, bleg_uuid=UUIDS[1]), row(EXAMPLE, 1), row(EXAMPLE, 2)]
    data = "\n".join(rows).encode()
    found, quick = facts(data, Options(), chunk_rows=80, rule=FREESWITCH_CSV)
    assert ([fact[0] for fact in found], quick) == (["Call", "Leg", "Call"], 0)


def test_a_row_that_cannot_be_read_claims_no_leg() -> None:
    """The second row, which never starts, names the eighth as its B leg: that one is a call."""
    rows = [row(EXAMPLE, number) for number in range(10)]
    rows[1] = row(EXAMPLE, 1, start_stamp="never", bleg_uuid=UUIDS[7])
    data = "\n".join(rows).encode()
    found, quick = facts(data, Options(lookahead=1), chunk_rows=40, rule=FREESWITCH_CSV)
    assert [fact[0] for fact in found] == ["Call", "Fault", *["Call"] * 8]
    assert quick == 9
    assert found == by_rule(data, Options(lookahead=1), FREESWITCH_CSV)


def test_a_header_names_the_columns_in_its_own_order() -> None:
    """As many as the example template has: nothing but the header tells that they are others."""
    columns = EXAMPLE[::-1]
    data = "\n".join([",".join(columns), *(row(columns, number) for number in range(5))]).encode()
    found, quick = facts(data, Options(), chunk_rows=80, rule=FREESWITCH_CSV)
    assert (found, quick) == (by_rule(data, Options(), FREESWITCH_CSV), 5)
