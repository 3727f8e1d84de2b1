"""Columns of texts: their bytes in one array, so that taking rows copies no text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tollwright.kernel import text_bytes
from tollwright.kernel.arrays import Bytes, Int32, Int64, frozen
from tollwright.kernel.numbers import EMPTY, length_of, pack_texts, short_numbers

BLANK = 0x20


class Text(NamedTuple):
    """A column of UTF-8 texts: text i is `data[first[i] : first[i] + size[i]]`."""

    data: Bytes
    first: Int32
    size: Int32

    def at(self, row: int) -> str:
        """One text."""
        begin = int(self.first[row])
        return bytes(self.data[begin : begin + int(self.size[row])]).decode()

    def pick(self, rows: Int64) -> Text:
        """The texts of some rows, without copying their bytes."""
        return Text(self.data, self.first[rows], self.size[rows])

    def hashes(self) -> Int64:
        """A number for each text; two that differ share one about once in 2**64."""
        found = np.empty(len(self.first), np.int64)
        text_bytes.hashes(frozen(self.data), frozen(self.first), frozen(self.size), found)
        return found


def text_of(words: Sequence[str]) -> Text:
    """A column of these words, without NUL, which PostgreSQL cannot store."""
    return text_of_bytes([word.replace("\0", "").encode() for word in words])


def text_of_bytes(pieces: Sequence[bytes]) -> Text:
    """A column of these pieces of UTF-8."""
    ends = np.fromiter(accumulate(map(len, pieces)), np.int32, len(pieces))
    size = np.diff(ends, prepend=np.int32(0))
    return Text(np.frombuffer(b"".join(pieces), np.uint8), ends - size, size)


def no_text(rows: int) -> Text:
    """A column of empty texts."""
    return Text(np.empty(0, np.uint8), np.zeros(rows, np.int32), np.zeros(rows, np.int32))


def text_joined(columns: Sequence[Text]) -> Text:
    """Columns one after the other."""
    shifts = accumulate((len(column.data) for column in columns), initial=0)
    return Text(
        np.concatenate([column.data for column in columns]),
        np.concatenate(
            [c.first + np.int32(shift) for c, shift in zip(columns, shifts, strict=False)]
        ),
        np.concatenate([column.size for column in columns]),
    )


def packed(digits: Text) -> Int64:
    """The numbers as `kernel.numbers` packs them; negative: no rate card can look it up."""
    found = np.empty(len(digits.first), np.int64)
    pack_texts(frozen(digits.data), frozen(digits.first), frozen(digits.size), found)
    return found


def callers(numbers: Text) -> Int64:
    """Packed callers; one that is withheld or cannot be read is as one that is not there.

    So is an extension: it is no beginning of a number, and says nothing of a country.
    """
    found = packed(numbers)
    found[(found < 0) | short_numbers(found)] = EMPTY
    return found


def padded(column: npt.NDArray[np.bytes_]) -> Text:
    """Texts of one width, with blanks at the end, without these."""
    width = column.dtype.itemsize
    signs = np.ascontiguousarray(column).view(np.uint8).reshape(len(column), width)
    inside = signs != BLANK
    size = np.where(inside.any(axis=1), width - inside[:, ::-1].argmax(axis=1), 0)
    first = np.arange(0, width * len(column), width, dtype=np.int32)
    return Text(signs.reshape(-1), first, size.astype(np.int32))


def unpacked(numbers: Int64) -> Text:
    """The digits of packed numbers."""
    size = length_of(numbers).astype(np.int32)
    first = np.cumsum(size, dtype=np.int32) - size
    data = np.empty(int(size.sum()), np.uint8)
    text_bytes.unpacked(frozen(numbers), frozen(first), frozen(size), data)
    return Text(frozen(data), first, size)


def alike(columns: Sequence[Text]) -> Int32:
    """A number for each row: rows whose texts are all equal share it.

    The columns stand in the same bytes.
    """
    rows = len(columns[0].first)
    table = np.full(1 << max(rows * 2, 2).bit_length(), -1, np.int32)
    codes, examples = np.empty(rows, np.int32), np.empty(rows, np.int32)
    first = np.stack([column.first for column in columns], axis=1)
    size = np.stack([column.size for column in columns], axis=1)
    text_bytes.alike(frozen(columns[0].data), frozen(first), frozen(size), table, codes, examples)
    return codes


def distinct(groups: Iterable[Int64]) -> bool:
    """Whether no number comes twice in all of these."""
    together = np.sort(np.concatenate(list(groups)))
    return bool((together[1:] != together[:-1]).all())
