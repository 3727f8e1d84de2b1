"""Rows of files that were imported, read again from the bytes that were kept."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from tollwright.core.formats.base import Item, Options, Record
from tollwright.core.formats.table import TableFormat
from tollwright.engine.ingest import raw
from tollwright.store import batches
from tollwright.store.calls import Cursor

_SPAN = 8  # lines that one row may take


class RawLines:
    """Reads rows of one source's files, a piece of a file at a time."""

    def __init__(self, cursor: Cursor, form: TableFormat, options: Options) -> None:
        self._cursor = cursor
        self._form = form
        self._options = options
        self._heads: dict[int, list[bytes]] = {}
        self._rows: dict[tuple[int, int], Record] = {}

    def read(self, places: Iterable[tuple[int, int]]) -> None:
        """Read the rows at these (batch, line); those of before are forgotten."""
        self._rows.clear()
        by_batch: dict[int, set[int]] = {}
        for batch_id, line_no in places:
            by_batch.setdefault(batch_id, set()).add(line_no)
        for batch_id, lines in by_batch.items():
            self._read_batch(batch_id, sorted(lines))

    def record(self, batch_id: int, line_no: int) -> Record | None:
        """The row of a line that was read; None where there is none."""
        return self._rows.get((batch_id, line_no))

    def _read_batch(self, batch_id: int, lines: Sequence[int]) -> None:
        pieces = batches.fetch_chunk_places(self._cursor, batch_id)
        begins = [piece.first_line for piece in pieces]
        by_piece: dict[int, list[int]] = {}
        for line in lines:
            place = bisect_right(begins, line) - 1
            if place >= 0:
                by_piece.setdefault(place, []).append(line)
        for place, wanted in by_piece.items():
            texts = self._lines(batch_id, pieces[place].seq)
            after: list[bytes] = []
            if wanted[-1] + _SPAN > begins[place] + len(texts) and place + 1 < len(pieces):
                after = self._lines(batch_id, pieces[place + 1].seq)[:_SPAN]
            for line in wanted:
                at = line - begins[place]
                self._keep(batch_id, line, (texts + after)[at : at + _SPAN])

    def _lines(self, batch_id: int, seq: int) -> list[bytes]:
        content = batches.fetch_chunk(self._cursor, batch_id=batch_id, seq=seq)
        data = raw.original(content).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = data.split(b"\n")
        return lines[:-1] if not lines[-1] else lines

    def _keep(self, batch_id: int, line: int, texts: Sequence[bytes]) -> None:
        head = [] if line == 1 else self._head(batch_id)
        reader = self._form.reader(self._options)
        data = b"".join(text + b"\n" for text in (*head, *texts))
        items: list[Item] = [item for some in reader.batches([data]) for item in some]
        for item in items:
            if isinstance(item, Record) and item.line == len(head) + 1:
                self._rows[batch_id, line] = item

    def _head(self, batch_id: int) -> list[bytes]:
        """A file's first line: it may name the columns."""
        if batch_id not in self._heads:
            self._heads[batch_id] = self._lines(batch_id, 0)[:1]
        return self._heads[batch_id]
