"""The calls of a file in columns, block by block: the twin of `core.rating.call_file.parse_calls`.

A line that is plain is read in place; any other one, with the lines that its quotes run into, goes
through the readable rule, and takes its place among the others.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from tollwright.core.formats.clock import Clock
from tollwright.core.rating.call_file import (
    COLUMNS,
    UNREADABLE,
    CallLine,
    Reading,
    Row,
    holds_anything,
    names_of,
    read_line,
)
from tollwright.core.rating.rate_call import CallInput
from tollwright.kernel.arrays import NONE, Bytes, Flags, Int32, Int64, frozen
from tollwright.kernel.call_columns import CallColumns, columns_of
from tollwright.kernel.cdr import fields
from tollwright.kernel.cdr.parsed_columns import SECOND_US, instants, lines_of
from tollwright.kernel.numbers import EMPTY
from tollwright.kernel.text import Text, no_text, packed

BOM = b"\xef\xbb\xbf"
LONGEST = 100_000  # bytes of a line that is read in place: csv takes no more in a field
_QUOTE, _COMMA = ord('"'), ord(",")
_NO_ESCAPE = -1
_REPLACED = UNREADABLE.encode()


@dataclass(frozen=True, slots=True)
class CallRows:
    """Rows of a file in its order. Of those in `apart` the readable rule has said what they are;
    one that is no call has a called number of no digits in `calls`."""

    calls: CallColumns  # with `key`; what `apart` holds has its own
    apart: dict[int, CallLine]

    def __len__(self) -> int:
        return len(self.calls)

    def key(self, row: int) -> str:
        """The call's key."""
        line = self.apart.get(row)
        return self.calls.key.at(row) if line is None else line.call_key

    def call(self, row: int) -> CallInput | None:
        """The call as the readable rule has it; None where it has not read this row."""
        line = self.apart.get(row)
        return None if line is None else line.call


class _Lines:
    """Whole lines of the file; `ended` that nothing comes after them."""

    def __init__(self, data: bytes, before: int, *, ended: bool) -> None:
        self.cut = ended and not data.endswith(b"\n")  # the last line goes without an end
        self.data = data + b"\n" if self.cut else data
        self.starts = lines_of(self.data)
        self.count = len(self.starts) - 1
        self.before, self.ended = before, ended

    def text(self, line: int) -> str:
        """A line with its end."""
        data = self.data[self.starts[line] : self.starts[line + 1]]
        if self.cut and line == self.count - 1:
            data = data[:-1]
        return data.decode(errors="replace")

    def rows_at(self, line: int, before: int) -> tuple[list[Row], int, int] | None:
        """The rows that begin in this line, the line after them, and how many ends of lines were
        passed; None: the lines end before the row does."""
        feed, rows = _Feed(self, line), list[Row]()
        reader = csv.reader(feed)
        while not rows or feed.rest:
            try:
                rows.append(next(reader))
            except StopIteration:
                break
            except csv.Error as error:
                rows.append(f"line {before + reader.line_num}: {error}")
            if feed.dry and not self.ended:
                return None
        return [row for row in rows if holds_anything(row)], feed.line, reader.line_num


class _Feed(Iterator[str]):
    """Lines for the csv module, which takes a carriage return alone for an end too."""

    def __init__(self, lines: _Lines, line: int) -> None:
        self.line, self.dry, self.rest = line, False, deque[str]()
        self._lines = lines

    def __next__(self) -> str:
        if not self.rest:
            if self.line >= self._lines.count:
                self.dry = True
                raise StopIteration
            self.rest.extend(io.StringIO(self._lines.text(self.line), newline=""))
            self.line += 1
        return self.rest.popleft()


