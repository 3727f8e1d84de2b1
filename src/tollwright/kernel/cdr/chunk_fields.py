"""The rows of a chunk: where their fields stand, and what `fields.read_rows` found in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tollwright.core.formats.spec import Columns, TextField
from tollwright.kernel import text_bytes
from tollwright.kernel.arrays import Bytes, Flags, Int32, Int64, frozen
from tollwright.kernel.cdr import fields
from tollwright.kernel.cdr.parsed_columns import lines_of
from tollwright.kernel.cdr.plan import ReadPlan
from tollwright.kernel.text import Text, no_text

LONG_BYTES = 600  # of a field: more than numbers, names and keys have
MOST_BYTES = 100_000  # of a line: the csv module takes no more in a field


class ChunkFields:
    """Lines, each a row of the plan's order; what stands at an `odd` row means nothing.

    `joint`: rows of which another row may tell more. `moments`: int64[n, 7], see `fields`.
    """

    def __init__(self, lines: Sequence[bytes], plan: ReadPlan) -> None:
        self.bytes = b"\n".join(lines) + b"\n"
        self.data: Bytes = np.frombuffer(self.bytes, np.uint8)
        self.starts = lines_of(self.bytes)
        self.count = len(lines)
        self.plan = plan
        self.first: Int32 = np.zeros((self.count, plan.width), np.int32)
        self.size: Int32 = np.zeros((self.count, plan.width), np.int32)
        self.odd: Flags = np.zeros(self.count, bool)
        self.joint: Flags = np.zeros(self.count, bool)
        self.moments: Int64 = np.zeros((self.count, 7), np.int64)
        self._begins: Int32 = np.zeros((len(plan.texts), self.count), np.int32)
        self._sizes: Int32 = np.zeros((len(plan.texts), self.count), np.int32)

    def read(self) -> bool:
        """Find the fields and what they say; False: these are not plain rows, each on a line of its
        own."""
        if len(self.starts) != self.count + 1 or np.diff(self.starts).max() > MOST_BYTES:
            return False
        plan, dialect = self.plan, self.plan.spec.dialect
        data, escape = frozen(self.data), dialect.escape
        whole = fields.scan(
            data, frozen(self.starts), ord(dialect.delimiter), ord(dialect.quote),
            -1 if escape is None else ord(escape), self.first, self.size, self.odd,
        )  # fmt: skip
        if not whole or self.odd.any():
            return False
        self.odd[:] = (self.size[:, plan.kept] & text_bytes.ESCAPED).any(axis=1)
        first, size = frozen(self.first), frozen(self.size & ~text_bytes.ESCAPED)
        fields.read_rows(
            data, first, size, plan.times, plan.numbers, plan.filled, plan.tied, plan.blob,
            plan.spec.encoded, self.odd, self.joint, self.moments,
        )  # fmt: skip
        fields.read_texts(data, first, size, plan.texts, plan.blob, self._begins, self._sizes)
        return True

    def column(self, columns: Columns, rows: int) -> Text:
        """The first of these columns that the file has, in the first rows, as it stands."""
        place = self.plan.place(columns)
        if place < 0:
            return Text(self.data, *no_text(rows)[1:])
        return Text(
            self.data, self.first[:rows, place], self.size[:rows, place] & ~text_bytes.ESCAPED
        )

    def text(self, text: TextField, rows: int) -> Text:
        """A text of the spec in the first rows."""
        index = self.plan.index(text)
        if index < 0:
            return self.column(text.columns, rows)
        return Text(self.data, self._begins[index, :rows], self._sizes[index, :rows])

    def joined(self, rows: Int64, places: Int64, separator: int) -> tuple[bytes, list[int]]:
        """The columns at these places with the separator between them, for each of some rows, one
        after the other; and where each row's end."""
        room = int((self.size[rows] & ~text_bytes.ESCAPED).sum()) + len(rows) * len(places)
        out, ends = np.empty(room, np.uint8), np.empty(len(rows), np.int64)
        text_bytes.joined(
            self.data, frozen(self.first), frozen(self.size), frozen(places), frozen(rows),
            separator, out, ends,
        )  # fmt: skip
        return out.tobytes(), ends.tolist()

    def is_long(self, rows: int) -> Flags:
        """Which of the first rows have a field that may be too long to be written."""
        found: Flags = (self.size[:rows] & ~text_bytes.ESCAPED).max(axis=1) > LONG_BYTES
        return found

    def line(self, row: int) -> bytes:
        """A row's bytes."""
        return self.bytes[self.starts[row] : self.starts[row + 1] - 1]
