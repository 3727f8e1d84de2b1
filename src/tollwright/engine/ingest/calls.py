"""Calls of known campaigns as columns: what is priced and written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import msgspec
import numpy as np

from tollwright.core.formats.base import Record
from tollwright.core.instants import micros_of, moment_of
from tollwright.engine.rating.terms import Terms
from tollwright.kernel.arrays import NONE, Int32, Int64
from tollwright.kernel.numbers import EMPTY
from tollwright.kernel.text import Text, packed, text_joined, text_of

UNANSWERED = -1


class Placed(msgspec.Struct, gc=False):
    """A call of a known campaign. `counted_ms` is what the card is asked for; -1: not answered."""

    record: Record
    terms: Terms
    caller: str
    called: str
    answered_at: datetime | None
    counted_ms: int


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls, one place a call; `which` is the place of a call's terms in `terms`.

    Moments are microseconds since 1970-01-01 UTC, NONE for none; numbers are E.164 digits where
    possible, and packed for the kernel: negative where no card can look the called one up, empty
    where the caller is withheld. `record` gives a call as its switch tells it, `line` its line.
    """

    terms: tuple[Terms, ...]
    which: Int32
    key: Text
    group: Text
    direction: Text
    caller: Text
    called: Text
    dialled: Text
    cause: Text
    disposition: Text
    trunk: Text
    agent: Text
    called_packed: Int64
    caller_packed: Int64
    started_us: Int64
    answered_us: Int64
    ended_us: Int64
    answered_ms: Int64
    counted_ms: Int64
    line: Int64
    record: Callable[[int], Record]

    def __len__(self) -> int:
        return len(self.which)

    def pick(self, rows: Int64) -> Calls:
        """The calls at these places, in this order; texts are not copied."""
        picked: dict[str, Any] = {}
        for name in COLUMNS:
            column = getattr(self, name)
            picked[name] = column.pick(rows) if isinstance(column, Text) else column[rows]
        return Calls(terms=self.terms, record=lambda place: self.record(int(rows[place])), **picked)

    def moment(self, place: int) -> datetime:
        """When the call was answered. Raises ValueError for one that was not."""
        return _moment(int(self.answered_us[place]))


COLUMNS = tuple(field.name for field in fields(Calls) if field.name not in ("terms", "record"))


def _moment(micros: int) -> datetime:
    if micros == NONE:
        raise ValueError("a call that was not answered has no answer's moment")
    return moment_of(micros)


def calls_of(placed: Sequence[Placed]) -> Calls:
    """The columns of calls that were looked at one by one."""
    records = [call.record for call in placed]
    called = text_of([call.called for call in placed])
    caller = text_of([call.caller for call in placed])
    terms = {id(call.terms): call.terms for call in placed}
    place = {key: at for at, key in enumerate(terms)}
    caller_packed = packed(caller)
    return Calls(
        terms=tuple(terms.values()),
        which=np.array([place[id(call.terms)] for call in placed], np.int32),
        key=text_of([record.call_key for record in records]),
        group=text_of([record.group_key for record in records]),
        direction=text_of([record.direction for record in records]),
        caller=caller,
        called=called,
        dialled=text_of([record.dialled for record in records]),
        cause=text_of([record.cause for record in records]),
        disposition=text_of([record.disposition for record in records]),
        trunk=text_of([record.trunk_out or record.trunk_in for record in records]),
        agent=text_of([record.agent for record in records]),
        called_packed=packed(called),
        caller_packed=np.where(caller_packed < 0, EMPTY, caller_packed),
        started_us=_micros([record.started_at for record in records]),
        answered_us=_micros([call.answered_at for call in placed]),
        ended_us=_micros([record.ended_at for record in records]),
        answered_ms=np.array([record.answered_ms for record in records], np.int64),
        counted_ms=np.array([call.counted_ms for call in placed], np.int64),
        line=np.array([record.line for record in records], np.int64),
        record=lambda at: records[at],
    )


def _micros(moments: Sequence[datetime | None]) -> Int64:
    count = len(moments)
    told = (NONE if at is None else micros_of(at) for at in moments)
    return np.fromiter(told, np.int64, count)


def joined(first: Calls, more: Calls) -> Calls:
    """The calls of both."""
    if not len(more):
        return first
    if not len(first):
        return more
    size, shift = len(first), len(first.terms)
    columns: dict[str, Any] = {}
    for name in COLUMNS:
        one, other = getattr(first, name), getattr(more, name)
        columns[name] = (
            text_joined((one, other)) if isinstance(one, Text) else np.concatenate((one, other))
        )
    columns["which"] = np.concatenate((first.which, more.which + np.int32(shift)))
    return Calls(
        terms=first.terms + more.terms,
        record=lambda at: first.record(at) if at < size else more.record(at - size),
        **columns,
    )
