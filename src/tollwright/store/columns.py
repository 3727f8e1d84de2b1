"""Rows by columns, a million in a few seconds: COPY in its binary form.

Every field has one width and none is null, so that a batch of rows is one numpy array without a
Python object per row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

import numpy as np
import numpy.typing as npt

from tollwright.kernel.arrays import Int64
from tollwright.store.calls import Cursor

BATCH = 65_536
YEAR_2000_US = 946_684_800_000_000  # PostgreSQL counts its moments from there
_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL = b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of a row: `numbers` are bigint (or timestamptz, `moments`), then texts of a width.

    A moment is microseconds since 1970.
    """

    numbers: tuple[str, ...]
    texts: tuple[tuple[str, int], ...] = ()
    moments: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns in their order."""
        return (*self.numbers, *(name for name, _ in self.texts))

    @property
    def row(self) -> np.dtype[np.void]:
        """A row as COPY writes it."""
        fields: list[tuple[str, str]] = [("fields", ">i2")]
        for name in self.numbers:
            fields += [(f"{name}_len", ">i4"), (name, ">i8")]
        for name, width in self.texts:
            fields += [(f"{name}_len", ">i4"), (name, f"S{width}")]
        return np.dtype(fields)

    @property
    def widths(self) -> list[tuple[str, int]]:
        """How many bytes each field has."""
        return [(name, 8) for name in self.numbers] + list(self.texts)


def read(
    cursor: Cursor, statement: LiteralString, values: Mapping[str, object], layout: Layout
) -> Iterator[list[npt.NDArray[Any]]]:
    """The columns of what a COPY gives, at most BATCH rows at a time.

    While this runs the connection does nothing else. Raises ValueError where a row is otherwise.
    """
    row = layout.row
    wanted = row.itemsize * BATCH + len(_TAIL)
    held, skip, size = bytearray(), len(_HEAD), 0
    with cursor.copy(statement, values) as copy:
        ready = cursor.connection.pgconn.get_copy_data
        while True:
            # what has arrived is taken at once, at a tenth of the cost of read(), which also waits;
            # the end is left to read(), because psycopg has to learn of it
            size, quick = (-1, None) if 0 < size < row.itemsize else ready(1)
            piece = quick if size > 0 and quick else copy.read()
            size = len(piece)
            if not size:
                break
            held += piece
            if len(held) >= wanted + skip:
                yield _columns(bytes(held[skip : skip + wanted - len(_TAIL)]), layout, row)
                del held[: skip + wanted - len(_TAIL)]
                skip = 0
    if held[-len(_TAIL) :] != _TAIL:
        raise ValueError("the columns broke off")
    if len(held) > skip + len(_TAIL):
        yield _columns(bytes(held[skip : -len(_TAIL)]), layout, row)


def read_all(
    cursor: Cursor, statement: LiteralString, values: Mapping[str, object], layout: Layout
) -> list[npt.NDArray[Any]]:
    """As `read`, all rows at once."""
    parts = list(read(cursor, statement, values, layout))
    if not parts:
        return _columns(b"", layout, layout.row)
    return [np.concatenate(columns) for columns in zip(*parts, strict=True)]


def _columns(rows: bytes, layout: Layout, row: np.dtype[np.void]) -> list[npt.NDArray[Any]]:
    if len(rows) % row.itemsize:
        raise ValueError("a row has another width than the others")
    table, widths = np.frombuffer(rows, row), layout.widths
    right = (table["fields"] == len(widths)).all()
    if not right or any((table[f"{name}_len"] != width).any() for name, width in widths):
        raise ValueError("a field has another width than the others")
    numbers = {name: table[name].astype(np.int64) for name in layout.numbers}
    for name in layout.moments:
        numbers[name] += YEAR_2000_US
    return [*numbers.values(), *(table[name] for name, _ in layout.texts)]


def write(
    cursor: Cursor, statement: LiteralString, layout: Layout, columns: Mapping[str, Int64]
) -> None:
    """Rows of numbers to a COPY FROM."""
    row = layout.row
    count = len(columns[layout.numbers[0]])
    with cursor.copy(statement) as copy:
        copy.write(_HEAD)
        for first in range(0, count, BATCH):
            table = np.empty(min(BATCH, count - first), row)
            table["fields"] = len(layout.numbers)
            for name in layout.numbers:
                column = columns[name][first : first + BATCH]
                table[f"{name}_len"] = 8
                table[name] = column - YEAR_2000_US if name in layout.moments else column
            copy.write(table.tobytes())
        copy.write(_TAIL)
