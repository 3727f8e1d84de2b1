"""The twin of `core.formats.asterisk_csv`: portions of a file as columns where they are plain.

A portion whose rows stand each on a line of its own, all as wide as the file's layout, no two of
them about one channel and none about a Local one, needs no grouping: it is told in columns, and its
odd rows one by one. Any other portion goes through the readable rule as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from hashlib import blake2b

import numpy as np

from tollwright.core.formats.asterisk_csv import Reader, settle
from tollwright.core.formats.base import Item, Options, Record
from tollwright.core.formats.lines import blocks_of_lines
from tollwright.kernel import cdr
from tollwright.kernel.told import (
    NONE,
    SECOND_US,
    Bytes,
    Flags,
    Int32,
    Int64,
    Text,
    Told,
    alike,
    distinct,
    e164,
    frozen,
    instants,
    lines_of,
    no_text,
    packed,
    text_of,
    text_of_bytes,
)

ENCODINGS = frozenset({"utf-8", "utf8", "ascii", "latin-1", "iso-8859-1", "cp1252"})
NEAR_US = 30 * SECOND_US
UID, LINKED, SRC, DST, START, DISPOSITION, SEQUENCE = 15, 17, 1, 2, 9, 14, 18  # places in PICKED
MOST_BYTES = 100_000  # of a line: the csv module takes no more in a field


class _Rows:
    """Lines and what a scan finds in them."""

    def __init__(self, lines: list[bytes], places: tuple[int, ...], width: int) -> None:
        self.bytes = b"\n".join(lines) + b"\n"
        self.data: Bytes = np.frombuffer(self.bytes, np.uint8)
        self.starts = lines_of(self.bytes)
        self.count = len(lines)
        self.places = np.array(places)
        self.first: Int32 = np.zeros((self.count, width), np.int32)
        self.size: Int32 = np.zeros((self.count, width), np.int32)
        self.odd: Flags = np.zeros(self.count, bool)
        self.local: Flags = np.zeros(self.count, bool)
        self.moments: Int64 = np.zeros((self.count, 6), np.int64)
        self.begins: Int32 = np.zeros((self.count, 5), np.int32)
        self.sizes: Int32 = np.zeros((self.count, 5), np.int32)

    def scan(self) -> bool:
        """Find the fields; False: these are not plain rows, each on a line of its own."""
        if len(self.starts) != self.count + 1 or np.diff(self.starts).max() > MOST_BYTES:
            return False
        data, starts = frozen(self.data), frozen(self.starts)
        whole = cdr.scan(data, starts, ord(","), ord('"'), -1, self.first, self.size, self.odd)
        if not whole or self.odd.any():
            return False
        cdr.asterisk(
            data, frozen(self.first), frozen(self.size), frozen(self.places), self.odd, self.local,
            self.moments, self.begins, self.sizes,
        )  # fmt: skip
        return True

    def field(self, picked: int, rows: int) -> Text:
        """A field of the first rows, as it stands."""
        place = self.places[picked]
        if place < 0:
            return Text(self.data, *no_text(rows)[1:])
        return Text(self.data, self.first[:rows, place], self.size[:rows, place] & ~cdr.ESCAPED)

    def found(self, what: int, rows: int) -> Text:
        """A text that `cdr.asterisk` found."""
        return Text(self.data, self.begins[:rows, what], self.sizes[:rows, what])


class AsteriskColumns:
    """Reads one file. At most `portion` rows are told together, fewer to begin with: whoever
    writes them down should not have to wait long for the first."""

    def __init__(self, options: Options, portion: int) -> None:
        self._options = options
        self._most = portion
        self._portion = max(portion // 8, 1)
        self._ahead = options.lookahead
        self._reader = Reader(options)
        self._tail = f"@{options.server}".encode() if options.server else b""
        self._at = 1  # the number of the next line
        self._past: list[tuple[int, bytes] | Record] = []  # the last `lookahead` rows
        self._past_uids: Int64 = np.empty(0, np.int64)
        self._past_local: Flags = np.empty(0, bool)

    def portions(self, chunks: Iterable[bytes]) -> Iterator[Told | list[Item]]:
        """What the file tells, nothing lost, as `AsteriskCsv.parse` tells it."""
        held: list[bytes] = []
        for block in blocks_of_lines(chunks, self._options.max_line_bytes):
            held += block
            while len(held) >= self._portion + self._ahead:
                yield self._next(held)
        while held:
            yield self._next(held)

    def _next(self, held: list[bytes]) -> Told | list[Item]:
        rows = min(self._portion, len(held))
        lines = held[: rows + self._ahead]
        told = self._in_columns(lines, rows)
        if told is None:
            items = self._one_by_one(lines, rows)
            rows = items[-1].line + items[-1].lines - self._at
        del held[:rows]
        self._at += rows
        self._portion = min(2 * self._portion, self._most)
        return items if told is None else told

    def _in_columns(self, lines: list[bytes], rows: int) -> Told | None:
        """The first `rows` of these lines, or None where they are not plain."""
        width = self._width(lines[:2])
        if width is None or self._options.encoding.lower() not in ENCODINGS:
            return None
        found = _Rows(lines, self._reader.layouts.places[width], width)
        if not self._readable(found.bytes) or not found.scan():
            return None
        uids = found.field(UID, found.count).hashes()
        if self._past_local.any() or found.local.any() or not distinct((self._past_uids, uids)):
            return None
        told = self._told(found, rows)
        self._remember(list(enumerate(lines[:rows], self._at)), uids[:rows], found.local[:rows])
        return told

    def _width(self, lines: list[bytes]) -> int | None:
        """How many columns the layout in use has; reads the first line, or the one below names."""
        for line in lines:
            item = self._read(self._at, line)
            if isinstance(item, Record):
                return self._reader.width
        return None

    def _readable(self, data: bytes) -> bool:
        if data.isascii():
            return True
        if self._options.encoding.lower() not in ("utf-8", "utf8"):
            return False
        try:
            data.decode()
        except UnicodeDecodeError:
            return False
        return True

    def _read(self, line: int, text: bytes) -> Item:
        """One line by the readable rule."""
        return next(iter(self._reader.batches([text + b"\n"], line)))[0]

    def _told(self, found: _Rows, rows: int) -> Told:
        strange = np.zeros(rows, bool)
        clock = self._reader.clock
        start, answer, end, ms, born, _ = found.moments[:rows].T
        started, answered, ended = (
            instants(column, clock, strange) for column in (start, answer, end)
        )
        late = started - born * SECOND_US
        strange |= (born >= 0) & ((late < 0) | (late >= NEAR_US))
        strange |= (ended != NONE) & (ended < started) | (end == cdr.BAD) | (start < 0)
        strange |= (answered != NONE) & (answered < started) | (answer == cdr.BAD)
        odd = found.odd[:rows] | strange
        confirmed = (born >= 0) & ~strange
        read = partial(self._row, found, self._at, confirmed, self._reader.agreed)
        caller = e164(found.field(SRC, rows), self._options.region)
        called = e164(found.field(DST, rows), self._options.region)
        uid, linked = found.field(UID, rows), found.field(LINKED, rows)
        tied = linked.size > 0
        said = [found.found(what, rows) for what in (cdr.ACCOUNT, cdr.PEER, cdr.QUEUED)]
        self._reader.agreed = self._hour_before(found, confirmed, rows) or self._reader.agreed
        nothing = no_text(rows)
        return Told(
            first_line=self._at, odd=odd,
            key=self._keys(found, rows),
            group=Text(
                found.data, np.where(tied, linked.first, uid.first),
                np.where(tied, linked.size, uid.size),
            ),
            caller=caller, called=called, dialled=found.field(DST, rows), cause=nothing,
            disposition=found.field(DISPOSITION, rows), trunk=found.found(cdr.TRUNK, rows),
            agent=found.found(cdr.AGENT, rows),
            called_packed=packed(called), caller_packed=packed(caller),
            started_us=started, answered_us=answered, ended_us=ended, answered_ms=ms,
            words=alike(said),
            read=read,
        )  # fmt: skip

    def _keys(self, found: _Rows, rows: int) -> Text:
        """uniqueid/sequence, or where there is none, uniqueid~hash of the row; then the server."""
        numbered = found.moments[:rows, cdr.SEQUENCE] >= 0
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
        cdr.glued(
            uid.data, frozen(uid.first), frozen(uid.size), frozen(glue), tail.data,
            frozen(tail.first + tail.size), out, first, size,
        )  # fmt: skip
        return Text(frozen(out), first, size)

    def _hashed(self, found: _Rows, rows: Int64) -> list[bytes]:
        """The hash of each of these rows, as `Reader.hashed` makes it."""
        room = int((found.size[rows] & ~cdr.ESCAPED).sum()) + len(rows) * len(found.places)
        out, ends = np.empty(room, np.uint8), np.empty(len(rows), np.int64)
        cdr.joined(
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
        begin, end = found.starts[row], found.starts[row + 1] - 1
        item = self._read(first_line + row, found.bytes[begin:end])
        self._reader.agreed = now
        return item

    @staticmethod
    def _hour_before(found: _Rows, confirmed: Flags, row: int) -> str:
        """The hour of the last start before a row that its channel's birth confirms, or ''."""
        places = np.flatnonzero(confirmed[:row])
        return found.field(START, row).at(int(places[-1]))[:13] if len(places) else ""

    def _one_by_one(self, lines: list[bytes], rows: int) -> list[Item]:
        """The items of the first `rows` of these lines, judged with those around them."""
        data = b"\n".join(lines) + b"\n"
        items = [item for batch in self._reader.batches([data], self._at) for item in batch]
        past = self._records_before()
        settle([*past, *(item for item in items if isinstance(item, Record))], len(past))
        own = [item for item in items if item.line < self._at + rows]
        records = [item for item in own if isinstance(item, Record)]
        uids = text_of([record.unique_id for record in records]).hashes()
        local = ["Local/" in (r.channel[:6], r.dst_channel[:6]) for r in records]
        self._remember(records, uids, np.array(local, bool))
        return own

    def _records_before(self) -> list[Record]:
        """The records of the last `lookahead` rows before the next line."""
        items = [row if isinstance(row, Record) else self._read(*row) for row in self._past]
        return [item for item in items if isinstance(item, Record)]

    def _remember(
        self, rows: Sequence[tuple[int, bytes]] | Sequence[Record], uids: Int64, local: Flags
    ) -> None:
        self._past = [*self._past, *rows][-self._ahead :]
        self._past_uids = np.concatenate((self._past_uids, uids))[-self._ahead :]
        self._past_local = np.concatenate((self._past_local, local))[-self._ahead :]
