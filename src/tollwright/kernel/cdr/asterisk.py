"""The twin of `core.formats.asterisk_csv`: chunks of a file as columns where they are plain.

A chunk whose rows stand each on a line of its own, all as wide as the file's layout, no two of
them about one channel and none about a Local one, needs no grouping: it is told in columns, and its
odd rows one by one. Any other chunk goes through the readable rule as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from hashlib import blake2b

import numpy as np

from tollwright.core.formats.asterisk_csv import Reader, settle
from tollwright.core.formats.base import Item, Options, Record
from tollwright.kernel import text_bytes
from tollwright.kernel.arrays import NONE, Flags, Int32, Int64, frozen
from tollwright.kernel.cdr import fields
from tollwright.kernel.cdr.chunks import ColumnReader, Fields, mostly
from tollwright.kernel.cdr.parsed_columns import SECOND_US, ParsedColumns, e164, instants
from tollwright.kernel.text import Text, alike, distinct, no_text, packed, text_of, text_of_bytes

NEAR_US = 30 * SECOND_US
UID, LINKED, SRC, DST, START, DISPOSITION, SEQUENCE = 15, 17, 1, 2, 9, 14, 18  # places in PICKED


class _Rows(Fields):
    """Lines of Asterisk."""

    def __init__(self, lines: Sequence[bytes], places: Sequence[int], width: int) -> None:
        super().__init__(lines, places, width)
        self.local: Flags = np.zeros(self.count, bool)
        self.moments: Int64 = np.zeros((self.count, 6), np.int64)
        self.begins: Int32 = np.zeros((self.count, 5), np.int32)
        self.sizes: Int32 = np.zeros((self.count, 5), np.int32)

    def read(self) -> bool:
        """What the rows say; False: see `scan`."""
        if not self.scan(escape=-1):
            return False
        fields.asterisk(
            frozen(self.data), frozen(self.first), frozen(self.size), frozen(self.places),
            self.odd, self.local, self.moments, self.begins, self.sizes,
        )  # fmt: skip
        return True

    def found(self, what: int, rows: int) -> Text:
        """A text that `fields.asterisk` found."""
        return Text(self.data, self.begins[:rows, what], self.sizes[:rows, what])


class AsteriskColumns(ColumnReader):
    """Reads one file; see `ColumnReader`."""

    def __init__(self, options: Options, chunk_rows: int) -> None:
        self._reader = Reader(options)
        super().__init__(options, chunk_rows, self._reader)
        self._past_uids: Int64 = np.empty(0, np.int64)

    def _in_columns(self, lines: list[bytes], rows: int) -> ParsedColumns | None:
        width = self._width(lines[:2])
        if width is None:
            return None
        found = _Rows(lines, self._reader.layouts.places[width], width)
        if not found.read():
            return None
        uids = found.field(UID, found.count).hashes()
        if found.local.any() or not distinct((self._past_uids, uids)):
            return None
        told = self._told(found, rows)
        if told is not None:
            self._note(uids[:rows])
        return told

    def _one_by_one(self, lines: list[bytes], rows: int) -> list[Item]:
        items = super()._one_by_one(lines, rows)
        self._note(text_of([i.unique_id for i in items if isinstance(i, Record)]).hashes())
        return items

    def _settle(self, records: Sequence[Record], given: int) -> None:
        settle(records, given)

    def _note(self, uids: Int64) -> None:
        self._past_uids = np.concatenate((self._past_uids, uids))[-self._ahead :]

    def _width(self, lines: list[bytes]) -> int | None:
        """How many columns the layout in use has; reads the first line, or the one below names."""
        for line in lines:
            if isinstance(self._read(self._at, line), Record):
                return self._reader.width
        return None

    def _told(self, found: _Rows, rows: int) -> ParsedColumns | None:
        strange = np.zeros(rows, bool)
        clock = self._reader.clock
        start, answer, end, ms, born, _ = found.moments[:rows].T
        started, answered, ended = (
            instants(column, clock, strange) for column in (start, answer, end)
        )
        late = started - born * SECOND_US
        strange |= (born >= 0) & ((late < 0) | (late >= NEAR_US))
        strange |= (ended != NONE) & (ended < started) | (end == fields.BAD) | (start < 0)
        strange |= (answered != NONE) & (answered < started) | (answer == fields.BAD)
        odd = found.odd[:rows] | strange
        if mostly(odd):
            return None
        confirmed = (born >= 0) & ~strange
        read = partial(self._row, found, self._at, confirmed, self._reader.agreed)
        caller = e164(found.field(SRC, rows), self._options.region)
        called = e164(found.field(DST, rows), self._options.region)
        uid, linked = found.field(UID, rows), found.field(LINKED, rows)
        tied = linked.size > 0
        said = [found.found(what, rows) for what in (fields.ACCOUNT, fields.PEER, fields.QUEUED)]
        self._reader.agreed = self._hour_before(found, confirmed, rows) or self._reader.agreed
        nothing = no_text(rows)
        return ParsedColumns(
            first_line=self._at, odd=odd,
            key=self._keys(found, rows),
            group=Text(
                found.data, np.where(tied, linked.first, uid.first),
                np.where(tied, linked.size, uid.size),
            ),
            direction=nothing, caller=caller, called=called,
            dialled=found.field(DST, rows), cause=nothing,
            disposition=found.field(DISPOSITION, rows), trunk=found.found(fields.TRUNK, rows),
            agent=found.found(fields.AGENT, rows),
            called_packed=packed(called), caller_packed=packed(caller),
            started_us=started, answered_us=answered, ended_us=ended, answered_ms=ms,
            words=alike(said),
            read=read,
        )  # fmt: skip

    def _keys(self, found: _Rows, rows: int) -> Text:
        """uniqueid/sequence, or where there is none, uniqueid~hash of the row; then the server."""
        numbered = found.moments[:rows, fields.SEQUENCE] >= 0
        tails = self._hashed(found, np.flatnonzero(~numbered)) if not numbered.all() else []
        if numbered.any():
            hashed = iter(tails)
            sequence = found.field(SEQUENCE, rows)
            tails = [
                sequence.at(row).encode() if one else next(hashed)
                for row, one in enumerate(numbered.tolist())
            ]
        tail = text_of_bytes([tail + self._tail for tail in tails] if self._tail else tails)
        uid = found.field(UID, rows)
        glue = np.where(numbered, ord("/"), ord("~")).astype(np.uint8)
        first, size = np.empty(rows, np.int32), np.empty(rows, np.int32)
        out = np.empty(int(uid.size.sum()) + rows + len(tail.data), np.uint8)
        text_bytes.glued(
            uid.data, frozen(uid.first), frozen(uid.size), frozen(glue), tail.data,
            frozen(tail.first + tail.size), out, first, size,
        )  # fmt: skip
        return Text(frozen(out), first, size)

    def _hashed(self, found: _Rows, rows: Int64) -> list[bytes]:
        """The hash of each of these rows, as `Reader.hashed` makes it."""
        room = int((found.size[rows] & ~text_bytes.ESCAPED).sum()) + len(rows) * len(found.places)
        out, ends = np.empty(room, np.uint8), np.empty(len(rows), np.int64)
        text_bytes.joined(
            found.data, frozen(found.first), frozen(found.size), frozen(found.places),
            frozen(rows), out, ends,
        )  # fmt: skip
        told, begin, tails = out.data, 0, []
        for end in ends.tolist():
            tails.append(blake2b(told[begin:end], digest_size=8).hexdigest().encode())
            begin = end
        return tails

    def _row(self, found: _Rows, first_line: int, confirmed: Flags, agreed: str, row: int) -> Item:
        """One row by the readable rule, which wants to know of a confirmed hour before it."""
        now, self._reader.agreed = (
            self._reader.agreed,
            (self._hour_before(found, confirmed, row) or agreed),
        )
        item = self._read(first_line + row, found.line(row))
        self._reader.agreed = now
        return item

    @staticmethod
    def _hour_before(found: _Rows, confirmed: Flags, row: int) -> str:
        """The hour of the last start before a row that its channel's birth confirms, or ''."""
        places = np.flatnonzero(confirmed[:row])
        return found.field(START, row).at(int(places[-1]))[:13] if len(places) else ""