class CallFileReader:
    """Reads one file."""

    def __init__(self, zone: str, second_from_ms: int) -> None:
        """`zone` is that of times without offset; for both see the card."""
        self._reading = Reading(ZoneInfo(zone), second_from_ms)
        self._clock = Clock(zone)
        self._names: list[str] | None = None
        self._places: Int64 = np.empty(0, np.int64)
        self._before = 0  # ends of lines before those at hand

    def read(self, blocks: Iterable[bytes]) -> Iterator[CallRows]:
        """The rows, about as many together as a block holds; the first block, if there is one, is
        not empty. Raises CallFileError for a file of which nothing can be read.
        """
        held, wanted = b"", 0
        for number, block in enumerate(blocks):
            held = held + block if number else block.removeprefix(BOM)
            end = held.rfind(b"\n") + 1
            if len(held) < wanted or not end:
                continue
            rows, used = self._read(_Lines(held[:end], self._before, ended=False))
            held = held[used:]
            wanted = 2 * len(held)  # a row without end is not looked at again at each block
            if len(rows):
                yield rows
        if held:
            rows, _ = self._read(_Lines(held, self._before, ended=True))
            if len(rows):
                yield rows
        if self._names is None:
            names_of(None)

    def _read(self, lines: _Lines) -> tuple[CallRows, int]:
        """The rows of these lines, and how many bytes they are."""
        line = 0
        while self._names is None and line < lines.count:
            found = lines.rows_at(line, self._before)
            if found is None:
                return _rows_of([]), int(lines.starts[line])
            rows, line, passed = found
            self._before += passed
            if rows:
                self._know(names_of(rows[0]))
                return self._after(lines, line, rows[1:])
        return self._after(lines, line, [])

    def _know(self, names: list[str]) -> None:
        self._names = names
        self._places = np.array(
            [names.index(name) if name in names else -1 for name in COLUMNS], np.int64
        )

    def _line(self, row: Row) -> CallLine:
        return read_line(row, self._names or (), self._reading)

    def _after(self, lines: _Lines, line: int, told: Sequence[Row]) -> tuple[CallRows, int]:
        """The rows from a line on; those before it that are `told` already come first."""
        data = lines.data[int(lines.starts[line]) :]
        plain = data.replace(b"\r\n", b"\n") if b"\r" in data else data
        if told or b"\r" in plain or not plain:
            return self._one_by_one(lines, line, told)
        found = self._in_place(plain, _high_are_signs(plain))
        if found is None:
            return self._one_by_one(lines, line, told)
        return self._completed(lines, line, *found)

    def _one_by_one(self, lines: _Lines, line: int, told: Sequence[Row]) -> tuple[CallRows, int]:
        rows = list(told)
        while line < lines.count:
            found = lines.rows_at(line, self._before)
            if found is None:
                break
            more, line, passed = found
            self._before += passed
            rows += more
        return _rows_of([self._line(row) for row in rows]), int(lines.starts[line])

    def _in_place(self, data: bytes, readable: bool) -> tuple[CallColumns, Flags] | None:
        """The columns of whole lines and which of them are odd; None: a row spans lines."""
        starts, signs = lines_of(data), np.frombuffer(data, np.uint8)
        count, width = len(starts) - 1, len(self._names or ())
        first, size = np.zeros((count, width), np.int32), np.zeros((count, width), np.int32)
        odd = np.zeros(count, np.bool_)
        if not fields.scan(
            signs, frozen(starts), _COMMA, _QUOTE, _NO_ESCAPE, first, size, odd
        ):  # fmt: skip
            return None
        odd |= np.diff(starts) > LONGEST
        if not readable:
            odd[np.searchsorted(starts, np.flatnonzero(signs >= 128), side="right") - 1] = True
        begins, sizes = np.zeros((3, count), np.int32), np.zeros((3, count), np.int32)
        at_us, offset_s, ms = (np.zeros(count, np.int64) for _ in range(3))
        fields.read_calls(
            signs, frozen(first), frozen(size), frozen(self._places),
            self._reading.second_from_ms == 1, odd, begins, sizes, at_us, offset_s, ms,
        )  # fmt: skip
        self._to_utc(at_us, offset_s, odd)
        calls = CallColumns(
            key=_text(signs, begins, sizes, fields.KEY_TEXT),
            caller_packed=packed(_text(signs, begins, sizes, fields.CALLER_TEXT)),
            called_packed=packed(_text(signs, begins, sizes, fields.CALLED_TEXT)),
            answered_us=at_us,
            counted_ms=ms,
        )
        odd |= (calls.called_packed < 0) | (calls.caller_packed < 0)
        return calls, odd

    def _to_utc(self, at_us: Int64, offset_s: Int64, odd: Flags) -> None:
        """Take the offsets off; a time without one is wall time in the card's zone."""
        bare = (offset_s == NONE) & ~odd
        told = ~bare & ~odd
        at_us[told] -= offset_s[told] * SECOND_US
        if bare.any():
            unusual = np.zeros(int(bare.sum()), np.bool_)
            local = at_us[bare]
            at_us[bare] = instants(local // SECOND_US, self._clock, unusual) + local % SECOND_US
            odd[np.flatnonzero(bare)[unusual]] = True

    def _completed(
        self, lines: _Lines, line: int, calls: CallColumns, odd: Flags
    ) -> tuple[CallRows, int]:
        """Have the readable rule say what the odd lines are."""
        kept, apart, end = np.ones(len(calls), np.bool_), dict[int, CallLine](), len(calls)
        after = 0
        for row in np.flatnonzero(odd).tolist():
            if row < after:
                continue
            found = lines.rows_at(line + row, self._before + row)
            if found is None:
                end = row
                break
            rows, next_line, _ = found
            after = next_line - line
            kept[row:after] = False
            if rows:
                kept[row], apart[row] = True, self._line(rows[0])
        kept[end:] = False
        self._before += end
        _put(calls, apart)
        places = np.cumsum(kept) - 1
        picked = calls if kept.all() else calls.pick(kept)
        return (
            CallRows(picked, {int(places[row]): told for row, told in apart.items()}),
            int(lines.starts[line + end]),
        )


def _text(data: Bytes, begins: Int32, sizes: Int32, which: int) -> Text:
    return Text(data, begins[which], sizes[which])


def _high_are_signs(data: bytes) -> bool:
    """Whether what is no ASCII is UTF-8 as it should be."""
    try:
        return data.isascii() or (_REPLACED not in data and bool(data.decode()))
    except UnicodeDecodeError:
        return False


def _rows_of(lines: Sequence[CallLine]) -> CallRows:
    """Rows that the readable rule has read, all of them."""
    count = len(lines)
    calls = CallColumns(
        key=no_text(count),
        called_packed=np.full(count, EMPTY),
        caller_packed=np.full(count, EMPTY),
        answered_us=np.zeros(count, np.int64),
        counted_ms=np.zeros(count, np.int64),
    )
    apart = dict(enumerate(lines))
    _put(calls, apart)
    return CallRows(calls, apart)


def _put(calls: CallColumns, apart: dict[int, CallLine]) -> None:
    """Write what the readable rule has read to its rows."""
    rows = {row: line.call for row, line in apart.items() if line.call is not None}
    if rows:
        there = np.fromiter(rows, np.int64, len(rows))
        calls.put(there, columns_of(list(rows.values())))
    none = [row for row, line in apart.items() if line.call is None]
    calls.called_packed[none] = EMPTY
    calls.counted_ms[none] = 0
