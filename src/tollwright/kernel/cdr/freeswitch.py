"""The twin of `core.formats.freeswitch_csv`: chunks of a file as columns where they are plain.

A chunk no row of which another one claims as its B leg, in a file of A legs, needs no judging: it
is told in columns, and its odd rows one by one. Any other goes through the readable rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from tollwright.core.formats.base import Item, Options, Record
from tollwright.core.formats.freeswitch_csv import Reader
from tollwright.core.formats.freeswitch_layouts import ORDER
from tollwright.kernel.arrays import NONE, Flags, Int64, frozen
from tollwright.kernel.cdr import fields
from tollwright.kernel.cdr.chunks import ColumnReader, Fields, mostly
from tollwright.kernel.cdr.parsed_columns import ParsedColumns, e164, instants, with_tail
from tollwright.kernel.text import Text, alike, packed, text_of_bytes

CAMPAIGN, QUEUE, AGENT, GATEWAY, DISPOSITION = (
    ORDER.index(what) for what in ("campaign", "queue", "agent", "gateway", "disposition")
)


class FreeswitchColumns(ColumnReader):
    """Reads one file; see `ColumnReader`."""

    def __init__(self, options: Options, chunk_rows: int) -> None:
        self._reader = Reader(options)
        self._aside = Reader(options)  # for rows that have made their claims
        super().__init__(options, chunk_rows, self._reader)

    def _in_columns(self, lines: list[bytes], rows: int) -> ParsedColumns | None:
        if self._at == 1:
            self._read(1, lines[0])  # it may name the columns
        layout = self._reader.layout
        found = Fields(lines, layout.places, len(layout.columns))
        if not found.scan(escape=ord("\\")):
            return None
        moments: Int64 = np.zeros((found.count, 4), np.int64)
        fields.freeswitch(
            frozen(found.data), frozen(found.first), frozen(found.size), frozen(found.places),
            layout.fine_unit_us, found.odd, moments,
        )  # fmt: skip
        if mostly(found.odd[:rows]) or not self._apart(found, rows):
            return None
        return self._told(found, moments, rows)

    def _settle(self, records: Sequence[Record], given: int) -> None:
        self._reader.judge.settle(records, given)

    def _apart(self, found: Fields, rows: int) -> bool:
        """Whether no row is claimed as a B leg."""
        uuids, bleg = found.field(fields.UUID, found.count), found.field(fields.BLEG, found.count)
        claims = {bleg.at(row) for row in np.flatnonzero(bleg.size).tolist()}
        return self._reader.judge.apart({uuids.at(row) for row in range(rows)}, claims)

    def _claim(self, found: Fields, odd: Flags) -> None:
        """Keep the claims of the rows that are told; an odd row makes its own when it is read."""
        uuids, bleg = found.field(fields.UUID, len(odd)), found.field(fields.BLEG, len(odd))
        for row in np.flatnonzero((bleg.size > 0) & ~odd).tolist():
            self._reader.judge.claim(bleg.at(row), uuids.at(row))

    def _told(self, found: Fields, moments: Int64, rows: int) -> ParsedColumns:
        odd = found.odd[:rows].copy()
        clock = self._reader.clock
        start, answer, end, ms = moments[:rows].T
        started, answered, ended = (instants(column, clock, odd) for column in (start, answer, end))
        odd |= (ended != NONE) & (ended < started)
        odd |= (answered != NONE) & (answered < started)
        called, direction = found.field(fields.CALLED, rows), found.field(fields.DIRECTION, rows)
        odd |= ~_known(direction)
        self._claim(found, odd)
        dialled, said = found.field(fields.DIALLED, rows), direction.size > 0
        uuid = found.field(fields.UUID, rows)
        region = self._options.region
        callers, numbers = e164(found.field(fields.CALLER, rows), region), e164(called, region)
        return ParsedColumns(
            first_line=self._at, odd=odd,
            key=with_tail(uuid, self._tail) if self._tail else uuid, group=uuid,
            direction=direction, caller=callers, called=numbers,
            dialled=Text(
                found.data, np.where(said, dialled.first, called.first),
                np.where(said, dialled.size, called.size),
            ),
            cause=found.field(fields.CAUSE, rows), disposition=found.field(DISPOSITION, rows),
            trunk=found.field(GATEWAY, rows), agent=found.field(AGENT, rows),
            called_packed=packed(numbers), caller_packed=packed(callers),
            started_us=started, answered_us=answered, ended_us=ended, answered_ms=ms,
            words=alike(self._words(found, rows)),
            read=partial(self._row, found, self._at, odd),
        )  # fmt: skip

    def _words(self, found: Fields, rows: int) -> list[Text]:
        """What attributes a call: its hints, its campaign and its queue."""
        hints = [
            Text(found.data, found.first[:rows, place], found.size[:rows, place])
            for place in self._reader.layout.hint_places
        ]
        return [*hints, found.field(CAMPAIGN, rows), found.field(QUEUE, rows)]

    def _row(self, found: Fields, first_line: int, odd: Flags, row: int) -> Item:
        line = first_line + row, found.line(row)
        return self._read(*line) if odd[row] else self._again(*line)

    def _before(self, row: tuple[int, bytes] | Record) -> Item:
        return row if isinstance(row, Record) else self._again(*row)

    def _again(self, line: int, text: bytes) -> Item:
        """A line by the rule, whose claim is known."""
        self._aside.layout = self._reader.layout
        return next(iter(self._aside.batches([text + b"\n"], line)))[0]


def _known(direction: Text) -> Flags:
    """Whether each says inbound, outbound or nothing: other words are not kept."""
    words, which = text_of_bytes([b"", b"inbound", b"outbound"]), direction.hashes()
    return np.isin(which, words.hashes())
