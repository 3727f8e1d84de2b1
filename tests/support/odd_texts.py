"""Records of every format with odd texts in each of their fields, as a stranger may send them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tollwright.core.formats.asterisk.spec import SPEC as ASTERISK
from tollwright.core.formats.tollwright.parse import PushedCall

_RANDOM = random.Random(7)  # noqa: S311  # words that no compression makes short
WORD = "".join(_RANDOM.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(10_000))
ODD = {
    "escaped": "\\u0000",  # six characters
    "nul": "a\0b", "low half": "x\udfff", "high half": "\ud800", "separator": "\x1f",
    "quotes": '"\'\\', "10 kB": WORD,
}  # fmt: skip

_ROW = dict.fromkeys(ASTERISK.widths[21], "") | {
    "accountcode": "ACME", "src": "4930123456", "dst": "+442071234567", "dcontext": "internal",
    "clid": "Al", "channel": "PJSIP/uac-00000001", "dstchannel": "PJSIP/gw-00000002",
    "lastapp": "Dial", "start": "2026-10-05 08:34:05", "answer": "2026-10-05 08:34:06",
    "end": "2026-10-05 08:34:09", "duration": "4", "billsec": "3", "disposition": "ANSWERED",
    "sequence": "1",
}  # fmt: skip
_VARIABLES = {
    "direction": "inbound", "accountcode": "ACME", "start_epoch": "1791189245",
    "answer_epoch": "1791189246", "end_epoch": "1791189249", "duration": "4", "billsec": "3",
    "hangup_cause": "NORMAL_CLEARING", "endpoint_disposition": "ANSWER", "channel_name": "sofia/a",
    "sip_gateway_name": "gw", "cc_queue": "sales", "cc_agent": "7", "campaign": "",
    "sip_auth_username": "u", "sip_network_ip": "::1", "originating_leg_uuid": "",
    "domain_name": "d",
}  # fmt: skip
_PROFILE = {
    "caller_id_name": "Ann", "caller_id_number": "4930123456", "context": "public",
    "destination_number": "+442071234567",
}  # fmt: skip
_TEMPLATE = (*_VARIABLES, "uuid", "caller_id_number", "caller_id_name", "destination_number")
_PUSHED = dict.fromkeys(PushedCall.__struct_fields__, "") | {
    "started_at": "2026-10-05T08:34:05Z", "answered_at": "2026-10-05T08:34:06Z",
    "ended_at": "2026-10-05T08:34:09Z", "called": "+442071234567", "account": "ACME",
    "seconds": "3",
}  # fmt: skip


class Writer(NamedTuple):
    """How a format writes a call: its fields, and the line of one whose fields are changed."""

    fields: tuple[str, ...]
    line: Callable[[dict[str, str]], bytes]
    key: str  # the field that makes the call one of its own
    columns: tuple[str, ...] = ()  # as the source states them


def _cells(cells: list[str], quote: str) -> bytes:
    text = ",".join('"' + cell.replace('"', quote) + '"' for cell in cells)
    return text.encode("utf-8", "surrogatepass")  # as bytes that are no UTF-8


def _asterisk(changed: dict[str, str]) -> bytes:
    return _cells([*(_ROW | changed).values()], '""')


def _template(changed: dict[str, str]) -> bytes:
    told = _VARIABLES | {"uuid": ""} | _PROFILE | changed
    return _cells([told[name] for name in _TEMPLATE], '\\"')


def _object(changed: dict[str, str]) -> bytes:
    variables = _VARIABLES | {name: text for name, text in changed.items() if name not in _PROFILE}
    profile = _PROFILE | {name: text for name, text in changed.items() if name in _PROFILE}
    told = {"variables": variables, "callflow": [{"caller_profile": profile}]}
    return json.dumps(told).encode()


def _pushed(changed: dict[str, str]) -> bytes:
    told = {name: text for name, text in (_PUSHED | changed).items() if text}
    return json.dumps(told).encode()


WRITERS = {
    "asterisk_csv": Writer(tuple(_ROW), _asterisk, "uniqueid"),
    "freeswitch_csv": Writer(_TEMPLATE, _template, "uuid", _TEMPLATE),
    "freeswitch_json": Writer((*_VARIABLES, "uuid", *_PROFILE), _object, "uuid"),
    "tollwright_json": Writer(PushedCall.__struct_fields__, _pushed, "call_key"),
}


def odd_files(name: str) -> Iterator[tuple[str, bytes, list[str]]]:
    """For each odd text a file: a call of its own, then for each field one with the text in it and
    one of its own. Gives what the text is, the file, and the keys of the calls of their own."""
    writer = WRITERS[name]
    for kind, text in ODD.items():
        keys = [f"{name}, {kind}, {number}" for number in range(len(writer.fields) + 1)]
        lines = [writer.line({writer.key: keys[0]})]
        for field, key in zip(writer.fields, keys[1:], strict=True):
            lines.append(writer.line({writer.key: f"odd-{key}"} | {field: text}))
            lines.append(writer.line({writer.key: key}))
        yield kind, b"\n".join(lines) + b"\n", keys
