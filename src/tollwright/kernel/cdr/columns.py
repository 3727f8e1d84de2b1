"""A table's rows as columns, as its spec says: the compiled twin of `core.formats.table`.

A chunk whose rows stand each on a line of its own, all as wide as the file's order of columns, none
of which tells of another, needs no judging: it is told in columns, and its odd rows one by one. Any
other chunk goes through the readable rule as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from tollwright.core.formats.base import Item, Options, Record
from tollwright.core.formats.dialling import dialling_of
from tollwright.core.formats.prints import KEY_DIGITS, MOMENTS_BYTES, NO_MOMENT, hash_row
from tollwright.core.formats.table import TableFormat
from tollwright.kernel import text_bytes
from tollwright.kernel.arrays import NONE, Flags, Int64, frozen
from tollwright.kernel.call_columns import CallColumns
from tollwright.kernel.cdr import fields
from tollwright.kernel.cdr.chunk_fields import ChunkFields
from tollwright.kernel.cdr.chunks import ChunkReader, mostly
from tollwright.kernel.cdr.parsed_columns import (
    MS_US,
    SECOND_US,
    ParsedColumns,
    answers,
    disagree,
    e164,
    e164_with_doubts,
    filled,
    instants,
    with_tail,
)
from tollwright.kernel.cdr.plan import ReadPlan, UnplainSpecError, needs_rules
from tollwright.kernel.text import (
    Text,
    alike,
    callers,
    distinct,
    no_text,
    packed,
    text_of,
    text_of_bytes,
)

NEAR_US = 30 * SECOND_US


class ColumnReader(ChunkReader):
    """Reads one file of a table format; see `ChunkReader`."""

    def __init__(self, cdr_format: TableFormat, options: Options, chunk_rows: int) -> None:
        """Raises OptionsError."""
        self._spec = cdr_format.spec
        self._reader = cdr_format.reader(options)
        self._rules = self._reader.rules
        self._dialling = dialling_of(options)
        super().__init__(options, chunk_rows, self._reader)
        self._past: Int64 = np.empty(0, np.int64)  # call_refs of the last `lookahead` rows
        self._plans: dict[object, ReadPlan | None] = {}
        self._by_rules = needs_rules(self._spec, self._rules)

    @property
    def unused(self) -> tuple[str, ...]:
        """The columns of the rows so far that nobody reads."""
        return self._reader.orders.unused

    def _in_columns(self, lines: list[bytes], rows: int) -> ParsedColumns | None:
        plan = None if self._by_rules else self._plan(lines[:2])
        if plan is None:
            return None
        found = ChunkFields(lines, plan)
        if not found.read() or found.joint.any():
            return None
        references = found.column(self._spec.reference, found.count).hashes()
        if self._spec.by_ref and not distinct((self._past, references)):
            return None
        if self._spec.claims and not self._apart(found, rows):
            return None
        parsed = self._parsed(found, rows)
        if parsed is not None:
            self._note(references[:rows])
        return parsed

    def _one_by_one(self, lines: list[bytes], rows: int) -> list[Item]:
        items = super()._one_by_one(lines, rows)
        if self._spec.by_ref:
            self._note(text_of([i.unique_id for i in items if isinstance(i, Record)]).hashes())
        return items

    def _note(self, references: Int64) -> None:
        if self._spec.by_ref and self._ahead:
            self._past = np.concatenate((self._past, references))[-self._ahead :]

    def _plan(self, lines: Sequence[bytes]) -> ReadPlan | None:
        """How rows of the order in use are read; the second line counts where the first names."""
        for line in lines:
            if isinstance(self._quietly(self._at, line), Record):
                break
        else:
            return None
        order = self._reader.latest
        if order is None:
            return None
        if order not in self._plans:
            try:
                self._plans[order] = ReadPlan(self._spec, order)
            except UnplainSpecError:
                self._plans[order] = None
        return self._plans[order]

    def _apart(self, found: ChunkFields, rows: int) -> bool:
        """Whether no row is claimed as another one's leg."""
        own = found.column(self._spec.reference, found.count)
        other = found.column(self._spec.claims, found.count)
        claims = {other.at(row) for row in np.flatnonzero(other.size).tolist()}
        return self._rules.apart({own.at(row) for row in range(rows)}, claims)

    def _claim(self, found: ChunkFields, odd: Flags) -> None:
        """Keep the claims of the rows that are told; an odd row makes its own when it is read."""
        own, other = (found.column(c, len(odd)) for c in (self._spec.reference, self._spec.claims))
        for row in np.flatnonzero((other.size > 0) & ~odd).tolist():
            self._rules.claim(other.at(row), own.at(row))

    def _parsed(self, found: ChunkFields, rows: int) -> ParsedColumns | None:
        spec, plan = self._spec, found.plan
        strange = np.zeros(rows, bool)
        start, answer, end, ms, born, _, lasted_ms = found.moments[:rows].T
        clock = self._rules.clock
        started, answered, ended = (
            instants(column, clock, strange) for column in (start, answer, end)
        )
        strange |= (ended != NONE) & (ended < started) | (end == fields.BAD) | (start < 0)
        answered = answers(started, answered, ended, ms, lasted_ms)
        strange |= (answered != NONE) & (answered < started) | (answer == fields.BAD)
        strange |= disagree(answered, ended, ms, lasted_ms)
        if spec.born:
            late = started - born * SECOND_US
            strange |= (born >= 0) & ((late < 0) | (late >= NEAR_US))
        directions, known = self._directions(found, rows)
        region = self._options.region
        called, doubtful = e164_with_doubts(found.text(spec.called, rows), region, self._dialling)
        odd = found.odd[:rows] | strange | ~known | doubtful | found.is_long(rows)
        if mostly(odd):
            return None
        confirmed = (born >= 0) & (ms >= 0) & ~strange
        read = partial(self._row, found, self._at, odd, confirmed, self._rules.agreed)
        self._rules.agreed = self._hour_before(found, confirmed, rows) or self._rules.agreed
        if spec.claims:
            self._claim(found, odd)
        caller = e164(found.text(spec.caller, rows), region, self._dialling.of_callers)
        reference = found.column(spec.reference, rows)
        finish = np.where(ended == NONE, started + lasted_ms.clip(min=0) * MS_US, ended)
        return ParsedColumns(
            first_line=self._at, odd=odd, read=read,
            words=alike([found.text(text, rows) for text in plan.words]), calls=CallColumns(
            key=self._keys(found, rows, (started, answered, finish)),
            group=filled(found.column(spec.group, rows), reference),
            direction=directions, caller=caller, called=called,
            dialled=found.text(plan.dialled, rows), cause=found.text(spec.cause, rows),
            disposition=found.text(spec.disposition, rows),
            trunk=filled(found.text(spec.trunk_out, rows), found.text(spec.trunk_in, rows)),
            agent=found.text(spec.agent, rows),
            called_packed=packed(called), caller_packed=callers(caller),
            started_us=started, answered_us=answered, ended_us=ended, answered_ms=ms,
            ),
        )  # fmt: skip

    def _directions(self, found: ChunkFields, rows: int) -> tuple[Text, Flags]:
        """The direction of each row, and whether its word is one that the spec knows."""
        if found.plan.place(self._spec.direction) < 0:
            return no_text(rows), np.ones(rows, bool)
        known = {"": "", **self._spec.directions}
        said = found.column(self._spec.direction, rows).hashes()
        words = text_of_bytes([word.encode() for word in known]).hashes()
        which = np.argsort(words)
        place = which[np.searchsorted(words, said, sorter=which).clip(max=len(words) - 1)]
        return text_of(list(known.values())).pick(place), words[place] == said

    def _keys(self, found: ChunkFields, rows: int, moments: Sequence[Int64]) -> Text:
        """The key of each row, the server's name behind it. `moments`: start, answer, and
        the end, by the duration where none is told."""
        if self._spec.hashed:
            return self._numbered(found, [_whole(column) for column in moments])
        parts = [found.plan.place(columns) for columns in self._spec.key]
        if len(parts) == 1:
            key = found.column(self._spec.key[0], rows)
        else:
            told, ends = found.joined(np.arange(rows), np.array(parts), ord("/"))
            key = text_of_bytes([told[begin:end] for begin, end in pairwise((0, *ends))])
        return with_tail(key, self._tail) if self._tail else key

    def _numbered(self, found: ChunkFields, whole: Sequence[Int64]) -> Text:
        """reference/number, or where there is none, reference/print; then the server. `whole`:
        start, answer and end in whole seconds."""
        rows = len(whole[0])
        numbered = found.moments[:rows, fields.SEQUENCE] >= 0
        printed = self._printed(found, np.flatnonzero(~numbered), whole)
        if numbered.any() or self._tail:
            sequence = found.column(self._spec.sequence, rows)
            prints = iter(printed)
            tail = text_of_bytes(
                [
                    (sequence.at(row).encode() if one else next(prints)) + self._tail
                    for row, one in enumerate(numbered.tolist())
                ]
            )
        else:
            size = np.full(rows, KEY_DIGITS, np.int32)
            first = np.arange(0, rows * KEY_DIGITS, KEY_DIGITS, dtype=np.int32)
            tail = Text(np.frombuffer(b"".join(printed), np.uint8), first, size)
        own = found.column(self._spec.reference, rows)
        first, size = np.empty(rows, np.int32), np.empty(rows, np.int32)
        out = np.empty(int(own.size.sum()) + rows + len(tail.data), np.uint8)
        text_bytes.glued(
            own.data, frozen(own.first), frozen(own.size), ord("/"), tail.data,
            frozen(tail.first + tail.size), out, first, size,
        )  # fmt: skip
        return Text(frozen(out), first, size)

    def _printed(self, found: ChunkFields, rows: Int64, whole: Sequence[Int64]) -> list[bytes]:
        """The print of each of these rows, as far as keys tell it."""
        told, ends = found.joined(rows, found.plan.printed, text_bytes.SEPARATOR)
        moments = np.stack([column[rows] for column in whole], axis=1).astype("<i8").tobytes()
        times = range(0, len(moments), MOMENTS_BYTES)  # a slice to the end would copy all of it
        return [
            hash_row(told[begin:end], moments[at : at + MOMENTS_BYTES])[:KEY_DIGITS].encode()
            for at, (begin, end) in zip(times, pairwise((0, *ends)), strict=True)
        ]

    def _row(
        self,
        found: ChunkFields,
        first_line: int,
        odd: Flags,
        confirmed: Flags,
        agreed: str,
        row: int,
    ) -> Item:
        """One row by the readable rule, which wants to know of a confirmed hour before it; a row
        that is told in columns has made its claims already."""
        hour = self._hour_before(found, confirmed, row) or agreed
        return self._aside(first_line + row, found.line(row), hour, noting=bool(odd[row]))

    def _before(self, row: tuple[int, bytes] | Record) -> Item:
        return row if isinstance(row, Record) else self._quietly(*row)

    def _quietly(self, line: int, text: bytes) -> Item:
        """A line by the readable rule, without a trace."""
        return self._aside(line, text, self._rules.agreed, noting=False)

    def _aside(self, line: int, text: bytes, agreed: str, *, noting: bool) -> Item:
        """A line by the readable rule, out of its turn."""
        rules = self._rules
        before, rules.agreed, rules.noting = rules.agreed, agreed, noting
        try:
            return self._read(line, text)
        finally:
            rules.agreed, rules.noting = before, True

    def _hour_before(self, found: ChunkFields, confirmed: Flags, row: int) -> str:
        """The hour of the last start before a row that its channel's birth confirms, or ''."""
        places = np.flatnonzero(confirmed[:row])
        if not len(places):
            return ""
        return found.column(self._spec.started, row).at(int(places[-1]))[:13]


def _whole(moments: Int64) -> Int64:
    return np.where(moments == NONE, NO_MOMENT, moments // SECOND_US)
