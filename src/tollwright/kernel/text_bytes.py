"""Columns of texts: compared, joined and copied as bytes, never as objects.

All functions stand in this file, whose age numba asks for when it looks for compiled code.
"""

from __future__ import annotations

from typing import Any

from tollwright.kernel.jit import entry, plain

ESCAPED = 1 << 30  # in a size: the field holds doubled quotes
QUOTE, SEPARATOR, ZERO = 0x22, 0x1F, 0x30
_FNV, _PRIME = 0xCBF29CE484222325 - (1 << 64), 0x100000001B3


@plain
def _hash(data: Any, at: int, size: int, value: int) -> int:
    for place in range(at, at + size):
        value = (value ^ data[place]) * _PRIME
    return value ^ (value >> 29)


@entry
def hashes(data: Any, first: Any, size: Any, out: Any) -> None:
    """A number for each text; two that differ share one about once in 2**64."""
    for row in range(len(out)):
        out[row] = _hash(data, first[row], size[row], _FNV)


@plain
def _same(data: Any, f: Any, n: Any, other_f: Any, other_n: Any) -> bool:
    """Whether two rows of texts are equal."""
    for k in range(len(f)):
        if n[k] != other_n[k]:
            return False
    for k in range(len(f)):
        for place in range(n[k]):
            if data[f[k] + place] != data[other_f[k] + place]:
                return False
    return True


@entry
def alike(data: Any, first: Any, size: Any, table: Any, codes: Any, examples: Any) -> None:
    """Number rows of k texts, equal rows alike: codes int32[n], `examples`: a row of each code.

    `table` has a power of two of places, more than there are rows, all -1.
    """
    mask, count = len(table) - 1, 0
    for row in range(len(codes)):
        f, n = first[row], size[row]
        value = _FNV
        for k in range(len(f)):
            value = _hash(data, f[k], n[k], value ^ n[k])
        place = value & mask
        while table[place] >= 0:
            other = examples[table[place]]
            if _same(data, f, n, first[other], size[other]):
                break
            place = (place + 1) & mask
        if table[place] < 0:
            table[place] = count
            examples[count] = row
            count += 1
        codes[row] = table[place]


@plain
def _copy(data: Any, at: int, size: int, out: Any, to: int) -> int:
    """Copy a text; where it ends in `out`."""
    for place in range(size):
        out[to + place] = data[at + place]
    return to + size


@plain
def _unquoted(data: Any, at: int, size: int, out: Any, to: int) -> int:
    """Copy a text with its doubled quotes made single."""
    end = at + size
    while at < end:
        out[to] = data[at]
        to += 1
        at += 2 if data[at] == QUOTE else 1
    return to


@entry
def joined(
    data: Any, first: Any, size: Any, at: Any, rows: Any, separator: int, out: Any, ends: Any
) -> None:
    """The fields `at` of some rows, each row's with `separator` between them, one after the other.

    A column that the file does not have is empty.
    """
    to = 0
    for i in range(len(rows)):
        row = rows[i]
        for k in range(len(at)):
            if k:
                out[to] = separator
                to += 1
            if at[k] < 0:
                continue
            begin, length = first[row, at[k]], size[row, at[k]]
            if length & ESCAPED:
                to = _unquoted(data, begin, length ^ ESCAPED, out, to)
            else:
                to = _copy(data, begin, length, out, to)
        ends[i] = to


@entry
def glued(
    data: Any, first: Any, size: Any, glue: int, tails: Any, tail_ends: Any, out: Any,
    begins: Any, sizes: Any,
) -> None:  # fmt: skip
    """Texts with a tail each: text, glue, tail; written to `out` one after the other."""
    to, tail = 0, 0
    for row in range(len(first)):
        begins[row] = to
        to = _copy(data, first[row], size[row], out, to)
        out[to] = glue
        to = _copy(tails, tail, tail_ends[row] - tail, out, to + 1)
        tail = tail_ends[row]
        sizes[row] = to - begins[row]


@entry
def unpacked(numbers: Any, first: Any, size: Any, out: Any) -> None:
    """The digits of packed numbers, each at its place in `out`."""
    for row in range(len(numbers)):
        for place in range(size[row]):
            out[first[row] + place] = ZERO + (numbers[row] >> (56 - 4 * place) & 15)


ENTRIES: tuple[Any, ...] = (hashes, alike, joined, glued, unpacked)
