"""Rows of lines of which the source holds calls already, judged together with these.

What a line's rows are is decided by its format (`Rules.settle`). A row that adds nothing is
ignored; where it makes the line another one, it takes the key of the call that is held and becomes
its next revision: charges, pools, a parent's part and issued invoices follow as for a correction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from tollwright.core.formats.base import TWIN, Options, Record
from tollwright.core.formats.judged import restore
from tollwright.core.formats.prints import print_of
from tollwright.core.formats.rules import Rules
from tollwright.core.formats.table import TableFormat
from tollwright.engine.ingest.chunk import Refused, Void, refusal
from tollwright.engine.ingest.raw_lines import RawLines
from tollwright.store import calls
from tollwright.store.calls import CallRef, Cursor, LineCall

MAX_LINE = timedelta(days=32)  # from the first row of a line to its last
CONFLICT = "conflict"
_CONFLICT = (
    "The row tells call {key} otherwise than the one that was imported, of which further rows have"
    " become part: what the whole line comes to cannot be told from this row. Proposal: roll back"
    " the batch of the earlier rows and import a file that holds all of them, or dismiss this row."
)
_UNREADABLE = (
    "The source holds call {key} of the same line, whose row cannot be read again. Compare the two,"
    " then dismiss this row or correct that call."
)


@dataclass(slots=True)
class Judged:
    """What became of rows: calls to be written, and calls held that are part of others now."""

    records: list[Record] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    duplicates: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    voids: list[Void] = field(default_factory=list)


@dataclass(slots=True)
class _Held:
    """A call that the source holds, as it stands; `row` is what its own row told."""

    stands: LineCall
    record: Record
    row: Record

    @property
    def merged(self) -> bool:
        """Whether it is more than its own row told."""
        return _times(self.record) != _times(self.row)


class HeldLines:
    """The lines of one source."""

    def __init__(self, cursor: Cursor, source_id: int, form: TableFormat, options: Options) -> None:
        self._cursor = cursor
        self._source_id = source_id
        self._rules: Rules = form.reader(options).rules
        self._raw = RawLines(cursor, form, options)
        self._tail = f"@{options.server}" if options.server else ""

    def judge(self, records: Iterable[Record]) -> Judged:
        """Rows of which the source holds others of the line, and what they come to with these."""
        lines: dict[str, list[Record]] = {}
        for record in records:
            lines.setdefault(record.unique_id, []).append(record)
        moments = [row.started_at for rows in lines.values() for row in rows if row.started_at]
        found = Judged()
        held: dict[str, list[LineCall]] = {}
        for call in calls.fetch_line_calls(
            self._cursor, list(lines), source_id=self._source_id,
            first=min(moments, default=_ANY) - MAX_LINE, last=max(moments, default=_ANY) + MAX_LINE,
        ):  # fmt: skip
            if call.call_key.endswith(self._tail) and (self._tail or "@" not in call.call_key):
                held.setdefault(_line_of(call.call_key), []).append(call)
        stand = [call for some in held.values() for call in some]
        self._raw.read((call.batch_id, call.line_no) for call in stand)
        for line, rows in lines.items():
            self._judge(rows, [self._read(call) for call in held.get(line, ())], found)
        return found

    def _read(self, call: LineCall) -> _Held | LineCall:
        row = self._raw.record(call.batch_id, call.line_no)
        if row is None:
            return call
        times = {
            "started_at": call.started_at, "answered_at": call.answered_at,
            "ended_at": call.ended_at, "answered_ms": call.answered_ms,
        }  # fmt: skip
        stands = replace(
            row, call_key=call.call_key, answered=call.answered_at is not None, leg="customer",
            own=None, note="", source_seconds=call.answered_ms // 1_000, **times,
        )  # fmt: skip
        return _Held(call, stands, row)

    def _judge(
        self, rows: Sequence[Record], known: Sequence[_Held | LineCall], found: Judged
    ) -> None:
        held = [one for one in known if isinstance(one, _Held)]
        for one in known:
            if isinstance(one, LineCall):
                why = _UNREADABLE.format(key=one.call_key)
                found.refused += [refusal(row, CONFLICT, why) for row in rows]
                return
        fresh = [row for row in rows if not self._is_known(row, held, found)]
        if not held or not fresh:
            found.records += fresh
            return
        new = [replace(row, own=None) for row in fresh]
        old = [replace(one.record) for one in held]
        self._rules.settle([*old, *new], 0)
        self._write_down(held, old, fresh, new, found)

    def _is_known(self, row: Record, held: Sequence[_Held], found: Judged) -> bool:
        """Whether a row needs no judging with others: it was told before, or is told otherwise."""
        own = replace(row)
        restore(own)
        for one in held:
            same = print_of(own) == print_of(one.row)
            mine = row.own is None and row.call_key == one.record.call_key
            if same and mine and _differs(own, one.row):
                found.records.append(_with_times(row, one.record))
                return True
            if row.own is None and same and not _is_finer(own, one.row):
                found.duplicates += 1
                return True
            if row.call_key != one.record.call_key and not same:
                continue
            if not one.merged and (row.own is None or not same):
                found.records.append(replace(row, call_key=one.record.call_key))
                return True
            if _times(row) == _times(one.record):
                found.duplicates += 1
                return True
            if not same:
                found.refused.append(
                    refusal(row, CONFLICT, _CONFLICT.format(key=one.record.call_key))
                )
                return True
        return False

    def _write_down(
        self,
        held: Sequence[_Held],
        old: Sequence[Record],
        fresh: Sequence[Record],
        new: Sequence[Record],
        found: Judged,
    ) -> None:
        """Old rows and new ones were judged together: what is to be written of it."""
        gone = [one for one, row in zip(held, old, strict=True) if row.leg != "customer"]
        grown = [
            (one, row) for one, row in zip(held, old, strict=True)
            if row.leg == "customer" and _times(row) != _times(one.record)
        ]  # fmt: skip
        for told, row in zip(fresh, new, strict=True):
            if row.leg == "customer":
                taken = next((one for one in gone if _covers(row, one.record)), None)
                if taken is not None:
                    gone.remove(taken)
                key = row.call_key if taken is None else taken.record.call_key
                found.records.append(replace(row, call_key=key, own=None))
            elif grown:
                _, call = grown.pop()
                found.records.append(replace(call, own=None, line=told.line, lines=told.lines,
                                             raw=told.raw))  # fmt: skip
            elif row.note.startswith(TWIN):
                found.duplicates += 1
            else:
                found.ignored[f"{row.leg} leg"] += 1
        line = fresh[0].line
        for one in gone:
            nothing = replace(
                one.record, answered=False, answered_at=None, answered_ms=0, source_seconds=0,
                line=line,
            )  # fmt: skip
            found.voids.append(Void(CallRef(one.stands.call_id, one.stands.started_at), nothing))


_OTHER_FACTS = (
    "caller",
    "dialled",
    "direction",
    "cause",
    "disposition",
    "agent",
    "trunk_in",
    "trunk_out",
)
_TIMES = ("started_at", "answered_at", "ended_at", "answered_ms", "answered", "source_seconds")
_ANY = datetime(2000, 1, 1, tzinfo=UTC)


def _line_of(call_key: str) -> str:
    return call_key.partition("/")[0].partition("~")[0]


def _differs(row: Record, other: Record) -> bool:
    """Whether two tellings of a row, with the same times, differ in what else they say."""
    return any(getattr(row, name) != getattr(other, name) for name in _OTHER_FACTS)


def _with_times(row: Record, stands: Record) -> Record:
    """A call told again with other facts: it keeps the times to which rows of its line made it."""
    times = {name: getattr(stands, name) for name in _TIMES}
    return replace(row, own=None, leg="customer", note="", **times)


def _times(record: Record) -> tuple[object, ...]:
    return record.started_at, record.answered_at, record.ended_at, record.answered_ms


def _is_finer(row: Record, other: Record) -> bool:
    """Whether a row tells the same seconds more finely."""
    return row.answered_ms % 1_000 != 0 and other.answered_ms % 1_000 == 0


def _covers(row: Record, other: Record) -> bool:
    """Whether the call that a row became holds the other one's time."""
    begin, end = row.answered_at or row.started_at, row.ended_at or row.started_at
    moment = other.answered_at or other.started_at
    return begin is None or end is None or moment is None or begin <= moment <= end
