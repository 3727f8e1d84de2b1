"""A file of rows, a chunk at a time: in columns where plain, else by the readable rule."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence

from tollwright.core.formats.base import Item, Options, Record
from tollwright.core.formats.lines import blocks_of_lines
from tollwright.core.formats.table import RowReader
from tollwright.kernel.arrays import Flags
from tollwright.kernel.cdr.parsed_columns import ParsedColumns

ENCODINGS = frozenset({"utf-8", "utf8", "ascii", "latin-1", "iso-8859-1", "cp1252"})


class ChunkReader(ABC):
    """Reads one file. At most `chunk_rows` rows are told together, fewer to begin with: whoever
    writes them down should not have to wait long for the first."""

    def __init__(self, options: Options, chunk_rows: int, rule: RowReader) -> None:
        self._options = options
        self._rule = rule
        self._most = chunk_rows
        self._chunk_rows = max(chunk_rows // 8, 1)
        self._ahead = options.lookahead if rule.rules.together else 0
        self._tail = f"@{options.server}".encode() if options.server else b""
        self._at = 1  # the number of the next line
        self._rows_before: list[tuple[int, bytes] | Record] = []  # the last `lookahead` rows

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

    def _one_by_one(self, lines: list[bytes], rows: int) -> list[Item]:
        """The items of the first `rows` of these lines, judged with those around them."""
        past = [item for item in map(self._before, self._rows_before) if isinstance(item, Record)]
        items = [item for batch in self._rule.batches([joined(lines)], self._at) for item in batch]
        self._rule.rules.settle([*past, *(i for i in items if isinstance(i, Record))], len(past))
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
        if self._ahead:
            self._rows_before = [*self._rows_before, *rows[-self._ahead :]][-self._ahead :]

    @abstractmethod
    def _before(self, row: tuple[int, bytes] | Record) -> Item:
        """A row that was given out before, for those after it to be judged by."""

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
