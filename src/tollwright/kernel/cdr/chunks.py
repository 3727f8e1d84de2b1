"""A file of rows, a chunk at a time: in columns where plain, else by the readable rule."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np

from tollwright.core.formats.base import Item, Options, Record
from tollwright.core.formats.lines import blocks_of_lines
from tollwright.kernel.arrays import Bytes, Flags, Int32, frozen
from tollwright.kernel.cdr import fields
from tollwright.kernel.cdr.parsed_columns import ParsedColumns, lines_of
from tollwright.kernel.text import Text, no_text
from tollwright.kernel.text_bytes import ESCAPED

ENCODINGS = frozenset({"utf-8", "utf8", "ascii", "latin-1", "iso-8859-1", "cp1252"})
MOST_BYTES = 100_000  # of a line: the csv module takes no more in a field


class Fields:
    """Lines and where their fields stand. `places`: the columns of the fields that a format picks,
    -1 for none; what stands at an `odd` row means nothing."""

    def __init__(self, lines: Sequence[bytes], places: Sequence[int], width: int) -> None:
        self.bytes = b"\n".join(lines) + b"\n"
        self.data: Bytes = np.frombuffer(self.bytes, np.uint8)
        self.starts = lines_of(self.bytes)
        self.count = len(lines)
        self.places = np.array(places)
        self.first: Int32 = np.zeros((self.count, width), np.int32)
        self.size: Int32 = np.zeros((self.count, width), np.int32)
        self.odd: Flags = np.zeros(self.count, bool)

    def scan(self, escape: int) -> bool:
        """Find the fields; False: these are not plain rows, each on a line of its own."""
        if len(self.starts) != self.count + 1 or np.diff(self.starts).max() > MOST_BYTES:
            return False
        data, starts = frozen(self.data), frozen(self.starts)
        whole = fields.scan(
            data, starts, ord(","), ord('"'), escape, self.first, self.size, self.odd
        )
        return bool(whole) and not self.odd.any()

    def field(self, picked: int, rows: int) -> Text:
        """A field of the first rows, as it stands."""
        place = self.places[picked]
        if place < 0:
            return Text(self.data, *no_text(rows)[1:])
        return Text(self.data, self.first[:rows, place], self.size[:rows, place] & ~ESCAPED)

    def line(self, row: int) -> bytes:
        """A row's bytes."""
        return self.bytes[self.starts[row] : self.starts[row + 1] - 1]


class Rule(Protocol):
    """What reads rows by the readable rule."""

    def batches(self, chunks: Iterable[bytes], first: int = 1) -> Iterator[list[Item]]:
        """The items of `chunks`, which begin with line `first` of the file, legs not yet told."""
        ...


class ColumnReader(ABC):
    """Reads one file. At most `chunk_rows` rows are told together, fewer to begin with: whoever
    writes them down should not have to wait long for the first."""

    def __init__(self, options: Options, chunk_rows: int, rule: Rule) -> None:
        self._options = options
        self._rule = rule
        self._most = chunk_rows
        self._chunk_rows = max(chunk_rows // 8, 1)
        self._ahead = options.lookahead
        self._tail = f"@{options.server}".encode() if options.server else b""
        self._at = 1  # the number of the next line
        self._past: list[tuple[int, bytes] | Record] = []  # the last `lookahead` rows

    def read(self, chunks: Iterable[bytes]) -> Iterator[ParsedColumns | list[Item]]:
        """What the file tells, nothing lost, as its format's `parse` tells it."""
        held: list[bytes] = []
        for block in blocks_of_lines(chunks, self._options.max_line_bytes):
            held += block
            while len(held) >= self._chunk_rows + self._ahead:
                yield self._next(held)
        while held:
            yield self._next(held)

    @abstractmethod
    def _in_columns(self, lines: list[bytes], rows: int) -> ParsedColumns | None:
        """The first `rows` of these lines, or None where they are not plain."""

    @abstractmethod
    def _settle(self, records: Sequence[Record], given: int) -> None:
        """Tell the legs of `records[given:]`."""

    def _one_by_one(self, lines: list[bytes], rows: int) -> list[Item]:
        """The items of the first `rows` of these lines, judged with those around them."""
        past = [item for item in map(self._before, self._past) if isinstance(item, Record)]
        items = [item for batch in self._rule.batches([joined(lines)], self._at) for item in batch]
        self._settle([*past, *(i for i in items if isinstance(i, Record))], len(past))
        return [item for item in items if item.line < self._at + rows]

    def _next(self, held: list[bytes]) -> ParsedColumns | list[Item]:
        rows = min(self._chunk_rows, len(held))
        lines = held[: rows + self._ahead]
        told = self._in_columns(lines, rows) if self._readable(lines) else None
        if told is None:
            items = self._one_by_one(lines, rows)
            rows = items[-1].line + items[-1].lines - self._at
            self._remember([item for item in items if isinstance(item, Record)])
        else:
            self._remember(list(enumerate(lines[:rows], self._at)))
        del held[:rows]
        self._at += rows
        self._chunk_rows = min(2 * self._chunk_rows, self._most)
        return items if told is None else told

    def _remember(self, rows: Sequence[tuple[int, bytes]] | Sequence[Record]) -> None:
        self._past = [*self._past, *rows[-self._ahead :]][-self._ahead :]

    def _before(self, row: tuple[int, bytes] | Record) -> Item:
        return row if isinstance(row, Record) else self._read(*row)

    def _readable(self, lines: Sequence[bytes]) -> bool:
        encoding, data = self._options.encoding.lower(), joined(lines)
        if data.isascii() or encoding not in ("utf-8", "utf8"):
            return data.isascii() and encoding in ENCODINGS
        try:
            data.decode()
        except UnicodeDecodeError:
            return False
        return True

    def _read(self, line: int, text: bytes) -> Item:
        """One line by the readable rule."""
        return next(iter(self._rule.batches([text + b"\n"], line)))[0]


def joined(lines: Sequence[bytes]) -> bytes:
    """The lines, each with its end."""
    return b"\n".join(lines) + b"\n"


def mostly(odd: Flags) -> bool:
    """Whether so many rows are odd that all are read together rather, by the readable rule."""
    return 4 * int(odd.sum()) > len(odd)
