"""Rows as the switches write them, with the cells that a test is about replaced."""

from __future__ import annotations

from collections.abc import Sequence

from tollwright.core.formats.base import Fault, Format, Ignored, Item, Options, Record
from tollwright.core.formats.registry import get

ASTERISK: Format = get("asterisk_csv")
FREESWITCH: Format = get("freeswitch_csv")

_ASTERISK = {
    "accountcode": "ACME", "src": "4930123456", "dst": "442071838750", "dcontext": "from-uac",
    "clid": '""Al"" <4930123456>', "channel": "PJSIP/uac-00000001",
    "dstchannel": "PJSIP/gw-00000002", "lastapp": "Dial", "lastdata": "PJSIP/gw,30",
    "start": "2026-11-22 08:34:05", "answer": "2026-11-22 08:34:06", "end": "2026-11-22 08:34:09",
    "duration": "4", "billsec": "3", "disposition": "ANSWERED", "amaflags": "DOCUMENTATION",
    "uniqueid": "1795336445.1", "userfield": "", "peeraccount": "", "linkedid": "1795336445.1",
    "sequence": "1",
}  # fmt: skip
_FREESWITCH = {
    "caller_id_name": "Al", "caller_id_number": "12125550101", "destination_number": "33123456",
    "context": "public", "start_stamp": "2026-11-22 08:34:05",
    "answer_stamp": "2026-11-22 08:34:06", "end_stamp": "2026-11-22 08:34:09", "duration": "4",
    "billsec": "3", "hangup_cause": "NORMAL_CLEARING",
    "uuid": "7964b242-73be-44cf-b3a6-e27bf78a3f2b", "bleg_uuid": "", "accountcode": "ACME",
    "read_codec": "PCMU", "write_codec": "PCMU",
}  # fmt: skip


def _row(cells: dict[str, str], changed: dict[str, str], columns: Sequence[str]) -> str:
    told = {**cells, **changed}
    return ",".join(f'"{told[name]}"' for name in columns or told)


def asterisk(columns: Sequence[str] = (), **changed: str) -> str:
    """A row of Master.csv with 21 columns (or `columns`); clid is written with its own quotes."""
    return _row(_ASTERISK, changed, columns)


def freeswitch(columns: Sequence[str] = (), **changed: str) -> str:
    """A row of the example template (or `columns`)."""
    return _row(_FREESWITCH, changed, columns or (*_FREESWITCH, *(set(changed) - set(_FREESWITCH))))


def items(cdr_format: Format, *lines: str | bytes, **options: object) -> list[Item]:
    """What the format makes of the lines."""
    data = b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines)
    return list(cdr_format.parse([data], Options(**options)))  # type: ignore[arg-type]  # by name


def records(found: Sequence[Item]) -> list[Record]:
    return [item for item in found if isinstance(item, Record)]


def faults(found: Sequence[Item]) -> list[Fault]:
    return [item for item in found if isinstance(item, Fault)]


def one(cdr_format: Format, line: str | bytes, **options: object) -> Record:
    """The one record of one line."""
    [record] = items(cdr_format, line, **options)
    assert isinstance(record, Record), record
    return record


def lines_told(found: Sequence[Item]) -> int:
    """How many physical lines the items account for."""
    return sum(item.lines for item in found if isinstance(item, Record | Fault | Ignored))
