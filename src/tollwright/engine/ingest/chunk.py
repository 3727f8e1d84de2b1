"""A chunk of a file on its way into the database: its calls as columns, and what is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter

import msgspec
import numpy as np

from tollwright.core.formats.base import Record
from tollwright.core.formats.halves import Half
from tollwright.core.instants import micros_of
from tollwright.engine.rating.terms import Terms
from tollwright.kernel.arrays import NONE, Int64
from tollwright.kernel.call_columns import CallColumns, ChargeColumns, new_charges
from tollwright.kernel.text import callers, packed, text_of
from tollwright.store.calls import CallRef

_encode = msgspec.json.Encoder().encode
MOST_TEXT = 600  # characters of a text that is written: a key's index takes 2 700 bytes
# what is written as it was told; a stranger may choose some of it, a caller's number for one
_WRITTEN = attrgetter(
    *("call_key", "group_key", "direction", "caller", "called", "dialled", "cause"),
    *("disposition", "trunk_in", "trunk_out", "agent"),
)
_UNSTORABLE = (
    "A text of the record has a character that cannot be stored: a NUL or half of a pair. Here it"
    " is shown as \\0 or ?. Reprocess the call as shown, or send it again without the character."
)
_TOO_LONG = (
    f"A text of the record is longer than {MOST_TEXT} signs: no number, name or key is. Send the"
    " record again with its true text."
)


class Refused(msgspec.Struct, gc=False):
    """A row for the quarantine; `record` is JSON, empty where it could not be parsed."""

    line: int
    call_key: str
    reason: str
    detail: str
    raw: str
    record: bytes = b""


def refusal(record: Record, reason: str, detail: str) -> Refused:
    """The record on its way to quarantine, whole, so that it can come back."""
    texts = {
        name: clean(value)
        for name in record.__struct_fields__
        if isinstance(value := getattr(record, name), str) and not is_storable(value)
    }
    hints = tuple((kind, clean(value)) for kind, value in record.hints)
    if texts or hints != record.hints:
        record = msgspec.structs.replace(record, hints=hints, **texts)
    key, raw = record.call_key[:200], clean(record.raw)
    return Refused(record.line, key, reason, clean(detail), raw, _encode(record))


def unstorable(record: Record) -> Refused | None:
    """The record on its way to quarantine, if a text of it cannot be written."""
    written = _WRITTEN(record)
    if not is_storable("".join(written)):
        return refusal(record, "internal", _UNSTORABLE)
    if max(map(len, written)) > MOST_TEXT:
        return refusal(record, "internal", _TOO_LONG)
    return None


def clean(text: str) -> str:
    """Without what PostgreSQL cannot store: NUL, and halves of surrogate pairs."""
    return (
        text if is_storable(text) else text.replace("\0", "\\0").encode("utf-8", "replace").decode()
    )


def is_storable(text: str) -> bool:
    """Whether a column of PostgreSQL can hold the text."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Attributed(msgspec.Struct, gc=False):
    """A call of a known campaign. `counted_ms` is what the card is asked for; -1: not answered."""

    record: Record
    terms: Terms
    caller: str
    called: str
    answered_at: datetime | None
    counted_ms: int


@dataclass(frozen=True, slots=True)
class Void:
    """A call that is part of another one now, and what a record of it would tell: nothing."""

    call: CallRef
    record: Record


@dataclass(slots=True)
class Chunk:
    """Calls, their `terms_no` a place in `terms`, and once they are priced their charges.

    `record` gives a call as its switch tells it. `refused` rows go to quarantine, `later` are
    corrections of calls of the same chunk; `halves`: what rows tell of channels with two.
    `judged`: with what the source holds of their lines;
    `voids` are calls that became part of these.
    """

    calls: CallColumns
    terms: tuple[Terms, ...]
    record: Callable[[int], Record]
    charges: ChargeColumns = field(default_factory=lambda: new_charges(0))
    refused: list[Refused] = field(default_factory=list)
    later: list[Record] = field(default_factory=list)
    duplicates: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    halves: list[Half] = field(default_factory=list)
    judged: bool = False
    voids: list[Void] = field(default_factory=list)

    def keep(self, rows: Int64) -> None:
        """These calls and charges only."""
        record = self.record
        self.calls, self.charges = self.calls.pick(rows), self.charges.pick(rows)
        self.record = lambda row: record(int(rows[row]))


def chunk_of(attributed: Sequence[Attributed]) -> Chunk:
    """Calls that were looked at one by one."""
    records = [call.record for call in attributed]
    called = text_of([call.called for call in attributed])
    caller = text_of([call.caller for call in attributed])
    terms = {id(call.terms): call.terms for call in attributed}
    place = {key: at for at, key in enumerate(terms)}
    calls = CallColumns(
        terms_no=np.array([place[id(call.terms)] for call in attributed], np.int64),
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
        caller_packed=callers(caller),
        started_us=_micros([record.started_at for record in records]),
        answered_us=_micros([call.answered_at for call in attributed]),
        ended_us=_micros([record.ended_at for record in records]),
        answered_ms=np.array([record.answered_ms for record in records], np.int64),
        counted_ms=np.array([call.counted_ms for call in attributed], np.int64),
        line=np.array([record.line for record in records], np.int64),
    )
    return Chunk(calls, tuple(terms.values()), lambda row: records[row])


def _micros(moments: Sequence[datetime | None]) -> Int64:
    known = (NONE if at is None else micros_of(at) for at in moments)
    return np.fromiter(known, np.int64, len(moments))
