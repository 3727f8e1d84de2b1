"""Rows as COPY's binary format has them, built from columns.

https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format": a row is the number of its
fields, then each field's size (-1: NULL) and bytes, all in network order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg

from tollwright.kernel.arrays import NONE, Bytes, Int64, frozen
from tollwright.kernel.jit import entry, plain
from tollwright.kernel.text import Text

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"
A_WRITE = 1_048_576
EPOCH_US = 946_684_800_000_000  # PostgreSQL counts from 2000-01-01


@plain
def _put(out: Any, at: int, value: int, size: int) -> int:
    """Write `size` bytes of a number; where they end."""
    for back in range(size):
        out[at + size - 1 - back] = value & 255
        value >>= 8
    return at + size


@entry
def _rows(numbers: Any, widths: Any, data: Any, first: Any, size: Any, out: Any) -> int:
    at, fields = 0, len(widths) + len(first)
    for row in range(numbers.shape[1]):
        at = _put(out, at, fields, 2)
        for k in range(len(widths)):
            value = numbers[k, row]
            if value == NONE:
                at = _put(out, at, -1, 4)
            else:
                at = _put(out, at, widths[k], 4)
                at = _put(out, at, value, widths[k])
        for k in range(len(first)):
            begin, length = first[k, row], size[k, row]
            at = _put(out, at, length, 4)
            for place in range(length):
                out[at + place] = data[begin + place]
            at += length
    return at


def rows(
    numbers: Sequence[tuple[npt.NDArray[np.integer[Any]], int]], texts: Sequence[Text]
) -> memoryview:
    """Rows of numbers (a column and its size in bytes; NONE is NULL), then texts, all given.

    Without HEAD and TAIL, so that rows can follow rows.
    """
    table: Int64 = np.array([column for column, _ in numbers], np.int64)
    widths = np.array([width for _, width in numbers])
    data, first, size = _together(texts, table.shape[1])
    count, fields = table.shape[1], len(widths) + len(texts)
    room = count * (2 + 4 * fields + int(widths.sum())) + int(size.sum())
    out = np.empty(room, np.uint8)
    end = _rows(frozen(table), frozen(widths), frozen(data), frozen(first), frozen(size), out)
    return out[:end].data


def _together(texts: Sequence[Text], count: int) -> tuple[Bytes, Int64, Int64]:
    """The bytes of all columns, each piece once, and where text k of a row begins, and its size.

    One array, and not one a column: however many there are, it is compiled once.
    """
    begins: dict[int, int] = {}
    pieces = [np.zeros(0, np.uint8)]
    for text in texts:
        if id(text.data) not in begins:
            begins[id(text.data)] = sum(map(len, pieces))
            pieces.append(text.data)
    first, size = np.empty((len(texts), count), np.int64), np.empty((len(texts), count), np.int64)
    for place, text in enumerate(texts):
        first[place] = text.first
        first[place] += begins[id(text.data)]
        size[place] = text.size
    return np.concatenate(pieces), first, size


def copy(cursor: psycopg.Cursor[Any], statement: str, made: memoryview) -> None:
    """Hand what `rows` made to a COPY ... FROM STDIN (FORMAT BINARY)."""
    with cursor.copy(statement) as out:
        out.write(HEAD)
        for at in range(0, len(made), A_WRITE):
            out.write(made[at : at + A_WRITE])
        out.write(TAIL)


def instants(micros: Int64) -> Int64:
    """Microseconds since 1970 UTC as timestamptz has them; NONE stays."""
    return np.where(micros == NONE, NONE, micros - EPOCH_US)
