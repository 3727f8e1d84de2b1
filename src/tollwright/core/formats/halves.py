"""Channels with two halves, told by rows that may come in different files.

A Local channel of Asterisk and a loopback of FreeSWITCH lead a call back into the switch: a row on
the near side reaches one half, a row on the far side goes on from the other. Both name the channel,
by which they meet wherever they are told. Each vendor's judge decides those of one file by the same
rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import NamedTuple

from tollwright.core.formats.asterisk.halves import leaves, other_half
from tollwright.core.formats.base import Record
from tollwright.core.formats.freeswitch.loopback import is_loopback
from tollwright.core.formats.freeswitch.spec import LOOPBACK
from tollwright.core.formats.takes import LOCAL

LED_BACK = (LOCAL, LOOPBACK)


class Half(NamedTuple):
    """One side of a channel. `call_key`: the call that is none if the other side is one.

    `stays`: the call counts whatever the other side is: near, a queue rings its agent over the
    channel; far, the call to the agent leaves the switch. Where both stay, both are calls.
    """

    meet: str
    far: bool
    call_key: str
    stays: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class HalfReader:
    """Reads them from the rows of one source. `trunks`, `server`: see `Options`."""

    trunks: tuple[str, ...] = ()
    server: str = ""

    def read(self, record: Record) -> list[Half]:
        """What a row tells of such channels; nothing for most rows."""
        near = record.dst_channel.startswith(LOCAL)
        if record.started_at is None or not (near or record.channel.startswith(LED_BACK)):
            return []
        if record.channel.startswith(LOOPBACK):
            return self._loopback(record, record.started_at)
        found: list[Half] = []
        if near and (half := other_half(record.dst_channel)):
            queued = bool(record.queue)
            found.append(Half(_base(half), False, record.call_key, queued, record.started_at))
        if other_half(record.channel):
            out, key = leaves(record, self._is_trunk), record.call_key
            found.append(Half(_base(record.channel), True, key, out, record.started_at))
        return found

    def _is_trunk(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.trunks)

    def _loopback(self, record: Record, at: datetime) -> list[Half]:
        """Side a was made by the call that is led back; side b names a as what made it."""
        if not record.made_by:
            return []
        if is_loopback(record.channel, "a"):
            near = f"{record.made_by}@{self.server}" if self.server else record.made_by
            return [Half(record.unique_id, False, near, False, at)]
        if is_loopback(record.channel, "b"):
            return [Half(record.made_by, True, record.call_key, False, at)]
        return []


def _base(channel: str) -> str:
    return channel.rpartition(";")[0]
