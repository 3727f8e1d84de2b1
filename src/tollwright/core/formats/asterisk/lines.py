"""Rows of one channel: which stretches of a line they tell, and what touching ones are together.

Asterisk writes a row per attempt to connect a channel. Once the channel is answered (an IVR, a
queue), each agent that is rung has a row with seconds of its own, over the same time: the line was
open once. So rows that overlap are one stretch, their union; rows that touch are a transfer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from msgspec.structs import force_setattr

from tollwright.core.formats.base import TWIN, OwnTimes, Record
from tollwright.core.formats.judged import keep_own, set_aside
from tollwright.core.formats.prints import print_of

_OVERLAP = timedelta(seconds=1)  # of rows that are cut to whole seconds: this much is none
_TOUCH = timedelta(seconds=2)
_MS = timedelta(milliseconds=1)
ATTEMPT = "an attempt of a call that another row answers"
UNANSWERED = "another row about the same unanswered call"


@dataclass(slots=True)
class Stretch:
    """Answered time of a line without a gap, told by one of its rows."""

    begin: datetime
    end: datetime
    rows: list[Record] = field(default_factory=list)

    @property
    def teller(self) -> Record:
        """The row that says ANSWERED, else the longest."""
        return max(self.rows, key=lambda row: (row.disposition == "ANSWERED", row.answered_ms))


@dataclass(frozen=True, slots=True)
class LineRule:
    """How touching stretches count. `outside`: whether a row's channel came from outside."""

    transfers: Literal["auto", "line", "stretch"]
    outside: Callable[[Record], bool]


def start_with(record: Record, other: Record) -> None:
    """The call began when the other row did; within a second both say the same."""
    if record.started_at is None or other.started_at is None:
        return
    earlier = record.started_at - other.started_at
    if earlier >= _OVERLAP:
        keep_own(record)
        force_setattr(record, "started_at", other.started_at)
        force_setattr(record, "duration_ms", record.duration_ms + earlier // _MS)


def judge_line(rows: Sequence[Record], rule: LineRule) -> None:
    """Set which rows of one channel are calls, and the times of those that tell a longer stretch
    than their own. Legs and times are as the rows told them."""
    latest = {row.call_key: row for row in rows}
    _judge_rows(list(latest.values()), rule)
    for row in rows:
        judged = latest[row.call_key]
        if row is not judged:
            _repeat(row, judged)


def _judge_rows(rows: Sequence[Record], rule: LineRule) -> None:
    """The same, of rows of which no two have one key."""
    once = list(_without_twins(rows))
    spoken = [row for row in once if row.answered_ms > 0]
    if not spoken:
        _judge_silent(once)
        return
    for row in once:
        if row.answered_ms <= 0:
            set_aside(row, ATTEMPT)
    chain: list[Stretch] = []
    for stretch in _stretches(spoken):
        if chain and stretch.begin - chain[-1].end > _TOUCH:
            _settle_chain(chain, rule)
            chain = []
        chain.append(stretch)
    _settle_chain(chain, rule)


def _repeat(row: Record, judged: Record) -> None:
    """A row that comes again is what its latest telling is; told otherwise, a correction of it."""
    if judged.own is None:
        return
    if judged.leg != "customer":
        set_aside(row, judged.note)
    elif print_of(row) == print_of(judged) and row.answered_ms == judged.own.answered_ms:
        keep_own(row)
        for name in OwnTimes.__struct_fields__:
            force_setattr(row, name, getattr(judged, name))


def _without_twins(rows: Sequence[Record]) -> Iterator[Record]:
    """The rows of which no other one has the print; of equal ones the finest counts."""
    by_print: dict[str, Record] = {}
    for row in rows:
        first = by_print.setdefault(print_of(row), row)
        if first.answered_ms % 1_000 == 0 and row.answered_ms % 1_000:
            by_print[print_of(row)] = row
    for row in rows:
        first = by_print[print_of(row)]
        if first.call_key == row.call_key:
            yield row
        else:
            set_aside(row, f"{TWIN}{first.call_key}: the same row under another key")


def _judge_silent(rows: Sequence[Record]) -> None:
    """Of rows without a second, the answered one counts, else the first."""
    if not rows:
        return
    call = next((row for row in rows if row.answered), rows[0])
    for row in rows:
        if row.call_key != call.call_key:
            set_aside(row, ATTEMPT if call.answered else UNANSWERED)


def _begin(row: Record) -> datetime:
    if row.answered_at is not None:
        return row.answered_at
    if row.ended_at is not None:
        return row.ended_at - row.answered_ms * _MS
    if row.started_at is None:
        raise ValueError("a row without a start has no place on a line")
    return row.started_at + max(row.duration_ms - row.answered_ms, 0) * _MS


def _stretches(rows: Sequence[Record]) -> Iterator[Stretch]:
    """The rows' answered times in order, those that overlap as one."""
    current: Stretch | None = None
    for row in sorted(rows, key=lambda row: (_begin(row), -row.answered_ms)):
        begin = _begin(row)
        end = begin + row.answered_ms * _MS
        if current is not None and min(end, current.end) - begin > _OVERLAP:
            current.rows.append(row)
            current.end = max(current.end, end)
            continue
        if current is not None:
            yield current
        current = Stretch(begin, end, [row])
    if current is not None:
        yield current


def _settle_chain(chain: list[Stretch], rule: LineRule) -> None:
    """Stretches that touch: one call, or a call each."""
    tellers = [stretch.teller for stretch in chain]
    for stretch, teller in zip(chain, tellers, strict=True):
        for row in stretch.rows:
            if row.call_key != teller.call_key:
                set_aside(row, f"beside {teller.call_key}: the same seconds of one line")
    first = tellers[0]
    if len(chain) > 1 and _is_one_call(tellers, rule):
        for row in tellers[1:]:
            set_aside(row, f"part of {first.call_key}: a transfer of the same line")
        _tell(first, chain[0].begin, chain[-1].end, [r for one in chain for r in one.rows])
        return
    before: datetime | None = None
    for stretch, teller in zip(chain, tellers, strict=True):
        begin = stretch.begin if before is None else max(stretch.begin, before)
        _tell(teller, min(begin, stretch.end), stretch.end, stretch.rows)
        before = stretch.end


def _is_one_call(tellers: Sequence[Record], rule: LineRule) -> bool:
    if rule.transfers != "auto":
        return rule.transfers == "line"
    return len({row.called for row in tellers}) == 1 or rule.outside(tellers[0])


def _tell(teller: Record, begin: datetime, end: datetime, rows: Sequence[Record]) -> None:
    """The record becomes the call from `begin` to `end`, where its row told another length."""
    length_ms = (end - begin) // _MS
    if length_ms == teller.answered_ms and begin == _begin(teller):
        return
    starts = [row.started_at for row in rows if row.started_at is not None]
    ends = [row.ended_at for row in rows if row.ended_at is not None]
    keep_own(teller)
    start, finish = min([*starts, begin]), max([*ends, end])
    times = {
        "started_at": start, "answered_at": begin, "ended_at": finish, "answered_ms": length_ms,
        "source_seconds": length_ms // 1_000, "duration_ms": (finish - start) // _MS,
    }  # fmt: skip
    for name, value in times.items():
        force_setattr(teller, name, value)
