"""Loopback channels: a call that the dialplan leads back into the switch has two legs of them.

`loopback/x-a` is the B leg of the call that was led back, `-b` (told as inbound) is the call that
goes on from there. So -a is internal, -b is the call, with the hints of its A leg; and an A leg
whose only B leg is a loopback never left the switch as itself. A half without its other in sight
says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from msgspec.structs import force_setattr

from tollwright.core.formats.base import Record
from tollwright.core.formats.freeswitch.spec import LOOPBACK
from tollwright.core.formats.judged import restore, set_aside

HALF = "a loopback leg: its other half is the call"
LED_BACK = "led back into the switch: its loopback leg is the call"


def is_loopback(channel: str, side: str) -> bool:
    """Whether a channel is side `a` or `b` of a loopback."""
    return channel.startswith(LOOPBACK) and channel.endswith(f"-{side}")


def judge_loopbacks(records: Sequence[Record], given: int) -> None:
    """Set legs, groups and hints of `records[given:]` that have to do with loopbacks."""
    if not any(record.channel.startswith(LOOPBACK) for record in records):
        return
    fresh = list(islice(records, given, None))
    for record in fresh:
        restore(record)
    rows = {record.unique_id: record for record in records}
    family = {id(one) for one in records if _has_loopback(one, rows)}
    led_on = {row.made_by for row in records if is_loopback(row.channel, "b")} & rows.keys()
    made: dict[str, list[Record]] = {}
    for record in records:
        made.setdefault(record.made_by, []).append(record)
    for record in sorted(fresh, key=lambda one: len(_makers(one, rows))):
        if id(record) in family:
            force_setattr(record, "group_key", _makers(record, rows)[-1])
        if is_loopback(record.channel, "b") and record.made_by in led_on:
            _bring(record, rows)
        if is_loopback(record.channel, "a") and record.unique_id in led_on:
            set_aside(record, HALF)
            continue
        legs = made.get(record.unique_id, [])
        back = [leg for leg in legs if is_loopback(leg.channel, "a") and leg.unique_id in led_on]
        if back and len(back) == len(legs) and record.leg == "customer":
            set_aside(record, LED_BACK)


def _makers(record: Record, rows: Mapping[str, Record]) -> list[str]:
    """The row's id, then that of the row that made it, and so on; the last may not be in sight."""
    found = [record.unique_id]
    maker = record.made_by
    while maker and maker not in found:
        found.append(maker)
        maker = rows[maker].made_by if maker in rows else ""
    return found


def _has_loopback(record: Record, rows: Mapping[str, Record]) -> bool:
    chain: Iterator[Record] = (rows[one] for one in _makers(record, rows) if one in rows)
    return any(one.channel.startswith(LOOPBACK) for one in chain)


def _bring(half: Record, rows: Mapping[str, Record]) -> None:
    """The hints of the leg that was led back, and what else the half itself names."""
    first = rows.get(rows[half.made_by].made_by)
    if first is None:
        return
    kinds = {kind for kind, _ in first.hints}
    own = tuple((kind, value) for kind, value in half.hints if kind not in kinds)
    force_setattr(half, "hints", (*first.hints, *own))
    if not half.trunk_in and first.trunk_in:
        force_setattr(half, "trunk_in", first.trunk_in)
